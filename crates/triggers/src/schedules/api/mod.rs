//! Operations of tag ProcessSchedules, and two of newer clients that the contract does not name.

mod activate;
mod create;
mod delete;
mod enable;
mod get;
mod list;
mod logs;
mod replace;
mod robots;
mod validate;

use web::Operation;

/// Names of the entity sets.
pub const SET: &str = "ProcessSchedules";
pub const LOGS: &str = "TriggerLogs";

pub fn operations() -> Vec<Operation> {
    vec![
        list::operation(),
        get::by_id(),
        get::by_key(),
        create::operation(),
        replace::operation(),
        delete::operation(),
        activate::operation(),
        robots::operation(),
        enable::operation(),
        validate::operation(),
        logs::operation(),
    ]
}
