//! What those who watch are told about jobs (reference: execution 11; resources 12).

use context::{Ctx, Error};
use serde_json::json;
use store::{Scoped, Tenant};

use super::model::Job;
use crate::alerts::{self, Component, Raised, Severity};

/// A job failed.
pub(super) fn faulted(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, job: &Job) -> Result<(), Error> {
    let why = job.info.as_deref().unwrap_or("No reason was given.");
    let message = format!("A job of {} failed: {}", job.release_name, context::shortened(why, 300));
    raise(scope, ctx, job, Severity::Error, "Job.StatusChanged.Faulted", message)
}

/// A job runs for longer than it should.
pub(super) fn runs_long(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, job: &Job) -> Result<(), Error> {
    let seconds = job.alert_running_after.unwrap_or_default();
    let message = format!(
        "A job of {} has been running for more than {seconds} seconds.",
        job.release_name
    );
    raise(scope, ctx, job, Severity::Warn, "Job.Running.Long", message)
}

/// A job waits for longer than it should.
pub(super) fn waits_long(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, job: &Job) -> Result<(), Error> {
    let seconds = job.alert_pending_after.unwrap_or_default();
    let message = format!(
        "A job of {} has been waiting for more than {seconds} seconds.",
        job.release_name
    );
    raise(scope, ctx, job, Severity::Warn, "Job.Pending.Long", message)
}

fn raise(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    job: &Job,
    severity: Severity,
    name: &'static str,
    message: String,
) -> Result<(), Error> {
    let raised = Raised {
        component: Component::Jobs,
        severity,
        name,
        folder: Some(job.folder_id),
        reader: None,
        data: json!({ "Message": message, "JobKey": job.key, "ProcessName": job.release_name }),
        link: Some(format!("/folders/{}/jobs/{}", job.folder_id, job.key)),
    };
    alerts::raise(scope, ctx, raised).map(|_| ())
}
