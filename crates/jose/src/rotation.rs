//! When signing keys are made, used and thrown away. Arithmetic only; storage and locking are the caller's.
//!
//! | phase | from | published | signs |
//! |---|---|---|---|
//! | announced | made | yes | no |
//! | active | `activates_at` | yes | yes |
//! | retired | `retired_at` | yes | no |
//! | deleted | `retired_at` + `keep` | no | no |

use jiff::{SignedDuration, Timestamp};

/// The lengths of the phases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// How long a key signs.
    pub period: SignedDuration,
    /// How long before its first use a key is published, so that everyone who caches the JWKS has it in time.
    pub announce: SignedDuration,
    /// How long a retired key stays published; longer than the longest token lives.
    pub keep: SignedDuration,
}

impl Default for Policy {
    /// 90 days, announced 14 days before, kept 14 days after.
    fn default() -> Self {
        Self {
            period: days(90),
            announce: days(14),
            keep: days(14),
        }
    }
}

const fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * count)
}

/// The life of a stored key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyTimes<Id> {
    /// What the caller calls the key.
    pub id: Id,
    /// When it was made; decides between keys with the same activation.
    pub created_at: Timestamp,
    /// From when on it signs.
    pub activates_at: Timestamp,
    /// From when on it does not any more. `None` while it is announced or active.
    pub retired_at: Option<Timestamp>,
}

/// What to do with the keys, all in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan<Id> {
    /// Make a key that activates at this time (which is `now` when there is no key to sign with).
    pub create: Option<Timestamp>,
    /// This key signs from now on: set `activates_at` to `now` if it lies ahead.
    pub activate: Option<Id>,
    /// These keys have a successor: set `retired_at` to `now`.
    pub retire: Vec<Id>,
    /// Throw these away.
    pub delete: Vec<Id>,
}

impl<Id> Plan<Id> {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.create.is_none() && self.activate.is_none() && self.retire.is_empty() && self.delete.is_empty()
    }
}

/// The key that signs at `now`: of those not retired and already activated, the one activated last.
pub fn active<Id>(keys: &[KeyTimes<Id>], now: Timestamp) -> Option<&KeyTimes<Id>> {
    live(keys)
        .filter(|key| key.activates_at <= now)
        .max_by_key(|key| (key.activates_at, key.created_at))
}

/// The keys of one algorithm against the policy. Applying the plan and asking again gives an empty plan.
pub fn plan<Id: Clone>(keys: &[KeyTimes<Id>], policy: &Policy, now: Timestamp) -> Plan<Id> {
    let mut plan = Plan {
        create: None,
        activate: None,
        retire: Vec::new(),
        delete: Vec::new(),
    };
    plan.delete = keys
        .iter()
        .filter(|key| {
            key.retired_at
                .is_some_and(|retired| now.duration_since(retired) >= policy.keep)
        })
        .map(|key| key.id.clone())
        .collect();

    let next = live(keys)
        .filter(|key| key.activates_at > now)
        .min_by_key(|key| (key.activates_at, key.created_at));
    match (active(keys, now), next) {
        (None, None) => plan.create = Some(now),
        // Without a key no token can be issued: the announcement is cut short.
        (None, Some(next)) => plan.activate = Some(next.id.clone()),
        (Some(active), next) => {
            let order = (active.activates_at, active.created_at);
            plan.retire = live(keys)
                .filter(|key| key.activates_at <= now && (key.activates_at, key.created_at) < order)
                .map(|key| key.id.clone())
                .collect();
            if !plan.retire.is_empty() {
                plan.activate = Some(active.id.clone());
            }
            let due = later(active.activates_at, policy.period);
            if next.is_none() && due.duration_since(now) <= policy.announce {
                // Even a rotation that is overdue is announced for the full time.
                plan.create = Some(due.max(later(now, policy.announce)));
            }
        }
    }
    plan
}

