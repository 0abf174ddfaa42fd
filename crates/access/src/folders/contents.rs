//! What other crates keep in folders. They register here, so that a folder that is not empty is not deleted by mistake.

use std::sync::{Arc, PoisonError, RwLock};

use context::{Ctx, Error};
use store::{Scoped, Tenant};

/// One kind of thing that lives in folders.
pub trait Contents: Send + Sync {
    /// Name of the kind on the wire of the folder summary: `Assets`.
    fn kind(&self) -> &'static str;

    /// How many of them are in any of `folders`.
    fn count(&self, scope: &mut Scoped<'_, Tenant>, folders: &[i64]) -> Result<i64, Error>;

    /// Whether a folder with some of them is not empty, so that it is deleted only on purpose.
    fn keeps(&self) -> bool {
        true
    }

    /// Takes them out of `folders`: what is nowhere else is deleted, what is shared loses its link.
    fn remove(&self, scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, folders: &[i64]) -> Result<(), Error>;
}

/// Everything that can be in a folder.
#[derive(Default)]
pub struct Registry(RwLock<Vec<Arc<dyn Contents>>>);

impl Registry {
    /// Adds a kind. Called once per kind while the server is put together.
    pub fn register(&self, contents: Arc<dyn Contents>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).push(contents);
    }

    /// All kinds.
    pub fn all(&self) -> Vec<Arc<dyn Contents>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.all().iter().map(|contents| contents.kind()))
            .finish()
    }
}
