//! What queues are told of processes and triggers, which live in a crate that knows queues and not the other way round.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use context::{Ctx, Error, codes};
use store::{Scoped, Tenant};

use super::model::Queue;

/// The trigger of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trigger {
    pub id: i64,
    /// The process that it starts.
    pub release: i64,
}

/// Answers questions about processes and triggers. It keeps nothing: all it knows is in the unit of work.
pub trait Processes: Send + Sync {
    /// The folders of processes, by their ids; those that do not exist are missing.
    fn folders(&self, scope: &mut Scoped<'_, Tenant>, releases: &[i64]) -> Result<HashMap<i64, i64>, Error>;

    /// The triggers of queues, by the ids of the queues.
    fn triggers(&self, scope: &mut Scoped<'_, Tenant>, queues: &[i64]) -> Result<HashMap<i64, Trigger>, Error>;

    /// A queue is deleted in this unit of work.
    fn gone(&self, scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, queue: &Queue) -> Result<(), Error>;
}

static KNOWN: OnceLock<Arc<dyn Processes>> = OnceLock::new();

/// Names the one who answers. The first call counts; it is made while the server is put together.
pub fn answer_by(processes: Arc<dyn Processes>) {
    KNOWN.get_or_init(|| processes);
}

pub(super) fn folders(scope: &mut Scoped<'_, Tenant>, releases: &[i64]) -> Result<HashMap<i64, i64>, Error> {
    KNOWN
        .get()
        .map_or_else(|| Ok(HashMap::new()), |known| known.folders(scope, releases))
}

pub(super) fn triggers(scope: &mut Scoped<'_, Tenant>, queues: &[i64]) -> Result<HashMap<i64, Trigger>, Error> {
    KNOWN
        .get()
        .map_or_else(|| Ok(HashMap::new()), |known| known.triggers(scope, queues))
}

pub(super) fn gone(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, queue: &Queue) -> Result<(), Error> {
    KNOWN.get().map_or(Ok(()), |known| known.gone(scope, ctx, queue))
}

/// Checks the process of a queue: it exists in one of these folders, and is that of the queue's trigger where there is one (reference:
/// queues 9).
///
/// # Errors
/// 400 with code 1861.
pub(super) fn check(
    scope: &mut Scoped<'_, Tenant>,
    folders_of_queue: &[i64],
    queue: Option<i64>,
    release: Option<i64>,
) -> Result<(), Error> {
    let Some(release) = release else {
        return Ok(());
    };
    let refused = |what: String| Err(Error::invalid(codes::SLA_ENABLE_QUEUE_DEFINITION_FAILURE, what));
    let folder = folders(scope, &[release])?.remove(&release);
    if !folder.is_some_and(|folder| folders_of_queue.contains(&folder)) {
        return refused(format!("The process with id {release} does not exist."));
    }
    if let Some(queue) = queue
        && triggers(scope, &[queue])?
            .get(&queue)
            .is_some_and(|trigger| trigger.release != release)
    {
        return refused("The trigger of the queue starts another process.".to_owned());
    }
    Ok(())
}
