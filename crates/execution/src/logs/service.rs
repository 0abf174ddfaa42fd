//! Storing log entries, and forgetting those of jobs that are gone.

use std::collections::{BTreeMap, HashMap, HashSet};

use context::{Ctx, Error};
use jiff::{SignedDuration, Timestamp};
use store::{Scoped, Tenant, Value, params, pieces};
use uuid::Uuid;

use super::entry::Entry;
use super::model::{Label, LabelKind, Level, NewEntry, Removal};
use super::state::Told;
use crate::machines::model::RuntimeType;

/// How far ahead of ours the clock of a robot may be. What is later than this is taken for now.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);
/// Labels looked up by one statement.
const LABELS: usize = 32;
/// What the feed tells when entries are to be removed.
pub(super) const REMOVED: &str = "log-removals";

/// An execution of a job as the source of entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The job's key.
    pub job: Uuid,
    /// The folder it runs in.
    pub folder: i64,
    /// Name of the process.
    pub process: String,
    /// Name of the robot; where it is not known, entries say it.
    pub robot: Option<String>,
    /// Name of the host; where it is not known, entries say it.
    pub host: Option<String>,
    /// The account of the operating system, where an entry does not say it.
    pub identity: Option<String>,
    /// Id of the machine.
    pub machine: Option<i64>,
    pub runtime: RuntimeType,
    /// Entries of this execution that are stored already.
    pub stored: u64,
}

/// Stores what an execution tells. `first` is the number of the first of `entries` within the execution, from 0; what was stored before
/// is passed over, so that a robot may send entries again. Answers how many entries of the execution are stored now; whoever calls
/// keeps that number and gives it as [`Source::stored`] the next time, in the same unit of work as these entries. A gap is not an error:
/// entries that a robot lost do not keep it from going on.
///
/// # Errors
/// 400 that names an entry which cannot be read; nothing is stored then.
pub fn append(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    told: &Told,
    source: &Source,
    first: u64,
    entries: &[String],
) -> Result<u64, Error> {
    let known = usize::try_from(source.stored.saturating_sub(first)).unwrap_or(usize::MAX);
    let fresh = entries.get(known..).unwrap_or_default();
    let mut read = Vec::with_capacity(fresh.len());
    for (at, raw) in fresh.iter().enumerate() {
        read.push(Entry::read(raw).map_err(|reason| unreadable(known + at, &reason))?);
    }
    put(scope, ctx.now, told, &[(source, &read)])?;
    Ok(source.stored.max(first.saturating_add(entries.len() as u64)))
}

/// 400: the entry at this place, from 0, cannot be taken.
pub(super) fn unreadable(at: usize, reason: &str) -> Error {
    Error::field(format!("[{at}]"), format!("Log entry {at} {reason}."))
}

/// Removes all entries of jobs that are gone. It only notes the jobs; the entries go soon after, in the background and piece by piece,
/// since there may be millions.
pub fn forget(scope: &mut Scoped<'_, Tenant>, jobs: &[Uuid]) -> Result<(), Error> {
    if jobs.is_empty() {
        return Ok(());
    }
    let removals: Vec<Removal> = jobs.iter().map(|job| Removal { id: 0, job_key: *job }).collect();
    scope.insert_many(&removals)?;
    scope.changed(REMOVED, "");
    Ok(())
}

/// Stores entries of several sources, and tells open pages.
pub(super) fn put(
    scope: &mut Scoped<'_, Tenant>,
    now: Timestamp,
    told: &Told,
    groups: &[(&Source, &[Entry])],
) -> Result<(), Error> {
    let labels = labels(scope, groups)?;
    let id = |folder: i64, kind: LabelKind, text: Option<&str>| {
        text.and_then(|text| labels.get(&(folder, kind as i64, text)).copied())
    };
    let latest = now.checked_add(AHEAD).unwrap_or(Timestamp::MAX);
    let mut rows = Vec::with_capacity(groups.iter().map(|(_, entries)| entries.len()).sum());
    let mut counts: BTreeMap<(i64, i64), i64> = BTreeMap::new();
    for (source, entries) in groups {
        let process = id(source.folder, LabelKind::Process, Some(&source.process))
            .ok_or_else(|| Error::internal("a label was not stored"))?;
        for entry in *entries {
            *counts.entry((source.folder, entry.level as i64)).or_default() += 1;
            rows.push(NewEntry {
                id: 0,
                folder_id: source.folder,
                level: entry.level,
                at: entry.at.filter(|at| *at <= latest).unwrap_or(now),
                job_key: source.job,
                process_id: process,
                robot_id: id(source.folder, LabelKind::Robot, robot(source, entry)),
                host_id: id(source.folder, LabelKind::Host, host(source, entry)),
                identity_id: id(source.folder, LabelKind::Identity, identity(source, entry)),
                machine_id: source.machine,
                runtime_type: source.runtime,
                size: (entry.message.len() + entry.raw.len()) as i64,
                message: entry.message.clone(),
                raw: entry.raw.clone(),
            });
        }
    }
    scope.insert_many(&rows)?;
    count(scope, &counts)?;
    for (source, entries) in groups {
        if !entries.is_empty() {
            told.tell(scope, source, now);
        }
    }
    Ok(())
}

