//! Numbers of times long past go.

use std::sync::Arc;
use std::time::Duration;

use context::Error;
use store::{entity, params};
use web::{App, Reconciler};

use super::tally::Span;

/// Days that the numbers of each span are kept.
const SPAN_DAYS: [(Span, i64); 2] = [(Span::Hour, 8), (Span::Day, 400)];
/// Rows removed by one unit of work.
const AT_A_TIME: i64 = 1_000;

entity! {
    /// The numbers of a process on a machine in one span.
    struct Times in Tenant, table "job_times" {
        #[key] release_id: i64,
        span: i64,
        begins_at: i64,
    }
}

pub(super) fn reconciler() -> Reconciler {
    Reconciler {
        name: "job-statistics",
        every: Duration::from_secs(3_600),
        wakes_on: &[],
        run: Arc::new(|app| Box::pin(run(app))),
    }
}

async fn run(app: App) -> Result<Option<Duration>, Error> {
    let now = app.clock().now().as_microsecond();
    for (span, days) in SPAN_DAYS {
        let before = now - days * Span::Day.micros();
        loop {
            let removed = app
                .store()
                .write_locking(move |tx| {
                    let mut removed = 0;
                    let span = span as i64;
                    for tenant in tx.each_scope::<Times>("span = ? and begins_at < ?", params![span, before])? {
                        let sql = "delete from job_times
                            where {scope} and (release_id, folder_id, machine_id, span, begins_at) in (
                                select t.release_id, t.folder_id, t.machine_id, t.span, t.begins_at from job_times t
                                where t.{scope} and t.span = ? and t.begins_at < ? order by t.begins_at limit ?)";
                        removed += tx.scope(tenant).execute(sql, params![span, before, AT_A_TIME])?;
                    }
                    Ok::<_, Error>(removed)
                })
                .await?;
            if removed == 0 {
                break;
            }
        }
    }
    Ok(None)
}
