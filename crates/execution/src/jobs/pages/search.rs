//! The jobs that a list shows. Whatever the filters are, a page of a long list is found along an index, or among the newest jobs only.

use std::collections::HashMap;

use access::console::quoted;
use access::rows::integers;
use context::{Error, Reach, codes};
use jiff::{SignedDuration, Timestamp};
use odata::{Limits, Query};
use store::{Entity as _, MOST_PARTS, Scoped, Tenant, Value, params};
use ui::GridQuery;
use uuid::Uuid;

use crate::jobs::model::{Job, JobPriority, JobState, SourceType};
use crate::machines::model::Machine;
use crate::processes::model::ReleaseVersion;
use crate::statistics::numbers::{self, Numbers};

/// Jobs that are looked at where no index leads to those that are asked for.
pub const LOOKED_AT: i64 = 100_000;
/// Processes whose names are looked at.
const PROCESSES: i64 = 1_000;
/// Times that a list can be narrowed to: name, label, hours.
pub const INTERVALS: [(&str, &str, i64); 4] = [
    ("hour", "Last hour", 1),
    ("day", "Last day", 24),
    ("week", "Last week", 168),
    ("month", "Last 30 days", 720),
];

/// What a visitor asked for, as the address says it.
#[derive(Debug, Clone)]
pub struct Asked {
    pub folder: i64,
    pub state: Option<JobState>,
    /// The id of a process.
    pub process: Option<i64>,
    pub source: Option<SourceType>,
    pub priority: Option<JobPriority>,
    since: Option<Timestamp>,
    /// Jobs of one start, jobs started by a job, jobs started by a trigger.
    pub batch: Option<Uuid>,
    pub parent: Option<Uuid>,
    pub schedule: Option<i64>,
    text: String,
    oldest_first: bool,
    size: u64,
    skip: u64,
}

impl Asked {
    pub fn new(state: &GridQuery, folder: i64, now: Timestamp) -> Self {
        let hours = INTERVALS
            .iter()
            .find(|(name, ..)| state.filter("interval") == Some(*name))
            .map(|(_, _, hours)| *hours);
        Self {
            folder,
            state: parsed(state, "state"),
            process: parsed(state, "process"),
            source: parsed(state, "source"),
            priority: parsed(state, "priority"),
            since: hours.and_then(|hours| now.checked_sub(SignedDuration::from_hours(hours)).ok()),
            batch: parsed(state, "batch"),
            parent: parsed(state, "parent"),
            schedule: parsed(state, "schedule"),
            text: state.search.clone(),
            oldest_first: state.sort_in(&["CreationTime"]) == Some(("CreationTime", false)),
            size: state.size,
            skip: state.skip(),
        }
    }

    /// The key of a job, where the search is for one.
    fn key(&self) -> Option<Uuid> {
        Uuid::parse_str(&self.text).ok()
    }

    /// The terms of `$filter` without those about the process, which are looked up first.
    fn terms(&self) -> Vec<String> {
        let mut terms = Vec::new();
        terms.extend(self.state.map(|state| format!("State eq '{state}'")));
        terms.extend(self.source.map(|source| format!("SourceType eq '{source}'")));
        terms.extend(self.priority.map(|priority| {
            match priority {
                JobPriority::High => "SpecificPriorityValue gt 60",
                JobPriority::Normal => "SpecificPriorityValue gt 30 and SpecificPriorityValue le 60",
                JobPriority::Low => "SpecificPriorityValue le 30",
            }
            .to_owned()
        }));
        terms.extend(self.since.map(|since| format!("CreationTime ge {since}")));
        terms.extend(self.batch.map(|key| format!("BatchExecutionKey eq {key}")));
        terms.extend(self.parent.map(|key| format!("ParentJobKey eq {key}")));
        terms.extend(self.schedule.map(|id| format!("StartingScheduleId eq {id}")));
        terms.extend(self.key().map(|key| format!("Key eq {key}")));
        terms
    }

    /// `$filter` as the API takes it; empty where nothing is filtered.
    pub fn filter(&self) -> String {
        let mut terms = self.terms();
        terms.extend(self.process.map(|process| format!("Release/Id eq {process}")));
        if !self.text.is_empty() && self.key().is_none() {
            terms.push(format!("contains(ReleaseName,{})", quoted(&self.text)));
        }
        terms.join(" and ")
    }

    /// The query of the API call that shows the same page.
    pub fn call(&self) -> String {
        let filter = self.filter();
        let mut options = Vec::new();
        if !filter.is_empty() {
            options.push(format!("$filter={filter}"));
        }
        options.push(format!("$orderby={}", self.order()));
        options.push(format!("$top={}", self.size));
        if self.skip > 0 {
            options.push(format!("$skip={}", self.skip));
        }
        options.join("&")
    }

