//! What a request says about an API trigger, and the checks that need no database.

use access::tags::{self, Tag};
use context::{Error, Wrong};
use execution::jobs::model::StopStrategy;
use execution::machines::model::RuntimeType;
use execution::processes::model::{RemoteControlAccess, TargetFramework};
use serde::Deserialize;
use url::Url;
use uuid::Uuid;

use super::model::{CallbackMode, CallingMode, TriggerMethod};
use crate::launch::Target;
use crate::schedules::input::MOST_JOBS;
use crate::{codes as own, input};

/// Characters of the part of the address.
pub const LONGEST_SLUG: usize = 255;
const LONGEST_URL: usize = 2_000;
const LONGEST_SECRET: usize = 256;
/// Machines and accounts that one trigger names.
const MOST_TARGETS: usize = 100;

/// The members that callers may set.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct HttpTriggerInput {
    pub id: Option<Uuid>,
    pub name: Option<String>,
    pub description: Option<String>,
    pub enabled: Option<bool>,
    pub release_key: Option<Uuid>,
    pub entry_point_path: Option<String>,
    pub slug: Option<String>,
    pub method: Option<TriggerMethod>,
    pub calling_mode: Option<CallingMode>,
    pub success_callback_url: Option<String>,
    pub failure_callback_url: Option<String>,
    pub callback_mode: Option<CallbackMode>,
    pub secret: Option<String>,
    pub allow_insecure_ssl: Option<bool>,
    pub run_as_me: Option<bool>,
    pub run_as_caller: Option<bool>,
    pub job_count: Option<i32>,
    pub job_priority: Option<i32>,
    pub runtime_type: Option<RuntimeType>,
    pub target_framework: Option<TargetFramework>,
    pub requires_user_interaction: Option<bool>,
    pub machine_robots: Option<Vec<Target>>,
    pub input_arguments: Option<String>,
    pub resume_on_same_context: Option<bool>,
    pub remote_control_access: Option<RemoteControlAccess>,
    pub tags: Option<Vec<Tag>>,
    pub stop_strategy: Option<StopStrategy>,
    pub stop_job_after_seconds: Option<i64>,
    pub kill_job_after_seconds: Option<i64>,
    pub alert_pending_job_after_seconds: Option<i64>,
    pub alert_running_job_after_seconds: Option<i64>,
    pub consecutive_job_failures_threshold: Option<i32>,
    pub job_failures_grace_period_in_hours: Option<i32>,
}

/// An API trigger that is right as far as can be told without the database.
#[derive(Clone)]
pub struct Draft {
    /// The id in the body; where given it must be that of the address.
    pub id: Option<Uuid>,
    pub name: String,
    pub description: Option<String>,
    pub enabled: bool,
    pub release: Uuid,
    pub entry_point: Option<String>,
    /// `None`: made of the name of the process.
    pub slug: Option<String>,
    pub method: TriggerMethod,
    pub calling_mode: CallingMode,
    pub success_url: Option<String>,
    pub failure_url: Option<String>,
    pub callback_mode: CallbackMode,
    /// `None`: what is stored stays; empty: none.
    pub secret: Option<String>,
    pub allow_insecure_ssl: bool,
    pub run_as_me: bool,
    pub run_as_caller: bool,
    pub job_count: i32,
    pub priority: Option<i32>,
    pub runtime_type: Option<RuntimeType>,
    pub target_framework: Option<TargetFramework>,
    pub requires_user_interaction: Option<bool>,
    pub machine_robots: Vec<Target>,
    pub input: Option<String>,
    pub same_context: bool,
    pub remote_control: Option<RemoteControlAccess>,
    pub tags: Vec<Tag>,
    pub stop_by: Option<StopStrategy>,
    pub stop_after: Option<i64>,
    pub kill_after: Option<i64>,
    pub alert_pending_after: Option<i64>,
    pub alert_running_after: Option<i64>,
    pub failures_threshold: Option<i32>,
    pub grace_hours: Option<i32>,
}

