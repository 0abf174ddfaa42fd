//! PostgreSQL: database threads, each with a connection of its own, and one that listens.

mod bind;
mod connect;
mod listen;
mod session;
mod worker;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::JoinHandle;

use uuid::Uuid;

pub(crate) use connect::Target;
pub(crate) use session::Session;

use crate::change::Feed;
use crate::store::spawn;
use crate::unit::Queue;
use crate::{Error, Result};

/// The connected database.
pub(crate) struct Postgres {
    pub queue: Arc<Queue>,
    pub closing: Arc<AtomicBool>,
}

impl Postgres {
    /// Starts the threads. Returns once the first connection stands and changes are listened for.
    pub(crate) fn open(
        target: Target,
        connections: usize,
        node: Uuid,
        feed: &Feed,
    ) -> Result<(Self, Vec<JoinHandle<()>>)> {
        let target = Arc::new(target);
        let queue = Arc::new(Queue::default());
        let closing = Arc::new(AtomicBool::new(false));
        let mut threads = Vec::with_capacity(connections + 1);

        let (ready, is_ready) = std::sync::mpsc::sync_channel(1);
        let listener = listen::Listener {
            target: Arc::clone(&target),
            node,
            feed: feed.clone(),
            closing: Arc::clone(&closing),
        };
        threads.push(spawn("store-listener", move || listener.run(&ready))?);
        is_ready.recv().map_err(|_| Error::Closed)??;

        for number in 0..connections.max(1) {
            let worker = worker::Worker::new(Arc::clone(&target), node, feed.clone());
            let queue = Arc::clone(&queue);
            threads.push(spawn(&format!("store-{number}"), move || worker.run(&queue))?);
        }
        Ok((Postgres { queue, closing }, threads))
    }
}
