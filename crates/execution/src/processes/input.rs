//! What a request says about a process, and the checks that need no database (reference: execution 4.2, 4.3).

use access::retention;
use access::tags::{self, Tag};
use context::{Error, Wrong, has_hidden};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use store::Entity as _;
use uuid::Uuid;

use super::model::{ProcessSettings, Release, RemoteControlAccess, RetentionAction, RetentionType, VideoSettings};
use crate::arguments;
use crate::jobs::model::JobPriority;

/// Characters.
pub const LONGEST_NAME: usize = 255;
pub const LONGEST_DESCRIPTION: usize = 1_000;
pub const LONGEST_ENVIRONMENT: usize = 4_000;
const LONGEST_ADDRESS: usize = 2_000;
const LONGEST_PATH: usize = 512;
/// Characters of all resource overwrites as JSON.
const LONGEST_OVERWRITES: usize = 100_000;
/// The priority of a process that says none.
pub const NORMAL: i32 = 45;

/// Contract schema `ReleaseDto`, as far as callers may set it, with what newer clients add. Members that are left out are `None`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ReleaseInput {
    pub id: Option<i64>,
    pub name: Option<String>,
    pub description: Option<String>,
    pub process_key: Option<String>,
    pub process_version: Option<String>,
    pub feed_id: Option<String>,
    pub entry_point_id: Option<i64>,
    pub entry_point_path: Option<String>,
    pub input_arguments: Option<String>,
    pub environment_variables: Option<String>,
    pub auto_update: Option<bool>,
    pub hidden_for_attended_user: Option<bool>,
    pub job_priority: Option<JobPriority>,
    pub specific_priority_value: Option<i32>,
    pub remote_control_access: Option<RemoteControlAccess>,
    pub process_settings: Option<ProcessSettings>,
    pub video_recording_settings: Option<VideoSettings>,
    pub automation_hub_idea_url: Option<String>,
    pub resource_overwrites: Option<Vec<Value>>,
    pub tags: Option<Vec<Tag>>,
    pub retention_action: Option<RetentionAction>,
    pub retention_period: Option<i32>,
    pub retention_bucket_id: Option<i64>,
    pub stale_retention_action: Option<RetentionAction>,
    pub stale_retention_period: Option<i32>,
    pub stale_retention_bucket_id: Option<i64>,
}

/// Which entry point of its package a process has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    Main,
    Path(String),
    /// `EntryPointDto.Id`
    Id(i64),
}

/// A process that is right as far as can be told without the database.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The id in the body; where given it must be that of the address.
    pub id: Option<i64>,
    pub name: String,
    pub description: Option<String>,
    pub package: String,
    pub version: String,
    /// `None`: the feed of the folder.
    pub feed: Option<Uuid>,
    pub entry: Entry,
    /// Default arguments.
    pub input: Option<Map<String, Value>>,
    /// The same as they were written.
    pub input_text: Option<String>,
    pub environment: Option<String>,
    pub auto_update: bool,
    pub hidden_for_attended: bool,
    pub priority: i32,
    pub remote_control: RemoteControlAccess,
    pub settings: ProcessSettings,
    pub video: VideoSettings,
    pub idea_url: Option<String>,
    /// JSON text of a list.
    pub overwrites: Option<String>,
    pub tags: Vec<Tag>,
    pub finished: RetentionDraft,
    pub stale: RetentionDraft,
}

/// What a request says about how long jobs are kept. What it does not say stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RetentionDraft {
    pub action: Option<RetentionAction>,
    /// Days.
    pub period: Option<i32>,
}

/// Contract schema `ReleaseRetentionSettingDto`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct RetentionInput {
    pub release_id: Option<i64>,
    pub action: Option<RetentionAction>,
    pub period: Option<i32>,
    pub bucket_id: Option<i64>,
    #[serde(rename = "Type")]
    pub of: Option<RetentionType>,
}

/// The priority of jobs in numbers (reference: execution 2).
pub fn value_of(priority: JobPriority) -> i32 {
    match priority {
        JobPriority::Low => 25,
        JobPriority::Normal => NORMAL,
        JobPriority::High => 65,
    }
}

/// The name of a priority.
pub fn name_of(priority: i32) -> JobPriority {
    match priority {
        61.. => JobPriority::High,
        ..=30 => JobPriority::Low,
        _ => JobPriority::Normal,
    }
}

