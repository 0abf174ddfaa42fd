//! Operations of tags Logs and RobotLogs.

mod export;
mod list;
mod submit;

use web::Operation;

/// Name of the entity set.
pub const SET: &str = "RobotLogs";

/// All operations.
pub fn operations() -> Vec<Operation> {
    vec![
        submit::one(),
        submit::many(),
        list::operation(),
        list::total(),
        export::operation(),
    ]
}
