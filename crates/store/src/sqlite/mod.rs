//! SQLite: one writer thread with group commit, readers with their own snapshots.

mod session;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

pub(crate) use session::Session;

use crate::change::Feed;
use crate::store::spawn;
use crate::tx::Tx;
use crate::unit::{Queue, Unit};
use crate::{Error, Result};

/// Connections that [`Sqlite::run_here`] keeps for later; more are opened when needed and closed again.
const KEPT: usize = 16;

/// The open database file.
pub(crate) struct Sqlite {
    pub path: PathBuf,
    pub writes: Arc<Queue>,
    pub reads: Arc<Queue>,
    idle: Mutex<Vec<Tx>>,
}

impl Sqlite {
    /// Opens the file, making it and its folder where missing, and starts the threads.
    pub(crate) fn open(path: &Path, readers: usize, feed: &Feed) -> Result<(Self, Vec<JoinHandle<()>>)> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)
                .map_err(|error| Error::Unavailable(format!("{}: {error}", folder.display())))?;
        }
        let writes = Arc::new(Queue::default());
        let reads = Arc::new(Queue::default());
        let mut threads = Vec::with_capacity(readers + 1);

        let tx = Tx::new(crate::session::Session::Sqlite(Session::open(path, true)?));
        let (queue, feed) = (Arc::clone(&writes), feed.clone());
        threads.push(spawn("store-writer", move || writer::run(tx, &queue, &feed))?);
        for number in 0..readers.max(1) {
            let mut tx = Tx::new(crate::session::Session::Sqlite(Session::open(path, false)?));
            let queue = Arc::clone(&reads);
            let work = move || {
                while let Some(unit) = queue.pop() {
                    if !unit.is_abandoned() {
                        snapshot(&mut tx, unit);
                    }
                }
            };
            threads.push(spawn(&format!("store-reader-{number}"), work)?);
        }
        Ok((
            Sqlite {
                path: path.to_owned(),
                writes,
                reads,
                idle: Mutex::default(),
            },
            threads,
        ))
    }

    /// Runs a reading unit of work on the calling thread.
    pub(crate) fn run_here(&self, unit: Box<dyn Unit>) {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let opened = match idle {
            Some(tx) => Ok(tx),
            None => Session::open(&self.path, false).map(|session| Tx::new(crate::session::Session::Sqlite(session))),
        };
        match opened {
            Ok(mut tx) => {
                snapshot(&mut tx, unit);
                let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
                if idle.len() < KEPT {
                    idle.push(tx);
                }
            }
            Err(error) => unit.answer(Err(error)),
        }
    }
}

/// Runs a reading unit of work in a transaction, so that all it sees is one state of the database.
fn snapshot(tx: &mut Tx, mut unit: Box<dyn Unit>) {
    if let Err(error) = tx.session.control("begin deferred") {
        return unit.answer(Err(error));
    }
    unit.run(tx);
    tx.reset();
    // Nothing was written, so the way the transaction ends makes no difference to the answer.
    let verdict = tx.session.control("commit").or_else(|_| tx.session.control("rollback"));
    if let Err(error) = verdict {
        tracing::warn!(%error, "a snapshot could not be ended");
    }
    unit.answer(Ok(()));
}