impl ReleaseInput {
    /// Reads a body.
    ///
    /// # Errors
    /// 400 naming the member that has the wrong form.
    pub fn read(body: Value) -> Result<Self, Error> {
        web::bind(body)
    }

    /// What a process says, with the members of a request put over it.
    ///
    /// # Errors
    /// 400 naming the member that has the wrong form.
    pub fn patched(release: &Release, given: Value) -> Result<Self, Error> {
        let Value::Object(given) = given else {
            return Err(Error::field("release", "release must not be null"));
        };
        let mut members = said(release);
        let has = |name: &str| given.keys().any(|member| member.eq_ignore_ascii_case(name));
        // Two members that say the same: the one that was given counts.
        for (one, other) in [
            ("EntryPointId", "EntryPointPath"),
            ("JobPriority", "SpecificPriorityValue"),
        ] {
            if has(one) && !has(other) {
                members.shift_remove(other);
            }
        }
        for (member, value) in given {
            let known = members
                .keys()
                .find(|known| known.eq_ignore_ascii_case(&member))
                .cloned();
            members.insert(known.unwrap_or(member), value);
        }
        web::bind(Value::Object(members))
    }

    /// Checks the process.
    ///
    /// # Errors
    /// 400 with every member that is wrong.
    pub fn check(mut self) -> Result<Draft, Error> {
        let mut wrong = Wrong::default();
        let name = self.name.take().unwrap_or_default().trim().to_owned();
        let length = name.chars().count();
        if length == 0 || length > LONGEST_NAME {
            wrong.add("Name", format!("Name needs 1 to {LONGEST_NAME} characters."));
        } else if has_hidden(&name) {
            wrong.add("Name", "Name must not contain hidden characters.");
        }
        let mut needed = |member: &str, text: Option<String>| {
            let text = text.unwrap_or_default().trim().to_owned();
            if text.is_empty() {
                wrong.add(member, format!("{member} is required."));
            }
            wrong.text(member, Some(&text), LONGEST_NAME);
            text
        };
        let package = needed("ProcessKey", self.process_key.take());
        let version = needed("ProcessVersion", self.process_version.take());
        let description = self.description.take().filter(|text| !text.is_empty());
        wrong.text("Description", description.as_deref(), LONGEST_DESCRIPTION);
        let path = self.entry_point_path.take().filter(|path| !path.is_empty());
        wrong.text("EntryPointPath", path.as_deref(), LONGEST_PATH);
        let environment = self.environment_variables.take().filter(|text| !text.trim().is_empty());
        check_environment(environment.as_deref(), &mut wrong);
        let priority = match (self.specific_priority_value, self.job_priority) {
            (Some(value), _) => value,
            (None, Some(priority)) => value_of(priority),
            (None, None) => NORMAL,
        };
        wrong.within("SpecificPriorityValue", priority, 1, 100);
        let settings = self.process_settings.take().unwrap_or_default();
        wrong.within("ProcessSettings.Quality", settings.quality, 1, 100);
        wrong.within("ProcessSettings.Frequency", settings.frequency, 50, 60_000);
        wrong.within("ProcessSettings.Duration", settings.duration, 1, 600);
        let video = self.video_recording_settings.take().unwrap_or_default();
        wrong.within(
            "VideoRecordingSettings.MaxDurationSeconds",
            video.max_duration_seconds,
            1,
            86_400,
        );
        let idea_url = self.automation_hub_idea_url.take().filter(|text| !text.is_empty());
        check_address(idea_url.as_deref(), &mut wrong);
        let overwrites = self.resource_overwrites.take().filter(|list| !list.is_empty());
        let overwrites = overwrites.map(|list| Value::from(list).to_string());
        wrong.text("ResourceOverwrites", overwrites.as_deref(), LONGEST_OVERWRITES);
        let tags = tags::check(self.tags.take().unwrap_or_default(), &mut wrong);
        let feed = match self.feed_id.take().filter(|text| !text.trim().is_empty()) {
            Some(text) => {
                if let Ok(feed) = Uuid::parse_str(text.trim()) {
                    Some(feed).filter(|feed| !feed.is_nil())
                } else {
                    wrong.add("FeedId", "FeedId must be a GUID.");
                    None
                }
            }
            None => None,
        };
        let finished = RetentionDraft::check(
            "Retention",
            [self.retention_period.map(i64::from), self.retention_bucket_id],
            self.retention_action,
            &mut wrong,
        );
        let stale = RetentionDraft::check(
            "StaleRetention",
            [
                self.stale_retention_period.map(i64::from),
                self.stale_retention_bucket_id,
            ],
            self.stale_retention_action,
            &mut wrong,
        );
        wrong.finish()?;
        let input_text = self.input_arguments.take().filter(|text| !text.trim().is_empty());
        let input = arguments::parse("InputArguments", input_text.as_deref())?;
        let entry = match (self.entry_point_id.filter(|id| *id != 0), path) {
            (Some(id), _) => Entry::Id(id),
            (None, Some(path)) => Entry::Path(path),
            (None, None) => Entry::Main,
        };
        Ok(Draft {
            id: self.id.filter(|id| *id != 0),
            name,
            description,
            package,
            version,
            feed,
            entry,
            input_text: input_text.filter(|_| input.is_some()),
            input,
            environment,
            auto_update: self.auto_update.unwrap_or(false),
            hidden_for_attended: self.hidden_for_attended_user.unwrap_or(false),
            priority,
            remote_control: self.remote_control_access.unwrap_or(RemoteControlAccess::None),
            settings,
            video,
            idea_url,
            overwrites,
            tags,
            finished,
            stale,
        })
    }
}

