//! Operations of tag QueueProcessingRecords.

mod records;
mod status;

use web::Operation;

/// Name of the entity set.
pub const SET: &str = "QueueProcessingRecords";

/// All operations.
pub fn operations() -> Vec<Operation> {
    vec![records::operation(), status::operation()]
}
