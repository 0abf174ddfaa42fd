//! What requests about processes share, and where other parts of the server say what they have to do with them.

use std::sync::{Arc, PoisonError, RwLock};

use context::{Ctx, Error};
use store::{Scoped, Tenant};
use uuid::Uuid;

use super::model::Release;

/// Something that rests on processes: triggers, queues.
pub trait Dependents: Send + Sync {
    /// Why a process cannot be deleted now, as the error that the caller is told; `None` where nothing rests on it.
    fn hold(&self, scope: &mut Scoped<'_, Tenant>, release: &Release) -> Result<Option<Error>, Error>;

    /// A process was deleted with its folder, whatever rested on it.
    fn gone(&self, scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, release: &Release) -> Result<(), Error>;
}

/// A job that is removed for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removed {
    pub id: i64,
    pub key: Uuid,
}

/// Something that belongs to jobs and goes with them: logs, files, what a suspended job keeps.
pub trait Belongings: Send + Sync {
    /// These jobs are removed in this unit of work; some 100 at most.
    fn remove(&self, scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, jobs: &[Removed]) -> Result<(), Error>;
}

/// The processes' half of the server. One per process; handlers find it by `request.state::<Processes>()`.
#[derive(Default)]
pub struct Processes {
    dependents: RwLock<Vec<Arc<dyn Dependents>>>,
    belongings: RwLock<Vec<Arc<dyn Belongings>>>,
}

impl Processes {
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Adds something that rests on processes. Called while the server is put together.
    pub fn rests(&self, dependents: Arc<dyn Dependents>) {
        write(&self.dependents, dependents);
    }

    /// Adds something that goes with jobs. Called while the server is put together.
    pub fn goes_with_jobs(&self, belongings: Arc<dyn Belongings>) {
        write(&self.belongings, belongings);
    }

    pub fn dependents(&self) -> Vec<Arc<dyn Dependents>> {
        self.dependents.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn belongings(&self) -> Vec<Arc<dyn Belongings>> {
        self.belongings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn write<T>(list: &RwLock<Vec<T>>, entry: T) {
    list.write().unwrap_or_else(PoisonError::into_inner).push(entry);
}

impl std::fmt::Debug for Processes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Processes").finish_non_exhaustive()
    }
}
