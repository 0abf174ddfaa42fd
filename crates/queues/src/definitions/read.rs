//! Reading queues as the wire shows them.

use std::collections::HashMap;
use std::sync::Arc;

use access::folders::links::{self, Permits, no_such};
use access::rows::integers;
use context::{Error, codes};
use odata::Query;
use serde_json::{Map, Value, json};
use store::{Entity as _, Page, Scoped, Tenant, params};
use uuid::Uuid;

use super::model::{FolderQueue, Queue, QueueSchemas};
use super::processes;
use super::schemas::Of;

/// Most characters of schemas that one list answers.
const MOST_SCHEMA_TEXT: i64 = 16 << 20;

/// The folder that queues are looked at in.
#[derive(Debug, Clone)]
pub struct Seen {
    pub folder: i64,
    /// Names from the root.
    pub path: Arc<str>,
}

/// The queues of a folder.
pub fn in_folder(scope: &mut Scoped<'_, Tenant>, seen: &Seen, query: &Query) -> Result<Page<Value>, Error> {
    let page = scope.list::<FolderQueue>(query, "folder_id = ?", params![seen.folder])?;
    let count = page.count;
    let rows = page
        .items
        .iter()
        .map(|queue| (queue.id, queue.schemas, queue.to_json()))
        .collect();
    Ok(Page {
        items: complete(scope, query, Some(seen), rows)?,
        count,
    })
}

/// The queues of all folders in which the caller may see them, each once, without those that are in the folder `except`.
pub fn across_folders(
    scope: &mut Scoped<'_, Tenant>,
    permits: &Permits<Queue>,
    except: Option<i64>,
    query: &Query,
) -> Result<Page<Value>, Error> {
    let page = links::across(scope, permits, except, query)?;
    let count = page.count;
    let rows = page
        .items
        .iter()
        .map(|queue| (queue.id, queue.schemas, queue.to_json()))
        .collect();
    Ok(Page {
        items: complete(scope, query, None, rows)?,
        count,
    })
}

/// A queue of a folder by id.
///
/// # Errors
/// 404 when the folder has no such queue.
pub fn by_id(scope: &mut Scoped<'_, Tenant>, seen: &Seen, id: i64, query: &Query) -> Result<Value, Error> {
    let found = scope.find_one::<FolderQueue>("folder_id = ? and id = ?", params![seen.folder, id])?;
    single(scope, query, seen, &found.ok_or_else(|| no_such::<Queue>(id))?)
}

/// A queue of a folder by its GUID.
///
/// # Errors
/// 404 when the folder has no such queue.
pub fn by_key(scope: &mut Scoped<'_, Tenant>, seen: &Seen, key: Uuid, query: &Query) -> Result<Value, Error> {
    let found = scope.find_one::<FolderQueue>("folder_id = ? and key = ?", params![seen.folder, key])?;
    single(scope, query, seen, &found.ok_or_else(|| no_such::<Queue>(key))?)
}

/// The text of a schema of a queue of a folder.
///
/// # Errors
/// 404 when the folder has no such queue, 400 with code 1860 when the queue has no such schema.
pub fn schema(scope: &mut Scoped<'_, Tenant>, folder: i64, id: i64, of: Of) -> Result<String, Error> {
    let found = scope.find_one::<FolderQueue>("folder_id = ? and id = ?", params![folder, id])?;
    found.ok_or_else(|| no_such::<Queue>(id))?;
    let schemas = scope.get::<QueueSchemas>(id)?;
    let text = schemas.as_ref().and_then(|schemas| of.text(schemas));
    text.map(str::to_owned).ok_or_else(|| {
        Error::invalid(
            codes::QUEUE_SCHEMA_DEFINITION_NOT_FOUND,
            format!("The queue has no {}.", of.member()),
        )
    })
}

