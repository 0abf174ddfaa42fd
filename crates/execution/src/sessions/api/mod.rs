//! Operations of the tag Sessions.

mod change;
mod list;
mod user_names;

use web::Operation;

/// Name of the entity set.
pub const SET: &str = "Sessions";

/// All operations.
pub fn operations() -> Vec<Operation> {
    vec![
        list::of_folder(),
        list::global(),
        list::of_machine(),
        list::runtimes(),
        list::runtimes_of_folder(),
        user_names::operation(),
        change::maintenance(),
        change::debug(),
        change::delete(),
    ]
}
