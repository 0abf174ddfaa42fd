//! Whether items of queues with an SLA will be late (reference: queues 12).
//!
//! Looked at are the new items of a queue that are due within 24 hours, in the order of their deadlines; deferred ones count like the
//! others. Each takes as long as an attempt took on average so far, and as many are worked on at once as are in progress now, at least
//! one. From that follows when each would be done.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use access::rows::integers;
use context::Error;
use jiff::Timestamp;
use store::{Scoped, Tenant, Tx, Value, entity, params, pieces};
use web::{App, Reconciler};

use super::numbers::{self, Numbers};
use super::tally::Span;

/// Most items of a queue that are looked at; those with the earliest deadlines.
pub const MOST_ITEMS: usize = 10_000;
/// Queues looked at in one read.
const QUEUES_AT_A_TIME: usize = 20;
/// Shortest and longest time between two looks. Between them, a look may take a fifth of the time.
const OFTEN: Duration = Duration::from_secs(60);
const SELDOM: Duration = Duration::from_secs(300);

odata::enumeration! {
    /// What becomes of the items of a queue that are due soon.
    pub enum Outlook: "QueueSlaOutlook" {
        /// The queue has no SLA, or no attempt ended yet.
        Unknown = 0,
        InTime = 1,
        /// Some will be done after the time at which they are at risk, but before they are due.
        AtRisk = 2,
        /// Some are overdue, or will be.
        Late = 3,
    }
}

/// What is expected of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    pub outlook: Outlook,
    /// Items that will be done after the time at which they are at risk, but in time.
    pub at_risk: i64,
    /// Items that are overdue, or will be.
    pub late: i64,
    /// Robots that would do all in time; `None` where no number would, since some are overdue, and where nothing is known.
    pub robots: Option<i64>,
    /// More than [`MOST_ITEMS`] are due: the numbers are about the first of them, so that they can be higher in truth.
    pub more: bool,
}

impl Forecast {
    /// Nothing can be said.
    pub const UNKNOWN: Self = Self {
        outlook: Outlook::Unknown,
        at_risk: 0,
        late: 0,
        robots: None,
        more: false,
    };

    /// No number of robots would do all in time.
    pub fn is_over_capacity(&self) -> bool {
        self.outlook == Outlook::Late && self.robots.is_none()
    }
}

entity! {
    /// What was expected of a queue when it was last worked out.
    struct Stored in Tenant, table "queue_forecasts" {
        #[key] queue_id: i64,
        state: Outlook,
        at_risk: i64,
        late: i64,
        robots: Option<i64>,
        more: bool,
    }
}

entity! {
    /// A queue with an SLA.
    struct Promised in Tenant, table "queues" {
        #[key] id: i64,
    }
}

impl Stored {
    fn forecast(&self) -> Forecast {
        Forecast {
            outlook: self.state,
            at_risk: self.at_risk,
            late: self.late,
            robots: self.robots,
            more: self.more,
        }
    }
}

/// What is expected of queues, by id; every id that is asked for has an answer.
pub fn of(scope: &mut Scoped<'_, Tenant>, queues: &[i64]) -> Result<HashMap<i64, Forecast>, Error> {
    let mut found: HashMap<i64, Forecast> = queues.iter().map(|id| (*id, Forecast::UNKNOWN)).collect();
    for queues in queues.chunks(500) {
        // A queue may have lost its SLA since.
        let condition = format!(
            "queue_id in ({}) and exists (select 1 from queues q where q.id = queue_id and q.sla_minutes > 0)",
            integers(queues)
        );
        let stored = scope.find::<Stored>(&condition, params![])?;
        found.extend(stored.iter().map(|stored| (stored.queue_id, stored.forecast())));
    }
    Ok(found)
}

/// When an item is due, and when it is at risk, in microseconds.
#[derive(Debug, Clone, Copy)]
struct Deadline {
    due_at: i64,
    risk_at: Option<i64>,
}