fn live<Id>(keys: &[KeyTimes<Id>]) -> impl Iterator<Item = &KeyTimes<Id>> {
    keys.iter().filter(|key| key.retired_at.is_none())
}

fn later(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i64) -> Timestamp {
        Timestamp::from_second(day * 86_400).unwrap()
    }

    fn key(id: u8, activates: i64, retired: Option<i64>) -> KeyTimes<u8> {
        KeyTimes {
            id,
            created_at: day(activates - 14),
            activates_at: day(activates),
            retired_at: retired.map(day),
        }
    }

    #[track_caller]
    fn check(keys: &[KeyTimes<u8>], now: i64, create: Option<i64>, activate: Option<u8>, retire: &[u8], delete: &[u8]) {
        let expected = Plan {
            create: create.map(day),
            activate,
            retire: retire.to_vec(),
            delete: delete.to_vec(),
        };
        assert_eq!(plan(keys, &Policy::default(), day(now)), expected);
    }

    #[test]
    fn the_first_key_signs_at_once() {
        check(&[], 1000, Some(1000), None, &[], &[]);
    }

    #[test]
    fn a_young_key_is_left_alone() {
        check(&[key(1, 1000, None)], 1075, None, None, &[], &[]);
    }

    #[test]
    fn the_next_key_is_announced_two_weeks_ahead() {
        check(&[key(1, 1000, None)], 1076, Some(1090), None, &[], &[]);
        check(&[key(1, 1000, None), key(2, 1090, None)], 1089, None, None, &[], &[]);
    }

    #[test]
    fn an_overdue_rotation_is_still_announced() {
        check(&[key(1, 1000, None)], 1200, Some(1214), None, &[], &[]);
    }

    #[test]
    fn the_next_key_takes_over_on_its_day() {
        let keys = [key(1, 1000, None), key(2, 1090, None)];
        assert_eq!(active(&keys, day(1089)).unwrap().id, 1);
        assert_eq!(active(&keys, day(1090)).unwrap().id, 2);
        check(&keys, 1090, None, Some(2), &[1], &[]);
    }

    #[test]
    fn a_retired_key_is_deleted_after_two_weeks() {
        let keys = [key(1, 1000, Some(1090)), key(2, 1090, None)];
        check(&keys, 1103, None, None, &[], &[]);
        check(&keys, 1104, None, None, &[], &[1]);
    }

    #[test]
    fn when_the_active_key_is_withdrawn_the_announced_one_signs_at_once() {
        check(
            &[key(1, 1000, Some(1080)), key(2, 1090, None)],
            1080,
            None,
            Some(2),
            &[],
            &[],
        );
    }

    #[test]
    fn applying_the_plan_day_by_day_always_leaves_one_active_key_and_settles() {
        let (policy, mut keys, mut last) = (Policy::default(), Vec::<KeyTimes<u8>>::new(), 0);
        let mut signers = Vec::new();
        for today in 0..400 {
            let now = day(today);
            for round in 0.. {
                assert!(round < 4, "the plan does not settle on day {today}");
                let plan = plan(&keys, &policy, now);
                if plan.is_empty() {
                    break;
                }
                keys.retain(|key| !plan.delete.contains(&key.id));
                for key in &mut keys {
                    if plan.retire.contains(&key.id) {
                        key.retired_at = Some(now);
                    }
                    if plan.activate == Some(key.id) {
                        key.activates_at = key.activates_at.min(now);
                    }
                }
                if let Some(activates_at) = plan.create {
                    last += 1;
                    keys.push(KeyTimes {
                        id: last,
                        created_at: now,
                        activates_at,
                        retired_at: None,
                    });
                }
            }
            assert!(keys.len() <= 2, "one active and one announced or retired at a time");
            signers.push(active(&keys, now).unwrap().id);
        }
        signers.dedup();
        assert_eq!(signers, [1, 2, 3, 4, 5]);
    }
}
