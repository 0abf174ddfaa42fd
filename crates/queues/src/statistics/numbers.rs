//! The numbers of queues as they are now.

use std::collections::HashMap;

use access::rows::integers;
use context::Error;
use jiff::Timestamp;
use store::{Row, Scoped, Tenant, params};

use super::seconds;

/// Queues looked up by one statement.
const CHUNK: usize = 500;

/// What is known of a queue without looking at its items.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Items by state; `new` includes deferred ones.
    pub new: i64,
    pub in_progress: i64,
    pub failed: i64,
    pub successful: i64,
    pub abandoned: i64,
    pub retried: i64,
    pub deleted: i64,
    /// Attempts that ended, since the queue was made.
    pub successes: i64,
    pub application_exceptions: i64,
    pub business_exceptions: i64,
    /// How long these attempts took together.
    pub success_micros: i64,
    pub application_micros: i64,
    pub business_micros: i64,
    /// When anything changed last.
    pub last_at: Option<Timestamp>,
    /// When an attempt ended last.
    pub last_processed_at: Option<Timestamp>,
}

impl Numbers {
    /// Attempts that ended, well or not.
    pub fn finished(&self) -> i64 {
        self.successes + self.application_exceptions + self.business_exceptions
    }

    /// Seconds that a success takes on average; `None` before the first one.
    pub fn mean_seconds(&self) -> Option<f64> {
        (self.successes > 0).then(|| seconds(self.success_micros) / self.successes as f64)
    }

    /// Microseconds that an attempt takes on average, however it ends; `None` before the first end.
    pub fn handling_micros(&self) -> Option<i64> {
        let micros = self.success_micros + self.application_micros + self.business_micros;
        micros.checked_div(self.finished())
    }

    fn from_row(row: &Row) -> store::Result<Self> {
        let moment = |at: i64| Timestamp::from_microsecond(at).ok().filter(|_| at > 0);
        Ok(Self {
            new: row.get(1)?,
            in_progress: row.get(2)?,
            failed: row.get(3)?,
            successful: row.get(4)?,
            abandoned: row.get(5)?,
            retried: row.get(6)?,
            deleted: row.get(7)?,
            successes: row.get(8)?,
            application_exceptions: row.get(9)?,
            business_exceptions: row.get(10)?,
            success_micros: row.get(11)?,
            application_micros: row.get(12)?,
            business_micros: row.get(13)?,
            last_at: moment(row.get(14)?),
            last_processed_at: moment(row.get(15)?),
        })
    }
}

/// The numbers of queues by id; those that nothing happened in yet are missing.
pub fn of(scope: &mut Scoped<'_, Tenant>, queues: &[i64]) -> Result<HashMap<i64, Numbers>, Error> {
    let sums = [
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
    ]
    .map(|column| format!("cast(sum(c.{column}) as bigint)"))
    .join(", ");
    let mut found = HashMap::with_capacity(queues.len());
    for queues in queues.chunks(CHUNK) {
        let sql = format!(
            "select c.queue_id, {sums}, max(c.last_at), max(c.last_processed_at) from queue_counters c
             where c.{{scope}} and c.queue_id in ({}) group by c.queue_id",
            integers(queues)
        );
        for row in scope.rows(&sql, params![])? {
            found.insert(row.get(0)?, Numbers::from_row(&row)?);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_wait_for_the_first_end() {
        let mut numbers = Numbers::default();
        assert_eq!((numbers.mean_seconds(), numbers.handling_micros()), (None, None));
        numbers.application_exceptions = 1;
        numbers.application_micros = 9_000_000;
        assert_eq!(
            (numbers.mean_seconds(), numbers.handling_micros()),
            (None, Some(9_000_000))
        );
        numbers.successes = 2;
        numbers.success_micros = 3_000_000;
        assert_eq!(
            (numbers.mean_seconds(), numbers.handling_micros()),
            (Some(1.5), Some(4_000_000))
        );
    }
}
