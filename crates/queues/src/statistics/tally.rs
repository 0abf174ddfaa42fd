//! What a unit of work changes in the numbers of queues, written once at its end.

use std::collections::BTreeMap;

use context::Error;
use jiff::Timestamp;
use store::{Scoped, Tenant, Value, pieces};

use crate::items::model::{ExceptionType, Item, Status};

/// Kinds of units of work that keep numbers of their own, so that they do not wait for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    Add = 0,
    Start = 1,
    Finish = 2,
    /// People and reconcilers.
    Other = 3,
}

/// Lengths of time that numbers are kept for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    Minute = 0,
    Hour = 1,
    Day = 2,
}

impl Span {
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    /// Its length in microseconds.
    pub fn micros(self) -> i64 {
        match self {
            Self::Minute => 60_000_000,
            Self::Hour => 3_600_000_000,
            Self::Day => 86_400_000_000,
        }
    }

    /// The beginning of the span that a moment lies in, UTC.
    pub fn begin(self, at: Timestamp) -> i64 {
        let micros = at.as_microsecond();
        micros - micros.rem_euclid(self.micros())
    }
}

const STATES: [Status; 7] = [
    Status::New,
    Status::InProgress,
    Status::Failed,
    Status::Successful,
    Status::Abandoned,
    Status::Retried,
    Status::Deleted,
];

/// Changes for one queue.
#[derive(Debug, Default, Clone)]
struct Change {
    states: [i64; 7],
    successes: i64,
    application_exceptions: i64,
    business_exceptions: i64,
    success_micros: i64,
    application_micros: i64,
    business_micros: i64,
    retried: i64,
    processed: bool,
}

/// Changes of one unit of work, by queue. The queues are written in the order of their ids, so that units of work that touch the same
/// ones never wait for each other in a circle.
#[derive(Debug, Default)]
pub struct Tally(BTreeMap<i64, Change>);

impl Tally {
    /// An item of the queue left one state and is in another; `None` for an item that is new, or gone.
    pub fn moved(&mut self, queue: i64, from: Option<Status>, to: Option<Status>) {
        let change = self.0.entry(queue).or_default();
        let mut add = |state: Option<Status>, number: i64| {
            if let Some(at) = state.and_then(|state| STATES.iter().position(|known| *known == state)) {
                change.states[at] += number;
            }
        };
        add(from, -1);
        add(to, 1);
    }

    /// An attempt ended. `exception` is `None` for a success.
    pub fn ended(&mut self, item: &Item, exception: Option<ExceptionType>, at: Timestamp) {
        let micros = item
            .started_at
            .map_or(0, |started| (at.as_microsecond() - started.as_microsecond()).max(0));
        let change = self.0.entry(item.queue_id).or_default();
        change.processed = true;
        let (count, time) = match exception {
            None => (&mut change.successes, &mut change.success_micros),
            Some(ExceptionType::ApplicationException) => {
                (&mut change.application_exceptions, &mut change.application_micros)
            }
            Some(ExceptionType::BusinessException) => (&mut change.business_exceptions, &mut change.business_micros),
        };
        *count += 1;
        *time += micros;
    }

    /// An item is tried again.
    pub fn retried(&mut self, queue: i64) {
        self.0.entry(queue).or_default().retried += 1;
    }

    /// The queues that changed.
    pub fn queues(&self) -> impl Iterator<Item = i64> {
        self.0.keys().copied()
    }

