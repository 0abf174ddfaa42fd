//! What requests about queues share: definitions kept in memory, and the units of work that calls at the same time share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use access::Access;
use context::{Error, codes};
use jiff::Timestamp;
use moka::sync::Cache;
use store::{Combiner, Kept, Scoped, Store, Tenant, params};

use crate::definitions::model::{FolderQueue, Queue, QueueSchemas};
use crate::definitions::schemas::{self, Of, Validator};
use crate::items::add::{self, Add};
use crate::items::finish::{self, Finish};
use crate::items::start::{self, Start};
use crate::items::write::Outcome;

/// Definitions kept at most.
const DEFINITIONS: u64 = 10_000;
/// Compiled schemas kept at most.
const SCHEMAS: u64 = 1_000;
/// Pages are told of changes to a queue at most this often, in microseconds.
const TELL_EVERY: i64 = 1_000_000;

/// A queue as those see it who add to it: found by name in a folder.
#[derive(Debug)]
pub struct Definition {
    pub queue: Queue,
    /// What specific content must meet.
    pub specific: Option<Arc<Validator>>,
}

/// The queues' half of the server. One per process; handlers find it by `request.state::<Queues>()`.
pub struct Queues {
    pub access: Arc<Access>,
    by_name: Kept<(i64, i64, String), Definition>,
    pub shared: Arc<Shared>,
    pub adds: Combiner<Add, Outcome, Error>,
    pub starts: Combiner<Start, Outcome, Error>,
    pub finishes: Combiner<Finish, (), Error>,
}

impl Queues {
    pub fn new(store: &Store, access: Arc<Access>) -> Arc<Self> {
        let shared = Arc::new(Shared::default());
        let (one, two, three) = (shared.clone(), shared.clone(), shared.clone());
        Arc::new(Self {
            access,
            by_name: Kept::new(store, &["queues", "folders"], DEFINITIONS),
            shared,
            adds: Combiner::new(store.clone(), move |tx, calls| add::work(tx, &one, calls)),
            starts: Combiner::new(store.clone(), move |tx, calls| start::work(tx, &two, calls)),
            finishes: Combiner::new(store.clone(), move |tx, calls| finish::work(tx, &three, calls)),
        })
    }

    /// The queue with this name in a folder.
    ///
    /// # Errors
    /// 404 when the folder has none.
    pub async fn named(&self, tenant: i64, folder: i64, name: &str) -> Result<Arc<Definition>, Error> {
        let key = key(tenant, folder, name);
        let folded = key.2.clone();
        let load = async || {
            let found = self
                .access
                .store
                .read_here(move |tx| find(&mut tx.tenant(tenant), folder, &folded))
                .await?;
            found.ok_or_else(|| {
                let name: String = name.chars().take(100).collect();
                Error::missing(codes::ITEM_NOT_FOUND, format!("{name} does not exist."))
            })
        };
        self.by_name.get_or(key, load).await
    }

    /// Drops a definition that turned out to be out of date.
    pub fn forget(&self, tenant: i64, folder: i64, name: &str) {
        self.by_name.drop(&key(tenant, folder, name));
    }
}

impl std::fmt::Debug for Queues {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queues").finish_non_exhaustive()
    }
}

fn key(tenant: i64, folder: i64, name: &str) -> (i64, i64, String) {
    (tenant, folder, store::fold(name.trim()))
}

fn find(scope: &mut Scoped<'_, Tenant>, folder: i64, folded: &str) -> Result<Option<Definition>, Error> {
    let place = scope.find_one::<FolderQueue>("folder_id = ? and name_folded = ?", params![folder, folded])?;
    let Some(queue) = place.map(|place| scope.get::<Queue>(place.id)).transpose()?.flatten() else {
        return Ok(None);
    };
    let specific = if Of::Specific.is_in(queue.schemas) {
        let schemas = scope.get::<QueueSchemas>(queue.id)?;
        let text = schemas.as_ref().and_then(|schemas| Of::Specific.text(schemas));
        text.map(|text| schemas::compile(Of::Specific.member(), text).map(Arc::new))
            .transpose()?
    } else {
        None
    };
    Ok(Some(Definition { queue, specific }))
}

/// What units of work share.
pub struct Shared {
    /// Compiled schemas by queue, version and kind.
    validators: Cache<(i64, i64, i64), Arc<Validator>>,
    /// When pages were last told of a change to a queue, microseconds.
    told: Mutex<HashMap<i64, i64>>,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            validators: Cache::builder().max_capacity(SCHEMAS).build(),
            told: Mutex::new(HashMap::new()),
        }
    }
}

impl Shared {
    /// The schema of a queue for output or analytics, if it has one.
    pub fn validator(
        &self,
        scope: &mut Scoped<'_, Tenant>,
        queue: &Queue,
        of: Of,
    ) -> Result<Option<Arc<Validator>>, Error> {
        if !of.is_in(queue.schemas) {
            return Ok(None);
        }
        let key = (queue.id, queue.version, of as i64);
        if let Some(found) = self.validators.get(&key) {
            return Ok(Some(found));
        }
        let schemas = scope.get::<QueueSchemas>(queue.id)?;
        let Some(text) = schemas.as_ref().and_then(|schemas| of.text(schemas)) else {
            return Ok(None);
        };
        let compiled = Arc::new(schemas::compile(of.member(), text)?);
        self.validators.insert(key, compiled.clone());
        Ok(Some(compiled))
    }

    /// Tells open pages that the items of a queue changed, though not for every item.
    pub fn tell(&self, scope: &mut Scoped<'_, Tenant>, queues: impl Iterator<Item = i64>, now: Timestamp) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        for queue in queues {
            let last = told.entry(queue).or_insert(i64::MIN);
            if last.saturating_add(TELL_EVERY) <= now.as_microsecond() {
                *last = now.as_microsecond();
                scope.changed("queue-items", queue);
            }
        }
    }
}
