//! What is written down when a trigger could not start its jobs (reference: execution 8.4).

use std::time::Duration;

use access::trim;
use context::{Ctx, Error};
use execution::alerts::{self, Component, Raised, Severity};
use jiff::{Timestamp, ToSpan as _};
use odata::Query;
use serde_json::{Value, json};
use store::{Page, Scoped, Tenant, params};
use uuid::Uuid;
use web::{App, Reconciler};

use super::events;
use super::model::{Reason, Schedule, TriggerLog};

/// Hours that an entry is kept: 30 days.
const KEPT_HOURS: i64 = 720;
/// Characters of a description.
const LONGEST: usize = 1_000;

impl Reason {
    /// What people read.
    pub fn words(self) -> &'static str {
        match self {
            Self::TriggerError => "Trigger error",
            Self::PendingJobs => "Pending jobs",
            Self::PartiallyCreatedJobs => "Partially created jobs",
            Self::LicenseMissing => "License missing",
            Self::LicenseExpired => "License expired",
            Self::DisabledConsecutiveFailures => "Disabled – consecutive failures",
            Self::DisabledJobFailures => "Disabled – job failures",
            Self::Misfired => "Missed",
        }
    }
}

/// Writes down what happened to a time or queue trigger, and tells subscribers.
pub(super) fn write(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    schedule: &Schedule,
    reason: Reason,
    description: &str,
) -> Result<(), Error> {
    write_of(scope, ctx, schedule.key, reason, description)?;
    let (severity, name) = match reason {
        Reason::PendingJobs | Reason::PartiallyCreatedJobs => (Severity::Warn, "Schedule.Failed"),
        Reason::DisabledConsecutiveFailures | Reason::DisabledJobFailures => (Severity::Error, "Schedule.Disabled"),
        _ => (Severity::Error, "Schedule.Failed"),
    };
    let message = format!("Trigger {}: {}. {description}", schedule.name, reason.words());
    let raised = Raised {
        component: Component::Schedules,
        severity,
        name,
        folder: Some(schedule.folder_id),
        reader: None,
        data: json!({ "Message": message, "TriggerName": schedule.name, "ProcessName": schedule.release_name }),
        link: Some(format!(
            "/folders/{}/triggers/{}/history",
            schedule.folder_id, schedule.key
        )),
    };
    alerts::raise(scope, ctx, raised)?;
    events::failed(scope, ctx, schedule, description)
}

/// Writes down what happened to a trigger of any kind.
pub fn write_of(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    trigger: Uuid,
    reason: Reason,
    description: &str,
) -> Result<(), Error> {
    scope.insert(&TriggerLog {
        id: 0,
        trigger_key: trigger,
        reason,
        description: context::shortened(description, LONGEST),
        happened_at: ctx.now,
    })?;
    scope.changed("trigger-logs", trigger);
    Ok(())
}

/// The history of a trigger, newest first where the query says nothing else.
pub fn list(scope: &mut Scoped<'_, Tenant>, trigger: Uuid, query: &Query) -> Result<Page<Value>, Error> {
    let mut query = query.clone();
    if query.order.is_empty() {
        let newest = [("$orderby".to_owned(), "Id desc".to_owned())];
        let limits = odata::Limits::DEFAULT;
        let model = <TriggerLog as store::Entity>::model();
        let newest = Query::parse(&newest, model, &limits, Timestamp::UNIX_EPOCH).map_err(Error::internal)?;
        query.order = newest.order;
    }
    let page = scope.list::<TriggerLog>(&query, "trigger_key = ?", params![trigger])?;
    Ok(page.map(|log| access::rows::published(&log)))
}

/// Removes what is too old.
pub fn reconciler() -> Reconciler {
    Reconciler {
        name: "trigger-logs",
        every: Duration::from_secs(3_600),
        wakes_on: &[],
        run: std::sync::Arc::new(|app| Box::pin(trim(app))),
    }
}

async fn trim(app: App) -> Result<Option<Duration>, Error> {
    let now = app.clock().now();
    let before = now.checked_sub(KEPT_HOURS.hours()).unwrap_or(Timestamp::MIN);
    trim::older::<TriggerLog>(&app, "happened_at", before).await?;
    Ok(None)
}
