//! What settings about how long rows are kept have in common (reference: queues 3.3, execution 4.5).

use context::Wrong;

/// Days that rows are kept, at most.
pub const LONGEST_PERIOD: i32 = 180;

/// Checks the period and the bucket of a setting, whose members begin with `prefix`. There are no buckets, so nothing can be archived.
/// Gives the period; `what` names the rows.
pub fn check(
    wrong: &mut Wrong,
    prefix: &str,
    [period, bucket]: [Option<i64>; 2],
    archives: bool,
    what: &str,
) -> Option<i32> {
    let period = period.map(|period| i32::try_from(period).unwrap_or(0));
    if let Some(period) = period
        && !(1..=LONGEST_PERIOD).contains(&period)
    {
        let name = format!("{prefix}Period");
        let message = format!("Invalid argument '{name}': it must be between 1 and {LONGEST_PERIOD} days.");
        wrong.add(name, message);
    }
    let name = format!("{prefix}BucketId");
    match bucket {
        Some(id) => wrong.add(name, format!("The bucket with id {id} does not exist.")),
        None if archives => {
            let message = format!("{name} is required to archive {what}.");
            wrong.add(name, message);
        }
        None => {}
    }
    period
}
