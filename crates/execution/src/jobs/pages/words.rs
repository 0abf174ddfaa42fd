//! What people read about jobs: states, priorities, sources.

use maud::{Markup, html};
use ui::{Tone, chip, muted};

use crate::jobs::model::{Job, JobPriority, JobState, JobType, SourceType, WaitType};
use crate::jobs::read::bucket;
use crate::jobs::transition::{Event, next};
use crate::processes::pages::priority as priority_name;

/// The states in the order in which a job goes through them.
pub const STATES: [JobState; 9] = [
    JobState::Pending,
    JobState::Running,
    JobState::Stopping,
    JobState::Terminating,
    JobState::Suspended,
    JobState::Resumed,
    JobState::Successful,
    JobState::Faulted,
    JobState::Stopped,
];

pub fn state_tone(state: JobState) -> Tone {
    match state {
        JobState::Pending | JobState::Stopped | JobState::Suspended => Tone::Neutral,
        JobState::Running | JobState::Resumed => Tone::Info,
        JobState::Stopping | JobState::Terminating => Tone::Warning,
        JobState::Successful => Tone::Success,
        JobState::Faulted => Tone::Danger,
    }
}

pub fn state_chip(state: JobState) -> Markup {
    chip(&state.to_string(), state_tone(state))
}

/// Whether a job in this state can be told to come to an end.
pub fn stoppable(state: JobState) -> bool {
    next(state, Event::Stop).is_ok_and(|after| after != state)
}

/// Whether a job in this state can be ended at once, and it is not the same as a stop.
pub fn killable(state: JobState) -> bool {
    next(state, Event::Kill).is_ok_and(|after| after == JobState::Terminating && after != state)
}

/// A priority as a list shows it.
pub fn priority_mark(priority: i32) -> Markup {
    match bucket(priority) {
        JobPriority::High => chip(&priority_name(priority), Tone::Warning),
        JobPriority::Normal => html! { (priority_name(priority)) },
        JobPriority::Low => muted(&priority_name(priority)),
    }
}

/// What started a job: `Manual`, or the name of its trigger.
pub fn source_mark(job: &Job) -> Markup {
    let kind = source_name(job.source_type);
    html! {
        (job.source)
        @if job.source != kind && job.source != job.source_type.to_string() { p.muted { (kind) } }
    }
}

/// A kind of start in words.
pub fn source_name(of: SourceType) -> String {
    match of {
        SourceType::Schedule => "Time trigger".to_owned(),
        SourceType::Queue => "Queue trigger".to_owned(),
        SourceType::HttpTrigger | SourceType::HttpTriggerCallback => "API trigger".to_owned(),
        SourceType::Agent => "Robot".to_owned(),
        SourceType::CommandLine => "Command line".to_owned(),
        other => other.to_string(),
    }
}

/// Sources that a filter offers: what this server and its robots start jobs by.
pub const SOURCES: [SourceType; 6] = [
    SourceType::Manual,
    SourceType::Schedule,
    SourceType::Queue,
    SourceType::HttpTrigger,
    SourceType::Agent,
    SourceType::Assistant,
];

pub fn type_name(of: JobType) -> &'static str {
    match of {
        JobType::Unattended => "Unattended",
        JobType::Attended => "Attended",
        JobType::ServerlessGeneric => "Serverless",
    }
}

/// What a suspended job waits for, in words.
pub fn wait_name(of: WaitType) -> &'static str {
    match of {
        WaitType::None => "Nothing",
        WaitType::QueueItem => "Queue item",
        WaitType::Job => "Job",
        WaitType::Task => "Action",
        WaitType::Timer => "Time",
        WaitType::Inbox => "Message",
        WaitType::Api => "Call",
    }
}

#[cfg(test)]
mod tests {
    use odata::Enumeration as _;

    use super::*;

    #[test]
    fn every_state_is_listed_once() {
        let mut listed = STATES.map(|state| state.to_string());
        let mut all: Vec<String> = JobState::ALL.iter().map(ToString::to_string).collect();
        listed.sort();
        all.sort();
        assert_eq!(listed.to_vec(), all);
    }

    #[test]
    fn what_runs_can_be_stopped_and_killed_and_what_waits_only_stopped() {
        let told = STATES.map(|state| (stoppable(state), killable(state)));
        let expected = [
            (true, false),
            (true, true),
            (false, true),
            (false, false),
            (true, false),
            (true, false),
            (false, false),
            (false, false),
            (false, false),
        ];
        assert_eq!(told, expected);
    }
}
