//! Waking the robots that wait for work.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use store::{Change, Store};
use tokio::sync::Notify;
use tokio::sync::broadcast::error::RecvError;

/// A bell per session that somebody waits at. One task listens to the change feed for all of them.
#[derive(Debug, Default)]
pub struct Bells {
    by_session: Mutex<HashMap<i64, Arc<Notify>>>,
}

impl Bells {
    /// Listens to what changes from now on, until nobody holds the bells any more.
    pub fn watch(self: &Arc<Self>, store: &Store) {
        let (bells, mut changes) = (Arc::downgrade(self), store.changes());
        tokio::spawn(async move {
            loop {
                let change = match changes.recv().await {
                    Ok(change) => change,
                    Err(RecvError::Lagged(_)) => Change::Resync,
                    Err(RecvError::Closed) => return,
                };
                let Some(bells) = bells.upgrade() else { return };
                match &change {
                    Change::Changed { topic, id } if topic == "sessions" => {
                        if let Ok(session) = id.parse() {
                            bells.ring(session);
                        }
                    }
                    Change::Changed { .. } => {}
                    Change::Resync => bells.ring_all(),
                }
            }
        });
    }

    /// The bell of a session.
    pub fn of(&self, session: i64) -> Arc<Notify> {
        let mut by_session = self.by_session.lock().unwrap_or_else(PoisonError::into_inner);
        by_session.entry(session).or_default().clone()
    }

    /// Forgets a bell at which nobody waits any more.
    pub fn leave(&self, session: i64, bell: Arc<Notify>) {
        let mut by_session = self.by_session.lock().unwrap_or_else(PoisonError::into_inner);
        drop(bell);
        if by_session
            .get(&session)
            .is_some_and(|bell| Arc::strong_count(bell) == 1)
        {
            by_session.remove(&session);
        }
    }

    fn ring(&self, session: i64) {
        let by_session = self.by_session.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bell) = by_session.get(&session) {
            bell.notify_waiters();
        }
    }

    fn ring_all(&self) {
        let by_session = self.by_session.lock().unwrap_or_else(PoisonError::into_inner);
        for bell in by_session.values() {
            bell.notify_waiters();
        }
    }
}
