//! Reading items (reference: queues 3.3, 4, 8.3).
//!
//! An item is seen in every folder that its queue is visible in. A list is read queue by queue along their indexes and merged, and its
//! content is read for the rows of the page only, where it was asked for.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use access::folders::tree::Tree;
use access::sealing::Sealer;
use access::users::model::TenantUser;
use access::users::robots::SimpleRobot;
use context::{Error, Reach};
use odata::{Expr, OrderTerm, Path, Query, Reference, Root};
use serde_json::{Map, Value, json};
use store::{DEFAULT_TOP, Entity as _, MOST_PARTS, Page, Scoped, Tenant, Value as Bound, params};
use uuid::Uuid;

use super::content::{self, Part};
use super::filter::{only_states, pinned, pinned_name};
use super::model::{FolderItem, ItemData, ProcessingException, Status};
use super::no_such_item;
use super::wire::{self, Content, Head};
use crate::definitions::model::Queue;

/// Most bytes of content of one page.
const LONGEST_PAGE: i64 = 64 << 20;
/// Members whose value is not in the row of an item.
const CONTENT: [&str; 7] = [
    "SpecificContent",
    "SpecificData",
    "Output",
    "OutputData",
    "Analytics",
    "AnalyticsData",
    "ProcessingException",
];

/// Where somebody looks.
#[derive(Debug, Clone)]
pub struct View {
    /// One folder, or all within reach.
    pub folders: Reach,
    pub tree: Arc<Tree>,
    pub sealer: Sealer,
}

impl View {
    /// The folders as SQL; `None` for all.
    pub(super) fn condition(&self, column: &str) -> Option<String> {
        Some(access::rows::within(&self.folders, column)).filter(|condition| !condition.is_empty())
    }
}

/// The queues and folders in sight, restricted to the queues that a filter names.
fn links(scope: &mut Scoped<'_, Tenant>, view: &View, filter: Option<&Expr>) -> Result<Vec<(i64, i64)>, Error> {
    let mut conditions = vec!["{scope}".to_owned()];
    let mut values = Vec::new();
    conditions.extend(view.condition("folder_id"));
    if let Some(name) = filter.and_then(pinned_name) {
        conditions.push("name_folded = ?".to_owned());
        values.push(Bound::Text(store::fold(name)));
    }
    if let Some(queues) = filter.and_then(|filter| pinned(filter, "QueueDefinitionId")) {
        conditions.push(if queues.is_empty() {
            "1 = 0".to_owned()
        } else {
            format!("queue_id in ({})", access::rows::integers(&queues))
        });
    }
    let sql = format!(
        "select queue_id, folder_id from queue_folders where {} order by queue_id, folder_id limit ?",
        conditions.join(" and ")
    );
    // One more than can be merged tells that there are too many.
    values.push(Bound::Int(MOST_PARTS as i64 + 1));
    let rows = scope.rows(&sql, values)?;
    Ok(rows
        .iter()
        .map(|row| Ok((row.get(0)?, row.get(1)?)))
        .collect::<store::Result<_>>()?)
}

/// Items in sight that are in one of the states, by the numbers kept for each queue. An item counts once for every link.
fn counted(
    scope: &mut Scoped<'_, Tenant>,
    view: &View,
    filter: Option<&Expr>,
    states: &[Status],
) -> Result<u64, Error> {
    let mut named: Vec<&str> = states.iter().map(|status| column(*status)).collect();
    named.sort_unstable();
    named.dedup();
    if named.is_empty() {
        return Ok(0);
    }
    let mut conditions = vec!["l.{scope}".to_owned()];
    conditions.extend(view.condition("l.folder_id"));
    if let Some(queues) = filter.and_then(|filter| pinned(filter, "QueueDefinitionId")) {
        conditions.push(format!("l.queue_id in ({})", access::rows::integers(&queues)));
    }
    let sum = named
        .iter()
        .map(|name| format!("c.{name}"))
        .collect::<Vec<_>>()
        .join(" + ");
    let sql = format!(
        "select cast(coalesce(sum({sum}), 0) as bigint) from queue_folders l join queue_counters c on c.queue_id = l.queue_id
         where {}",
        conditions.join(" and ")
    );
    let row = scope.row(&sql, params![])?;
    let count: i64 = row.map_or(Ok(0), |row| row.get(0))?;
    Ok(count.max(0).unsigned_abs())
}