fn single(scope: &mut Scoped<'_, Tenant>, query: &Query, seen: &Seen, queue: &FolderQueue) -> Result<Value, Error> {
    let rows = vec![(queue.id, queue.schemas, queue.to_json())];
    complete(scope, query, Some(seen), rows)?
        .pop()
        .ok_or_else(|| Error::internal("one row became none"))
}

/// Adds the members that are not columns. Schemas are read where they are wanted.
fn complete(
    scope: &mut Scoped<'_, Tenant>,
    query: &Query,
    seen: Option<&Seen>,
    rows: Vec<(i64, i64, Map<String, Value>)>,
) -> Result<Vec<Value>, Error> {
    let wanted: Vec<Of> = Of::ALL.into_iter().filter(|of| query.selects(of.member())).collect();
    let with_schemas: Vec<i64> = rows
        .iter()
        .filter(|(_, schemas, _)| wanted.iter().any(|of| of.is_in(*schemas)))
        .map(|(id, ..)| *id)
        .collect();
    let schemas = read_schemas(scope, &with_schemas)?;
    let ids: Vec<i64> = rows.iter().map(|(id, ..)| *id).collect();
    let triggers = processes::triggers(scope, &ids)?;
    let release_of = |members: &Map<String, Value>| members.get("ReleaseId").and_then(Value::as_i64);
    let releases: Vec<i64> = rows.iter().filter_map(|(.., members)| release_of(members)).collect();
    let homes = processes::folders(scope, &releases)?;
    Ok(rows
        .into_iter()
        .map(|(id, _, mut members)| {
            let texts = schemas.get(&id);
            for of in Of::ALL {
                let text = texts.and_then(|texts| of.text(texts));
                members.insert(of.member().to_owned(), json!(text));
            }
            let place = [
                ("OrganizationUnitId", json!(seen.map(|seen| seen.folder))),
                (
                    "OrganizationUnitFullyQualifiedName",
                    json!(seen.map(|seen| &*seen.path)),
                ),
            ];
            for (name, value) in place {
                members.insert(name.to_owned(), value);
            }
            let home = release_of(&members).and_then(|release| homes.get(&release));
            let here = home.zip(seen).map(|(home, seen)| *home == seen.folder);
            members.insert("IsProcessInCurrentFolder".to_owned(), json!(here));
            let trigger = triggers.get(&id).map(|trigger| trigger.id);
            members.insert("ProcessScheduleId".to_owned(), json!(trigger));
            // There are no buckets.
            for name in ["RetentionBucketId", "StaleRetentionBucketId"] {
                members.insert(name.to_owned(), Value::Null);
            }
            Value::Object(members)
        })
        .collect())
}

/// The schemas of queues. A list whose schemas would fill the memory is refused, and told how to ask for less.
fn read_schemas(scope: &mut Scoped<'_, Tenant>, queues: &[i64]) -> Result<HashMap<i64, QueueSchemas>, Error> {
    let mut found = HashMap::new();
    let mut text = 0;
    for chunk in queues.chunks(500) {
        let ids = integers(chunk);
        let sql = format!(
            "select cast(coalesce(sum(length(coalesce(specific, '')) + length(coalesce(output, ''))
                + length(coalesce(analytics, ''))), 0) as bigint)
             from queue_schemas where {{scope}} and queue_id in ({ids})"
        );
        let row = scope.row(&sql, params![])?;
        text += row.map_or(Ok(0), |row| row.get::<i64>(0))?;
        if text > MOST_SCHEMA_TEXT {
            return Err(Error::invalid(
                codes::INVALID_REQUEST,
                "The JSON schemas of these queues are too long for one answer. Leave them out with $select, or ask for fewer \
                 queues with $top.",
            ));
        }
        let schemas = scope.find::<QueueSchemas>(&format!("queue_id in ({ids})"), params![])?;
        found.extend(schemas.into_iter().map(|schemas| (schemas.queue_id, schemas)));
    }
    Ok(found)
}
