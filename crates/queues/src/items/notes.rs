//! Reading the history of items and the comments on them (reference: queues 8.3, 10).

use context::{Error, codes};
use odata::Query;
use serde_json::Value;
use store::{Entity as _, MOST_PARTS, Page, Scoped, Tenant, Value as Bound, params};

use super::filter::pinned;
use super::model::{FolderItem, ItemComment, ItemEvent};
use super::read::{View, newest_first, row};

/// Attempts of one chain whose history is read.
const MOST_ATTEMPTS: usize = 10_000;

/// Lines of history or comments in sight, the newest first unless the query says otherwise.
pub fn list<E>(scope: &mut Scoped<'_, Tenant>, view: &View, query: &Query) -> Result<Page<Value>, Error>
where
    E: store::Entity<Scope = Tenant>,
{
    let query = newest_first::<E>(query);
    let inside = view
        .condition("l.folder_id")
        .map_or_else(String::new, |inside| format!(" and {inside}"));
    let visible = format!(
        "exists (select 1 from queue_folders l where l.queue_id = {}.queue_id{inside})",
        E::TABLE
    );
    let page = if let Some(items) = query.filter.as_ref().and_then(|filter| pinned(filter, "QueueItemId")) {
        // The index of the item leads to few rows, whatever the number of queues.
        of_items::<E>(scope, &query, &items, &format!("item_id = ? and {visible}"))?
    } else {
        let queues = queues(scope, view)?;
        if queues.len() > MOST_PARTS {
            scope.list::<E>(&query, &visible, params![])?
        } else {
            let parts: Vec<Vec<Bound>> = queues.iter().map(|queue| params![*queue]).collect();
            scope.list_parts::<E>(&query, "queue_id = ?", &parts)?
        }
    };
    Ok(page.map(|note| Value::Object(note.to_json())))
}

/// The queues in sight; one more than can be merged tells that there are too many.
fn queues(scope: &mut Scoped<'_, Tenant>, view: &View) -> Result<Vec<i64>, Error> {
    let mut conditions = vec!["{scope}".to_owned()];
    conditions.extend(view.condition("folder_id"));
    let sql = format!(
        "select distinct queue_id from queue_folders where {} order by queue_id limit ?",
        conditions.join(" and ")
    );
    let rows = scope.rows(&sql, params![MOST_PARTS as i64 + 1])?;
    Ok(rows.iter().map(|row| row.get(0)).collect::<store::Result<_>>()?)
}

/// Lines of history or comments of some items; `condition` takes the id of one. Each item is looked up for itself, along its index.
fn of_items<E>(scope: &mut Scoped<'_, Tenant>, query: &Query, items: &[i64], condition: &str) -> Result<Page<E>, Error>
where
    E: store::Entity<Scope = Tenant>,
{
    let mut items = items.to_vec();
    items.sort_unstable();
    items.dedup();
    if items.len() > MOST_PARTS {
        let any = format!("item_id in ({})", access::rows::integers(&items));
        return Ok(scope.list::<E>(query, &condition.replacen("item_id = ?", &any, 1), params![])?);
    }
    let parts: Vec<Vec<Bound>> = items.iter().map(|item| params![*item]).collect();
    Ok(scope.list_parts::<E>(query, condition, &parts)?)
}

/// Lines of history or comments of all attempts of the chain that an item belongs to, the oldest first.
///
/// # Errors
/// 404 when the item is not in sight.
pub fn of_chain<E>(scope: &mut Scoped<'_, Tenant>, view: &View, id: i64, query: &Query) -> Result<Page<Value>, Error>
where
    E: store::Entity<Scope = Tenant>,
{
    let row = row(scope, view, id)?;
    let sql = format!("select id from queue_items where {{scope}} and key = ? order by id limit {MOST_ATTEMPTS}");
    let attempts = scope.rows(&sql, params![row.key])?;
    let ids: Vec<i64> = attempts.iter().map(|row| row.get(0)).collect::<store::Result<_>>()?;
    // They come the oldest first, also from several items.
    let page = of_items::<E>(scope, query, &ids, "item_id = ?")?;
    Ok(page.map(|note| Value::Object(note.to_json())))
}

/// A line of history in sight.
///
/// # Errors
/// 404 when there is none.
pub fn event(scope: &mut Scoped<'_, Tenant>, view: &View, id: i64) -> Result<Value, Error> {
    let found = scope.get::<ItemEvent>(id)?;
    let found = found.filter(|event| row(scope, view, event.item_id).is_ok());
    let missing = || Error::missing(codes::ITEM_NOT_FOUND, "QueueItemEvent does not exist.");
    Ok(Value::Object(found.ok_or_else(missing)?.to_json()))
}

/// A comment in sight.
///
/// # Errors
/// 404 when there is none.
pub fn comment(scope: &mut Scoped<'_, Tenant>, view: &View, id: i64) -> Result<ItemComment, Error> {
    let found = scope.get::<ItemComment>(id)?;
    let missing = || Error::missing(codes::ITEM_NOT_FOUND, "QueueItemComment does not exist.");
    let found = found.ok_or_else(missing)?;
    row(scope, view, found.item_id).map_err(|_| missing())?;
    Ok(found)
}

/// The newest comments on attempts, the newest first.
pub fn comments(scope: &mut Scoped<'_, Tenant>, attempts: &[FolderItem], most: i64) -> Result<Vec<ItemComment>, Error> {
    let ids: Vec<i64> = attempts.iter().map(|attempt| attempt.id).collect();
    let newest = newest_first::<ItemComment>(&Query {
        top: Some(most.unsigned_abs()),
        ..Query::new(ItemComment::model())
    });
    Ok(of_items(scope, &newest, &ids, "item_id = ?")?.items)
}
