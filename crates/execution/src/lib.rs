//! Execution: from a deployed process to a finished job on a robot.
//!
//! * [`machines`]: machine objects, their slots, secrets and folders. [`robots`]: the accounts jobs run under. [`sessions`]: connected
//!   hosts. [`licences`]: what an installation without limits answers to questions about licences.
//! * [`processes`]: packages deployed into folders (releases), their versions and how long jobs are kept.
//! * [`jobs`]: starting, stopping, suspending and resuming them; who gets which.
//! * [`agents`]: the calls of our own robots (`robot-protocol`).
//! * [`attachments`]: files of jobs and what was recorded before a fault. [`logs`]: what robots and jobs tell.
//! * [`statistics`], [`alerts`]: numbers and notices for those who watch.

pub mod agents;
pub mod alerts;
pub mod arguments;
pub mod attachments;
pub mod jobs;
pub mod licences;
pub mod logs;
pub mod machines;
pub mod processes;
pub mod robots;
pub mod sessions;
mod state;
pub mod statistics;

pub use state::Execution;

use web::Module;

/// What this crate contributes to the server.
pub fn modules() -> Vec<Module> {
    vec![
        machines::module(),
        robots::module(),
        sessions::module(),
        licences::module(),
        processes::module(),
        jobs::module(),
        agents::module(),
        attachments::module(),
        logs::module(),
        statistics::module(),
        alerts::module(),
    ]
}