fn robot<'a>(source: &'a Source, entry: &'a Entry) -> Option<&'a str> {
    source.robot.as_deref().or(entry.robot.as_deref())
}

fn host<'a>(source: &'a Source, entry: &'a Entry) -> Option<&'a str> {
    source.host.as_deref().or(entry.host.as_deref())
}

fn identity<'a>(source: &'a Source, entry: &'a Entry) -> Option<&'a str> {
    entry.identity.as_deref().or(source.identity.as_deref())
}

/// The number of each name, by folder and kind; those that are new are stored.
fn labels<'a>(
    scope: &mut Scoped<'_, Tenant>,
    groups: &[(&'a Source, &'a [Entry])],
) -> Result<HashMap<(i64, i64, &'a str), i64>, Error> {
    let mut wanted: HashSet<(i64, i64, &str)> = HashSet::new();
    for (source, entries) in groups {
        let mut want = |kind: LabelKind, text: Option<&'a str>| {
            wanted.extend(text.map(|text| (source.folder, kind as i64, text)));
        };
        want(LabelKind::Process, Some(&source.process));
        for entry in *entries {
            want(LabelKind::Robot, robot(source, entry));
            want(LabelKind::Host, host(source, entry));
            want(LabelKind::Identity, identity(source, entry));
        }
    }
    let mut missing: Vec<(i64, i64, &str)> = wanted.into_iter().collect();
    // In an order of their own, so that two units of work which add the same never wait for each other in a circle.
    missing.sort_unstable();
    let mut found = HashMap::with_capacity(missing.len());
    for added in [false, true] {
        if added && !missing.is_empty() {
            let fresh: Vec<Label> = missing
                .iter()
                .map(|(folder_id, kind, text)| Label {
                    id: 0,
                    folder_id: *folder_id,
                    kind: odata::Enumeration::from_number(*kind).unwrap_or(LabelKind::Identity),
                    text: (*text).to_owned(),
                })
                .collect();
            scope.insert_new(&fresh, "id")?;
        }
        for chunk in missing.chunks(LABELS) {
            let one = "select id, folder_id, kind, text from log_labels
                where {scope} and folder_id = ? and kind = ? and text = ?";
            let sql = vec![one; chunk.len()].join(" union all ");
            let values = chunk
                .iter()
                .flat_map(|(folder, kind, text)| params![*folder, *kind, *text])
                .collect();
            for row in scope.rows(&sql, values)? {
                let (id, folder, kind, text): (i64, i64, i64, String) =
                    (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
                if let Some(known) = chunk.iter().find(|known| **known == (folder, kind, text.as_str())) {
                    found.insert(*known, id);
                }
            }
        }
        missing.retain(|label| !found.contains_key(label));
        if missing.is_empty() {
            break;
        }
    }
    Ok(found)
}

/// Adds to the numbers of entries by folder and level, in the order of these.
pub(super) fn count(scope: &mut Scoped<'_, Tenant>, counts: &BTreeMap<(i64, i64), i64>) -> Result<(), Error> {
    let counts: Vec<_> = counts.iter().filter(|(_, number)| **number != 0).collect();
    for chunk in pieces(&counts) {
        let values = chunk
            .iter()
            .flat_map(|((folder, level), number)| [*folder, *level, **number].map(Value::Int))
            .collect();
        let sql = format!(
            "insert into log_counts ({{scope_column}}, folder_id, level, entries) values {}
             on conflict (tenant_id, folder_id, level) do update set entries = log_counts.entries + excluded.entries",
            vec!["({scope_value}, ?, ?, ?)"; chunk.len()].join(", ")
        );
        scope.execute(&sql, values)?;
    }
    Ok(())
}

/// The number of entries of a folder by level; levels without any are missing.
pub fn counted(scope: &mut Scoped<'_, Tenant>, folder: i64) -> Result<HashMap<Level, i64>, Error> {
    let rows = scope.rows(
        "select level, entries from log_counts where {scope} and folder_id = ?",
        params![folder],
    )?;
    let mut counts = HashMap::new();
    for row in rows {
        let (level, entries): (i64, i64) = (row.get(0)?, row.get(1)?);
        if let Some(level) = odata::Enumeration::from_number(level) {
            counts.insert(level, entries.max(0));
        }
    }
    Ok(counts)
}
