//! Counts and durations per operation, as Prometheus text.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the duration histogram, in microseconds.
const BOUNDS: [u64; 9] = [500, 1_000, 2_500, 5_000, 10_000, 30_000, 100_000, 500_000, 2_500_000];

#[derive(Default)]
struct Series {
    /// Requests by class of status: 1xx to 5xx.
    by_class: [AtomicU64; 5],
    buckets: [AtomicU64; BOUNDS.len()],
    microseconds: AtomicU64,
}

/// Counters of the HTTP surface; recording costs a few atomic additions.
pub struct Metrics {
    series: HashMap<&'static str, Series>,
    unmatched: Series,
}

impl Metrics {
    pub(crate) fn new(operations: impl Iterator<Item = &'static str>) -> Self {
        Self {
            series: operations.map(|id| (id, Series::default())).collect(),
            unmatched: Series::default(),
        }
    }

    pub(crate) fn record(&self, operation: Option<&str>, status: u16, took: Duration) {
        let series = operation.and_then(|id| self.series.get(id)).unwrap_or(&self.unmatched);
        let class = usize::from(status / 100).clamp(1, 5) - 1;
        series.by_class[class].fetch_add(1, Ordering::Relaxed);
        let microseconds = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        series.microseconds.fetch_add(microseconds, Ordering::Relaxed);
        if let Some(bucket) = BOUNDS.iter().position(|bound| microseconds <= *bound) {
            series.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Text in the Prometheus exposition format 0.0.4; operations that were never called are left out.
    pub fn render(&self) -> String {
        let mut text = String::from(
            "# HELP orchestrion_http_requests_total Requests by operation and class of status.\n\
             # TYPE orchestrion_http_requests_total counter\n",
        );
        let mut called: Vec<(&str, &Series)> = self.series.iter().map(|(id, series)| (*id, series)).collect();
        called.push(("none", &self.unmatched));
        called.retain(|(_, series)| series.total() > 0);
        called.sort_unstable_by_key(|(id, _)| *id);
        for (id, series) in &called {
            for (class, count) in series.by_class.iter().enumerate() {
                let count = count.load(Ordering::Relaxed);
                if count > 0 {
                    let class = class + 1;
                    let _ = writeln!(
                        text,
                        "orchestrion_http_requests_total{{operation=\"{id}\",status=\"{class}xx\"}} {count}"
                    );
                }
            }
        }
        text.push_str(
            "# HELP orchestrion_http_request_duration_seconds Time from the request's headers to the answer's.\n\
             # TYPE orchestrion_http_request_duration_seconds histogram\n",
        );
        for (id, series) in &called {
            let mut below = 0;
            for (bound, bucket) in BOUNDS.iter().zip(&series.buckets) {
                below += bucket.load(Ordering::Relaxed);
                let bound = *bound as f64 / 1e6;
                let _ = writeln!(
                    text,
                    "orchestrion_http_request_duration_seconds_bucket{{operation=\"{id}\",le=\"{bound}\"}} {below}"
                );
            }
            let (total, sum) = (series.total(), series.microseconds.load(Ordering::Relaxed) as f64 / 1e6);
            let _ = writeln!(
                text,
                "orchestrion_http_request_duration_seconds_bucket{{operation=\"{id}\",le=\"+Inf\"}} {total}\n\
                 orchestrion_http_request_duration_seconds_sum{{operation=\"{id}\"}} {sum}\n\
                 orchestrion_http_request_duration_seconds_count{{operation=\"{id}\"}} {total}"
            );
        }
        text
    }
}

impl Series {
    fn total(&self) -> u64 {
        self.by_class.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }
}