/// Works out what becomes of waiting items, which come in the order of their deadlines. Each takes `each` microseconds, and `at_once`
/// of them are worked on at a time.
fn predict(waiting: &[Deadline], each: i64, at_once: i64, now: i64) -> Forecast {
    let (each, at_once) = (i128::from(each.max(0)), i128::from(at_once.max(1)));
    let now = i128::from(now);
    let mut forecast = Forecast {
        outlook: Outlook::InTime,
        ..Forecast::UNKNOWN
    };
    let mut robots: i128 = 0;
    let mut overdue = false;
    for (place, deadline) in (1..).zip(waiting) {
        let left = i128::from(deadline.due_at) - now;
        let done_in = (place + at_once - 1) / at_once * each;
        if left <= 0 {
            overdue = true;
        } else {
            robots = robots.max((place * each + left - 1) / left);
        }
        let risk_in = deadline.risk_at.map(|risk| i128::from(risk) - now);
        if left <= 0 || done_in > left {
            forecast.late += 1;
        } else if risk_in.is_some_and(|risk| done_in > risk) {
            forecast.at_risk += 1;
        }
    }
    forecast.robots = (!overdue).then(|| i64::try_from(robots).unwrap_or(i64::MAX));
    if forecast.late > 0 {
        forecast.outlook = Outlook::Late;
    } else if forecast.at_risk > 0 {
        forecast.outlook = Outlook::AtRisk;
    }
    forecast
}

pub(super) fn reconciler() -> Reconciler {
    Reconciler {
        name: "queue-forecasts",
        every: SELDOM,
        wakes_on: &[],
        run: Arc::new(|app| Box::pin(run(app))),
    }
}

/// One look at all queues with an SLA.
async fn run(app: App) -> Result<Option<Duration>, Error> {
    let began = app.clock().now();
    let mut after = 0;
    loop {
        let look = app.store().read(move |tx| look(tx, after, began)).await?;
        if !look.changed.is_empty() {
            let changed = look.changed;
            app.store()
                .write_locking(move |tx| {
                    for (tenant, forecasts) in &changed {
                        write(&mut tx.scope(*tenant), forecasts, began)?;
                    }
                    Ok::<_, Error>(())
                })
                .await?;
        }
        match look.next {
            Some(next) => after = next,
            None => break,
        }
    }
    let took = app.clock().now().duration_since(began).unsigned_abs();
    Ok(Some((took * 4).clamp(OFTEN, SELDOM)))
}

/// What came of looking at some queues.
struct Look {
    /// Forecasts that are not what is stored, by tenant.
    changed: HashMap<Tenant, Vec<(i64, Forecast)>>,
    /// The id to go on after.
    next: Option<i64>,
}

fn look(tx: &mut Tx, after: i64, now: Timestamp) -> Result<Look, Error> {
    let some = format!("id > ? and sla_minutes > 0 and deleted_at is null order by id limit {QUEUES_AT_A_TIME}");
    let queues = tx.locate_all::<Promised>(&some, params![after])?;
    let next = (queues.len() == QUEUES_AT_A_TIME)
        .then(|| queues.last().map(|(_, queue)| queue.id))
        .flatten();
    let mut by_tenant: HashMap<Tenant, Vec<i64>> = HashMap::new();
    for (tenant, queue) in queues {
        by_tenant.entry(tenant).or_default().push(queue.id);
    }
    let mut changed = HashMap::new();
    for (tenant, queues) in by_tenant {
        let mut scope = tx.scope(tenant);
        let numbers = numbers::of(&mut scope, &queues)?;
        let stored: HashMap<i64, Stored> = scope
            .get_many::<Stored>(&queues)?
            .into_iter()
            .map(|stored| (stored.queue_id, stored))
            .collect();
        let mut forecasts = Vec::new();
        for queue in queues {
            let numbers = numbers.get(&queue).copied().unwrap_or_default();
            let forecast = forecast(&mut scope, queue, &numbers, now)?;
            if stored.get(&queue).map(Stored::forecast) != Some(forecast) {
                forecasts.push((queue, forecast));
            }
        }
        if !forecasts.is_empty() {
            changed.insert(tenant, forecasts);
        }
    }
    Ok(Look { changed, next })
}

