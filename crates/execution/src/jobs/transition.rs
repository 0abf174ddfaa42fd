//! What can happen to a job, as one function (reference: execution 5.5).

use context::{Error, codes};

use super::model::JobState;

/// Something that is to happen to a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A robot starts it.
    Accept,
    /// It came to its end.
    Succeed,
    /// It failed, or could not be started.
    Fault,
    /// It ended because it was told to.
    End,
    /// It waits for something, its state is stored.
    Suspend,
    /// What it waited for happened, or somebody lets it go on.
    Resume,
    /// Somebody wants it to come to an end.
    Stop,
    /// Somebody wants it gone at once.
    Kill,
    /// Nothing was heard of its end for too long after a kill.
    Expire,
    /// The session it ran in was removed.
    Lose,
}

/// The state after an event, or why it cannot happen.
///
/// | state | Accept | Succeed | Fault | End | Suspend | Resume | Stop | Kill | Expire | Lose |
/// |---|---|---|---|---|---|---|---|---|---|---|
/// | Pending, Resumed | Running | – | Faulted | – | – | – | Stopped | Stopped | – | same |
/// | Running | – | Successful | Faulted | Stopped | Suspended | – | Stopping | Terminating | – | Faulted |
/// | Stopping | – | Successful | Faulted | Stopped | Stopped | – | same | Terminating | – | Faulted |
/// | Terminating | – | Successful | Faulted | Stopped | Stopped | – | 1658 | same | Faulted | Faulted |
/// | Suspended | – | – | – | – | – | Resumed | Stopped | Stopped | – | – |
/// | Faulted, Successful, Stopped | – | – | – | – | – | – | 1658 | 1659 | – | – |
///
/// A job whose executor ended after a stop was ordered is Stopped, unless it came to its end by itself.
///
/// # Errors
/// 409 with the code of the table; 1681 for what only robots do, 1682 for a suspension and 1697 for others.
pub fn next(state: JobState, event: Event) -> Result<JobState, Error> {
    use JobState::{Faulted, Pending, Resumed, Running, Stopped, Stopping, Successful, Suspended, Terminating};
    let refused = |code: i32, what: &str| Err(Error::conflict(code, format!("{what} (its state is {state}).")));
    match (state, event) {
        (Pending | Resumed, Event::Accept) => Ok(Running),
        (Running | Stopping | Terminating, Event::Succeed) => Ok(Successful),
        (Pending | Resumed | Running | Stopping | Terminating, Event::Fault)
        | (Terminating, Event::Expire)
        | (Running | Stopping | Terminating, Event::Lose) => Ok(Faulted),
        (Running | Stopping | Terminating, Event::End)
        | (Stopping | Terminating, Event::Suspend)
        | (Pending | Resumed | Suspended, Event::Stop | Event::Kill) => Ok(Stopped),
        (Running, Event::Suspend) => Ok(Suspended),
        (Suspended, Event::Resume) => Ok(Resumed),
        (Running | Stopping, Event::Stop) => Ok(Stopping),
        (Running | Stopping | Terminating, Event::Kill) => Ok(Terminating),
        (Pending | Resumed, Event::Lose) => Ok(state),

        (_, Event::Stop) => refused(codes::JOB_CANNOT_BE_CANCELLED, "The job cannot be stopped"),
        (_, Event::Kill) => refused(codes::JOB_CANNOT_BE_TERMINATED, "The job cannot be killed"),
        (_, Event::Suspend) => refused(codes::INVALID_JOB_STATE_FOR_SUSPEND, "The job cannot be suspended"),
        (_, Event::Resume) => refused(codes::SUSPEND_JOB_STATE_NOT_FOUND, "Only suspended jobs can be resumed"),
        (_, Event::Accept | Event::Succeed | Event::Fault | Event::End | Event::Expire | Event::Lose) => refused(
            codes::INVALID_JOB_ID_OR_ROBOT_KEY,
            "The job is not one that the robot runs",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_leads_from_every_state_where_the_table_says() {
        use JobState::{
            Faulted as F, Pending as P, Resumed as R, Running as Ru, Stopped as S, Stopping as Si, Successful as Ok_,
            Suspended as Su, Terminating as T,
        };
        let events = [
            Event::Accept,
            Event::Succeed,
            Event::Fault,
            Event::End,
            Event::Suspend,
            Event::Resume,
            Event::Stop,
            Event::Kill,
            Event::Expire,
            Event::Lose,
        ];
        let no = None;
        #[rustfmt::skip]
        let table = [
            (P,   [Some(Ru), no,        Some(F), no,      no,       no,      Some(S),  Some(S), no,      Some(P)]),
            (R,   [Some(Ru), no,        Some(F), no,      no,       no,      Some(S),  Some(S), no,      Some(R)]),
            (Ru,  [no,       Some(Ok_), Some(F), Some(S), Some(Su), no,      Some(Si), Some(T), no,      Some(F)]),
            (Si,  [no,       Some(Ok_), Some(F), Some(S), Some(S),  no,      Some(Si), Some(T), no,      Some(F)]),
            (T,   [no,       Some(Ok_), Some(F), Some(S), Some(S),  no,      no,       Some(T), Some(F), Some(F)]),
            (Su,  [no,       no,        no,      no,      no,       Some(R), Some(S),  Some(S), no,      no]),
            (F,   [no; 10]),
            (Ok_, [no; 10]),
            (S,   [no; 10]),
        ];
        for (state, row) in table {
            for (event, expected) in events.into_iter().zip(row) {
                assert_eq!(next(state, event).ok(), expected, "{state:?} {event:?}");
            }
        }
    }

    #[test]
    fn a_refusal_says_why() {
        for (state, event, code) in [
            (JobState::Successful, Event::Stop, codes::JOB_CANNOT_BE_CANCELLED),
            (JobState::Terminating, Event::Stop, codes::JOB_CANNOT_BE_CANCELLED),
            (JobState::Faulted, Event::Kill, codes::JOB_CANNOT_BE_TERMINATED),
            (JobState::Running, Event::Resume, codes::SUSPEND_JOB_STATE_NOT_FOUND),
            (JobState::Successful, Event::Succeed, codes::INVALID_JOB_ID_OR_ROBOT_KEY),
        ] {
            let error = next(state, event).unwrap_err();
            assert_eq!((error.code, error.kind), (code, context::Kind::Conflict));
        }
    }
}