    fn order(&self) -> &'static str {
        if self.oldest_first {
            "CreationTime asc,Id asc"
        } else {
            "CreationTime desc,Id desc"
        }
    }

    fn query(&self, terms: &[String], now: Timestamp) -> Result<Query, Error> {
        let mut options = vec![("$orderby".to_owned(), self.order().to_owned())];
        if !terms.is_empty() {
            options.push(("$filter".to_owned(), terms.join(" and ")));
        }
        // One row more tells whether there is another page.
        options.push(("$top".to_owned(), (self.size + 1).to_string()));
        options.push(("$skip".to_owned(), self.skip.to_string()));
        Query::parse(&options, Job::model(), &Limits::DEFAULT, now)
            .map_err(|error| Error::invalid(codes::INVALID_REQUEST, error.to_string()))
    }

    /// Whether an index leads to few jobs whatever else is asked for.
    fn is_narrow(&self) -> bool {
        self.batch.is_some() || self.parent.is_some() || self.schedule.is_some() || self.key().is_some()
    }

    /// Whether all there is to count is kept as numbers.
    fn is_counted(&self) -> bool {
        self.source.is_none()
            && self.priority.is_none()
            && self.since.is_none()
            && self.text.is_empty()
            && !self.is_narrow()
    }
}

fn parsed<T: std::str::FromStr>(state: &GridQuery, name: &str) -> Option<T> {
    state.filter(name)?.parse().ok()
}

/// A page of jobs with what it shows of them.
#[derive(Debug, Default)]
pub struct Found {
    pub jobs: Vec<Job>,
    pub more: bool,
    /// Number of jobs on all pages, where it is kept.
    pub total: Option<u64>,
    /// Older jobs than the newest [`LOOKED_AT`] were not looked at.
    pub cut: bool,
    /// The jobs of the folder, or of the chosen process, by state.
    pub numbers: Numbers,
    /// The processes of the folder by name.
    pub processes: Vec<(i64, String)>,
    /// Package versions by id of the version of a process.
    pub versions: HashMap<i64, String>,
    /// Names of accounts by robot.
    pub accounts: HashMap<i64, String>,
    pub machines: HashMap<i64, String>,
}

/// Looks for a page.
pub fn find(scope: &mut Scoped<'_, Tenant>, asked: &Asked, now: Timestamp) -> Result<Found, Error> {
    let mut found = Found {
        processes: processes(scope, asked.folder)?,
        numbers: numbers_of(scope, asked)?,
        ..Found::default()
    };
    let (mut jobs, cut) = page(scope, asked, &found, now)?;
    let size = usize::try_from(asked.size).unwrap_or(usize::MAX);
    found.more = jobs.len() > size;
    jobs.truncate(size);
    found.cut = cut && !found.more;
    if asked.is_counted() {
        let numbers = &found.numbers;
        let total = match asked.state {
            Some(state) => numbers.in_state(state),
            None => super::words::STATES.iter().map(|state| numbers.in_state(*state)).sum(),
        };
        found.total = Some(total.max(0).unsigned_abs());
    }
    let ids: Vec<i64> = jobs.iter().filter_map(|job| job.release_version_id).collect();
    let versions = scope.get_many::<ReleaseVersion>(&distinct(ids))?;
    found.versions = versions
        .into_iter()
        .map(|version| (version.id, version.package_version))
        .collect();
    let ids: Vec<i64> = jobs.iter().filter_map(|job| job.machine_id).collect();
    let machines = scope.get_many::<Machine>(&distinct(ids))?;
    found.machines = machines.into_iter().map(|machine| (machine.id, machine.name)).collect();
    found.accounts = crate::jobs::read::accounts_of(scope, &jobs)?;
    found.jobs = jobs;
    Ok(found)
}

fn distinct(mut ids: Vec<i64>) -> Vec<i64> {
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn numbers_of(scope: &mut Scoped<'_, Tenant>, asked: &Asked) -> Result<Numbers, Error> {
    match asked.process {
        Some(process) => Ok(numbers::of_releases(scope, &[process])?
            .remove(&process)
            .unwrap_or_default()),
        None => numbers::of(scope, &Reach::Only(vec![asked.folder])),
    }
}

/// The processes of a folder by name.
pub fn processes(scope: &mut Scoped<'_, Tenant>, folder: i64) -> Result<Vec<(i64, String)>, Error> {
    let sql = format!(
        "select id, name from releases where {{scope}} and folder_id = ? order by name_folded limit {PROCESSES}"
    );
    let rows = scope.rows(&sql, params![folder])?;
    let named = rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?)));
    named.collect::<store::Result<_>>().map_err(Error::from)
}

/// Processes that were deleted and have left jobs, with the names they had.
fn deleted(scope: &mut Scoped<'_, Tenant>, folder: i64) -> Result<Vec<(i64, String)>, Error> {
    let sql = format!(
        "select release_id from job_totals where {{scope}} and folder_id = ?
            and not exists (select 1 from releases r where r.id = job_totals.release_id) order by release_id desc limit {MOST_PARTS}"
    );
    let mut named = Vec::new();
    for row in scope.rows(&sql, params![folder])? {
        let release: i64 = row.get(0)?;
        let newest =
            "select release_name from jobs where {scope} and release_id = ? order by created_at desc, id desc limit 1";
        if let Some(row) = scope.row(newest, params![release])? {
            named.push((release, row.get(0)?));
        }
    }
    Ok(named)
}