impl HttpTriggerInput {
    /// Checks the trigger.
    ///
    /// # Errors
    /// 400 with every member that is wrong; with code 4807 for callbacks without address, 4806 for addresses without callbacks.
    pub fn check(self) -> Result<Draft, Error> {
        let mut wrong = Wrong::default();
        let (name, description, entry_point) =
            input::head(&mut wrong, self.name, self.description, self.entry_point_path);
        if self.release_key.is_none() {
            wrong.add("ReleaseKey", "ReleaseKey is required.");
        }
        let slug = input::filled(self.slug).map(|slug| slug.trim().trim_matches('/').to_owned());
        if slug.as_deref().is_some_and(|slug| !is_slug(slug)) {
            wrong.add(
                "Slug",
                format!("Slug takes 1 to {LONGEST_SLUG} letters, digits and the signs - _ . ~ and at most one / between them."),
            );
        }
        let calling_mode = self.calling_mode.unwrap_or(CallingMode::AsyncRequestReply);
        let callback_mode = self
            .callback_mode
            .unwrap_or(if calling_mode == CallingMode::AsyncCallback {
                CallbackMode::OnAny
            } else {
                CallbackMode::Disabled
            });
        let [success_url, failure_url] = [
            ("SuccessCallbackUrl", self.success_callback_url),
            ("FailureCallbackUrl", self.failure_callback_url),
        ]
        .map(|(member, text)| address(&mut wrong, member, text));
        let secret = self.secret;
        wrong.text("Secret", secret.as_deref(), LONGEST_SECRET);
        let job_count = self.job_count.unwrap_or(1);
        if !(1..=MOST_JOBS).contains(&job_count) {
            wrong.add("JobCount", format!("JobCount must be between 1 and {MOST_JOBS}."));
        }
        if self.job_priority.is_some_and(|value| !(1..=100).contains(&value)) {
            wrong.add("JobPriority", "JobPriority must be between 1 and 100.");
        }
        let run_as_me = self.run_as_me.unwrap_or(false);
        let run_as_caller = self.run_as_caller.unwrap_or(false);
        if run_as_me && run_as_caller {
            wrong.add("RunAsCaller", "RunAsMe and RunAsCaller cannot both be set.");
        }
        let machine_robots = input::targets(self.machine_robots.unwrap_or_default());
        if machine_robots.len() > MOST_TARGETS {
            wrong.add(
                "MachineRobots",
                format!("MachineRobots can have at most {MOST_TARGETS} entries."),
            );
        }
        let arguments = input::arguments(&mut wrong, self.input_arguments);
        for (member, seconds) in [
            ("StopJobAfterSeconds", self.stop_job_after_seconds),
            ("KillJobAfterSeconds", self.kill_job_after_seconds),
            ("AlertPendingJobAfterSeconds", self.alert_pending_job_after_seconds),
            ("AlertRunningJobAfterSeconds", self.alert_running_job_after_seconds),
        ] {
            input::check_seconds(&mut wrong, member, seconds);
        }
        input::failures(
            &mut wrong,
            self.consecutive_job_failures_threshold,
            self.job_failures_grace_period_in_hours,
        );
        let tags = tags::check(self.tags.unwrap_or_default(), &mut wrong);
        let Some(release) = self.release_key else {
            return Err(wrong.into_error());
        };
        wrong.finish()?;
        check_callbacks(calling_mode, callback_mode, success_url.as_ref(), failure_url.as_ref())?;
        Ok(Draft {
            id: self.id,
            name,
            description,
            enabled: self.enabled.unwrap_or(true),
            release,
            entry_point,
            slug,
            method: self.method.unwrap_or(TriggerMethod::Get),
            calling_mode,
            success_url,
            failure_url,
            callback_mode,
            secret,
            allow_insecure_ssl: self.allow_insecure_ssl.unwrap_or(false),
            run_as_me,
            run_as_caller,
            job_count,
            priority: self.job_priority,
            runtime_type: self.runtime_type,
            target_framework: self.target_framework,
            requires_user_interaction: self.requires_user_interaction,
            machine_robots,
            input: arguments,
            same_context: self.resume_on_same_context.unwrap_or(false),
            remote_control: self.remote_control_access,
            tags,
            stop_by: self.stop_strategy,
            stop_after: self.stop_job_after_seconds,
            kill_after: self.kill_job_after_seconds,
            alert_pending_after: self.alert_pending_job_after_seconds,
            alert_running_after: self.alert_running_job_after_seconds,
            failures_threshold: self.consecutive_job_failures_threshold,
            grace_hours: self.job_failures_grace_period_in_hours,
        })
    }
}

fn check_callbacks(
    calling: CallingMode,
    mode: CallbackMode,
    success: Option<&String>,
    failure: Option<&String>,
) -> Result<(), Error> {
    if calling != CallingMode::AsyncCallback {
        return match (success, failure) {
            (None, None) => Ok(()),
            _ => Err(Error::invalid(
                own::CALLBACK_NOT_ENABLED_FOR_TRIGGER,
                "Callback addresses need the calling mode AsyncCallback.",
            )),
        };
    }
    let lacks = match mode {
        CallbackMode::Disabled => false,
        CallbackMode::OnSuccess => success.is_none(),
        CallbackMode::OnFailure => failure.is_none(),
        CallbackMode::OnAny => success.is_none() || failure.is_none(),
    };
    if lacks {
        return Err(Error::invalid(
            own::CALLBACK_IS_REQUIRED,
            format!("The callback mode {mode} needs its callback address."),
        ));
    }
    Ok(())
}