/// The members of a process that a request could set.
fn said(release: &Release) -> Map<String, Value> {
    const MEMBERS: [&str; 17] = [
        "Id",
        "Name",
        "Description",
        "ProcessKey",
        "ProcessVersion",
        "FeedId",
        "EntryPointPath",
        "InputArguments",
        "EnvironmentVariables",
        "AutoUpdate",
        "HiddenForAttendedUser",
        "SpecificPriorityValue",
        "RemoteControlAccess",
        "ProcessSettings",
        "VideoRecordingSettings",
        "AutomationHubIdeaUrl",
        "Tags",
    ];
    let mut members = release.to_json();
    members.retain(|name, value| MEMBERS.contains(&name.as_str()) && !value.is_null());
    let overwrites = release.resource_overwrites.as_deref();
    let overwrites = overwrites.and_then(|text| serde_json::from_str::<Value>(text).ok());
    members.insert("ResourceOverwrites".to_owned(), json!(overwrites));
    members
}

fn check_environment(text: Option<&str>, wrong: &mut Wrong) {
    let name = "EnvironmentVariables";
    wrong.text(name, text, LONGEST_ENVIRONMENT);
    let lines = text.into_iter().flat_map(str::lines).map(str::trim);
    let mut faults = lines.filter(|line| !line.is_empty() && line.find('=').is_none_or(|at| at == 0));
    if faults.next().is_some() {
        wrong.add(name, format!("Every line of {name} must be NAME=value."));
    }
}

fn check_address(text: Option<&str>, wrong: &mut Wrong) {
    let name = "AutomationHubIdeaUrl";
    wrong.text(name, text, LONGEST_ADDRESS);
    // It becomes a link: nothing but a web address.
    if text.is_some_and(|text| !text.starts_with("https://") && !text.starts_with("http://")) {
        wrong.add(name, format!("{name} must be a web address."));
    }
}

impl RetentionInput {
    /// Checks the setting; `release` is the id in the address.
    ///
    /// # Errors
    /// 400 with every member that is wrong.
    pub fn check(self, release: i64) -> Result<(RetentionType, RetentionDraft), Error> {
        let mut wrong = Wrong::default();
        if self.release_id.is_some_and(|id| id != 0 && id != release) {
            wrong.add("ReleaseId", "The ReleaseId in the body is not the id of the address.");
        }
        if self.action.is_none() {
            wrong.add("Action", "Action is required.");
        }
        if self.period.is_none() && self.action != Some(RetentionAction::None) {
            wrong.add("Period", "Invalid argument 'Period'.");
        }
        let draft = RetentionDraft::check(
            "",
            [self.period.map(i64::from), self.bucket_id],
            self.action,
            &mut wrong,
        );
        wrong.finish()?;
        Ok((self.of.unwrap_or(RetentionType::Final), draft))
    }
}