    /// Adds the changes to what is stored.
    pub fn write(&self, scope: &mut Scoped<'_, Tenant>, lane: Lane, now: Timestamp) -> Result<(), Error> {
        let changes: Vec<(&i64, &Change)> = self.0.iter().collect();
        for changes in pieces(&changes) {
            let mut values = Vec::new();
            for (queue, change) in changes {
                let states = change.states.map(Value::Int);
                values.extend([Value::Int(**queue), Value::Int(lane as i64)]);
                values.extend(states);
                values.extend(change.outcomes().map(Value::Int));
                let processed = if change.processed { now } else { Timestamp::UNIX_EPOCH };
                values.extend([Value::DateTime(now), Value::DateTime(processed)]);
            }
            let marks = format!("({{scope_value}}{})", ", ?".repeat(17));
            let sql = format!(
                "insert into queue_counters ({{scope_column}}, queue_id, lane, new, in_progress, failed, successful, abandoned,
                    retried, deleted, successes, application_exceptions, business_exceptions, success_micros,
                    application_micros, business_micros, last_at, last_processed_at)
                 values {}
                 on conflict (queue_id, lane) do update set
                    new = queue_counters.new + excluded.new,
                    in_progress = queue_counters.in_progress + excluded.in_progress,
                    failed = queue_counters.failed + excluded.failed,
                    successful = queue_counters.successful + excluded.successful,
                    abandoned = queue_counters.abandoned + excluded.abandoned,
                    retried = queue_counters.retried + excluded.retried,
                    deleted = queue_counters.deleted + excluded.deleted,
                    successes = queue_counters.successes + excluded.successes,
                    application_exceptions = queue_counters.application_exceptions + excluded.application_exceptions,
                    business_exceptions = queue_counters.business_exceptions + excluded.business_exceptions,
                    success_micros = queue_counters.success_micros + excluded.success_micros,
                    application_micros = queue_counters.application_micros + excluded.application_micros,
                    business_micros = queue_counters.business_micros + excluded.business_micros,
                    last_at = excluded.last_at,
                    last_processed_at = case when excluded.last_processed_at > queue_counters.last_processed_at
                        then excluded.last_processed_at else queue_counters.last_processed_at end",
                vec![marks; changes.len()].join(", ")
            );
            scope.execute(&sql, values)?;
        }
        self.write_times(scope, now)
    }

    fn write_times(&self, scope: &mut Scoped<'_, Tenant>, now: Timestamp) -> Result<(), Error> {
        let changes: Vec<(&i64, &Change)> = self
            .0
            .iter()
            .filter(|(_, change)| change.processed || change.retried > 0)
            .collect();
        for changes in pieces(&changes) {
            let mut values = Vec::new();
            for (queue, change) in changes {
                for span in Span::ALL {
                    let [
                        successes,
                        application,
                        business,
                        success_time,
                        application_time,
                        business_time,
                    ] = change.outcomes();
                    let numbers = [successes, application, business, change.retried];
                    values.extend([**queue, span as i64, span.begin(now)].map(Value::Int));
                    values.extend(numbers.map(Value::Int));
                    values.extend([success_time, application_time, business_time].map(Value::Int));
                }
            }
            let marks = format!("({{scope_value}}{})", ", ?".repeat(10));
            let sql = format!(
                "insert into queue_times ({{scope_column}}, queue_id, span, begins_at, successes, application_exceptions,
                    business_exceptions, retried, success_micros, application_micros, business_micros)
                 values {}
                 on conflict (queue_id, span, begins_at) do update set
                    successes = queue_times.successes + excluded.successes,
                    application_exceptions = queue_times.application_exceptions + excluded.application_exceptions,
                    business_exceptions = queue_times.business_exceptions + excluded.business_exceptions,
                    retried = queue_times.retried + excluded.retried,
                    success_micros = queue_times.success_micros + excluded.success_micros,
                    application_micros = queue_times.application_micros + excluded.application_micros,
                    business_micros = queue_times.business_micros + excluded.business_micros",
                vec![marks; changes.len() * Span::ALL.len()].join(", ")
            );
            scope.execute(&sql, values)?;
        }
        Ok(())
    }
}

impl Change {
    fn outcomes(&self) -> [i64; 6] {
        [
            self.successes,
            self.application_exceptions,
            self.business_exceptions,
            self.success_micros,
            self.application_micros,
            self.business_micros,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_begin_at_whole_minutes_hours_and_days() {
        let at: Timestamp = "2026-03-04T05:06:07.8Z".parse().unwrap();
        let begins: Vec<String> = Span::ALL
            .iter()
            .map(|span| Timestamp::from_microsecond(span.begin(at)).unwrap().to_string())
            .collect();
        assert_eq!(
            begins,
            ["2026-03-04T05:06:00Z", "2026-03-04T05:00:00Z", "2026-03-04T00:00:00Z"]
        );
    }
}
