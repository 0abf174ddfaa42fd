//! What every unit of work on items does besides its own business: look at the queues, write history, numbers and events.

use std::collections::HashMap;

use access::outbox;
use context::{Caller, Ctx, Error};
use jiff::Timestamp;
use serde_json::Value;
use store::{Scoped, Tenant, Tx, any_of, params};
use uuid::Uuid;

use super::events;
use super::model::{EventAction, Item, ItemEvent};
use crate::definitions::model::Queue;
use crate::state::Shared;
use crate::statistics::tally::{Lane, Tally};

/// Who asks, as history tells it.
#[derive(Debug, Clone, Default)]
pub struct Who {
    /// Id of the caller's record in the tenant, if it has one.
    pub user: Option<i64>,
    /// The OAuth client that the caller came through.
    pub client: Option<String>,
}

impl Who {
    pub fn new(caller: &Caller, user: Option<i64>) -> Self {
        Self {
            user,
            client: caller.client.map(|client| client.to_string()),
        }
    }
}

/// What came of a call that rests on a definition kept in memory.
#[derive(Debug)]
pub enum Outcome {
    /// An item, with the text of its content if it is at hand.
    Item(Box<Item>, String),
    /// There is none to take.
    Nothing,
    /// The queue is not what it was when the call was checked: check again.
    Stale,
}

/// A queue as a unit of work finds it.
#[derive(Debug, Clone)]
pub struct Standing {
    pub version: i64,
    pub folders: Vec<i64>,
    /// There are items whose time has come and that do not stand in line yet.
    pub due: bool,
}

/// The queues with these ids as they are now; those that are gone are missing.
pub fn standings(
    scope: &mut Scoped<'_, Tenant>,
    queues: &[i64],
    now: Timestamp,
) -> Result<HashMap<i64, Standing>, Error> {
    let mut found: HashMap<i64, Standing> = HashMap::new();
    for queues in queues.chunks(100) {
        let (marks, among) = any_of(queues.iter().copied().map(store::Value::Int));
        let sql = format!(
            "select l.queue_id, l.folder_id, q.version,
                exists (select 1 from queue_items w where w.queue_id = q.id and w.status = 0 and w.ready_rank is null
                    and w.defer_at <= ?)
             from queue_folders l join queues q on q.id = l.queue_id
             where +l.{{scope}} and l.queue_id in ({marks})"
        );
        let mut values = params![now];
        values.extend(among);
        for row in scope.rows(&sql, values)? {
            let standing = found.entry(row.get(0)?).or_insert(Standing {
                version: row.get(2)?,
                folders: Vec::new(),
                due: row.get(3)?,
            });
            standing.folders.push(row.get(1)?);
        }
    }
    Ok(found)
}

/// A unit of work on items under way.
pub struct Batch<'a> {
    shared: &'a Shared,
    lane: Lane,
    pub now: Timestamp,
    pub tally: Tally,
    history: Vec<ItemEvent>,
    news: Vec<News>,
    listened: bool,
}

/// Something subscribers may be told.
struct News {
    of: &'static str,
    items: Vec<Item>,
    user: Option<i64>,
}

impl<'a> Batch<'a> {
    pub fn new(scope: &mut Scoped<'_, Tenant>, shared: &'a Shared, lane: Lane, now: Timestamp) -> Result<Self, Error> {
        Ok(Self {
            shared,
            lane,
            now,
            tally: Tally::default(),
            history: Vec::new(),
            news: Vec::new(),
            listened: outbox::is_listened_to(scope)?,
        })
    }

    /// Writes a line of an item's history, as the item is now.
    pub fn record(&mut self, item: &Item, action: EventAction, who: &Who, data: Option<Value>) {
        self.history.push(ItemEvent {
            id: 0,
            item_id: item.id,
            queue_id: item.queue_id,
            item_key: item.key,
            happened_at: self.now,
            action,
            data: data.map(|data| data.to_string()),
            user_id: who.user,
            user_name: None,
            status: item.status,
            review_status: item.review_status,
            reviewer_id: item.reviewer_id,
            reviewer_name: None,
            client: who.client.clone(),
        });
    }

    /// Tells subscribers, if there are any.
    pub fn announce(&mut self, of: &'static str, items: &[Item], who: &Who) {
        if self.listened && !items.is_empty() {
            self.news.push(News {
                of,
                items: items.to_vec(),
                user: who.user,
            });
        }
    }

    /// Writes all that was collected.
    pub fn finish(self, scope: &mut Scoped<'_, Tenant>, ctx: &Ctx) -> Result<(), Error> {
        scope.insert_many(&self.history)?;
        self.tally.write(scope, self.lane, self.now)?;
        for news in self.news {
            events::write(scope, news.of, &news.items, news.user, self.now, ctx)?;
        }
        self.shared.tell(scope, self.tally.queues(), self.now);
        Ok(())
    }
}

/// The queues of items, by id; deleted ones are missing.
pub fn queues_of<'a>(
    scope: &mut Scoped<'_, Tenant>,
    items: impl Iterator<Item = &'a Item>,
) -> Result<HashMap<i64, Queue>, Error> {
    let mut ids: Vec<i64> = items.map(|item| item.queue_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let queues = scope.get_many::<Queue>(&ids)?;
    Ok(queues
        .into_iter()
        .filter(|queue| queue.deleted_at.is_none())
        .map(|queue| (queue.id, queue))
        .collect())
}

/// A GUID whose first bits are the time (RFC 9562, version 7), so that those made together lie together in indexes.
pub fn new_key(ctx: &Ctx) -> Uuid {
    let random = ctx.id();
    let mut bytes = [0; 10];
    bytes.copy_from_slice(&random.as_bytes()[6..]);
    // Version and variant bits of the random GUID are overwritten by the builder.
    let millis = u64::try_from(ctx.now.as_millisecond()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
}

/// Does the calls of each tenant apart from those of others, and answers in the order of the calls.
pub fn per_tenant<T, R>(
    tx: &mut Tx,
    calls: &[T],
    tenant: impl Fn(&T) -> i64,
    mut work: impl FnMut(&mut Scoped<'_, Tenant>, &[&T]) -> Result<Vec<Result<R, Error>>, Error>,
) -> Result<Vec<Result<R, Error>>, Error> {
    let mut places: Vec<(i64, usize)> = calls.iter().map(tenant).zip(0..).collect();
    places.sort_unstable();
    let mut results: Vec<Option<Result<R, Error>>> = calls.iter().map(|_| None).collect();
    for group in places.chunk_by(|(one, _), (other, _)| one == other) {
        let Some((tenant, _)) = group.first() else { continue };
        let own: Vec<&T> = group.iter().map(|(_, at)| &calls[*at]).collect();
        let answers = work(&mut tx.tenant(*tenant), &own)?;
        for ((_, at), answer) in group.iter().zip(answers) {
            results[*at] = Some(answer);
        }
    }
    Ok(results
        .into_iter()
        .map(|result| result.unwrap_or_else(|| Err(Error::internal("a call without an answer"))))
        .collect())
}