impl RetentionDraft {
    fn check(prefix: &str, members: [Option<i64>; 2], action: Option<RetentionAction>, wrong: &mut Wrong) -> Self {
        let archives = action == Some(RetentionAction::Archive);
        Self {
            action,
            period: retention::check(wrong, prefix, members, archives, "jobs"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(more: Value) -> Result<Draft, Error> {
        let mut body = json!({"Name": " a ", "ProcessKey": "p", "ProcessVersion": "1.0.0"});
        for (member, value) in more.as_object().into_iter().flatten() {
            body[member] = value.clone();
        }
        ReleaseInput::read(body)?.check()
    }

    #[track_caller]
    fn refused(more: Value, member: &str) {
        let error = check(more).unwrap_err();
        let told: Vec<&str> = error.fields.iter().map(|field| field.name.as_str()).collect();
        assert!(told.contains(&member), "{told:?}");
    }

    #[test]
    fn name_package_and_version_are_all_it_needs() {
        let draft = check(json!({})).unwrap();
        assert_eq!(
            (draft.name.as_str(), draft.priority, draft.entry),
            ("a", NORMAL, Entry::Main)
        );
        assert_eq!((draft.settings.duration, draft.video.max_duration_seconds), (40, 180));
        for member in ["Name", "ProcessKey", "ProcessVersion"] {
            refused(json!({member: " "}), member);
            refused(json!({member: null}), member);
        }
        refused(json!({"Name": "ä".repeat(256)}), "Name");
        refused(json!({"Name": "a\u{202e}"}), "Name");
    }

    #[test]
    fn the_specific_priority_counts_before_the_name() {
        let priority = |body: Value| check(body).unwrap().priority;
        assert_eq!(priority(json!({"JobPriority": "High"})), 65);
        assert_eq!(priority(json!({"JobPriority": null})), 45);
        assert_eq!(priority(json!({"JobPriority": "Low", "SpecificPriorityValue": 95})), 95);
        refused(json!({"SpecificPriorityValue": 0}), "SpecificPriorityValue");
        refused(json!({"SpecificPriorityValue": 101}), "SpecificPriorityValue");
        for priority in <JobPriority as odata::Enumeration>::ALL.iter().copied() {
            assert_eq!(name_of(value_of(priority)), priority);
        }
        assert_eq!([30, 31, 60, 61].map(name_of).map(|name| name as i64), [0, 1, 1, 2]);
    }

    #[test]
    fn texts_have_bounds_and_forms() {
        assert!(check(json!({"EnvironmentVariables": "A=1\r\n\nB="})).is_ok());
        refused(json!({"EnvironmentVariables": "A"}), "EnvironmentVariables");
        refused(json!({"EnvironmentVariables": "=A"}), "EnvironmentVariables");
        refused(
            json!({"EnvironmentVariables": format!("A={}", "x".repeat(4_000))}),
            "EnvironmentVariables",
        );
        refused(
            json!({"AutomationHubIdeaUrl": "javascript:alert(1)"}),
            "AutomationHubIdeaUrl",
        );
        refused(json!({"FeedId": "x"}), "FeedId");
        refused(json!({"InputArguments": "[]"}), "InputArguments");
        refused(json!({"ProcessSettings": {"Quality": 101}}), "ProcessSettings.Quality");
        assert_eq!(
            check(json!({"FeedId": "00000000-0000-0000-0000-000000000000"}))
                .unwrap()
                .feed,
            None
        );
        assert_eq!(check(json!({"InputArguments": "null"})).unwrap().input_text, None);
    }

    #[test]
    fn retention_has_bounds_and_no_buckets() {
        refused(json!({"RetentionPeriod": 181}), "RetentionPeriod");
        refused(json!({"StaleRetentionPeriod": 0}), "StaleRetentionPeriod");
        refused(json!({"RetentionAction": "Archive"}), "RetentionBucketId");
        refused(
            json!({"RetentionAction": "Archive", "RetentionBucketId": 3}),
            "RetentionBucketId",
        );
        let input = |body: Value| web::bind::<RetentionInput>(body).unwrap().check(7);
        assert!(input(json!({"Action": "Delete"})).is_err());
        assert!(input(json!({"Action": "Delete", "Period": 7, "ReleaseId": 8})).is_err());
        let (of, draft) = input(json!({"Action": "None", "Type": "Stale"})).unwrap();
        assert_eq!((of, draft.action), (RetentionType::Stale, Some(RetentionAction::None)));
    }
}
