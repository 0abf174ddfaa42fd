//! The store: opening it, and handing it units of work.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use tokio::sync::{Semaphore, broadcast, oneshot};
use uuid::Uuid;

use crate::change::{Change, Feed};
use crate::postgres::{Postgres, Target};
use crate::sql::Dialect;
use crate::sqlite::Sqlite;
use crate::tx::Tx;
use crate::unit::{Mode, Queue, Read, Reply, Unit, Write};
use crate::{Error, Result};

/// Most writing units of work of asynchronous callers that wait at a time; more wait for these.
const WAITING_WRITES: usize = 4096;

/// Which database, and how.
#[derive(Clone)]
pub struct Options {
    /// `sqlite:<file>` or `postgres://user:password@host:port/database`, with `?sslmode=require` for TLS.
    pub url: String,
    /// Threads that read from SQLite.
    pub readers: usize,
    /// Connections to PostgreSQL, each with a thread.
    pub connections: usize,
    /// PEM file of the authorities trusted for TLS to PostgreSQL; `None`: those of the system.
    pub tls_roots: Option<PathBuf>,
}

impl Options {
    /// The usual settings: as many readers as cores but at least 2 and at most 8, and 8 connections.
    pub fn new(url: impl Into<String>) -> Self {
        let cores = thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Options {
            url: url.into(),
            readers: cores.clamp(2, 8),
            connections: 8,
            tls_roots: None,
        }
    }
}

// The URL may hold a password.
impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = self.url.split(':').next().unwrap_or_default();
        f.debug_struct("Options")
            .field("url", &format!("{scheme}:***"))
            .field("readers", &self.readers)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}

/// The open database. Clones share it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    database: Database,
    feed: Feed,
    node: Uuid,
    writes: Semaphore,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

pub(crate) enum Database {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Store {
    /// Opens the database, making the SQLite file and its folder where missing, and starts its threads.
    /// May be called on any thread; blocks until the database answers.
    ///
    /// # Errors
    /// [`Error::Unavailable`] with the reason; [`Error::Unsupported`] for another kind of URL.
    #[expect(clippy::disallowed_methods, reason = "the name of a node is no business data")]
    pub fn open(options: &Options) -> Result<Self> {
        let feed = Feed::new();
        let node = Uuid::new_v4();
        let url = options.url.trim();
        let (database, threads) = if let Some(path) = url.strip_prefix("sqlite:") {
            let path = Path::new(path.strip_prefix("//").unwrap_or(path));
            let (sqlite, threads) = Sqlite::open(path, options.readers, &feed)?;
            (Database::Sqlite(sqlite), threads)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let target = Target::parse(url, options.tls_roots.as_deref())?;
            let (postgres, threads) = Postgres::open(target, options.connections, node, &feed)?;
            (Database::Postgres(postgres), threads)
        } else {
            return Err(Error::Unsupported(
                "a database URL starts with sqlite: or postgres://".into(),
            ));
        };
        let inner = Inner {
            database,
            feed,
            node,
            writes: Semaphore::new(WAITING_WRITES),
            threads: Mutex::new(threads),
        };
        Ok(Store { inner: Arc::new(inner) })
    }

    /// Runs a unit of work that reads. All it sees is one state of the database.
    ///
    /// # Errors
    /// What `work` returns; [`Error::Closed`], [`Error::Panicked`], [`Error::Swallowed`] and trouble with the
    /// connection as `E`.
    pub async fn read<R, E, F>(&self, work: F) -> Result<R, E>
    where
        F: FnOnce(&mut Tx) -> Result<R, E> + Send + 'static,
        R: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        submit(
            self.reads(),
            Box::new(Read {
                work: Some(work),
                result: None,
                reply: Reply::Task(reply),
            }),
        );
        answer.await.unwrap_or_else(|_| Err(E::from(Error::Closed)))
    }

