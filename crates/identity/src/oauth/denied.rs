//! Access tokens that are refused before their time, in memory on every node.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use context::Error;
use jiff::Timestamp;
use store::{Store, params};

use super::model::DeniedToken;

/// The deny list.
#[derive(Debug, Default)]
pub(crate) struct Denied(RwLock<HashMap<Box<str>, Timestamp>>);

impl Denied {
    /// Whether the token with this `jti` is denied: itself, or with all of its grant, whose id the `jti` starts with.
    pub(crate) fn contains(&self, jti: &str) -> bool {
        let denied = self.0.read().unwrap_or_else(PoisonError::into_inner);
        !denied.is_empty()
            && (denied.contains_key(jti) || jti.split_once('-').is_some_and(|(grant, _)| denied.contains_key(grant)))
    }

    pub(crate) fn add(&self, id: &str, until: Timestamp) {
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id.into(), until);
    }

    /// Forgets what has expired by itself.
    pub(crate) fn prune(&self, now: Timestamp) {
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|_, until| *until > now);
    }

    /// Reads one entry, or all.
    pub(crate) async fn load(&self, store: &Store, id: Option<&str>) -> Result<(), Error> {
        let id = id.map(str::to_owned);
        let rows = store
            .read(move |tx| -> Result<_, Error> {
                Ok(match id {
                    Some(id) => tx.host().find::<DeniedToken>("id = ?", params![id])?,
                    None => tx.host().find::<DeniedToken>("", params![])?,
                })
            })
            .await?;
        for row in rows {
            self.add(&row.id, row.until);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denied_grant_denies_its_tokens() {
        let denied = Denied::default();
        assert!(!denied.contains("a-b"));
        denied.add("a", Timestamp::MAX);
        assert!(denied.contains("a-b") && denied.contains("a") && !denied.contains("b-a"));
        denied.prune(Timestamp::MAX);
        assert!(!denied.contains("a-b"));
    }
}
