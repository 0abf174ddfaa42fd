//! What suspended jobs wait for: tag JobTriggers.

use access::Permit;
use context::{Error, Reach};
use http::Method;
use odata::{EntityType, Kind, Property, Scalar as _};
use serde_json::{Value, json};
use store::{Entity as _, Page, Scoped, Tenant, params};
use web::{Folder, Operation, Reply, Request, Response, Shape, reply};

use super::{WAITS, view};
use crate::jobs::model::{Job, Wait, WaitStatus, WaitType};
use crate::jobs::read::{self, View};
use crate::jobs::waits::{self, LONGEST_PAYLOAD};

pub fn operations() -> Vec<Operation> {
    vec![list(), by_job_key(), with_wait_events(), deliver(), payload()]
}

fn reading(path: &'static str, id: &'static str) -> Operation {
    Operation::orchestrator(Method::GET, path, id)
        .scope("OR.Jobs.Read")
        .permission("Jobs.View")
        .folder(Folder::Optional)
        .queryable()
}

fn list() -> Operation {
    reading("/odata/JobTriggers", "JobTriggers_Get")
        .summary("Lists what suspended jobs wait for.")
        .answers(200, Shape::Collection(Wait::model()))
        .handler(handle_list)
}

/// Waits of the jobs in sight.
fn in_sight(
    scope: &mut Scoped<'_, Tenant>,
    view: &View,
    query: &odata::Query,
    of: Option<i64>,
) -> Result<Page<Wait>, Error> {
    let mut conditions = Vec::new();
    let mut values = params![];
    if let Some(job) = of {
        conditions.push("job_id = ?".to_owned());
        values.push(store::Value::Int(job));
    }
    if let Reach::Only(_) = &view.folders {
        let inside = access::rows::within(&view.folders, "j.folder_id");
        conditions.push(format!(
            "exists (select 1 from jobs j where j.id = job_waits.job_id and {inside})"
        ));
    }
    Ok(scope.list::<Wait>(query, &conditions.join(" and "), values)?)
}

fn shown(wait: &Wait) -> Value {
    let mut members = wait.to_json();
    members.insert("ItemId".to_owned(), Value::Null);
    Value::Object(members)
}

async fn handle_list(request: Request) -> Result<Response, Error> {
    let query = request.odata(Wait::model())?;
    let (tenant, view, options) = (request.tenant()?.id, view(&request).await?, query.clone());
    let page = request
        .store()
        .read(move |tx| in_sight(&mut tx.tenant(tenant), &view, &options, None))
        .await?;
    let (items, count) = (page.items.iter().map(shown).collect(), page.count);
    reply::collection(&request, WAITS, Wait::model(), &query, items, count)
}

fn by_job_key() -> Operation {
    reading(
        "/odata/JobTriggers/UiPath.Server.Configuration.OData.GetByJobKey(jobKey={jobKey})",
        "JobTriggers_GetByJobKey",
    )
    .summary("Lists what a job waits for.")
    .answers(200, Shape::Collection(Wait::model()))
    .handler(handle_by_job_key)
}

async fn handle_by_job_key(request: Request) -> Result<Response, Error> {
    let query = request.odata(Wait::model())?;
    let (tenant, view, options) = (request.tenant()?.id, view(&request).await?, query.clone());
    let key = request.guid("jobKey")?;
    let page = request
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant);
            let job = read::row_by_key(&mut scope, &view, key)?;
            in_sight(&mut scope, &view, &options, Some(job.id))
        })
        .await?;
    let (items, count) = (page.items.iter().map(shown).collect(), page.count);
    reply::collection(&request, WAITS, Wait::model(), &query, items, count)
}

/// The model of `JobTriggerWithWaitEventsDto`.
fn with_events_model() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "JobTriggerWithWaitEventsDto",
        key: Some("Id"),
        properties: &[
            Property::computed("Id", Kind::Int64),
            Property::computed("JobId", Kind::Int64),
            Property::computed("TriggerType", WaitType::KIND),
            Property::computed("Status", WaitStatus::KIND),
            Property::computed("ItemKey", Kind::Guid),
            Property::computed("ItemId", Kind::Int64),
            Property::computed("Timer", Kind::DateTime),
            Property::computed("TriggerMessage", Kind::String),
            Property::computed("ItemName", Kind::String),
            Property::computed("AssignedToUserId", Kind::Int64),
            Property::computed("Name", Kind::String),
            Property::computed("Surname", Kind::String),
            Property::computed("UserName", Kind::String),
            Property::computed("EmailAddress", Kind::String),
            Property::computed("CreationTime", Kind::DateTime),
            Property::computed("ModifiedTime", Kind::DateTime),
        ],
        navigations: &[],
    };
    &MODEL
}

fn with_wait_events() -> Operation {
    reading(
        "/odata/JobTriggers/UiPath.Server.Configuration.OData.GetWithWaitEvents(jobId={jobId})",
        "JobTriggers_GetWithWaitEventsByJobid",
    )
    .summary("Lists what a job waits for, with what is known of the things.")
    .answers(200, Shape::Collection(with_events_model()))
    .handler(handle_with_wait_events)
}