/// The rows of the page, one more where there is another page, and whether older jobs were not looked at.
fn page(
    scope: &mut Scoped<'_, Tenant>,
    asked: &Asked,
    found: &Found,
    now: Timestamp,
) -> Result<(Vec<Job>, bool), Error> {
    let folder = asked.folder;
    let mut terms = asked.terms();
    if asked.is_narrow() {
        // The plus keeps SQLite from going through the jobs of the folder in order instead.
        let mut condition = "+folder_id = ?".to_owned();
        let mut values = params![folder];
        if let Some(process) = asked.process {
            condition.push_str(" and +release_id = ?");
            values.push(Value::Int(process));
        }
        return rows(scope, &asked.query(&terms, now)?, &condition, &[values], false);
    }
    let mut wanted = asked.process.map(|process| vec![process]);
    if !asked.text.is_empty() {
        let text = store::fold(&asked.text);
        let mut known = found.processes.clone();
        known.extend(deleted(scope, folder)?);
        let named: Vec<i64> = known
            .into_iter()
            .filter(|(id, name)| store::fold(name).contains(&text) && asked.process.is_none_or(|chosen| chosen == *id))
            .map(|(id, _)| id)
            .collect();
        if named.is_empty() {
            return Ok((Vec::new(), false));
        }
        wanted = Some(named);
    }
    // Nothing but the state and the process leads to an index.
    let is_loose = asked.source.is_some() || asked.priority.is_some();
    let mut cut = false;
    if is_loose && let Some(horizon) = horizon(scope, folder)? {
        terms.push(format!("CreationTime ge {horizon}"));
        cut = asked.since.is_none_or(|since| since < horizon);
    }
    let query = asked.query(&terms, now)?;
    let Some(wanted) = wanted else {
        return rows(scope, &query, "folder_id = ?", &[params![folder]], cut);
    };
    let along_state = match asked.state {
        Some(state) => {
            let whole = numbers::of(scope, &Reach::Only(vec![folder]))?.in_state(state);
            let of_processes = numbers::of_releases(scope, &wanted)?;
            let own: i64 = of_processes
                .values()
                .flat_map(|numbers| super::words::STATES.map(|state| numbers.in_state(state)))
                .sum();
            whole < own
        }
        None => false,
    };
    if along_state || wanted.len() > MOST_PARTS {
        let condition = format!("folder_id = ? and +release_id in ({})", integers(&wanted));
        return rows(scope, &query, &condition, &[params![folder]], cut);
    }
    let parts: Vec<Vec<Value>> = wanted.into_iter().map(|process| params![folder, process]).collect();
    rows(scope, &query, "+folder_id = ? and release_id = ?", &parts, cut)
}

fn rows(
    scope: &mut Scoped<'_, Tenant>,
    query: &Query,
    condition: &str,
    parts: &[Vec<Value>],
    cut: bool,
) -> Result<(Vec<Job>, bool), Error> {
    Ok((scope.list_parts::<Job>(query, condition, parts)?.items, cut))
}

/// When the oldest of the jobs that are looked at was created; `None` where all are.
fn horizon(scope: &mut Scoped<'_, Tenant>, folder: i64) -> Result<Option<Timestamp>, Error> {
    let sql = format!(
        "select created_at from jobs where {{scope}} and folder_id = ? order by created_at desc, id desc limit 1 offset {LOOKED_AT}"
    );
    let row = scope.row(&sql, params![folder])?;
    row.map(|row| row.get(0)).transpose().map_err(Error::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Asked {
        let now = "2026-03-04T05:06:07Z".parse().unwrap();
        Asked::new(&GridQuery::parse("/x", query), 7, now)
    }

    #[test]
    fn the_address_becomes_a_filter_of_the_api() {
        let all = asked("state=Faulted&process=3&source=Queue&priority=High&interval=hour&q=it%27s");
        assert_eq!(
            all.filter(),
            "State eq 'Faulted' and SourceType eq 'Queue' and SpecificPriorityValue gt 60 \
             and CreationTime ge 2026-03-04T04:06:07Z and Release/Id eq 3 and contains(ReleaseName,'it''s')"
        );
        let key = "0b0ca8a2-7c1c-4a5b-9d3e-111111111111";
        assert_eq!(asked(&format!("q={key}")).filter(), format!("Key eq {key}"));
        assert_eq!(
            asked("state=Lost&process=x&source=&priority=7&batch=b&interval=year").filter(),
            ""
        );
        for query in [
            "state=Faulted&priority=Normal",
            "q=0b0ca8a2-7c1c-4a5b-9d3e-111111111111",
            "schedule=4&source=Agent",
        ] {
            let asked = asked(query);
            asked.query(&[asked.filter()], Timestamp::UNIX_EPOCH).unwrap();
        }
    }

    #[test]
    fn jobs_are_counted_where_numbers_are_kept() {
        let counted = ["", "state=Pending", "state=Pending&process=3", "page=3&size=10"];
        assert!(counted.iter().all(|query| asked(query).is_counted()));
        let others = ["q=x", "interval=day", "source=Queue", "priority=Low", "schedule=3"];
        assert!(!others.iter().any(|query| asked(query).is_counted()));
    }
}
