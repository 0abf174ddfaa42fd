//! The numbers of a queue over time (reference: queues 14).

use access::folders::links::no_such;
use std::collections::{BTreeMap, HashMap};

use access::rows::{self, integers};
use context::Error;
use jiff::Timestamp;
use odata::{EntityType, Kind, Navigation, Property, Query, Scalar as _, Source};
use serde_json::{Value, json};
use store::{Entity as _, Page, Scoped, Tenant, params};

use super::numbers::{self, Numbers};
use super::seconds;
use super::status::count;
use super::tally::Span;
use crate::definitions::model::{FolderQueue, Queue};

/// Most days that can be asked for.
pub const MOST_DAYS: i64 = 365;
/// Queues looked up by one statement.
const CHUNK: usize = 500;

odata::enumeration! {
    /// How long the time is that a record is about.
    pub enum ReportType: "QueueProcessingRecordDtoReportType" { Minute = 0, Hour = 1, Day = 2, All = 3 }
}

/// A series of times of equal length; the last one is not over yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    span: Span,
    length: i64,
}

impl Range {
    /// 60 minutes.
    pub const LAST_HOUR: Self = Self {
        span: Span::Minute,
        length: 60,
    };
    /// 24 hours.
    pub const LAST_DAY: Self = Self {
        span: Span::Hour,
        length: 24,
    };

    /// The last days: 0 is the last hour by minute, 1 the last day by hour, more are days of UTC, today included.
    ///
    /// # Errors
    /// 400 for less than 0 and more than [`MOST_DAYS`].
    pub fn days(number: i64) -> Result<Self, Error> {
        match number {
            0 => Ok(Self::LAST_HOUR),
            1 => Ok(Self::LAST_DAY),
            2..=MOST_DAYS => Ok(Self {
                span: Span::Day,
                length: number,
            }),
            _ => Err(Error::field(
                "daysNo",
                format!("daysNo must be a number from 0 to {MOST_DAYS}."),
            )),
        }
    }

    pub fn report_type(self) -> ReportType {
        match self.span {
            Span::Minute => ReportType::Minute,
            Span::Hour => ReportType::Hour,
            Span::Day => ReportType::Day,
        }
    }

    /// When the times begin, the earliest first.
    fn begins(self, now: Timestamp) -> impl DoubleEndedIterator<Item = i64> + Clone {
        let last = self.span.begin(now);
        let step = self.span.micros();
        (0..self.length).map(move |at| last - (self.length - 1 - at) * step)
    }
}

/// What happened to a queue in some time, and what was waiting at its end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Record {
    pub begins_at: Timestamp,
    pub remaining: i64,
    pub in_progress: i64,
    pub successes: i64,
    pub application_exceptions: i64,
    pub business_exceptions: i64,
    pub retried: i64,
    pub success_micros: i64,
    pub application_micros: i64,
    pub business_micros: i64,
}

impl Record {
    /// Attempts that ended, well or not.
    pub fn finished(&self) -> i64 {
        self.successes + self.application_exceptions + self.business_exceptions
    }

    /// Seconds that an attempt took on average, however it ended; `None` where none did.
    pub fn mean_seconds(&self) -> Option<f64> {
        let micros = self.success_micros + self.application_micros + self.business_micros;
        let finished = self.finished();
        (finished > 0).then(|| seconds(micros) / finished as f64)
    }
}

/// What waited and what was in progress.
type Load = (i64, i64);

