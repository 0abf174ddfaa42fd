//! What a unit of work changes in the numbers of jobs, written once at its end.

use std::collections::BTreeMap;

use context::Error;
use jiff::Timestamp;
use store::{Migration, Scoped, Tenant, Value, params, pieces};

use crate::jobs::model::JobState;

pub(crate) const MIGRATION: Migration = Migration {
    id: "execution-007-statistics",
    sql: "
        create table job_totals (
            tenant_id bigint not null,
            release_id bigint not null,
            folder_id bigint not null,
            pending bigint not null,
            running bigint not null,
            stopping bigint not null,
            terminating bigint not null,
            faulted bigint not null,
            successful bigint not null,
            stopped bigint not null,
            suspended bigint not null,
            resumed bigint not null,
            last_at bigint not null,
            primary key (tenant_id, release_id, folder_id)
        );
        create index job_totals_folder on job_totals (tenant_id, folder_id);

        create table job_times (
            tenant_id bigint not null,
            release_id bigint not null,
            folder_id bigint not null,
            machine_id bigint not null,
            span bigint not null,
            begins_at bigint not null,
            created bigint not null,
            successful bigint not null,
            faulted bigint not null,
            stopped bigint not null,
            micros bigint not null,
            primary key (tenant_id, release_id, folder_id, machine_id, span, begins_at)
        );
        create index job_times_folder on job_times (tenant_id, folder_id, span, begins_at);
        create index job_times_age on job_times (tenant_id, span, begins_at);
    ",
};

/// Lengths of time that numbers are kept for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    Hour = 0,
    Day = 1,
}

impl Span {
    pub const ALL: [Self; 2] = [Self::Hour, Self::Day];

    /// Its length in microseconds.
    pub fn micros(self) -> i64 {
        match self {
            Self::Hour => 3_600_000_000,
            Self::Day => 86_400_000_000,
        }
    }

    /// The beginning of the span that a moment lies in, UTC, in microseconds.
    pub fn begin(self, at: Timestamp) -> i64 {
        let micros = at.as_microsecond();
        micros - micros.rem_euclid(self.micros())
    }
}

/// A job is new, changed its state, or is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delta {
    pub folder: i64,
    pub release: i64,
    /// The machine it ran on, where there was one.
    pub machine: Option<i64>,
    /// `None`: it is new.
    pub from: Option<JobState>,
    /// `None`: it is gone. What is kept of it over time remains.
    pub to: Option<JobState>,
    /// How long it ran, in microseconds; counts with a final state only.
    pub micros: i64,
}

/// The columns of `job_totals`, in the order of the states' numbers.
const STATES: [&str; 9] = [
    "pending",
    "running",
    "stopping",
    "terminating",
    "faulted",
    "successful",
    "stopped",
    "suspended",
    "resumed",
];

/// What happened to jobs of one process.
#[derive(Debug, Default)]
struct Total {
    states: [i64; 9],
}

/// What happened to jobs of one process on one machine.
#[derive(Debug, Default)]
struct Past {
    created: i64,
    successful: i64,
    faulted: i64,
    stopped: i64,
    micros: i64,
}

/// Adds to the numbers what happened to jobs in this unit of work. Rows are written in the order of their keys, so that units of work
/// that change jobs of the same processes never wait for each other in a circle.
pub fn count(scope: &mut Scoped<'_, Tenant>, deltas: &[Delta], now: Timestamp) -> Result<(), Error> {
    let mut totals: BTreeMap<(i64, i64), Total> = BTreeMap::new();
    let mut past: BTreeMap<(i64, i64, i64), Past> = BTreeMap::new();
    for delta in deltas {
        let total = totals.entry((delta.release, delta.folder)).or_default();
        if let Some(from) = delta.from {
            total.states[place(from)] -= 1;
        }
        if let Some(to) = delta.to {
            total.states[place(to)] += 1;
        }
        let ends = |to: &JobState| to.is_final() && !delta.from.is_some_and(JobState::is_final);
        let (is_new, ended) = (delta.from.is_none() && delta.to.is_some(), delta.to.filter(ends));
        if !is_new && ended.is_none() {
            continue;
        }
        let key = (delta.release, delta.folder, delta.machine.unwrap_or(0));
        let past = past.entry(key).or_default();
        past.created += i64::from(is_new);
        match ended {
            Some(JobState::Successful) => past.successful += 1,
            Some(JobState::Faulted) => past.faulted += 1,
            Some(_) => past.stopped += 1,
            None => {}
        }
        if ended.is_some() {
            past.micros += delta.micros.max(0);
        }
    }
    write_totals(scope, &totals, now)?;
    write_past(scope, &past, now)
}

