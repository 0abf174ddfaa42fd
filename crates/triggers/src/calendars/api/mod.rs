//! Operations of tag Calendars.

mod create;
mod delete;
mod exists;
mod get;
mod list;
mod replace;

use web::Operation;

/// Name of the entity set.
pub const SET: &str = "Calendars";

pub fn operations() -> Vec<Operation> {
    vec![
        list::operation(),
        get::operation(),
        create::operation(),
        replace::operation(),
        delete::operation(),
        exists::operation(),
    ]
}
