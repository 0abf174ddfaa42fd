//! Bearer credentials that other crates issue, told apart by how they begin.

use std::sync::{Arc, PoisonError, RwLock};

use context::{Caller, Error};
use web::{Future, Request};

/// Knows the callers behind one kind of credential.
pub trait Bearer: Send + Sync {
    /// The caller behind `token`; `None` when it is not good (any more). Asked on every request that carries one.
    fn caller<'a>(&'a self, request: &'a Request, token: &'a str) -> Future<'a, Result<Option<Caller>, Error>>;
}

/// The kinds of credentials, by prefix. Asked before a token counts as an access token of the authorization server.
#[derive(Default)]
pub struct Bearers(RwLock<Vec<(&'static str, Arc<dyn Bearer>)>>);

impl Bearers {
    /// Credentials that begin with `prefix` are `bearer`'s business alone; a later registration takes the place of an older one.
    pub fn register(&self, prefix: &'static str, bearer: Arc<dyn Bearer>) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(given, _)| *given != prefix);
        known.push((prefix, bearer));
    }

    /// Whose business the token is; `None`: the authorization server's.
    pub(crate) fn of(&self, token: &str) -> Option<Arc<dyn Bearer>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let found = known.iter().find(|(prefix, _)| token.starts_with(prefix));
        found.map(|(_, bearer)| bearer.clone())
    }
}