/// What is expected of a queue now.
fn forecast(scope: &mut Scoped<'_, Tenant>, queue: i64, numbers: &Numbers, now: Timestamp) -> Result<Forecast, Error> {
    let Some(each) = numbers.handling_micros() else {
        return Ok(Forecast::UNKNOWN);
    };
    let now = now.as_microsecond();
    let mut waiting = Vec::new();
    if numbers.new > 0 {
        let sql = "select due_at, risk_at from queue_items
            where {scope} and queue_id = ? and status = 0 and due_at is not null and due_at < ?
            order by due_at limit ?";
        let values = params![queue, now + Span::Day.micros(), MOST_ITEMS as i64 + 1];
        for row in scope.rows(sql, values)? {
            waiting.push(Deadline {
                due_at: row.get(0)?,
                risk_at: row.get(1)?,
            });
        }
    }
    let more = waiting.len() > MOST_ITEMS;
    waiting.truncate(MOST_ITEMS);
    Ok(Forecast {
        more,
        ..predict(&waiting, each, numbers.in_progress, now)
    })
}

fn write(scope: &mut Scoped<'_, Tenant>, forecasts: &[(i64, Forecast)], now: Timestamp) -> Result<(), Error> {
    for forecasts in pieces(forecasts) {
        let mut values = Vec::new();
        for (queue, forecast) in forecasts {
            let Forecast {
                outlook,
                at_risk,
                late,
                robots,
                more,
            } = *forecast;
            values.extend(params![*queue, outlook, at_risk, late, robots]);
            values.extend([Value::Boolean(more), Value::DateTime(now)]);
        }
        let sql = format!(
            "insert into queue_forecasts ({{scope_column}}, queue_id, state, at_risk, late, robots, more, worked_out_at)
             values {}
             on conflict (queue_id) do update set
                state = excluded.state,
                at_risk = excluded.at_risk,
                late = excluded.late,
                robots = excluded.robots,
                more = excluded.more,
                worked_out_at = excluded.worked_out_at",
            vec!["({scope_value}, ?, ?, ?, ?, ?, ?, ?)"; forecasts.len()].join(", ")
        );
        scope.execute(&sql, values)?;
    }
    for (queue, _) in forecasts {
        scope.changed("queue-forecasts", queue);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000_000;

    /// Deadlines in minutes from now, each at risk so many minutes earlier; items take 10 minutes.
    fn check(due: &[i64], risk: i64, at_once: i64, expected: (Outlook, i64, i64, Option<i64>)) {
        let now = 1_000_000 * MINUTE;
        let waiting: Vec<Deadline> = due
            .iter()
            .map(|minutes| Deadline {
                due_at: now + minutes * MINUTE,
                risk_at: Some(now + (minutes - risk) * MINUTE),
            })
            .collect();
        let found = predict(&waiting, 10 * MINUTE, at_once, now);
        let told = (found.outlook, found.at_risk, found.late, found.robots);
        assert_eq!(told, expected, "{due:?} at risk {risk} before, {at_once} at once");
    }

    #[test]
    fn items_are_in_time_at_risk_or_late_by_the_work_before_them() {
        check(&[], 0, 0, (Outlook::InTime, 0, 0, Some(0)));
        check(&[15, 30], 0, 1, (Outlook::InTime, 0, 0, Some(1)));
        check(&[10, 20], 0, 1, (Outlook::InTime, 0, 0, Some(1)));
        check(&[15, 30], 8, 1, (Outlook::AtRisk, 1, 0, Some(1)));
        check(&[15, 15, 15], 0, 1, (Outlook::Late, 0, 2, Some(2)));
        check(&[15, 15, 15], 0, 2, (Outlook::Late, 0, 1, Some(2)));
        check(&[15, 15, 15], 0, 3, (Outlook::InTime, 0, 0, Some(2)));
    }

    #[test]
    fn the_tightest_deadline_says_how_many_robots_are_needed() {
        check(&[5], 0, 1, (Outlook::Late, 0, 1, Some(2)));
        check(&[60, 60, 60, 60, 60, 60, 60], 0, 7, (Outlook::InTime, 0, 0, Some(2)));
        check(&[1_000, 3, 1_000], 0, 9, (Outlook::Late, 0, 1, Some(7)));
    }

    #[test]
    fn no_number_of_robots_makes_up_for_an_overdue_item() {
        check(&[-1, 1_000], 0, 9, (Outlook::Late, 0, 1, None));
        check(&[0], 0, 9, (Outlook::Late, 0, 1, None));
    }
}
