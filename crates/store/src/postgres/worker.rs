//! A database thread: takes units of work and runs each in a transaction of its own.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use uuid::Uuid;

use super::{Session, Target, listen};
use crate::change::Feed;
use crate::session::Session as AnySession;
use crate::tx::Tx;
use crate::unit::{Mode, Queue, Unit};
use crate::{Error, Result};

/// How often a unit of work is run again after a conflict with others.
const REPEATS: u32 = 12;

pub(super) struct Worker {
    target: Arc<Target>,
    node: Uuid,
    feed: Feed,
    tx: Option<Tx>,
}

/// What came of one run.
enum Outcome {
    /// Answer with this.
    Done(Result<()>),
    /// Nothing is kept, and another run may fare better; else the error to answer with. `None`: what the
    /// closure returned.
    Repeat(Option<Error>),
}

impl Worker {
    pub(super) fn new(target: Arc<Target>, node: Uuid, feed: Feed) -> Self {
        Worker {
            target,
            node,
            feed,
            tx: None,
        }
    }

    pub(super) fn run(mut self, queue: &Queue) {
        while let Some(mut unit) = queue.pop() {
            if unit.is_abandoned() {
                continue;
            }
            let mut repeats = 0;
            let verdict = loop {
                match self.attempt(unit.as_mut()) {
                    Outcome::Done(verdict) => break verdict,
                    Outcome::Repeat(error) if repeats == REPEATS || !unit.can_repeat() => {
                        break error.map_or(Ok(()), Err);
                    }
                    Outcome::Repeat(_) => {
                        repeats += 1;
                        thread::sleep(Duration::from_millis(u64::from(repeats * repeats)));
                    }
                }
            };
            unit.answer(verdict);
        }
    }

    fn attempt(&mut self, unit: &mut dyn Unit) -> Outcome {
        let mut tx = match self.begin(unit.mode()) {
            Ok(tx) => tx,
            Err(error) => return Outcome::Done(Err(error)),
        };
        let succeeded = unit.run(&mut tx);
        let outcome = if succeeded {
            self.commit(&mut tx, unit.mode())
        } else {
            undo(&mut tx)
        };
        tx.reset();
        if !session(&mut tx).is_some_and(|session| session.is_closed()) {
            self.tx = Some(tx);
        }
        outcome
    }

    /// Opens a transaction, on a new connection if the last one broke while it was idle.
    fn begin(&mut self, mode: Mode) -> Result<Tx> {
        let begin = match mode {
            Mode::Reading => "begin isolation level repeatable read read only",
            Mode::Serializable => "begin isolation level serializable",
            Mode::Locking => "begin isolation level read committed",
        };
        if let Some(mut tx) = self.tx.take()
            && tx.session.control(begin).is_ok()
        {
            return Ok(tx);
        }
        let session = Session::new(self.target.connect()?);
        let mut tx = Tx::new(AnySession::Postgres(Box::new(session)));
        tx.session.control(begin)?;
        Ok(tx)
    }

    fn commit(&self, tx: &mut Tx, mode: Mode) -> Outcome {
        if mode != Mode::Reading {
            for payload in listen::payloads(self.node, tx.changes()) {
                let told = tx.query("select pg_notify(?, ?)", &crate::params![listen::CHANNEL, payload]);
                if let Err(error) = told {
                    let _broken = tx.session.control("rollback");
                    return Outcome::Done(Err(error));
                }
            }
        }
        match tx.session.control("commit") {
            Ok(()) => {
                self.feed.publish(tx.reset());
                Outcome::Done(Ok(()))
            }
            Err(error @ Error::Serialization) => {
                let _already_over = tx.session.control("rollback");
                Outcome::Repeat(Some(error))
            }
            // Where the connection broke here nobody knows whether the commit took place: not repeated.
            Err(error) => Outcome::Done(Err(error)),
        }
    }
}

/// Rolls back and decides whether the failure was the closure's own.
fn undo(tx: &mut Tx) -> Outcome {
    let (conflicted, closed) = match session(tx) {
        Some(session) => (session.take_conflict(), session.is_closed()),
        None => (false, false),
    };
    if !closed && let Err(error) = tx.session.control("rollback") {
        tracing::warn!(%error, "a transaction could not be rolled back");
    }
    if conflicted || closed {
        Outcome::Repeat(None)
    } else {
        Outcome::Done(Ok(()))
    }
}

fn session(tx: &mut Tx) -> Option<&mut Session> {
    match &mut tx.session {
        AnySession::Postgres(session) => Some(session),
        AnySession::Sqlite(_) => None,
    }
}
