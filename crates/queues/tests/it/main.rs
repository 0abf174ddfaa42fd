//! The tables of queues and the numbers in them, on both databases.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod plans;

use context::Error;
use jiff::{Timestamp, ToSpan as _};
use queues::items::model::Status;
use queues::statistics::tally::{Lane, Tally};
use store::{Options, Store, params};

/// Runs a test on a store with the tables, on SQLite and where it is installed on PostgreSQL.
fn each_database(test: impl Fn(&Store)) {
    let prepared = |url: &str| {
        let store = Store::open(&Options::new(url)).unwrap();
        store.migrate(&[access::MIGRATIONS, queues::MIGRATIONS]).unwrap();
        store
    };
    let folder = tempfile::tempdir().unwrap();
    test(&prepared(&format!(
        "sqlite:{}",
        folder.path().join("test.db").display()
    )));
    if let Some(database) = throwaway::postgres::Database::create() {
        test(&prepared(&database.url()));
    }
}

#[test]
fn changes_of_several_units_of_work_add_up_for_each_queue() {
    each_database(|store| {
        let now: Timestamp = "2026-03-04T05:06:07Z".parse().unwrap();
        let sums = store.write_blocking(move |tx| {
            let mut scope = tx.tenant(1);
            for id in [1, 2] {
                let sql = "insert into queues ({scope_column}, id, key, name, name_folded, max_retries, retry_failed, retry_abandoned,
                    unique_references, encrypted, schemas, sla_minutes, risk_sla_minutes, tags, final_action, final_period,
                    stale_action, stale_period, version, created_at)
                    values ({scope_value}, ?, ?, 'q', 'q', 0, ?, ?, ?, ?, 0, 0, 0, '[]', 0, 30, 0, 180, 1, 0)";
                let key = uuid::Uuid::from_u128(id);
                scope.execute(sql, params![id as i64, key, false, false, false, false])?;
            }
            for minute in 0..3 {
                let at = now.checked_add(minute.minutes()).unwrap();
                let mut added = Tally::default();
                added.moved(1, None, Some(Status::New));
                added.moved(1, None, Some(Status::New));
                added.moved(2, None, Some(Status::New));
                added.write(&mut scope, Lane::Add, at)?;
                let mut taken = Tally::default();
                taken.moved(1, Some(Status::New), Some(Status::InProgress));
                taken.retried(1);
                taken.write(&mut scope, Lane::Start, at)?;
            }
            let counters = scope.rows(
                "select queue_id, sum(new), sum(in_progress) from queue_counters where {scope} group by queue_id order by 1",
                params![],
            )?;
            let mut sums = Vec::new();
            for row in counters {
                sums.push([row.get::<i64>(0)?, row.get(1)?, row.get(2)?]);
            }
            let times = scope.rows(
                "select span, count(*), sum(retried) from queue_times where {scope} group by span order by 1",
                params![],
            )?;
            for row in times {
                sums.push([row.get::<i64>(0)?, row.get(1)?, row.get(2)?]);
            }
            Ok::<_, Error>(sums)
        });
        let spans = [[0, 3, 3], [1, 1, 3], [2, 1, 3]];
        assert_eq!(sums.unwrap(), [&[[1, 3, 3], [2, 3, 0]][..], &spans[..]].concat());
    });
}