async fn handle_with_wait_events(request: Request) -> Result<Response, Error> {
    let query = request.odata(with_events_model())?;
    let (tenant, view) = (request.tenant()?.id, view(&request).await?);
    let id = request.integer("jobId")?;
    let rows = request
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant);
            read::by_id(&mut scope, &view, id, &odata::Query::new(Job::model()))?;
            let waits = scope.find::<Wait>("job_id = ? order by id limit 1000", params![id])?;
            let mut rows = Vec::with_capacity(waits.len());
            for wait in &waits {
                let child = match (wait.wait_type, wait.item_key) {
                    (WaitType::Job, Some(key)) => scope.find_one::<Job>("key = ?", params![key])?,
                    _ => None,
                };
                let mut members = wait.to_json();
                members.remove("TriggerConfiguration");
                let mut set = |name: &str, value: Value| {
                    members.insert(name.to_owned(), value);
                };
                set("ItemId", json!(child.as_ref().map(|job| job.id)));
                set("ItemName", json!(child.as_ref().map(|job| &job.release_name)));
                for name in [
                    "AssignedToUserId",
                    "Name",
                    "Surname",
                    "UserName",
                    "EmailAddress",
                    "ModifiedTime",
                ] {
                    set(name, Value::Null);
                }
                set("CreationTime", json!(wait.created_at.to_string()));
                rows.push(Value::Object(members));
            }
            Ok::<_, Error>(rows)
        })
        .await?;
    let page = access::rows::page(rows, &query)?;
    reply::collection(&request, WAITS, with_events_model(), &query, page.items, page.count)
}

fn deliver() -> Operation {
    Operation::orchestrator(
        Method::POST,
        "/api/JobTriggers/DeliverPayload/{inboxId}",
        "JobTriggers_DeliverPayloadByInboxid",
    )
    .summary("Delivers to the inbox at which a job waits; 208 when something was delivered before.")
    .scope("OR.Jobs.Write")
    .permission("Jobs.Edit")
    .folder(Folder::Required)
    .body_limit(LONGEST_PAYLOAD)
    .answers(202, Shape::Nothing)
    .answers(208, Shape::Nothing)
    .handler(handle_deliver)
}

async fn handle_deliver(request: Request) -> Result<Response, Error> {
    let (tenant, folder, inbox) = (request.tenant()?.id, request.folder()?.id, request.guid("inboxId")?);
    let value = request.value()?;
    let ctx = request.ctx.clone();
    let delivered = request
        .store()
        .write_locking(move |tx| {
            let mut scope = tx.tenant(tenant);
            check_folder(&mut scope, inbox, folder)?;
            waits::deliver(&mut scope, &ctx, inbox, &value)
        })
        .await?;
    Reply::new(if delivered { 202 } else { 208 }).empty()
}

/// An inbox is one of the folder's jobs.
fn check_folder(scope: &mut Scoped<'_, Tenant>, inbox: uuid::Uuid, folder: i64) -> Result<(), Error> {
    let (job, _) = waits::payload(scope, inbox)?.ok_or_else(|| waits::no_such_inbox(inbox))?;
    let inside = scope.get::<Job>(job)?.is_some_and(|job| job.folder_id == folder);
    if inside {
        Ok(())
    } else {
        Err(waits::no_such_inbox(inbox))
    }
}

/// The contract names neither scope nor permission, and clients send no folder. Who may see the job may read what was delivered to it, and so may
/// the jobs of its folder: this is how one that goes on learns what it waited for, whatever the roles of its account.
fn payload() -> Operation {
    Operation::orchestrator(
        Method::GET,
        "/api/JobTriggers/GetPayload/{inboxId}",
        "JobTriggers_GetPayloadByInboxid",
    )
    .summary("Gets what was delivered to an inbox.")
    .folder(Folder::Optional)
    .answers(200, Shape::Media("application/json"))
    .handler(handle_payload)
}

async fn handle_payload(request: Request) -> Result<Response, Error> {
    let (tenant, inbox) = (request.tenant()?.id, request.guid("inboxId")?);
    let permit = Permit::requiring(&request, "Jobs.View")?;
    let own = request.ctx.caller.confined.and_then(|confined| confined.folder);
    let payload = request
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant);
            let (job, payload) = waits::payload(&mut scope, inbox)?.ok_or_else(|| waits::no_such_inbox(inbox))?;
            let folder = scope.get::<Job>(job)?.map(|job| job.folder_id);
            let seen = folder.is_some_and(|folder| own == Some(folder) || permit.holds(Some(folder)));
            if seen {
                Ok(payload)
            } else {
                Err(waits::no_such_inbox(inbox))
            }
        })
        .await?;
    let payload = payload.ok_or_else(|| waits::no_such_inbox(inbox))?;
    Reply::ok().json(&payload)
}
