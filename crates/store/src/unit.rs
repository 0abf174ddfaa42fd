//! A unit of work on its way to a database thread and its answer on the way back.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::SyncSender;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};

use tokio::sync::oneshot;

use crate::tx::Tx;
use crate::{Error, Result};

/// What a unit of work may do, and how PostgreSQL keeps it apart from others. On SQLite all writing is serial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Sees one state of the database and changes nothing.
    Reading,
    /// As if it ran alone.
    Serializable,
    /// Sees what is committed by now, statement by statement, and locks the rows that its rules rest on.
    Locking,
}

/// A unit of work without its types.
pub(crate) trait Unit: Send {
    fn mode(&self) -> Mode;

    /// Runs the closure. `true`: it succeeded and is to be committed; `false`: it is to be undone.
    fn run(&mut self, tx: &mut Tx) -> bool;

    /// Whether [`run`](Self::run) can be called once more.
    fn can_repeat(&self) -> bool;

    /// Hands the result over if `verdict` is `Ok`, else that error.
    fn answer(self: Box<Self>, verdict: Result<()>);

    /// Whether nobody waits for the answer any more.
    fn is_abandoned(&self) -> bool;
}

/// Where an answer goes.
pub(crate) enum Reply<T> {
    Task(oneshot::Sender<T>),
    Thread(SyncSender<T>),
}

impl<T> Reply<T> {
    fn send(self, answer: T) {
        // Whoever asked may be gone; then there is nobody to tell.
        match self {
            Reply::Task(sender) => drop(sender.send(answer)),
            Reply::Thread(sender) => drop(sender.send(answer)),
        }
    }

    fn is_abandoned(&self) -> bool {
        matches!(self, Reply::Task(sender) if sender.is_closed())
    }
}

fn guarded<R, E: From<Error>>(tx: &mut Tx, work: impl FnOnce(&mut Tx) -> Result<R, E>) -> Result<R, E> {
    // A panic leaves nothing behind: the caller rolls the transaction back.
    let result = catch_unwind(AssertUnwindSafe(|| work(tx)));
    match result {
        Ok(Ok(_)) if tx.has_failed() => Err(E::from(Error::Swallowed)),
        Ok(result) => result,
        Err(_) => Err(E::from(Error::Panicked)),
    }
}

pub(crate) struct Write<F, R, E> {
    pub work: F,
    pub mode: Mode,
    pub result: Option<Result<R, E>>,
    pub reply: Reply<Result<R, E>>,
}

impl<F, R, E> Unit for Write<F, R, E>
where
    F: FnMut(&mut Tx) -> Result<R, E> + Send,
    R: Send,
    E: From<Error> + Send,
{
    fn mode(&self) -> Mode {
        self.mode
    }

    fn run(&mut self, tx: &mut Tx) -> bool {
        let result = guarded(tx, &mut self.work);
        let succeeded = result.is_ok();
        self.result = Some(result);
        succeeded
    }

    fn can_repeat(&self) -> bool {
        true
    }

    fn answer(self: Box<Self>, verdict: Result<()>) {
        self.reply.send(settled(verdict, self.result));
    }

    fn is_abandoned(&self) -> bool {
        self.reply.is_abandoned()
    }
}

/// What the asker is told: the closure's own result, unless the transaction around it failed.
fn settled<R, E: From<Error>>(verdict: Result<()>, result: Option<Result<R, E>>) -> Result<R, E> {
    verdict?;
    result.unwrap_or_else(|| Err(E::from(Error::Closed)))
}

pub(crate) struct Read<F, R, E> {
    pub work: Option<F>,
    pub result: Option<Result<R, E>>,
    pub reply: Reply<Result<R, E>>,
}

impl<F, R, E> Unit for Read<F, R, E>
where
    F: FnOnce(&mut Tx) -> Result<R, E> + Send,
    R: Send,
    E: From<Error> + Send,
{
    fn mode(&self) -> Mode {
        Mode::Reading
    }

    fn run(&mut self, tx: &mut Tx) -> bool {
        let result = match self.work.take() {
            Some(work) => guarded(tx, work),
            None => Err(E::from(Error::Closed)),
        };
        let succeeded = result.is_ok();
        self.result = Some(result);
        succeeded
    }

    fn can_repeat(&self) -> bool {
        false
    }

    fn answer(self: Box<Self>, verdict: Result<()>) {
        self.reply.send(settled(verdict, self.result));
    }

    fn is_abandoned(&self) -> bool {
        self.reply.is_abandoned()
    }
}

/// Units of work waiting for a thread.
#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    units: VecDeque<Box<dyn Unit>>,
    closed: bool,
    /// Threads with nothing to do. The one that came last goes first: what its connection has prepared is likely to be of use, and
    /// the others rest.
    idle: Vec<Thread>,
}

impl Queue {
    /// Adds a unit of work; gives it back if the queue is closed.
    pub(crate) fn push(&self, unit: Box<dyn Unit>) -> Result<(), Box<dyn Unit>> {
        let mut state = self.lock();
        if state.closed {
            return Err(unit);
        }
        state.units.push_back(unit);
        if let Some(thread) = state.idle.pop() {
            thread.unpark();
        }
        Ok(())
    }

    /// Waits for the next unit of work; `None` once the queue is closed and empty.
    pub(crate) fn pop(&self) -> Option<Box<dyn Unit>> {
        let own = thread::current();
        loop {
            let mut state = self.lock();
            // A thread may wake without being woken.
            state.idle.retain(|thread| thread.id() != own.id());
            if let Some(unit) = state.units.pop_front() {
                return Some(unit);
            }
            if state.closed {
                return None;
            }
            state.idle.push(own.clone());
            drop(state);
            thread::park();
        }
    }

    /// The next unit of work if one waits already.
    pub(crate) fn try_pop(&self) -> Option<Box<dyn Unit>> {
        self.lock().units.pop_front()
    }

    /// Lets the waiting units finish and takes no more.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.idle.drain(..).for_each(|thread| thread.unpark());
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