/// An address that callbacks are sent to. Where it leads is looked at when one is sent.
fn address(wrong: &mut Wrong, member: &str, text: Option<String>) -> Option<String> {
    let text = input::filled(text)?.trim().to_owned();
    let url = Url::parse(&text).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
    });
    if url.is_none() || text.len() > LONGEST_URL {
        wrong.add(
            member,
            format!("{member} takes an address that starts with http:// or https://."),
        );
    }
    Some(text)
}

/// Whether a text can be the last part of an address, or the last two.
pub fn is_slug(text: &str) -> bool {
    let parts: Vec<&str> = text.split('/').collect();
    let is_part = |part: &&str| {
        !part.is_empty()
            && *part != "."
            && *part != ".."
            && part
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '~'))
    };
    parts.len() <= 2 && text.chars().count() <= LONGEST_SLUG && parts.iter().all(is_part)
}

/// The slug of a process without one: its name with dashes for what addresses cannot hold.
pub fn slug_of(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars() {
        match c {
            c if c.is_alphanumeric() || matches!(c, '_' | '.' | '~') => slug.push(c),
            _ if slug.ends_with('-') || slug.is_empty() => {}
            _ => slug.push('-'),
        }
    }
    let slug: String = slug.trim_end_matches('-').chars().take(LONGEST_SLUG).collect();
    if slug.is_empty() || slug.chars().all(|c| c == '.') {
        "trigger".to_owned()
    } else {
        slug
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(more: Value) -> Result<Draft, Error> {
        let mut body = json!({ "Name": "a", "ReleaseKey": "4f2c1a39-0f5f-4d8c-8f3a-3c9d5b6a7e10" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        web::bind::<HttpTriggerInput>(body)?.check()
    }

    #[test]
    fn slugs_fit_into_addresses() {
        for slug in ["a", "fn/fn", "Größe_1.0~x", &"a".repeat(255)] {
            assert!(is_slug(slug), "{slug}");
        }
        for slug in [
            "",
            "a b",
            "a/b/c",
            "/",
            "a/",
            "..",
            "a/..",
            "a?b",
            "a%2fb",
            &"a".repeat(256),
        ] {
            assert!(!is_slug(slug), "{slug}");
        }
        for (name, slug) in [
            ("My  process (v2)", "My-process-v2"),
            ("???", "trigger"),
            ("a/b", "a-b"),
            ("..", "trigger"),
        ] {
            assert_eq!(slug_of(name), slug);
            assert!(is_slug(&slug_of(name)));
        }
    }

    #[test]
    fn callbacks_have_addresses_and_addresses_callbacks() {
        let url = "https://example.com/x";
        let code = |more: Value| check(more).err().map(|error| error.code);
        assert_eq!(
            code(json!({ "CallingMode": "AsyncCallback" })),
            Some(own::CALLBACK_IS_REQUIRED)
        );
        assert_eq!(
            code(json!({ "CallingMode": "AsyncCallback", "CallbackMode": "OnSuccess", "SuccessCallbackUrl": url })),
            None
        );
        assert_eq!(
            code(json!({ "CallingMode": "AsyncCallback", "CallbackMode": "Disabled" })),
            None
        );
        assert_eq!(
            code(json!({ "SuccessCallbackUrl": url })),
            Some(own::CALLBACK_NOT_ENABLED_FOR_TRIGGER)
        );
        for bad in [
            "ftp://example.com",
            "example.com",
            "https://",
            "https://user:secret@example.com",
        ] {
            let error = check(json!({ "CallingMode": "AsyncCallback", "SuccessCallbackUrl": bad }))
                .err()
                .unwrap();
            assert_eq!(error.fields[0].name, "SuccessCallbackUrl", "{bad}");
        }
    }

    #[test]
    fn members_have_bounds() {
        for (more, member) in [
            (json!({ "Name": "" }), "Name"),
            (json!({ "ReleaseKey": null }), "ReleaseKey"),
            (json!({ "Slug": "a b" }), "Slug"),
            (json!({ "JobCount": 0 }), "JobCount"),
            (json!({ "JobPriority": 101 }), "JobPriority"),
            (json!({ "StopJobAfterSeconds": -1 }), "StopJobAfterSeconds"),
            (json!({ "RunAsMe": true, "RunAsCaller": true }), "RunAsCaller"),
        ] {
            let error = check(more.clone()).err().unwrap();
            assert!(error.fields.iter().any(|field| field.name == member), "{more}");
        }
        assert_eq!(
            check(json!({ "Method": "POST" })).ok().unwrap().method,
            TriggerMethod::Post
        );
    }
}
