//! Operations of tag Stats.

mod counts;
mod licences;

use web::Operation;

/// All operations.
pub fn operations() -> Vec<Operation> {
    let mut operations = counts::operations();
    operations.extend(licences::operations());
    operations
}
