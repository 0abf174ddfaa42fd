//! What requests about logs share: the units of work of calls that come at the same time, and what is known of the jobs that write.

use std::sync::Arc;
use std::time::Duration;

use access::users::robots::UserRobot;
use context::Error;
use jiff::Timestamp;
use moka::sync::Cache;
use store::{Combiner, Scoped, Store, Tenant, Tx, params};
use uuid::Uuid;

use super::entry::Entry;
use super::service::{self, Source};
use crate::jobs::model::Job;

/// Jobs that are remembered.
const SOURCES: u64 = 100_000;
/// How long a job is remembered: after this its entries say where it runs now.
const REMEMBERED: Duration = Duration::from_secs(10);
/// Pages are told of new entries at most this often, in microseconds.
const TELL_EVERY: i64 = 1_000_000;
/// Folders and jobs of which it is remembered when pages were told.
const TOLD: u64 = 100_000;

/// A call that stores entries of one or more jobs.
#[derive(Debug)]
pub struct Submit {
    pub tenant: i64,
    pub now: Timestamp,
    pub groups: Vec<(Arc<Source>, Vec<Entry>)>,
}

/// The half of the server that keeps logs. One per process; handlers find it by `request.state::<Logs>()`.
pub struct Logs {
    sources: Cache<(i64, Uuid), Arc<Source>>,
    pub told: Arc<Told>,
    pub submits: Combiner<Submit, (), Error>,
    /// Days that entries are kept.
    pub days: u32,
}

impl Logs {
    /// Entries are kept for so many days.
    pub fn new(store: &Store, days: u32) -> Arc<Self> {
        let told = Arc::new(Told::default());
        let shared = told.clone();
        Arc::new(Self {
            sources: Cache::builder().max_capacity(SOURCES).time_to_live(REMEMBERED).build(),
            told,
            submits: Combiner::new(store.clone(), move |tx, calls| work(tx, &shared, calls)),
            days,
        })
    }

    /// What is known of a job as a source of entries; `None` where there is no such job.
    pub async fn source(&self, store: &Store, tenant: i64, job: Uuid) -> Result<Option<Arc<Source>>, Error> {
        if let Some(known) = self.sources.get(&(tenant, job)) {
            return Ok(Some(known));
        }
        let found = store.read_here(move |tx| find(&mut tx.tenant(tenant), job)).await?;
        Ok(found.map(|source| {
            let source = Arc::new(source);
            self.sources.insert((tenant, job), source.clone());
            source
        }))
    }
}

impl std::fmt::Debug for Logs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Logs").field("days", &self.days).finish_non_exhaustive()
    }
}

fn find(scope: &mut Scoped<'_, Tenant>, key: Uuid) -> Result<Option<Source>, Error> {
    let Some(job) = scope.find_one::<Job>("key = ?", params![key])? else {
        return Ok(None);
    };
    let robot = match job.robot_id {
        Some(id) => scope.get::<UserRobot>(id)?.map(|robot| robot.name),
        None => None,
    };
    Ok(Some(Source {
        job: job.key,
        folder: job.folder_id,
        process: job.release_name,
        robot,
        host: job.host_name,
        identity: job.host_identity,
        machine: job.machine_id,
        runtime: job.runtime_type,
        stored: 0,
    }))
}

/// Stores the entries of several calls, each tenant's together.
fn work(tx: &mut Tx, told: &Told, calls: &[Submit]) -> Result<Vec<Result<(), Error>>, Error> {
    let mut tenants: Vec<i64> = calls.iter().map(|call| call.tenant).collect();
    tenants.sort_unstable();
    tenants.dedup();
    for tenant in tenants {
        let of_tenant = || calls.iter().filter(|call| call.tenant == tenant);
        let groups: Vec<(&Source, &[Entry])> = of_tenant()
            .flat_map(|call| &call.groups)
            .map(|(source, entries)| (&**source, entries.as_slice()))
            .collect();
        let now = of_tenant().map(|call| call.now).max().unwrap_or_default();
        service::put(&mut tx.tenant(tenant), now, told, &groups)?;
    }
    Ok(calls.iter().map(|_| Ok(())).collect())
}

/// When open pages were last told of new entries, so that they are not told of every one.
pub struct Told(Cache<(&'static str, String), i64>);

impl Default for Told {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(TOLD).build())
    }
}

impl Told {
    /// Topic of the entries of a folder, by its id.
    pub const FOLDER: &'static str = "logs";
    /// Topic of the entries of a job, by its key.
    pub const JOB: &'static str = "job-logs";

    pub(super) fn tell(&self, scope: &mut Scoped<'_, Tenant>, source: &Source, now: Timestamp) {
        let mut tell = |topic: &'static str, id: String| {
            let now = now.as_microsecond();
            let key = (topic, id);
            let is_due = self
                .0
                .get(&key)
                .is_none_or(|last| last.saturating_add(TELL_EVERY) <= now);
            if is_due {
                scope.changed(topic, &key.1);
                self.0.insert(key, now);
            }
        };
        tell(Self::FOLDER, source.folder.to_string());
        tell(Self::JOB, source.job.to_string());
    }
}

impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Told").finish_non_exhaustive()
    }
}