/// The counter of a state.
fn column(status: Status) -> &'static str {
    match status {
        Status::New => "new",
        Status::InProgress => "in_progress",
        Status::Failed => "failed",
        Status::Successful => "successful",
        Status::Abandoned => "abandoned",
        Status::Retried => "retried",
        Status::Deleted => "deleted",
    }
}

/// A page of the items in sight, the newest first unless the query says otherwise.
pub fn list(scope: &mut Scoped<'_, Tenant>, view: &View, query: &Query) -> Result<Page<Value>, Error> {
    let query = newest_first::<FolderItem>(query);
    let states = query.count.then(|| only_states(query.filter.as_ref())).flatten();
    let asked = Query {
        count: query.count && states.is_none(),
        ..query.clone()
    };
    let links = links(scope, view, query.filter.as_ref())?;
    let mut page = sorted(scope, view, &asked, &links)?;
    if let Some(states) = states {
        page.count = Some(counted(scope, view, query.filter.as_ref(), &states)?);
    }
    Ok(Page {
        count: page.count,
        items: show(scope, view, &query, &page.items)?,
    })
}

/// A page of the items of some queues and folders. Where it is sorted by a moment that only some items have, the latest first, those
/// that have none come last; so the page is looked for among the others first, which an index leads to.
fn sorted(
    scope: &mut Scoped<'_, Tenant>,
    view: &View,
    query: &Query,
    links: &[(i64, i64)],
) -> Result<Page<FolderItem>, Error> {
    if let Some(column) = query.order.first().and_then(moment) {
        let asked = Query {
            count: false,
            ..query.clone()
        };
        let mut page = among(scope, view, &asked, links, &format!("{column} is not null"))?;
        if page.items.len() as u64 == query.top.unwrap_or(DEFAULT_TOP) {
            if query.count {
                let counting = Query {
                    top: Some(0),
                    ..query.clone()
                };
                page.count = among(scope, view, &counting, links, "")?.count;
            }
            return Ok(page);
        }
    }
    among(scope, view, query, links, "")
}

/// The column of a moment that only some items have, where a list is sorted by it with the latest first.
fn moment(term: &OrderTerm) -> Option<&'static str> {
    let Expr::Path(path) = &term.expr else { return None };
    match path.property.name {
        "StartProcessing" if term.descending && path.root == Root::Row => Some("started_at"),
        "EndProcessing" if term.descending && path.root == Root::Row => Some("ended_at"),
        _ => None,
    }
}

/// A page of those items of some queues and folders that meet a condition; an empty one lets all through.
fn among(
    scope: &mut Scoped<'_, Tenant>,
    view: &View,
    query: &Query,
    links: &[(i64, i64)],
    condition: &str,
) -> Result<Page<FolderItem>, Error> {
    let and = |first: &str| match (first.is_empty(), condition.is_empty()) {
        (_, true) => first.to_owned(),
        (true, false) => condition.to_owned(),
        (false, false) => format!("{first} and {condition}"),
    };
    if links.len() > MOST_PARTS {
        let folders = view.condition("folder_id").unwrap_or_default();
        return Ok(scope.list::<FolderItem>(query, &and(&folders), params![])?);
    }
    let parts: Vec<Vec<Bound>> = links.iter().map(|(queue, folder)| params![*queue, *folder]).collect();
    Ok(scope.list_parts::<FolderItem>(query, &and("queue_id = ? and folder_id = ?"), &parts)?)
}

/// The query with the newest first, unless it says otherwise.
pub(super) fn newest_first<E: store::Entity>(query: &Query) -> Query {
    let mut query = query.clone();
    if let (true, Some(id)) = (query.order.is_empty(), E::model().property("Id")) {
        query.order.push(OrderTerm {
            expr: Expr::Path(Path {
                root: Root::Row,
                property: Reference(id),
            }),
            descending: true,
        });
    }
    query
}

