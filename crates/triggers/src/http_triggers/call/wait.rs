//! Waiting for the end of a job, by the change feed.

use std::time::Duration;

use context::Error;
use execution::jobs::model::Job;
use store::Change;
use tokio::sync::broadcast::error::RecvError;
use uuid::Uuid;
use web::Request;

use crate::{Triggers, jobs};

/// What jobs tell the change feed when they change, with their key.
const JOBS: &str = "jobs";
/// Longest time that a call is held (reference: execution 8.7).
pub const HOLD: Duration = Duration::from_secs(25);
/// Calls held at the same time.
pub const MOST: usize = 2_000;

/// The job when it has ended, or `None` when it did not end while the call could be held. With too many calls held, this one is not.
pub async fn for_end(request: &Request, key: Uuid) -> Result<Option<Job>, Error> {
    let triggers = request.state::<Triggers>()?;
    // From here on nothing is missed.
    let mut feed = request.store().changes();
    if let Some(job) = ended(request, key).await? {
        return Ok(Some(job));
    }
    let Ok(_place) = triggers.held.try_acquire() else {
        return Ok(None);
    };
    let over = tokio::time::sleep(triggers.hold());
    tokio::pin!(over);
    loop {
        let told = tokio::select! {
            () = &mut over => return Ok(None),
            change = feed.recv() => match change {
                Ok(Change::Changed { topic, id }) => topic == JOBS && *id == *key.to_string(),
                Ok(Change::Resync) | Err(RecvError::Lagged(_)) => true,
                Err(RecvError::Closed) => return Ok(None),
            },
        };
        if told && let Some(job) = ended(request, key).await? {
            return Ok(Some(job));
        }
    }
}

/// The job, if it has ended.
async fn ended(request: &Request, key: Uuid) -> Result<Option<Job>, Error> {
    let tenant = request.tenant()?.id;
    let job = request
        .store()
        .read_here(move |tx| jobs::by_key(&mut tx.tenant(tenant), key))
        .await?;
    Ok(job.filter(|job| job.state.is_final()))
}
