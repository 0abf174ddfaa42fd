//! What a request says about a time or queue trigger, and the checks that need no database.

use access::tags::{self, Tag};
use context::{Error, Wrong, codes};
use execution::jobs::model::StopStrategy;
use execution::machines::model::RuntimeType;
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::model::{Executor, JobPriority};
use crate::calendars::service::no_such_zone;
use crate::cron::{Cron, Fault, LEAST_SECONDS};
use crate::launch::Target;
use crate::{codes as own, input, zones};

/// Characters (reference: execution 8.2).
pub const LONGEST_NAME: usize = 255;
pub const LONGEST_DESCRIPTION: usize = 512;
/// Most jobs of one firing (reference: execution 8.3, rule 5).
pub const MOST_JOBS: i32 = 10_000;
/// Jobs in a row that may fault.
pub const MOST_FAILURES: i32 = 100;
/// 30 days.
pub const LONGEST_GRACE_HOURS: i32 = 720;
/// What a user interface may keep about an expression.
const LONGEST_DETAILS: usize = 10_000;
/// Machines and accounts that one trigger names.
const MOST_TARGETS: usize = 100;

/// Contract schema `ProcessScheduleDto`, as far as callers may set it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ScheduleInput {
    pub id: Option<i64>,
    pub name: Option<String>,
    pub description: Option<String>,
    pub enabled: Option<bool>,
    pub release_id: Option<i64>,
    pub release_key: Option<String>,
    pub release_name: Option<String>,
    pub entry_point_path: Option<String>,
    pub job_priority: Option<JobPriority>,
    pub specific_priority_value: Option<i32>,
    pub runtime_type: Option<RuntimeType>,
    pub start_process_cron: Option<String>,
    pub start_process_cron_details: Option<String>,
    pub start_strategy: Option<i32>,
    pub executor_robots: Option<Vec<Executor>>,
    pub machine_robots: Option<Vec<Target>>,
    pub stop_process_expression: Option<String>,
    pub stop_strategy: Option<StopStrategy>,
    pub kill_process_expression: Option<String>,
    pub alert_pending_expression: Option<String>,
    pub alert_running_expression: Option<String>,
    pub external_job_key: Option<String>,
    pub external_job_key_scheduler: Option<Uuid>,
    pub time_zone_id: Option<String>,
    pub use_calendar: Option<bool>,
    pub calendar_id: Option<i64>,
    pub calendar_key: Option<Uuid>,
    pub stop_process_date: Option<Timestamp>,
    pub input_arguments: Option<String>,
    pub input_file: Option<Uuid>,
    pub queue_definition_id: Option<i64>,
    pub queue_definition_name: Option<String>,
    pub activate_on_job_complete: Option<bool>,
    pub items_activation_threshold: Option<i64>,
    pub items_per_job_activation_target: Option<i64>,
    pub max_jobs_for_activation: Option<i32>,
    pub resume_on_same_context: Option<bool>,
    pub run_as_me: Option<bool>,
    pub consecutive_job_failures_threshold: Option<i32>,
    pub job_failures_grace_period_in_hours: Option<i32>,
    pub is_connected: Option<bool>,
    pub tags: Option<Vec<Tag>>,
}

/// How a request names something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    Id(i64),
    Key(Uuid),
    Name(String),
}

/// A trigger that is right as far as can be told without the database.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The id in the body; where given it must be that of the address.
    pub id: Option<i64>,
    pub name: String,
    pub description: Option<String>,
    pub enabled: bool,
    pub release: Named,
    pub entry_point: Option<String>,
    pub priority: Option<i32>,
    pub runtime_type: Option<RuntimeType>,
    /// The expression and what it says; nothing is read of that of a queue trigger.
    pub cron: Option<(String, Option<Cron>)>,
    pub cron_details: Option<String>,
    pub start_strategy: i32,
    pub executor_robots: Vec<Executor>,
    pub machine_robots: Vec<Target>,
    pub stop_after: Option<String>,
    pub stop_by: Option<StopStrategy>,
    pub kill_after: Option<String>,
    pub alert_pending_after: Option<String>,
    pub alert_running_after: Option<String>,
    pub external_job_key: Option<String>,
    pub external_job_key_scheduler: Option<Uuid>,
    pub time_zone: String,
    pub zone: zones::Zone,
    pub calendar: Option<Named>,
    pub stop_at: Option<Timestamp>,
    pub input: Option<String>,
    pub input_file: Option<Uuid>,
    pub queue: Option<Named>,
    pub activate_on_job_complete: bool,
    pub items_threshold: Option<i64>,
    pub items_per_job: Option<i64>,
    pub max_jobs: Option<i32>,
    pub same_context: bool,
    pub run_as_me: bool,
    pub failures_threshold: Option<i32>,
    pub grace_hours: Option<i32>,
    pub is_connected: bool,
    pub tags: Vec<Tag>,
}