/// The records of a queue, the earliest first, without gaps: times in which nothing happened have records too.
pub fn series(scope: &mut Scoped<'_, Tenant>, queue: i64, range: Range, now: Timestamp) -> Result<Vec<Record>, Error> {
    let begins = range.begins(now);
    let first = begins.clone().next().unwrap_or_default();
    let sql = "select begins_at, successes, application_exceptions, business_exceptions, retried, success_micros,
            application_micros, business_micros, remaining, in_progress
        from queue_times where {scope} and queue_id = ? and span = ? and begins_at >= ?";
    let mut stored: BTreeMap<i64, (Record, Option<Load>)> = BTreeMap::new();
    for row in scope.rows(sql, params![queue, range.span as i64, first])? {
        let record = Record {
            successes: row.get(1)?,
            application_exceptions: row.get(2)?,
            business_exceptions: row.get(3)?,
            retried: row.get(4)?,
            success_micros: row.get(5)?,
            application_micros: row.get(6)?,
            business_micros: row.get(7)?,
            ..Record::default()
        };
        let load = row.get::<Option<i64>>(8)?.zip(row.get(9)?);
        stored.insert(row.get(0)?, (record, load));
    }
    let live = numbers::of(scope, &[queue])?.remove(&queue).unwrap_or_default();
    let mut load = load_before(scope, queue, range.span, first, &live)?;
    let mut records = Vec::new();
    for begin in begins {
        let (mut record, noted) = stored.remove(&begin).unwrap_or_default();
        load = noted.unwrap_or(load);
        record.begins_at = Timestamp::from_microsecond(begin).map_err(Error::internal)?;
        (record.remaining, record.in_progress) = load;
        records.push(record);
    }
    // The last time is not over: what is waiting now counts.
    if let Some(last) = records.last_mut() {
        (last.remaining, last.in_progress) = (live.new, live.in_progress);
    }
    Ok(records)
}

/// What was waiting before the first record. Numbers of short spans are not kept for long, so that those of longer ones are asked too.
fn load_before(
    scope: &mut Scoped<'_, Tenant>,
    queue: i64,
    span: Span,
    first: i64,
    live: &Numbers,
) -> Result<Load, Error> {
    let sql = "select remaining, in_progress from queue_times
        where {scope} and queue_id = ? and span = ? and begins_at <= ? and remaining is not null and in_progress is not null
        order by begins_at desc limit 1";
    for span in Span::ALL.into_iter().skip(span as usize) {
        if let Some(row) = scope.row(sql, params![queue, span as i64, first - span.micros()])? {
            return Ok((row.get(0)?, row.get(1)?));
        }
    }
    let unchanged = live.last_at.is_some_and(|at| at.as_microsecond() < first);
    Ok(if unchanged {
        (live.new, live.in_progress)
    } else {
        (0, 0)
    })
}

/// Attempts that ended in each of the last 24 hours, the earliest first, for several queues. Those with none are missing.
pub fn throughput(
    scope: &mut Scoped<'_, Tenant>,
    queues: &[i64],
    now: Timestamp,
) -> Result<HashMap<i64, Vec<i64>>, Error> {
    let range = Range::LAST_DAY;
    let begins: Vec<i64> = range.begins(now).collect();
    let first = begins.first().copied().unwrap_or_default();
    let mut found: HashMap<i64, Vec<i64>> = HashMap::new();
    for queues in queues.chunks(CHUNK) {
        let sql = format!(
            "select queue_id, begins_at, successes + application_exceptions + business_exceptions
             from queue_times where {{scope}} and queue_id in ({}) and span = ? and begins_at >= ?",
            integers(queues)
        );
        for row in scope.rows(&sql, params![range.span as i64, first])? {
            let hours = found.entry(row.get(0)?).or_insert_with(|| vec![0; begins.len()]);
            let begin: i64 = row.get(1)?;
            let place = begins.binary_search(&begin).ok();
            if let Some(hour) = place.and_then(|at| hours.get_mut(at)) {
                *hour = row.get(2)?;
            }
        }
    }
    Ok(found)
}

/// The records of a queue of a folder as the wire shows them.
///
/// # Errors
/// 404 when the folder has no such queue, 400 for a filter these rows do not support.
pub fn list(
    scope: &mut Scoped<'_, Tenant>,
    folder: i64,
    queue: i64,
    range: Range,
    now: Timestamp,
    query: &Query,
) -> Result<Page<Value>, Error> {
    let found = scope.find_one::<FolderQueue>("folder_id = ? and id = ?", params![folder, queue])?;
    let queue = found.ok_or_else(|| no_such::<Queue>(queue))?;
    let tenant = scope.scope().0;
    let records = series(scope, queue.id, range, now)?;
    let rows = records
        .iter()
        .map(|record| on_the_wire(record, tenant, queue.id, range))
        .collect();
    let mut page = rows::page(rows, query)?;
    if query.expands("UiQueueMetadata") {
        for row in &mut page.items {
            row["UiQueueMetadata"] = Value::Object(queue.to_json());
        }
    }
    Ok(page)
}

