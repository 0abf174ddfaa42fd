//! The change feed between nodes, over LISTEN and NOTIFY.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::Duration;

use postgres::Client;
use postgres::fallible_iterator::FallibleIterator as _;
use uuid::Uuid;

use super::Target;
use crate::change::{Change, Feed};
use crate::{Error, Result};

pub(super) const CHANNEL: &str = "orchestrion_changes";
/// PostgreSQL takes payloads of less than 8000 bytes.
const PAYLOAD: usize = 7500;
/// How often the end of the store and the health of the connection are looked at.
const TICK: Duration = Duration::from_millis(250);
const RECONNECT: Duration = Duration::from_millis(500);

/// The changes of a unit of work as payloads: the node, then a line of topic, tab and id for each. A change
/// too long for a payload tells the other nodes to resynchronize, which is an empty line.
pub(super) fn payloads(node: Uuid, changes: &[Change]) -> Vec<String> {
    let mut payloads: Vec<String> = Vec::new();
    for change in changes {
        let line = match change {
            Change::Changed { topic, id } => format!("\n{topic}\t{}", id.replace(['\n', '\t', '\0'], " ")),
            Change::Resync => "\n".to_owned(),
        };
        let line = if line.len() > PAYLOAD - 64 {
            "\n".to_owned()
        } else {
            line
        };
        match payloads.last_mut() {
            Some(last) if last.len() + line.len() <= PAYLOAD => last.push_str(&line),
            _ => payloads.push(format!("{node}{line}")),
        }
    }
    payloads
}

/// The changes of a payload; none if this node sent it.
fn parse(node: Uuid, payload: &str) -> Vec<Change> {
    let mut lines = payload.split('\n');
    if lines.next().and_then(|sender| sender.parse().ok()) == Some(node) {
        return Vec::new();
    }
    lines
        .map(|line| match line.split_once('\t') {
            Some((topic, id)) => Change::Changed {
                topic: topic.to_owned().into(),
                id: id.into(),
            },
            None => Change::Resync,
        })
        .collect()
}

pub(super) struct Listener {
    pub target: Arc<Target>,
    pub node: Uuid,
    pub feed: Feed,
    pub closing: Arc<AtomicBool>,
}

impl Listener {
    /// Listens until the store closes. `ready` is told how the first connection went.
    pub(super) fn run(self, ready: &SyncSender<Result<()>>) {
        let mut client = match self.connect() {
            Ok(client) => {
                let _gone = ready.send(Ok(()));
                client
            }
            Err(error) => {
                let _gone = ready.send(Err(error));
                return;
            }
        };
        loop {
            self.follow(&mut client);
            if self.is_closing() {
                return;
            }
            tracing::warn!("the change feed lost its connection");
            client = loop {
                thread::sleep(RECONNECT);
                if self.is_closing() {
                    return;
                }
                match self.connect() {
                    Ok(client) => break client,
                    Err(error) => tracing::warn!(%error, "the change feed cannot connect"),
                }
            };
            self.feed.publish([Change::Resync]);
        }
    }

    /// Publishes what other nodes tell until the connection breaks or the store closes.
    fn follow(&self, client: &mut Client) {
        while !self.is_closing() && !client.is_closed() {
            let mut notifications = client.notifications();
            let mut arriving = notifications.timeout_iter(TICK);
            loop {
                match arriving.next() {
                    Ok(Some(notification)) if notification.channel() == CHANNEL => {
                        self.feed.publish(parse(self.node, notification.payload()));
                    }
                    Ok(Some(_)) => {}
                    Ok(None) => break,
                    Err(_) => return,
                }
                if self.is_closing() {
                    return;
                }
            }
        }
    }

    fn connect(&self) -> Result<Client> {
        let mut client = self.target.connect()?;
        client
            .batch_execute(&format!("listen {CHANNEL}"))
            .map_err(|_| Error::Unavailable("the change feed cannot listen".into()))?;
        Ok(client)
    }

    fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(id: &str) -> Change {
        Change::Changed {
            topic: "assets".into(),
            id: id.into(),
        }
    }

    #[test]
    fn changes_reach_other_nodes_in_few_payloads_and_never_their_sender() {
        let (node, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let changes: Vec<Change> = (0..2000).map(|id| changed(&id.to_string())).collect();
        let payloads = payloads(node, &changes);
        assert!(payloads.len() < 6 && payloads.iter().all(|payload| payload.len() < 8000));
        let heard: Vec<Change> = payloads.iter().flat_map(|payload| parse(other, payload)).collect();
        assert_eq!(heard, changes);
        assert!(payloads.iter().all(|payload| parse(node, payload).is_empty()));
    }

    #[test]
    fn a_change_too_long_to_tell_makes_others_resynchronize() {
        let payloads = payloads(Uuid::from_u128(1), &[changed(&"x".repeat(9000))]);
        assert_eq!(parse(Uuid::from_u128(2), &payloads[0]), [Change::Resync]);
    }
}