impl ScheduleInput {
    /// Checks the trigger.
    ///
    /// # Errors
    /// 400 with every member that is wrong; with code 1614 for an unknown time zone, 1600 and 1609 for an expression that is none or
    /// fires too often, 2815 for the strategy of classic folders.
    pub fn check(self) -> Result<Draft, Error> {
        let mut wrong = Wrong::default();
        let (name, description, entry_point) =
            input::head(&mut wrong, self.name, self.description, self.entry_point_path);
        wrong.text(
            "StartProcessCronDetails",
            self.start_process_cron_details.as_deref(),
            LONGEST_DETAILS,
        );
        wrong.text("ExternalJobKey", self.external_job_key.as_deref(), LONGEST_NAME);
        let release = named(self.release_id, self.release_key, self.release_name);
        if release.is_none() {
            wrong.add("ReleaseId", "ReleaseId is required.");
        }
        let queue = named(self.queue_definition_id, None, self.queue_definition_name);
        let priority = input::priority(&mut wrong, self.job_priority, self.specific_priority_value);
        let start_strategy = self.start_strategy.unwrap_or(1);
        if !(-1..=MOST_JOBS).contains(&start_strategy) {
            wrong.add(
                "StartStrategy",
                format!("StartStrategy must be between 0 and {MOST_JOBS}."),
            );
        }
        let executor_robots = self.executor_robots.unwrap_or_default();
        let machine_robots = input::targets(self.machine_robots.unwrap_or_default());
        for (member, given) in [
            ("ExecutorRobots", executor_robots.len()),
            ("MachineRobots", machine_robots.len()),
        ] {
            if given > MOST_TARGETS {
                wrong.add(member, format!("{member} can have at most {MOST_TARGETS} entries."));
            }
        }
        let places = machine_robots.len().max(1) as i64;
        if i64::from(start_strategy.max(1)) * places > i64::from(MOST_JOBS) {
            wrong.add(
                "StartStrategy",
                format!("One firing can start at most {MOST_JOBS} jobs."),
            );
        }
        let seconds = [
            ("StopProcessExpression", self.stop_process_expression),
            ("KillProcessExpression", self.kill_process_expression),
            ("AlertPendingExpression", self.alert_pending_expression),
            ("AlertRunningExpression", self.alert_running_expression),
        ]
        .map(|(member, text)| input::seconds_text(&mut wrong, member, text));
        let [stop_after, kill_after, alert_pending_after, alert_running_after] = seconds;
        let arguments = input::arguments(&mut wrong, self.input_arguments);
        if self.input_file.is_some() && arguments.is_some() {
            wrong.add(
                "InputFile",
                "A trigger cannot have both input file and input arguments.",
            );
        }
        for (member, number) in [
            ("ItemsActivationThreshold", self.items_activation_threshold),
            ("ItemsPerJobActivationTarget", self.items_per_job_activation_target),
            ("MaxJobsForActivation", self.max_jobs_for_activation.map(i64::from)),
        ] {
            if number.is_some_and(|number| !(1..=i64::from(MOST_JOBS)).contains(&number)) {
                wrong.add(member, format!("{member} must be between 1 and {MOST_JOBS}."));
            }
        }
        input::failures(
            &mut wrong,
            self.consecutive_job_failures_threshold,
            self.job_failures_grace_period_in_hours,
        );
        let tags = tags::check(self.tags.unwrap_or_default(), &mut wrong);
        let time_zone = self.time_zone_id.unwrap_or_default().trim().to_owned();
        if time_zone.is_empty() {
            wrong.add("TimeZoneId", "TimeZoneId is required.");
        }
        let cron = input::filled(self.start_process_cron);
        let Some(release) = release else {
            return Err(wrong.into_error());
        };
        wrong.finish()?;
        let zone = zones::find(&time_zone).ok_or_else(|| no_such_zone(&time_zone))?;
        if start_strategy == -1 {
            return Err(Error::conflict(
                own::STRATEGY_NOT_AVAILABLE_IN_MODERN_FOLDER,
                "Starting on all robots is not available in this folder: say how many jobs to start.",
            ));
        }
        let cron = match (cron, &queue) {
            // What a queue starts has an expression only because clients must send one.
            (text, Some(_)) => text.map(|text| (context::shortened(&text, crate::cron::LONGEST), None)),
            (Some(text), None) => {
                let cron = read_cron(&text)?;
                Some((text, Some(cron)))
            }
            (None, None) => {
                return Err(Error::invalid(own::INVALID_CRON, "StartProcessCron is required."));
            }
        };
        let calendar = match (self.calendar_id.filter(|id| *id != 0), self.calendar_key) {
            _ if self.use_calendar == Some(false) => None,
            (Some(id), _) => Some(Named::Id(id)),
            (None, Some(key)) => Some(Named::Key(key)),
            (None, None) => None,
        };
        let is_of_queue = queue.is_some();
        Ok(Draft {
            id: self.id.filter(|id| *id != 0),
            name,
            description,
            enabled: self.enabled.unwrap_or(true),
            release,
            entry_point,
            priority,
            runtime_type: self.runtime_type.or(Some(RuntimeType::Unattended)),
            cron,
            cron_details: input::filled(self.start_process_cron_details),
            start_strategy,
            executor_robots,
            machine_robots,
            stop_after,
            stop_by: self.stop_strategy,
            kill_after,
            alert_pending_after,
            alert_running_after,
            external_job_key: input::filled(self.external_job_key),
            external_job_key_scheduler: self.external_job_key_scheduler,
            time_zone,
            zone,
            calendar,
            stop_at: self.stop_process_date,
            input: arguments,
            input_file: self.input_file,
            queue,
            activate_on_job_complete: is_of_queue && self.activate_on_job_complete.unwrap_or(false),
            items_threshold: self.items_activation_threshold.or(is_of_queue.then_some(1)),
            items_per_job: self.items_per_job_activation_target.or(is_of_queue.then_some(1)),
            max_jobs: self.max_jobs_for_activation.or(is_of_queue.then_some(1)),
            same_context: self.resume_on_same_context.unwrap_or(false),
            run_as_me: self.run_as_me.unwrap_or(false),
            failures_threshold: self.consecutive_job_failures_threshold,
            grace_hours: self.job_failures_grace_period_in_hours,
            is_connected: self.is_connected.unwrap_or(false),
            tags,
        })
    }
}