fn on_the_wire(record: &Record, tenant: i64, queue: i64, range: Range) -> Value {
    json!({
        "QueueDefinitionId": queue,
        "ProcessingTime": store::to_json(&record.begins_at),
        "ReportType": range.report_type(),
        "NumberOfRemainingTransactions": count(record.remaining),
        "NumberOfInProgressTransactions": count(record.in_progress),
        "NumberOfApplicationExceptions": count(record.application_exceptions),
        "NumberOfBusinessExceptions": count(record.business_exceptions),
        "NumberOfSuccessfulTransactions": count(record.successes),
        "NumberOfRetriedItems": count(record.retried),
        "ApplicationExceptionsProcessingTime": seconds(record.application_micros),
        "BusinessExceptionsProcessingTime": seconds(record.business_micros),
        "SuccessfulTransactionsProcessingTime": seconds(record.success_micros),
        "TotalNumberOfTransactions": count(record.finished()),
        "TenantId": count(tenant),
        "Id": record.begins_at.as_microsecond() / range.span.micros(),
    })
}

/// The model of `QueueProcessingRecordDto`. `Id` tells the records of an answer apart: it counts minutes, hours or days since 1970.
pub fn model() -> &'static EntityType {
    const fn property(name: &'static str, kind: Kind) -> Property {
        Property::new(name, kind, Source::Column(""))
    }
    static MODEL: EntityType = EntityType {
        name: "QueueProcessingRecordDto",
        key: Some("Id"),
        properties: &[
            property("QueueDefinitionId", Kind::Int64),
            property("ProcessingTime", Kind::DateTime),
            property("ReportType", ReportType::KIND),
            property("NumberOfRemainingTransactions", Kind::Int32),
            property("NumberOfInProgressTransactions", Kind::Int32),
            property("NumberOfApplicationExceptions", Kind::Int32),
            property("NumberOfBusinessExceptions", Kind::Int32),
            property("NumberOfSuccessfulTransactions", Kind::Int32),
            property("NumberOfRetriedItems", Kind::Int32),
            property("ApplicationExceptionsProcessingTime", Kind::Double),
            property("BusinessExceptionsProcessingTime", Kind::Double),
            property("SuccessfulTransactionsProcessingTime", Kind::Double),
            property("TotalNumberOfTransactions", Kind::Int32),
            property("TenantId", Kind::Int32),
            property("Id", Kind::Int64),
        ],
        navigations: &[Navigation {
            name: "UiQueueMetadata",
            target: Queue::model,
            collection: false,
            join: None,
        }],
    };
    &MODEL
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begins(days: i64) -> Vec<String> {
        let now: Timestamp = "2026-03-04T05:06:07.8Z".parse().unwrap();
        let begins = Range::days(days).unwrap().begins(now);
        begins
            .map(|at| Timestamp::from_microsecond(at).unwrap().to_string())
            .collect()
    }

    #[test]
    fn ranges_end_with_the_time_that_is_not_over() {
        let (hour, day, days) = (begins(0), begins(1), begins(2));
        assert_eq!((hour.len(), day.len()), (60, 24));
        assert_eq!(
            (&*hour[0], &*hour[59]),
            ("2026-03-04T04:07:00Z", "2026-03-04T05:06:00Z")
        );
        assert_eq!((&*day[0], &*day[23]), ("2026-03-03T06:00:00Z", "2026-03-04T05:00:00Z"));
        assert_eq!(days, ["2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z"]);
        assert_eq!(begins(365).len(), 365);
        for wrong in [-1, 366, i64::MAX] {
            assert!(Range::days(wrong).is_err(), "{wrong}");
        }
    }
}
