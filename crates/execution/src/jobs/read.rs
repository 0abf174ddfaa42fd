//! Reading jobs as the wire shows them (reference: execution 5.3).

use std::collections::HashMap;
use std::sync::Arc;

use access::folders::tree::Tree;
use access::users::model::TenantUser;
use access::users::robots::SimpleRobot;
use context::{Error, Reach};
use odata::{OrderTerm, Query};
use serde_json::{Map, Value, json};
use store::{Entity as _, MOST_PARTS, Page, Scoped, Tenant, params};
use uuid::Uuid;

use super::control::no_such_job;
use super::model::{Job, JobPriority};
use crate::machines::model::Machine;
use crate::processes::model::Release;

/// Where somebody looks.
#[derive(Debug, Clone)]
pub struct View {
    /// One folder, or all within reach.
    pub folders: Reach,
    pub tree: Arc<Tree>,
}

impl View {
    fn condition(&self) -> String {
        access::rows::within(&self.folders, "folder_id")
    }
}

/// A page of the jobs in sight, the newest first unless the query says otherwise.
pub fn list(scope: &mut Scoped<'_, Tenant>, view: &View, query: &Query) -> Result<Page<Value>, Error> {
    let page = rows(scope, view, query)?;
    Ok(Page {
        count: page.count,
        items: show(scope, view, query, &page.items)?,
    })
}

/// The rows of such a page.
pub fn rows(scope: &mut Scoped<'_, Tenant>, view: &View, query: &Query) -> Result<Page<Job>, Error> {
    let query = newest_first(query);
    let folders: Vec<i64> = match &view.folders {
        Reach::Only(folders) => folders.clone(),
        Reach::All => view.tree.in_order().into_iter().map(|folder| folder.id).collect(),
    };
    if folders.len() > MOST_PARTS {
        return Ok(scope.list::<Job>(&query, &view.condition(), params![])?);
    }
    let parts: Vec<_> = folders.into_iter().map(|folder| params![folder]).collect();
    Ok(scope.list_parts::<Job>(&query, "folder_id = ?", &parts)?)
}

/// A query that names no order asks for the newest first.
fn newest_first(query: &Query) -> Query {
    let mut query = query.clone();
    if query.order.is_empty() {
        query.order.extend(
            ["CreationTime", "Id"]
                .into_iter()
                .filter_map(|name| OrderTerm::by(Job::model(), name, true)),
        );
    }
    query
}

/// A job in sight by id.
///
/// # Errors
/// 404 when there is none.
pub fn by_id(scope: &mut Scoped<'_, Tenant>, view: &View, id: i64, query: &Query) -> Result<Value, Error> {
    let job = one(scope, view, "id = ?", params![id], &id)?;
    single(scope, view, query, job)
}

/// A job in sight by its key.
///
/// # Errors
/// 404 when there is none.
pub fn by_key(scope: &mut Scoped<'_, Tenant>, view: &View, key: Uuid, query: &Query) -> Result<Value, Error> {
    let job = row_by_key(scope, view, key)?;
    single(scope, view, query, job)
}

/// The row of a job in sight.
///
/// # Errors
/// 404 when there is none.
pub fn row_by_key(scope: &mut Scoped<'_, Tenant>, view: &View, key: Uuid) -> Result<Job, Error> {
    one(scope, view, "key = ?", params![key], &key)
}

fn one(
    scope: &mut Scoped<'_, Tenant>,
    view: &View,
    condition: &str,
    values: Vec<store::Value>,
    id: &dyn std::fmt::Display,
) -> Result<Job, Error> {
    let inside = Some(view.condition()).filter(|inside| !inside.is_empty());
    let inside = inside.map_or_else(String::new, |inside| format!(" and {inside}"));
    let found = scope.find_one::<Job>(&format!("{condition}{inside}"), values)?;
    found.ok_or_else(|| no_such_job(id))
}

fn single(scope: &mut Scoped<'_, Tenant>, view: &View, query: &Query, job: Job) -> Result<Value, Error> {
    let id = job.id;
    show(scope, view, query, &[job])?.pop().ok_or_else(|| no_such_job(id))
}

