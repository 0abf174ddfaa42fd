//! How many items wait to be taken, for those who start robots because of them (reference: queues 9).

use context::Error;
use jiff::Timestamp;
use store::{Scoped, Tenant, params};

/// Items that one look counts at most.
const MOST: i64 = 100_000;

/// The new items of a queue that could be taken now, counted up to `most`: the index ends the count, however many there are.
pub fn count(scope: &mut Scoped<'_, Tenant>, queue: i64, now: Timestamp, most: i64) -> Result<i64, Error> {
    let most = most.clamp(1, MOST);
    let ready = "select count(*) from (select 1 from queue_items where {scope} and queue_id = ? and ready_rank is not null limit ?) r";
    let row = scope.row(ready, params![queue, most])?;
    let ready = row.map_or(Ok(0), |row| row.get::<i64>(0))?;
    if ready >= most {
        return Ok(most);
    }
    // Deferred items whose time has come, and that nobody asked for yet.
    let due = "select count(*) from (select 1 from queue_items where +{scope} and queue_id = ? and status = 0 and ready_rank is null
        and defer_at <= ? limit ?) d";
    let row = scope.row(due, params![queue, now, most - ready])?;
    Ok(ready + row.map_or(Ok(0), |row| row.get::<i64>(0))?)
}
