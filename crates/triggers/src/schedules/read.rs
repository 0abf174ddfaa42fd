//! Reading triggers as the wire shows them.

use context::Error;
use odata::Query;
use serde_json::{Value, json};
use store::{Page, Scoped, Tenant, params};
use uuid::Uuid;

use super::model::Schedule;
use super::service::no_such;
use crate::input::priority_name;

/// The triggers of a folder.
pub fn in_folder(scope: &mut Scoped<'_, Tenant>, folder: i64, query: &Query) -> Result<Page<Value>, Error> {
    let page = scope.list::<Schedule>(query, "folder_id = ?", params![folder])?;
    Ok(page.map(|schedule| to_value(&schedule)))
}

/// A trigger of a folder by id.
///
/// # Errors
/// 404
pub fn by_id(scope: &mut Scoped<'_, Tenant>, folder: i64, id: i64) -> Result<Value, Error> {
    let found = scope
        .get::<Schedule>(id)?
        .filter(|schedule| schedule.folder_id == folder);
    found.map(|schedule| to_value(&schedule)).ok_or_else(|| no_such(id))
}

/// A trigger of a folder by its GUID.
///
/// # Errors
/// 404
pub fn by_key(scope: &mut Scoped<'_, Tenant>, folder: i64, key: Uuid) -> Result<Value, Error> {
    let found = scope.find_one::<Schedule>("folder_id = ? and key = ?", params![folder, key])?;
    found.map(|schedule| to_value(&schedule)).ok_or_else(|| no_such(key))
}

/// The ids of the robots that a trigger names with strategy 0.
///
/// # Errors
/// 404
pub fn robots(scope: &mut Scoped<'_, Tenant>, folder: i64, id: i64) -> Result<Vec<i64>, Error> {
    let found = scope
        .get::<Schedule>(id)?
        .filter(|schedule| schedule.folder_id == folder);
    let schedule = found.ok_or_else(|| no_such(id))?;
    Ok(if schedule.start_strategy == 0 {
        schedule.executor_robots.0.iter().filter_map(|robot| robot.id).collect()
    } else {
        Vec::new()
    })
}

/// The wire form.
pub fn to_value(schedule: &Schedule) -> Value {
    let mut members = access::rows::published(schedule);
    members["JobPriority"] = json!(schedule.priority.map(priority_name));
    members["EnvironmentId"] = Value::Null;
    members["EnvironmentName"] = Value::Null;
    members["InputArguments"] = json!(schedule.input.as_deref().unwrap_or("{}"));
    members
}
