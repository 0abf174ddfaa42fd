//! Monitoring: jobs over time, processes, machines and sessions, in a folder and in a tenant.

mod home;
mod monitoring;

use jiff::SignedDuration;
use web::Operation;

pub use home::Home;

/// Names of the navigation entries these pages belong to.
pub const IN_FOLDER: &str = "monitoring";
pub const IN_TENANT: &str = "tenant-monitoring";

pub(super) fn operations() -> Vec<Operation> {
    monitoring::operations()
}

/// A length of time in words: `850 ms`, `12.4 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`.
pub(crate) fn duration(micros: i64) -> String {
    let length = SignedDuration::from_micros(micros.max(0));
    let seconds = length.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match seconds {
        0 => format!("{} ms", length.as_millis()),
        1..60 => format!("{:.1} s", length.as_secs_f64()),
        60..3_600 => format!("{minutes} min {} s", seconds % 60),
        3_600..86_400 => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}
