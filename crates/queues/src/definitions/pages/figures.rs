//! The numbers of queues as pages show them. No item is looked at.

use std::collections::HashMap;

use access::rows::integers;
use context::Error;
use jiff::Timestamp;
use maud::{Markup, html};
use store::{Scoped, Tenant, params};
use ui::{Tone, chip, muted};

use crate::items::model::Status;
use crate::statistics::tally::Span;

/// Columns of `queue_counters`, in the order of [`Figures::from_row`].
const COUNTERS: [&str; 13] = [
    "new",
    "in_progress",
    "failed",
    "successful",
    "abandoned",
    "retried",
    "deleted",
    "successes",
    "application_exceptions",
    "business_exceptions",
    "success_micros",
    "application_micros",
    "business_micros",
];

/// What is known of a queue.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// Items by the number of their state.
    states: [i64; 7],
    pub successes: i64,
    pub application_exceptions: i64,
    pub business_exceptions: i64,
    micros: i64,
    pub forecast: Option<Forecast>,
}

/// Whether items will be late, as last worked out.
#[derive(Debug, Clone, Copy)]
pub struct Forecast {
    pub outlook: i64,
    pub at_risk: i64,
    pub late: i64,
    pub robots: Option<i64>,
    pub worked_out_at: Timestamp,
}

/// What ended in some time.
#[derive(Debug, Clone, Copy, Default)]
pub struct Record {
    pub begins_at: Timestamp,
    pub successes: i64,
    pub application_exceptions: i64,
    pub business_exceptions: i64,
    pub micros: i64,
}

impl Record {
    pub fn finished(&self) -> i64 {
        self.successes + self.application_exceptions + self.business_exceptions
    }

    /// Seconds that an attempt took on average.
    pub fn mean_seconds(&self) -> f64 {
        let micros = self.micros.checked_div(self.finished()).unwrap_or(0);
        micros as f64 / 1_000_000.0
    }
}

impl Figures {
    pub fn in_state(&self, status: Status) -> i64 {
        let at = usize::try_from(odata::Enumeration::number(status)).unwrap_or(0);
        self.states.get(at).copied().unwrap_or(0).max(0)
    }

    pub fn items(&self) -> i64 {
        self.states.iter().sum::<i64>().max(0)
    }

    /// Microseconds that an attempt took on average, however it ended.
    pub fn handling_micros(&self) -> Option<i64> {
        self.micros
            .checked_div(self.successes + self.application_exceptions + self.business_exceptions)
    }
}

/// The numbers of queues by id; those that nothing happened in yet are missing.
pub fn of(scope: &mut Scoped<'_, Tenant>, queues: &[i64]) -> Result<HashMap<i64, Figures>, Error> {
    let mut found: HashMap<i64, Figures> = HashMap::new();
    if queues.is_empty() {
        return Ok(found);
    }
    let ids = integers(queues);
    let sums = COUNTERS
        .map(|column| format!("cast(sum({column}) as bigint)"))
        .join(", ");
    let sql = format!(
        "select queue_id, {sums} from queue_counters where {{scope}} and queue_id in ({ids}) group by queue_id"
    );
    for row in scope.rows(&sql, params![])? {
        let mut figures = Figures::default();
        for (at, number) in figures.states.iter_mut().enumerate() {
            *number = row.get(at + 1)?;
        }
        figures.successes = row.get(8)?;
        figures.application_exceptions = row.get(9)?;
        figures.business_exceptions = row.get(10)?;
        figures.micros = row.get::<i64>(11)? + row.get::<i64>(12)? + row.get::<i64>(13)?;
        found.insert(row.get(0)?, figures);
    }
    let sql = format!(
        "select queue_id, state, at_risk, late, robots, worked_out_at from queue_forecasts
         where {{scope}} and queue_id in ({ids})"
    );
    for row in scope.rows(&sql, params![])? {
        let forecast = Forecast {
            outlook: row.get(1)?,
            at_risk: row.get(2)?,
            late: row.get(3)?,
            robots: row.get(4)?,
            worked_out_at: row.get(5)?,
        };
        found.entry(row.get(0)?).or_default().forecast = Some(forecast);
    }
    Ok(found)
}

/// Attempts that ended in each of the last 24 hours, the earliest first, by queue. Those with none are missing.
pub fn throughput(
    scope: &mut Scoped<'_, Tenant>,
    queues: &[i64],
    now: Timestamp,
) -> Result<HashMap<i64, Vec<f64>>, Error> {
    let mut found: HashMap<i64, Vec<f64>> = HashMap::new();
    if queues.is_empty() {
        return Ok(found);
    }
    let first = begins(Span::Hour, 24, now).next().unwrap_or_default();
    let sql = format!(
        "select queue_id, begins_at, successes + application_exceptions + business_exceptions from queue_times
         where {{scope}} and queue_id in ({}) and span = ? and begins_at >= ?",
        integers(queues)
    );
    for row in scope.rows(&sql, params![Span::Hour as i64, first])? {
        let hours = found.entry(row.get(0)?).or_insert_with(|| vec![0.0; 24]);
        let at = (row.get::<i64>(1)? - first) / Span::Hour.micros();
        if let Some(hour) = usize::try_from(at).ok().and_then(|at| hours.get_mut(at)) {
            *hour = row.get::<i64>(2)? as f64;
        }
    }
    Ok(found)
}

/// What ended in a queue in each of the last spans, the earliest first, without gaps.
pub fn series(
    scope: &mut Scoped<'_, Tenant>,
    queue: i64,
    span: Span,
    length: i64,
    now: Timestamp,
) -> Result<Vec<Record>, Error> {
    let first = begins(span, length, now).next().unwrap_or_default();
    let sql = "select begins_at, successes, application_exceptions, business_exceptions,
            success_micros + application_micros + business_micros
        from queue_times where {scope} and queue_id = ? and span = ? and begins_at >= ?";
    let mut stored: HashMap<i64, Record> = HashMap::new();
    for row in scope.rows(sql, params![queue, span as i64, first])? {
        let record = Record {
            begins_at: Timestamp::UNIX_EPOCH,
            successes: row.get(1)?,
            application_exceptions: row.get(2)?,
            business_exceptions: row.get(3)?,
            micros: row.get(4)?,
        };
        stored.insert(row.get(0)?, record);
    }
    begins(span, length, now)
        .map(|begin| {
            let mut record = stored.remove(&begin).unwrap_or_default();
            record.begins_at = Timestamp::from_microsecond(begin).map_err(Error::internal)?;
            Ok(record)
        })
        .collect()
}

/// When the last spans begin, the earliest first; the last one is not over.
fn begins(span: Span, length: i64, now: Timestamp) -> impl Iterator<Item = i64> {
    let last = span.begin(now);
    (0..length).map(move |at| last - (length - 1 - at) * span.micros())
}

/// Whether the items of a queue will be done in time.
pub fn outlook(sla_minutes: i32, forecast: Option<&Forecast>) -> Markup {
    if sla_minutes == 0 {
        return muted("–");
    }
    match forecast.map(|forecast| (forecast.outlook, forecast.at_risk, forecast.late)) {
        Some((1, ..)) => chip("In time", Tone::Success),
        Some((2, at_risk, _)) => chip(&format!("{at_risk} at risk"), Tone::Warning),
        Some((3, _, late)) => chip(&format!("{late} late"), Tone::Danger),
        _ => {
            html! { span title="Nothing was processed yet that a forecast could rest on." { (chip("No forecast yet", Tone::Neutral)) } }
        }
    }
}