/// Jobs in their form on the wire.
pub fn show(scope: &mut Scoped<'_, Tenant>, view: &View, query: &Query, jobs: &[Job]) -> Result<Vec<Value>, Error> {
    let robots = if query.expands("Robot") {
        scope.get_many::<SimpleRobot>(&distinct(jobs.iter().filter_map(|job| job.robot_id)))?
    } else {
        Vec::new()
    };
    let releases = if query.expands("Release") {
        scope.get_many::<Release>(&distinct(jobs.iter().map(|job| job.release_id)))?
    } else {
        Vec::new()
    };
    let machines = if query.expands("Machine") {
        scope.get_many::<Machine>(&distinct(jobs.iter().filter_map(|job| job.machine_id)))?
    } else {
        Vec::new()
    };
    let accounts = accounts_of(scope, jobs)?;
    let mut shown = Vec::with_capacity(jobs.len());
    for job in jobs {
        let mut members = wire(job);
        let folder = view.tree.get(job.folder_id);
        members.insert(
            "OrganizationUnitFullyQualifiedName".to_owned(),
            json!(folder.map(|folder| &folder.path)),
        );
        members.insert("FolderKey".to_owned(), json!(folder.map(|folder| folder.key)));
        let account = job.robot_id.and_then(|id| accounts.get(&id));
        members.insert("OrchestratorUserIdentity".to_owned(), json!(account));
        let mut expand = |name: &str, value: Option<Map<String, Value>>| {
            if query.expands(name) {
                members.insert(name.to_owned(), value.map_or(Value::Null, Value::Object));
            }
        };
        let robot = robots.iter().find(|robot| Some(robot.id) == job.robot_id);
        expand("Robot", robot.map(SimpleRobot::to_json));
        let release = releases.iter().find(|release| release.id == job.release_id);
        expand("Release", release.map(Release::to_json));
        let machine = machines.iter().find(|machine| Some(machine.id) == job.machine_id);
        expand("Machine", machine.map(Machine::to_json));
        shown.push(Value::Object(members));
    }
    Ok(shown)
}

/// Names of the accounts that jobs run under, by robot.
pub fn accounts_of(scope: &mut Scoped<'_, Tenant>, jobs: &[Job]) -> Result<HashMap<i64, String>, Error> {
    let robots = scope.get_many::<SimpleRobot>(&distinct(jobs.iter().filter_map(|job| job.robot_id)))?;
    let users: Vec<i64> = distinct(robots.iter().map(|robot| robot.user_id));
    let users = scope.get_many::<TenantUser>(&users)?;
    let named = robots.iter().filter_map(|robot| {
        let user = users.iter().find(|user| user.id == robot.user_id)?;
        Some((robot.id, user.user_name.clone()))
    });
    Ok(named.collect())
}

/// The members of a job that it has by itself.
pub fn wire(job: &Job) -> Map<String, Value> {
    let mut members = job.to_json();
    let mut set = |name: &str, value: Value| {
        members.insert(name.to_owned(), value);
    };
    set("JobPriority", json!(bucket(job.priority).to_string()));
    set(
        "EnvironmentVariables",
        json!(job.environment.as_deref().unwrap_or_default()),
    );
    set(
        "LocalSystemAccount",
        json!(job.host_identity.as_deref().unwrap_or_default()),
    );
    set("HasMediaRecorded", json!(false));
    set("HasVideoRecorded", json!(false));
    set("MaxExpectedRunningTimeSeconds", json!(job.alert_running_after));
    set(
        "JobError",
        job.error.as_ref().map_or(Value::Null, |error| error.0.clone()),
    );
    set(
        "LastModificationTime",
        json!(job.ended_at.or(job.resumed_at).or(job.started_at)),
    );
    if !job.accepted && !job.state.is_final() && job.resume_version == 0 && job.started_at.is_none() {
        set("ReleaseVersionId", Value::Null);
    }
    for name in EXTRA {
        let value = job.extra.0.get(name).cloned().unwrap_or(Value::Null);
        set(name, value);
    }
    members
}

/// Members that a start gives and that are only kept.
pub const EXTRA: [&str; 8] = [
    "ResourceOverwrites",
    "ProfilingOptions",
    "FpsProperties",
    "FpsContext",
    "TraceId",
    "ParentSpanId",
    "RootSpanId",
    "ParentOperationId",
];

/// The word for a priority (reference: execution 2).
pub fn bucket(priority: i32) -> JobPriority {
    match priority {
        61.. => JobPriority::High,
        ..=30 => JobPriority::Low,
        _ => JobPriority::Normal,
    }
}

fn distinct(ids: impl Iterator<Item = i64>) -> Vec<i64> {
    let distinct: std::collections::BTreeSet<i64> = ids.collect();
    distinct.into_iter().collect()
}
