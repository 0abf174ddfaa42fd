//! Numbers about queues, kept by every unit of work that changes them: no chart counts items.
//!
//! * [`tally`]: what a unit of work changes in the numbers.
//! * [`numbers`]: the numbers of queues as they are now.
//! * [`records`]: the numbers over time; [`snapshots`] writes down how many items waited at each moment.
//! * [`status`]: a row of numbers per queue, as lists show it.
//! * [`forecast`]: whether items will be late.

mod api;
pub mod forecast;
pub mod numbers;
pub mod records;
pub mod snapshots;
pub mod status;
pub mod tally;

use odata::EntitySet;
use web::Module;

/// Operations of numbers about queues, and what keeps these numbers.
pub fn module() -> Module {
    Module {
        operations: api::operations(),
        entity_sets: vec![EntitySet {
            name: api::SET,
            entity: records::model(),
        }],
        reconcilers: vec![snapshots::reconciler(), forecast::reconciler()],
        ..Module::default()
    }
}

/// Microseconds as seconds.
pub fn seconds(micros: i64) -> f64 {
    micros as f64 / 1_000_000.0
}