fn place(state: JobState) -> usize {
    state as usize
}

fn write_totals(
    scope: &mut Scoped<'_, Tenant>,
    totals: &BTreeMap<(i64, i64), Total>,
    now: Timestamp,
) -> Result<(), Error> {
    let changed: Vec<_> = totals
        .iter()
        .filter(|(_, total)| total.states.iter().any(|number| *number != 0))
        .collect();
    for chunk in pieces(&changed) {
        let mut values = Vec::new();
        for ((release, folder), total) in chunk {
            values.extend(params![*release, *folder]);
            values.extend(total.states.map(Value::Int));
            values.push(Value::DateTime(now));
        }
        let sets: Vec<String> = STATES
            .iter()
            .map(|name| format!("{name} = job_totals.{name} + excluded.{name}"))
            .collect();
        let sql = format!(
            "insert into job_totals ({{scope_column}}, release_id, folder_id, {}, last_at) values {}
             on conflict (tenant_id, release_id, folder_id) do update set {}, last_at = excluded.last_at",
            STATES.join(", "),
            vec![format!("({{scope_value}}{})", ", ?".repeat(12)); chunk.len()].join(", "),
            sets.join(", ")
        );
        scope.execute(&sql, values)?;
    }
    Ok(())
}

fn write_past(
    scope: &mut Scoped<'_, Tenant>,
    past: &BTreeMap<(i64, i64, i64), Past>,
    now: Timestamp,
) -> Result<(), Error> {
    let past: Vec<_> = past.iter().collect();
    for chunk in pieces(&past) {
        let mut values = Vec::new();
        for ((release, folder, machine), past) in chunk {
            for span in Span::ALL {
                values.extend([*release, *folder, *machine, span as i64, span.begin(now)].map(Value::Int));
                let numbers = [past.created, past.successful, past.faulted, past.stopped, past.micros];
                values.extend(numbers.map(Value::Int));
            }
        }
        let sql = format!(
            "insert into job_times ({{scope_column}}, release_id, folder_id, machine_id, span, begins_at, created, successful,
                faulted, stopped, micros) values {}
             on conflict (tenant_id, release_id, folder_id, machine_id, span, begins_at) do update set
                created = job_times.created + excluded.created,
                successful = job_times.successful + excluded.successful,
                faulted = job_times.faulted + excluded.faulted,
                stopped = job_times.stopped + excluded.stopped,
                micros = job_times.micros + excluded.micros",
            vec![format!("({{scope_value}}{})", ", ?".repeat(10)); chunk.len() * Span::ALL.len()].join(", ")
        );
        scope.execute(&sql, values)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use odata::Enumeration as _;

    use super::*;

    #[test]
    fn columns_stand_at_the_places_of_their_states() {
        for state in JobState::ALL {
            assert_eq!(STATES[place(*state)], state.to_string().to_lowercase());
        }
    }

    #[test]
    fn spans_begin_at_whole_hours_and_days() {
        let at: Timestamp = "2026-03-04T05:06:07.8Z".parse().unwrap();
        let begins: Vec<String> = Span::ALL
            .iter()
            .map(|span| Timestamp::from_microsecond(span.begin(at)).unwrap().to_string())
            .collect();
        assert_eq!(begins, ["2026-03-04T05:00:00Z", "2026-03-04T00:00:00Z"]);
    }
}
