//! The variables a job sees: a few of the machine's, what the process and the robot's administrator set, and where it belongs
//! (reference: clients 3.1.5). Nothing else of the robot's own environment.

use std::collections::BTreeMap;

use robot_protocol::{Attempt, Named, Order};

use crate::agent::About;
use crate::config::Config;
use crate::place::Place;
use crate::runtimes::Plan;

/// Variables of the robot's environment that jobs get as well.
const PASSED: [&str; 6] = ["PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TERM"];
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The `PATH` of a job.
pub fn path(config: &Config, order: &Order) -> String {
    let mut found = std::env::var("PATH").ok();
    let set = config.job_environment.iter().cloned().chain(lines(&order.environment));
    for (_, value) in set.filter(|(name, _)| name == "PATH") {
        found = Some(value);
    }
    found
        .filter(|path| !path.is_empty())
        .unwrap_or_else(|| DEFAULT_PATH.to_owned())
}

/// All variables of a job.
pub fn of_job(
    config: &Config,
    about: &About,
    order: &Order,
    attempt: Attempt,
    place: &Place,
    plan: &Plan,
) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut set = |name: &str, value: String| {
        all.insert(name.to_owned(), value);
    };
    for name in PASSED {
        if let Ok(value) = std::env::var(name) {
            set(name, value);
        }
    }
    let within = |name: &str| place.work.join(name).to_string_lossy().into_owned();
    set("HOME", within("home"));
    set("TMPDIR", within("tmp"));
    let user = config
        .run_as
        .as_ref()
        .map_or_else(crate::users::own_name, |user| user.name.clone());
    set("USER", user.clone());
    set("LOGNAME", user);
    for (name, value) in &plan.environment {
        set(name, value.clone());
    }
    // What people set counts more than what the runtime would choose.
    for (name, value) in config.job_environment.iter().cloned().chain(lines(&order.environment)) {
        set(&name, value);
    }
    let path = path(config, order);
    set(
        "PATH",
        plan.path
            .as_ref()
            .map_or_else(|| path.clone(), |first| format!("{}:{path}", first.display())),
    );

    let name = |named: &Option<Named>| named.as_ref().map(|named| named.name.clone()).unwrap_or_default();
    let id = |named: &Option<Named>| named.as_ref().map(|named| named.id.to_string()).unwrap_or_default();
    let (organization, tenant) = (name(&about.organization), name(&about.tenant));
    set(
        "UIPATH_URL",
        format!("{}/{}/{}", about.base_url, segment(&organization), segment(&tenant)),
    );
    set("UIPATH_ACCESS_TOKEN", order.token.clone());
    set("UIPATH_ORGANIZATION_ID", id(&about.organization));
    set("UIPATH_TENANT_ID", id(&about.tenant));
    set("UIPATH_FOLDER_KEY", order.folder.key.to_string());
    set("UIPATH_FOLDER_PATH", order.folder.path.clone());
    set("UIPATH_JOB_KEY", attempt.job.to_string());
    set("UIPATH_PROCESS_UUID", order.process_key.to_string());
    set("UIPATH_ROBOT_KEY", order.robot.key.to_string());
    if let Some(trace) = &order.trace_id {
        set("UIPATH_TRACE_ID", trace.clone());
    }
    if let Some(span) = &order.parent_span_id {
        set("UIPATH_PARENT_SPAN_ID", span.clone());
    }
    for (variable, name) in [
        ("UIPATH_INPUT_FILE", "input.json"),
        ("UIPATH_STOP_FILE", "stop"),
        ("UIPATH_ATTACHMENTS_DIR", "attachments"),
        ("UIPATH_MEDIA_DIR", "media"),
    ] {
        set(variable, within(name));
    }
    // The system takes neither.
    all.retain(|name, value| !name.contains(['=', '\0']) && !value.contains('\0'));
    all
}

/// A name as a part of an address.
fn segment(name: &str) -> String {
    percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC)
        .to_string()
        .replace("%2D", "-")
        .replace("%5F", "_")
        .replace("%2E", ".")
}

/// `NAME=value` lines.
fn lines(text: &str) -> impl Iterator<Item = (String, String)> {
    text.lines().filter_map(|line| {
        let (name, value) = line.trim_end_matches('\r').split_once('=')?;
        let name = name.trim();
        let proper = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        (proper && !name.is_empty()).then(|| (name.to_owned(), value.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_names_and_values() {
        let found: Vec<_> = lines("A=1\r\n\n B =x=y\nno line\nBAD NAME=1\n=2").collect();
        assert_eq!(found, [("A".into(), "1".into()), ("B".into(), "x=y".into())]);
    }

    #[test]
    fn names_become_parts_of_addresses() {
        assert_eq!(segment("My tenant/ü-1_a.b"), "My%20tenant%2F%C3%BC-1_a.b");
    }
}
