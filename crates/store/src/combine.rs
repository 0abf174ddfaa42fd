//! Calls that wait at the same time share a unit of work.
//!
//! Many small changes of one kind cost far less together: one statement for all of them instead of one each, and on PostgreSQL one
//! transaction. A call that comes alone runs at once; calls that come while one is under way are done together after it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, oneshot};

use crate::store::Store;
use crate::tx::Tx;
use crate::{Error, Result};

/// Most calls of one unit of work.
const MOST: usize = 128;
/// Most weight (bytes) of one unit of work, unless a single call is heavier.
const HEAVIEST: usize = 8 << 20;
/// Most calls that wait in one combiner; more wait for these.
const WAITING: usize = 4096;

type Work<T, R, E> = Arc<dyn Fn(&mut Tx, &[T]) -> Result<Vec<Result<R, E>>, E> + Send + Sync>;

/// Does calls of one kind together, by [`Store::write_locking`].
pub struct Combiner<T, R, E> {
    shared: Arc<Shared<T, R, E>>,
}

struct Shared<T, R, E> {
    store: Store,
    work: Work<T, R, E>,
    turns: Semaphore,
    waiting: Mutex<Waiting<T, R, E>>,
}

struct Waiting<T, R, E> {
    calls: VecDeque<Call<T, R, E>>,
    /// A task is at work, and takes what waits when it is done.
    busy: bool,
}

struct Call<T, R, E> {
    input: T,
    weight: usize,
    reply: oneshot::Sender<Result<R, E>>,
}

impl<T, R, E> Combiner<T, R, E>
where
    T: Send + Sync + 'static,
    R: Send + 'static,
    E: From<Error> + Send + 'static,
{
    /// `work` does several calls and answers one result for each, in their order. A call that is refused must leave nothing behind.
    /// When `work` itself fails everything is undone, and each call is tried alone.
    pub fn new(
        store: Store,
        work: impl Fn(&mut Tx, &[T]) -> Result<Vec<Result<R, E>>, E> + Send + Sync + 'static,
    ) -> Self {
        let waiting = Waiting {
            calls: VecDeque::new(),
            busy: false,
        };
        let shared = Shared {
            store,
            work: Arc::new(work),
            turns: Semaphore::new(WAITING),
            waiting: Mutex::new(waiting),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Does one call, together with those that wait for the same. `weight` is about the bytes it writes.
    ///
    /// # Errors
    /// What `work` answers for this call; trouble with the database as `E`.
    pub async fn call(&self, input: T, weight: usize) -> Result<R, E> {
        let Ok(_turn) = self.shared.turns.acquire().await else {
            return Err(E::from(Error::Closed));
        };
        let (reply, answer) = oneshot::channel();
        let starts = {
            let mut waiting = self.shared.lock();
            waiting.calls.push_back(Call { input, weight, reply });
            !std::mem::replace(&mut waiting.busy, true)
        };
        if starts {
            tokio::spawn(drain(self.shared.clone()));
        }
        answer.await.unwrap_or_else(|_| Err(E::from(Error::Closed)))
    }
}

async fn drain<T, R, E>(shared: Arc<Shared<T, R, E>>)
where
    T: Send + Sync + 'static,
    R: Send + 'static,
    E: From<Error> + Send + 'static,
{
    loop {
        let (inputs, replies) = shared.take();
        if replies.is_empty() {
            return;
        }
        let inputs: Arc<[T]> = inputs.into();
        if let Ok(results) = shared.run(inputs.clone(), 0..inputs.len()).await {
            for (reply, result) in replies.into_iter().zip(results) {
                let _gone = reply.send(result);
            }
            continue;
        }
        for (at, reply) in replies.into_iter().enumerate() {
            let alone = shared.run(inputs.clone(), at..at + 1).await;
            let result = alone.and_then(|mut results| results.pop().unwrap_or_else(|| Err(E::from(Error::Closed))));
            let _gone = reply.send(result);
        }
    }
}

impl<T, R, E> Shared<T, R, E>
where
    T: Send + Sync + 'static,
    R: Send + 'static,
    E: From<Error> + Send + 'static,
{
    /// The calls that wait, as many as go together. Whoever asked and left is not served.
    fn take(&self) -> (Vec<T>, Vec<oneshot::Sender<Result<R, E>>>) {
        let (mut inputs, mut replies, mut weight) = (Vec::new(), Vec::new(), 0);
        let mut waiting = self.lock();
        while let Some(next) = waiting.calls.front() {
            if inputs.len() == MOST || (!inputs.is_empty() && weight + next.weight > HEAVIEST) {
                break;
            }
            let Some(call) = waiting.calls.pop_front() else { break };
            if call.reply.is_closed() {
                continue;
            }
            weight += call.weight;
            inputs.push(call.input);
            replies.push(call.reply);
        }
        waiting.busy = !inputs.is_empty();
        (inputs, replies)
    }

    async fn run(&self, inputs: Arc<[T]>, part: std::ops::Range<usize>) -> Result<Vec<Result<R, E>>, E> {
        let work = self.work.clone();
        let wanted = part.len();
        let results = self
            .store
            .write_locking(move |tx| work(tx, &inputs[part.clone()]))
            .await?;
        if results.len() == wanted {
            Ok(results)
        } else {
            Err(E::from(Error::statement("as many results as calls are expected")))
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<T, R, E>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T, R, E> std::fmt::Debug for Combiner<T, R, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Combiner").finish_non_exhaustive()
    }
}
