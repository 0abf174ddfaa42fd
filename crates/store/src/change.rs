//! The change feed: what became different, told after the commit, on every node.

use std::borrow::Cow;
use std::sync::Arc;

use tokio::sync::broadcast;

/// How many changes a slow receiver may be behind before it is told that it lagged.
const CAPACITY: usize = 4096;

/// An entry of the change feed.
///
/// A receiver that lags (`RecvError::Lagged`) has missed entries and must act as on [`Resync`](Self::Resync).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Something about `id` of `topic` changed and is committed.
    Changed { topic: Cow<'static, str>, id: Arc<str> },
    /// Changes of other nodes may have been missed: everything kept in memory is to be dropped.
    Resync,
}

impl Change {
    /// Whether someone who keeps things of this topic has to act.
    pub fn concerns(&self, wanted: &str) -> bool {
        match self {
            Change::Changed { topic, .. } => topic == wanted,
            Change::Resync => true,
        }
    }
}

/// Where committed changes are published.
#[derive(Clone, Debug)]
pub(crate) struct Feed(broadcast::Sender<Change>);

impl Feed {
    pub(crate) fn new() -> Self {
        Feed(broadcast::channel(CAPACITY).0)
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Change> {
        self.0.subscribe()
    }

    /// Publishes; nobody listening is fine.
    pub(crate) fn publish(&self, changes: impl IntoIterator<Item = Change>) {
        for change in changes {
            let _nobody_listens = self.0.send(change);
        }
    }
}
