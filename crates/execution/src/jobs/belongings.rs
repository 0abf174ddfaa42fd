//! What goes with jobs that are removed: their history, waits, tokens, numbers and log entries.

use context::{Ctx, Error};
use store::{Scoped, Tenant, params};
use uuid::Uuid;

use super::model::{Job, JobEvent, JobToken, Wait};
use crate::logs;
use crate::processes::{Belongings, Removed};
use crate::statistics::tally::{self, Delta};

/// Removes it in the unit of work that removes the jobs.
#[derive(Debug)]
pub struct Rows;

impl Belongings for Rows {
    fn remove(&self, scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, jobs: &[Removed]) -> Result<(), Error> {
        let ids: Vec<i64> = jobs.iter().map(|job| job.id).collect();
        let keys: Vec<Uuid> = jobs.iter().map(|job| job.key).collect();
        let gone: Vec<Delta> = scope
            .get_many::<Job>(&ids)?
            .iter()
            .map(|job| Delta {
                folder: job.folder_id,
                release: job.release_id,
                machine: job.machine_id,
                from: Some(job.state),
                to: None,
                micros: 0,
            })
            .collect();
        tally::count(scope, &gone, ctx.now)?;
        let of_jobs = format!("job_id in ({})", access::rows::integers(&ids));
        scope.delete_where::<JobEvent>(&of_jobs, params![])?;
        scope.delete_where::<Wait>(&of_jobs, params![])?;
        scope.delete_where::<JobToken>(&of_jobs, params![])?;
        logs::service::forget(scope, &keys)
    }
}
