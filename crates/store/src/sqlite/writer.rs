//! The one thread that writes. Units of work that wait together share a commit, so that the cost of
//! getting to the disk is shared; none is answered before it is there.

use std::time::{Duration, Instant};

use crate::change::{Change, Feed};
use crate::session::Session;
use crate::tx::Tx;
use crate::unit::{Queue, Unit};
use crate::{Error, Result};

/// Most units of work in one commit.
const GROUP: usize = 256;
/// After this time a group takes no more units, whatever waits.
const PATIENCE: Duration = Duration::from_millis(20);

/// Works until the queue is closed and empty.
pub(crate) fn run(mut tx: Tx, queue: &Queue, feed: &Feed) {
    let mut group = Vec::with_capacity(GROUP);
    let mut changes = Vec::new();
    while let Some(first) = queue.pop() {
        let verdict = collect(&mut tx, first, queue, &mut group, &mut changes);
        if verdict.is_ok() {
            feed.publish(changes.drain(..));
        } else {
            changes.clear();
        }
        for unit in group.drain(..) {
            unit.answer(verdict.clone());
        }
    }
}

/// Runs a group and commits it; `group` holds those units that succeeded if the commit did.
fn collect(
    tx: &mut Tx,
    first: Box<dyn Unit>,
    queue: &Queue,
    group: &mut Vec<Box<dyn Unit>>,
    changes: &mut Vec<Change>,
) -> Result<()> {
    if let Err(error) = tx.session.control("begin immediate") {
        group.push(first);
        return Err(error);
    }
    let started = Instant::now();
    let (mut next, mut taken) = (Some(first), 0);
    while let Some(unit) = next {
        taken += 1;
        if !unit.is_abandoned()
            && let Err(error) = perform(tx, unit, group, changes)
        {
            let _already_over = tx.session.control("rollback");
            return Err(error);
        }
        next = if taken < GROUP && started.elapsed() < PATIENCE {
            queue.try_pop()
        } else {
            None
        };
    }
    let end = if group.is_empty() { "rollback" } else { "commit" };
    tx.session.control(end).inspect_err(|error| {
        tracing::error!(%error, units = group.len(), "a group of units of work could not be committed");
        let _already_over = tx.session.control("rollback");
    })
}

/// Runs one unit. What others did before it in the transaction is kept safe from its failure by a savepoint; the first needs none,
/// since all that could be undone is its own. A savepoint costs: every page that a statement changes is copied once more. An error
/// means that the whole group is lost.
fn perform(
    tx: &mut Tx,
    mut unit: Box<dyn Unit>,
    group: &mut Vec<Box<dyn Unit>>,
    changes: &mut Vec<Change>,
) -> Result<()> {
    let is_first = group.is_empty();
    if !is_first && let Err(error) = tx.session.control("savepoint unit") {
        group.push(unit);
        return Err(error);
    }
    let succeeded = unit.run(tx);
    let told = tx.reset();
    if over(tx) {
        group.push(unit);
        return Err(Error::Database {
            code: "sqlite".into(),
            message: "the database ended the transaction".into(),
        });
    }
    let end: &[&str] = match (is_first, succeeded) {
        (true, true) => &[],
        (true, false) => &["rollback", "begin immediate"],
        (false, true) => &["release savepoint unit"],
        (false, false) => &["rollback to savepoint unit", "release savepoint unit"],
    };
    for statement in end {
        if let Err(error) = tx.session.control(statement) {
            group.push(unit);
            return Err(error);
        }
    }
    if succeeded {
        changes.extend(told);
        group.push(unit);
    } else {
        // Nothing of it is kept, so there is nothing to wait for.
        unit.answer(Ok(()));
    }
    Ok(())
}

fn over(tx: &Tx) -> bool {
    matches!(&tx.session, Session::Sqlite(session) if session.is_autocommit())
}
