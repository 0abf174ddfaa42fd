//! Operations of API triggers. They are not in the contract; clients use them.

mod create;
mod delete;
mod enable;
mod get;
mod list;
mod replace;

use web::Operation;

/// Name of the entity set.
pub const SET: &str = "HttpTriggers";

pub fn operations() -> Vec<Operation> {
    vec![
        list::operation(),
        get::operation(),
        create::operation(),
        replace::operation(),
        delete::operation(),
        enable::operation(),
    ]
}
