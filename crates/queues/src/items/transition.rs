//! What can happen to an item, as one function (reference: queues 7).

use context::{Error, codes};

use super::model::{ReviewStatus, Status};

/// Something that is to happen to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A robot takes it.
    Take,
    /// Its processing went well.
    Succeed,
    /// Its processing failed; `retry`: it is tried again by itself.
    Fail { retry: bool },
    /// The robot puts it back for later.
    Postpone,
    /// The robot tells how far it is.
    Progress,
    /// It was in progress for too long; `retry`: it is tried again by itself.
    Abandon { retry: bool },
    /// Somebody asks for another attempt.
    RetryByHand,
    /// Somebody looks into the failure, or is done with that.
    Review(ReviewStatus),
    /// Somebody is made responsible for the failure, or no longer.
    Assign,
    /// Priority, dates or content change.
    Edit,
    /// The content is erased and nothing else changes.
    Erase,
    /// It is deleted.
    Delete,
}

/// The state after an event, or why it cannot happen.
///
/// | state | Take | Succeed, Fail, Postpone | Progress | Abandon | RetryByHand, Review, Assign | Edit | Erase | Delete |
/// |---|---|---|---|---|---|---|---|---|
/// | New | `InProgress` | 1852 | 1851 | – | 1866 | New | New | Deleted |
/// | `InProgress` | – | Successful; Failed or Retried; New | same | Abandoned or Retried | 1866 | 409 | 409 | 409 |
/// | Failed, Abandoned | – | 1865 | 1851 | – | Retried; same | 409 | 409 | Deleted |
/// | Successful | – | 1865 | 1851 | – | 1866 | 409 | same | Deleted |
/// | Retried | – | 1865 | 1851 | – | 1866 | 409 | same | Deleted |
/// | Deleted | – | 1865 | 1851 | – | 1866 | 409 | same | 409 |
///
/// A review that ended with another attempt is final.
///
/// # Errors
/// 409 with the code of the table; 1020 where it names none.
pub fn next(status: Status, review: ReviewStatus, event: Event) -> Result<Status, Error> {
    use Status::{Abandoned, Deleted, Failed, InProgress, New, Retried, Successful};
    let refused = |code: i32, what: &str| Err(Error::conflict(code, format!("{what} (its status is {status}).")));
    match (status, event) {
        (New, Event::Take) | (InProgress, Event::Progress) => Ok(InProgress),
        (InProgress, Event::Succeed) => Ok(Successful),
        (InProgress, Event::Fail { retry: false }) => Ok(Failed),
        (InProgress, Event::Abandon { retry: false }) => Ok(Abandoned),
        (InProgress, Event::Fail { retry: true } | Event::Abandon { retry: true }) => Ok(Retried),
        (InProgress, Event::Postpone) | (New, Event::Edit | Event::Erase) => Ok(New),
        (Failed | Abandoned, Event::RetryByHand)
            if review != ReviewStatus::Verified && review != ReviewStatus::Retried =>
        {
            Ok(Retried)
        }
        (Failed | Abandoned, Event::Review(to)) if review != ReviewStatus::Retried && to != ReviewStatus::Retried => {
            Ok(status)
        }
        (Failed | Abandoned, Event::Assign) | (Successful | Deleted | Retried, Event::Erase) => Ok(status),
        (New | Failed | Abandoned | Successful | Retried, Event::Delete) => Ok(Deleted),

        (New, Event::Succeed | Event::Fail { .. } | Event::Postpone) => refused(
            codes::TRANSACTION_NOT_STARTED,
            "The transaction was not started, so it can have no result",
        ),
        (_, Event::Succeed | Event::Fail { .. } | Event::Postpone) => refused(
            codes::QUEUE_ITEM_INVALID_TRANSITION_FROM_FINAL_STATUS,
            "The transaction has a result already",
        ),
        (_, Event::Progress) => refused(
            codes::INVALID_TRANSACTION_PROGRESS_STATUS,
            "Progress can be set while the transaction is in progress only",
        ),
        (_, Event::RetryByHand | Event::Review(_) | Event::Assign) => refused(
            codes::QUEUE_ITEM_INVALID_STATUS_FOR_RETRY,
            "Only failed and abandoned items can be reviewed or retried",
        ),
        (_, Event::Edit | Event::Erase) => refused(
            codes::OPTIMISTIC_CONCURRENCY,
            "The item cannot be changed in this way now",
        ),
        (_, Event::Delete) => refused(codes::OPTIMISTIC_CONCURRENCY, "The item cannot be deleted now"),
        (_, Event::Take | Event::Abandon { .. }) => {
            refused(codes::OPTIMISTIC_CONCURRENCY, "The item was taken meanwhile")
        }
    }
}

#[cfg(test)]
mod tests {
    use odata::Enumeration as _;

    use super::*;

    const EVENTS: [Event; 14] = [
        Event::Take,
        Event::Succeed,
        Event::Fail { retry: false },
        Event::Fail { retry: true },
        Event::Postpone,
        Event::Progress,
        Event::Abandon { retry: false },
        Event::Abandon { retry: true },
        Event::RetryByHand,
        Event::Review(ReviewStatus::Verified),
        Event::Assign,
        Event::Edit,
        Event::Erase,
        Event::Delete,
    ];

    /// One line per state: what each event leads to, by first letter of the state, or the code.
    fn table() -> String {
        let lines = Status::ALL.iter().map(|status| {
            let cells = EVENTS.map(|event| match next(*status, ReviewStatus::None, event) {
                Ok(to) => format!("{:<4}", to.to_string().chars().take(4).collect::<String>()),
                Err(error) => error.code.to_string(),
            });
            format!("{status:<10} {}", cells.join(" ")).trim_end().to_owned() + "\n"
        });
        lines.collect()
    }

    #[test]
    fn every_event_in_every_state() {
        let expected = "\
New        InPr 1852 1852 1852 1852 1851 1020 1020 1866 1866 1866 New  New  Dele
InProgress 1020 Succ Fail Retr New  InPr Aban Retr 1866 1866 1866 1020 1020 1020
Failed     1020 1865 1865 1865 1865 1851 1020 1020 Retr Fail Fail 1020 1020 Dele
Successful 1020 1865 1865 1865 1865 1851 1020 1020 1866 1866 1866 1020 Succ Dele
Abandoned  1020 1865 1865 1865 1865 1851 1020 1020 Retr Aban Aban 1020 1020 Dele
Retried    1020 1865 1865 1865 1865 1851 1020 1020 1866 1866 1866 1020 Retr Dele
Deleted    1020 1865 1865 1865 1865 1851 1020 1020 1866 1866 1866 1020 Dele 1020
";
        assert_eq!(table(), expected);
    }

    #[test]
    fn a_review_that_led_to_a_retry_or_was_verified_leads_to_no_other_attempt() {
        for review in [ReviewStatus::Retried, ReviewStatus::Verified] {
            assert!(next(Status::Failed, review, Event::RetryByHand).is_err());
        }
        let again = Event::Review(ReviewStatus::InReview);
        assert!(next(Status::Failed, ReviewStatus::Retried, again).is_err());
        assert_eq!(
            next(Status::Failed, ReviewStatus::Verified, again).unwrap(),
            Status::Failed
        );
    }
}