/// The wire form of rows, with what the query selects and expands.
fn show(scope: &mut Scoped<'_, Tenant>, view: &View, query: &Query, rows: &[FolderItem]) -> Result<Vec<Value>, Error> {
    let wanted = CONTENT.iter().any(|name| query.selects(name));
    let ids: Vec<i64> = distinct(rows.iter().map(|item| item.id));
    let data: HashMap<i64, ItemData> = if wanted {
        let size = |item: &FolderItem| {
            item.size
                .saturating_add(item.progress.as_ref().map_or(0, String::len) as i64)
        };
        let sizes: HashMap<i64, i64> = rows.iter().map(|item| (item.id, size(item))).collect();
        if sizes.values().sum::<i64>() > LONGEST_PAGE {
            return Err(Error::field(
                "$top",
                format!(
                    "The content of these items has more than {LONGEST_PAGE} bytes: ask for fewer, or $select without content."
                ),
            ));
        }
        let found = scope.get_many::<ItemData>(&ids)?;
        found.into_iter().map(|data| (data.item_id, data)).collect()
    } else {
        HashMap::new()
    };
    let queues = if query.expands("QueueDefinition") {
        let ids = distinct(rows.iter().map(|item| item.queue_id));
        by_id(scope.get_many::<Queue>(&ids)?, |queue| queue.id)
    } else {
        HashMap::new()
    };
    let reviewers = if query.expands("ReviewerUser") {
        let ids = distinct(rows.iter().filter_map(|item| item.reviewer_id));
        by_id(scope.get_many::<TenantUser>(&ids)?, |user| user.id)
    } else {
        HashMap::new()
    };
    let robots = if query.expands("Robot") {
        let ids = distinct(rows.iter().filter_map(|item| item.robot_id));
        by_id(scope.get_many::<SimpleRobot>(&ids)?, |robot| robot.id)
    } else {
        HashMap::new()
    };
    let mut shown = Vec::with_capacity(rows.len());
    for item in rows {
        let head = Head::from(item);
        let content = match data.get(&item.id) {
            Some(data) => Some(Content::open(head, data.clone(), &view.sealer)?),
            None => None,
        };
        let mut members = wire::complete(item.to_json(), head, content.as_ref(), &view.sealer)?;
        let path = view.tree.get(item.folder_id).map(|folder| folder.path.as_str());
        members.insert("OrganizationUnitFullyQualifiedName".to_owned(), json!(path));
        let mut expand = |name: &str, value: Option<Map<String, Value>>| {
            if query.expands(name) {
                members.insert(name.to_owned(), value.map_or(Value::Null, Value::Object));
            }
        };
        expand("QueueDefinition", queues.get(&item.queue_id).map(Queue::to_json));
        expand(
            "ReviewerUser",
            item.reviewer_id
                .and_then(|id| reviewers.get(&id))
                .map(TenantUser::to_json),
        );
        expand(
            "Robot",
            item.robot_id.and_then(|id| robots.get(&id)).map(SimpleRobot::to_json),
        );
        shown.push(Value::Object(members));
    }
    Ok(shown)
}

fn distinct(ids: impl Iterator<Item = i64>) -> Vec<i64> {
    let distinct: HashSet<i64> = ids.collect();
    distinct.into_iter().collect()
}

fn by_id<T>(rows: Vec<T>, id: impl Fn(&T) -> i64) -> HashMap<i64, T> {
    rows.into_iter().map(|row| (id(&row), row)).collect()
}

/// An item in sight by id.
///
/// # Errors
/// 404 when there is none.
pub fn by_item(scope: &mut Scoped<'_, Tenant>, view: &View, id: i64, query: &Query) -> Result<Value, Error> {
    let row = row(scope, view, id)?;
    single(scope, view, row, query)
}

fn single(scope: &mut Scoped<'_, Tenant>, view: &View, row: FolderItem, query: &Query) -> Result<Value, Error> {
    show(scope, view, query, &[row])?.pop().ok_or_else(no_such_item)
}

/// The row of an item in sight.
///
/// # Errors
/// 404 when there is none.
pub fn row(scope: &mut Scoped<'_, Tenant>, view: &View, id: i64) -> Result<FolderItem, Error> {
    one(scope, view, "id = ?", params![id])
}

fn one(scope: &mut Scoped<'_, Tenant>, view: &View, condition: &str, values: Vec<Bound>) -> Result<FolderItem, Error> {
    let folders = view
        .condition("folder_id")
        .map_or_else(String::new, |inside| format!(" and {inside}"));
    let found = scope.find_one::<FolderItem>(&format!("{condition}{folders}"), values)?;
    found.ok_or_else(no_such_item)
}

/// An item in sight by the GUID of the attempt.
///
/// # Errors
/// 404 when there is none.
pub fn by_unique_key(scope: &mut Scoped<'_, Tenant>, view: &View, key: Uuid, query: &Query) -> Result<Value, Error> {
    let row = one(scope, view, "unique_key = ?", params![key])?;
    single(scope, view, row, query)
}