    /// Like [`read`](Self::read) for work of a few microseconds, such as rows by key: on SQLite it runs on the
    /// calling thread without being handed over, on PostgreSQL it is the same as `read`.
    pub async fn read_here<R, E, F>(&self, work: F) -> Result<R, E>
    where
        F: FnOnce(&mut Tx) -> Result<R, E> + Send + 'static,
        R: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let Database::Sqlite(sqlite) = &self.inner.database else {
            return self.read(work).await;
        };
        let (reply, mut answer) = oneshot::channel();
        sqlite.run_here(Box::new(Read {
            work: Some(work),
            result: None,
            reply: Reply::Task(reply),
        }));
        answer.try_recv().unwrap_or_else(|_| Err(E::from(Error::Closed)))
    }

    /// Runs a unit of work that may write, and answers when it is durable. `work` is run again, with nothing
    /// of the earlier run kept, when PostgreSQL reports a conflict with others.
    ///
    /// # Errors
    /// As [`read`](Self::read); everything is undone then. [`Error::Serialization`] when conflicts persist.
    pub async fn write<R, E, F>(&self, work: F) -> Result<R, E>
    where
        F: FnMut(&mut Tx) -> Result<R, E> + Send + 'static,
        R: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.write_as(Mode::Serializable, work).await
    }

    /// Like [`write`](Self::write) for units of work that many callers want at once on the same rows: on PostgreSQL they do not run
    /// as if alone, but see what is committed by now and must lock every row that their rules rest on (`{for_update}`,
    /// `{skip_locked}`, unique indexes). On SQLite it is the same as `write`.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub async fn write_locking<R, E, F>(&self, work: F) -> Result<R, E>
    where
        F: FnMut(&mut Tx) -> Result<R, E> + Send + 'static,
        R: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.write_as(Mode::Locking, work).await
    }

    async fn write_as<R, E, F>(&self, mode: Mode, work: F) -> Result<R, E>
    where
        F: FnMut(&mut Tx) -> Result<R, E> + Send + 'static,
        R: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let Ok(_turn) = self.inner.writes.acquire().await else {
            return Err(E::from(Error::Closed));
        };
        let (reply, answer) = oneshot::channel();
        submit(
            self.writes(),
            Box::new(Write {
                work,
                mode,
                result: None,
                reply: Reply::Task(reply),
            }),
        );
        answer.await.unwrap_or_else(|_| Err(E::from(Error::Closed)))
    }

    /// [`read`](Self::read) for callers without a runtime. Blocks the calling thread.
    pub fn read_blocking<R, E, F>(&self, work: F) -> Result<R, E>
    where
        F: FnOnce(&mut Tx) -> Result<R, E> + Send + 'static,
        R: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (reply, answer) = sync_channel(1);
        submit(
            self.reads(),
            Box::new(Read {
                work: Some(work),
                result: None,
                reply: Reply::Thread(reply),
            }),
        );
        answer.recv().unwrap_or_else(|_| Err(E::from(Error::Closed)))
    }

    /// [`write`](Self::write) for callers without a runtime. Blocks the calling thread.
    pub fn write_blocking<R, E, F>(&self, work: F) -> Result<R, E>
    where
        F: FnMut(&mut Tx) -> Result<R, E> + Send + 'static,
        R: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (reply, answer) = sync_channel(1);
        submit(
            self.writes(),
            Box::new(Write {
                work,
                mode: Mode::Serializable,
                result: None,
                reply: Reply::Thread(reply),
            }),
        );
        answer.recv().unwrap_or_else(|_| Err(E::from(Error::Closed)))
    }

    /// Committed changes of all nodes from now on. See [`Change`].
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.inner.feed.subscribe()
    }

    /// Which database this is.
    pub fn dialect(&self) -> Dialect {
        match &self.inner.database {
            Database::Sqlite(_) => Dialect::Sqlite,
            Database::Postgres(_) => Dialect::Postgres,
        }
    }

    /// The name of this node among others on the same database; another one at each start.
    pub fn node(&self) -> Uuid {
        self.inner.node
    }

    /// Lets the units of work that wait finish, takes no more, and ends the threads. Blocks until then.
    pub fn close(&self) {
        self.inner.close();
        let threads = std::mem::take(&mut *self.inner.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // A closure that runs on a database thread may hold the store; that thread cannot wait for itself.
            if thread.thread().id() != thread::current().id() && thread.join().is_err() {
                tracing::error!("a database thread panicked");
            }
        }
    }

    pub(crate) fn database(&self) -> &Database {
        &self.inner.database
    }

    fn reads(&self) -> &Queue {
        match &self.inner.database {
            Database::Sqlite(sqlite) => &sqlite.reads,
            Database::Postgres(postgres) => &postgres.queue,
        }
    }

    fn writes(&self) -> &Queue {
        match &self.inner.database {
            Database::Sqlite(sqlite) => &sqlite.writes,
            Database::Postgres(postgres) => &postgres.queue,
        }
    }
}

impl Inner {
    fn close(&self) {
        match &self.database {
            Database::Sqlite(sqlite) => {
                sqlite.reads.close();
                sqlite.writes.close();
            }
            Database::Postgres(postgres) => {
                postgres.closing.store(true, Ordering::Relaxed);
                postgres.queue.close();
            }
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("dialect", &self.dialect())
            .finish_non_exhaustive()
    }
}

fn submit(queue: &Queue, unit: Box<dyn Unit>) {
    if let Err(unit) = queue.push(unit) {
        unit.answer(Err(Error::Closed));
    }
}

pub(crate) fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map_err(|error| Error::io(&error))
}