/// Reads an expression.
///
/// # Errors
/// 400 with code 1600 or 1609.
pub fn read_cron(text: &str) -> Result<Cron, Error> {
    Cron::parse(text).map_err(|fault| match fault {
        Fault::Form(reason) => Error::invalid(own::INVALID_CRON, format!("The cron expression is invalid. {reason}")),
        Fault::TooFrequent => Error::invalid(
            own::INVALID_CRON_RECURRENCE,
            format!("The cron expression fires too often: {LEAST_SECONDS} seconds must lie between two firings."),
        ),
    })
}

/// How something is named: by id, else by key, else by name.
fn named(id: Option<i64>, key: Option<String>, name: Option<String>) -> Option<Named> {
    if let Some(id) = id.filter(|id| *id != 0) {
        return Some(Named::Id(id));
    }
    if let Some(key) = key.as_deref().and_then(|key| Uuid::parse_str(key.trim()).ok()) {
        return Some(Named::Key(key));
    }
    input::filled(name).map(|name| Named::Name(name.trim().to_owned()))
}

/// 409: another trigger of the folder has the name.
pub fn taken(name: &str) -> Error {
    Error::conflict(
        codes::NAME_ALREADY_USED,
        format!("The name {name} is already used by another trigger of this folder."),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(more: Value) -> Result<Draft, Error> {
        let mut body = json!({ "Name": "a", "ReleaseId": 1, "TimeZoneId": "UTC", "StartProcessCron": "0 0 9 ? * *" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        web::bind::<ScheduleInput>(body)?.check()
    }

    #[track_caller]
    fn refused(more: Value, member: &str) {
        let error = check(more).unwrap_err();
        assert!(error.fields.iter().any(|field| field.name == member), "{error:?}");
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        let draft = check(json!({})).unwrap();
        assert_eq!((draft.enabled, draft.start_strategy, draft.priority), (true, 1, None));
        assert_eq!(draft.runtime_type, Some(RuntimeType::Unattended));
        assert!(draft.machine_robots.is_empty() && draft.queue.is_none() && draft.items_threshold.is_none());
        let queue = check(json!({ "QueueDefinitionId": 7, "StartProcessCron": "nonsense" })).unwrap();
        assert_eq!(
            (queue.items_threshold, queue.items_per_job, queue.max_jobs),
            (Some(1), Some(1), Some(1))
        );
    }

    #[test]
    fn every_member_has_its_bounds() {
        refused(json!({ "Name": " " }), "Name");
        refused(json!({ "Name": "ä".repeat(256) }), "Name");
        refused(json!({ "ReleaseId": null }), "ReleaseId");
        refused(json!({ "TimeZoneId": "" }), "TimeZoneId");
        refused(json!({ "StartStrategy": 10_001 }), "StartStrategy");
        refused(
            json!({ "StartStrategy": 5_001, "MachineRobots": [{"RobotId": 1}, {"RobotId": 2}] }),
            "StartStrategy",
        );
        refused(json!({ "SpecificPriorityValue": 0 }), "SpecificPriorityValue");
        refused(
            json!({ "SpecificPriorityValue": 50, "JobPriority": "High" }),
            "SpecificPriorityValue",
        );
        refused(json!({ "StopProcessExpression": "soon" }), "StopProcessExpression");
        refused(json!({ "InputArguments": "[1]" }), "InputArguments");
        refused(json!({ "ItemsActivationThreshold": 0 }), "ItemsActivationThreshold");
        refused(
            json!({ "ConsecutiveJobFailuresThreshold": 101 }),
            "ConsecutiveJobFailuresThreshold",
        );
        refused(
            json!({ "JobFailuresGracePeriodInHours": 721 }),
            "JobFailuresGracePeriodInHours",
        );
        refused(
            json!({ "MachineRobots": vec![json!({ "RobotId": 1 }); 101] }),
            "MachineRobots",
        );
    }

    #[test]
    fn faults_of_time_have_codes_of_their_own() {
        for (more, code) in [
            (json!({ "TimeZoneId": "Mars" }), own::INVALID_TIME_ZONE_ID),
            (json!({ "StartProcessCron": "x" }), own::INVALID_CRON),
            (json!({ "StartProcessCron": null }), own::INVALID_CRON),
            (
                json!({ "StartProcessCron": "* * * ? * *" }),
                own::INVALID_CRON_RECURRENCE,
            ),
            (
                json!({ "StartStrategy": -1 }),
                own::STRATEGY_NOT_AVAILABLE_IN_MODERN_FOLDER,
            ),
        ] {
            assert_eq!(check(more.clone()).unwrap_err().code, code, "{more}");
        }
    }

    #[test]
    fn priorities_are_named_or_numbers() {
        assert_eq!(check(json!({ "JobPriority": "High" })).unwrap().priority, Some(65));
        assert_eq!(check(json!({ "JobPriority": "0" })).unwrap().priority, Some(25));
        assert_eq!(
            check(json!({ "SpecificPriorityValue": 95 })).unwrap().priority,
            Some(95)
        );
        // What a read answered can be written back.
        assert_eq!(
            check(json!({ "SpecificPriorityValue": 66, "JobPriority": "High" }))
                .unwrap()
                .priority,
            Some(66)
        );
    }
}