/// The newest attempt of the chain that an attempt belongs to.
///
/// # Errors
/// 404 when there is none.
pub fn last_retry(scope: &mut Scoped<'_, Tenant>, view: &View, of: Attempt, query: &Query) -> Result<Value, Error> {
    let row = match of {
        Attempt::Id(id) => row(scope, view, id)?,
        Attempt::UniqueKey(key) => one(scope, view, "unique_key = ?", params![key])?,
    };
    let last = scope.find::<FolderItem>(
        "key = ? and folder_id = ? order by id desc limit 1",
        params![row.key, row.folder_id],
    )?;
    let last = last.into_iter().next().ok_or_else(no_such_item)?;
    single(scope, view, last, query)
}

/// How a request names an attempt.
#[derive(Debug, Clone, Copy)]
pub enum Attempt {
    Id(i64),
    UniqueKey(Uuid),
}

/// All attempts of the chain that an item belongs to, the oldest first.
///
/// # Errors
/// 404 when the item is not in sight.
pub fn history(scope: &mut Scoped<'_, Tenant>, view: &View, id: i64, query: &Query) -> Result<Page<Value>, Error> {
    let row = row(scope, view, id)?;
    let page = scope.list::<FolderItem>(query, "key = ? and folder_id = ?", params![row.key, row.folder_id])?;
    Ok(Page {
        count: page.count,
        items: show(scope, view, query, &page.items)?,
    })
}

/// Why items failed, by id, without the rest of what they carry.
pub fn exceptions(
    scope: &mut Scoped<'_, Tenant>,
    view: &View,
    items: &[Head],
) -> Result<HashMap<i64, ProcessingException>, Error> {
    let mut found = HashMap::new();
    if items.is_empty() {
        return Ok(found);
    }
    let ids: Vec<i64> = items.iter().map(|item| item.id).collect();
    let sql = format!(
        "select item_id, exception from queue_item_data where {{scope}} and exception is not null and item_id in ({})",
        access::rows::integers(&ids)
    );
    for row in scope.rows(&sql, params![])? {
        let (id, stored): (i64, String) = (row.get(0)?, row.get(1)?);
        let Some(head) = items.iter().find(|item| item.id == id) else {
            continue;
        };
        let sealer = head.encrypted.then_some(&view.sealer);
        let text = content::open(sealer, head.key, Part::Exception, stored)?;
        found.insert(id, serde_json::from_str(&text).map_err(Error::internal)?);
    }
    Ok(found)
}

/// A page of the items of one queue of one folder as rows, and whether there are more after it. Nothing is counted unless it can be
/// told from the numbers of the queue.
///
/// # Errors
/// 400 for a filter that cannot be read.
pub fn rows(
    scope: &mut Scoped<'_, Tenant>,
    view: &View,
    query: &Query,
) -> Result<(Vec<FolderItem>, Option<u64>), Error> {
    let query = newest_first::<FolderItem>(query);
    let links = links(scope, view, query.filter.as_ref())?;
    let asked = Query {
        count: false,
        ..query.clone()
    };
    let page = sorted(scope, view, &asked, &links)?;
    let total = match only_states(query.filter.as_ref()) {
        Some(states) => Some(counted(scope, view, query.filter.as_ref(), &states)?),
        None => None,
    };
    Ok((page.items, total))
}

/// The newest attempts of the chain that an item belongs to, the newest first.
pub fn attempts(scope: &mut Scoped<'_, Tenant>, item: &FolderItem, most: i64) -> Result<Vec<FolderItem>, Error> {
    let condition = "key = ? and folder_id = ? order by id desc limit ?";
    Ok(scope.find::<FolderItem>(condition, params![item.key, item.folder_id, most])?)
}

/// What an item carries, opened.
///
/// # Errors
/// 404 when it is gone.
pub fn content(scope: &mut Scoped<'_, Tenant>, view: &View, item: &FolderItem) -> Result<Content, Error> {
    let data = scope.get::<ItemData>(item.id)?.ok_or_else(no_such_item)?;
    Content::open(Head::from(item), data, &view.sealer)
}

/// The progress of an item, opened.
pub fn progress(view: &View, item: &FolderItem) -> Result<Option<String>, Error> {
    let sealer = item.encrypted.then_some(&view.sealer);
    let open = |stored: &String| content::open(sealer, item.key, Part::Progress, stored.clone());
    item.progress.as_ref().map(open).transpose()
}
