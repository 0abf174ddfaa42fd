//! The reconcilers that look at triggers: one for what time brings, one for queues and jobs.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use access::rows::integers;
use context::Error;
use jiff::{SignedDuration, Timestamp};
use store::{Change, Store, params};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;
use web::{App, Reconciler};

use super::model::Schedule;
use super::{TOPIC, fire};

/// Triggers that are read at a time.
const AT_A_TIME: usize = 100;
/// Longest pause between two looks.
const EVERY: Duration = Duration::from_secs(60);
/// Items are told of once a second for each queue at most, so that a queue is looked at again when that second is over.
const AGAIN: SignedDuration = SignedDuration::from_millis(1_500);
/// What queues tell the change feed when items change.
const ITEMS: &str = "queue-items";
/// What jobs of triggers tell it when they end, with the id of the trigger.
const ENDED: &str = execution::jobs::step::SCHEDULE_JOBS;

/// What was told of queues and jobs since the last look.
#[derive(Debug)]
pub struct Signals {
    feed: Mutex<Receiver<Change>>,
    again: Mutex<Vec<(Timestamp, i64)>>,
}

/// What to look at.
#[derive(Debug, Default)]
struct News {
    /// Something was missed: all queue triggers.
    all: bool,
    queues: HashSet<i64>,
    triggers: HashSet<i64>,
}

impl Signals {
    pub fn new(store: &Store) -> Self {
        Self {
            feed: Mutex::new(store.changes()),
            again: Mutex::new(Vec::new()),
        }
    }

    /// Takes what was told since the last call, and what is to be looked at again now.
    fn take(&self, now: Timestamp) -> News {
        let mut news = News::default();
        let mut feed = self.feed.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match feed.try_recv() {
                Ok(Change::Changed { topic, id }) => {
                    let set = match topic.as_ref() {
                        ITEMS => &mut news.queues,
                        ENDED => &mut news.triggers,
                        _ => continue,
                    };
                    set.extend(id.parse::<i64>());
                }
                Ok(Change::Resync) | Err(TryRecvError::Lagged(_)) => news.all = true,
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        drop(feed);
        let mut again = self.again.lock().unwrap_or_else(PoisonError::into_inner);
        let told: Vec<i64> = news.queues.iter().copied().collect();
        again.retain(|(at, queue)| {
            if *at <= now {
                news.queues.insert(*queue);
            }
            *at > now
        });
        if let Ok(later) = now.checked_add(AGAIN) {
            for queue in told {
                if !again.iter().any(|(_, known)| *known == queue) {
                    again.push((later, queue));
                }
            }
        }
        news
    }

    /// When a queue is to be looked at again first.
    fn next(&self) -> Option<Timestamp> {
        let again = self.again.lock().unwrap_or_else(PoisonError::into_inner);
        again.iter().map(|(at, _)| *at).min()
    }
}

/// Fires what time brings, to the second, and looks at queues every 30 minutes.
pub fn by_time() -> Reconciler {
    Reconciler {
        name: "triggers",
        every: EVERY,
        wakes_on: &[TOPIC],
        run: Arc::new(|app| Box::pin(run_due(app))),
    }
}

/// Looks at queues whose items changed, and at triggers whose jobs ended.
pub fn by_signals() -> Reconciler {
    Reconciler {
        name: "trigger-signals",
        every: EVERY,
        wakes_on: &[ITEMS, ENDED],
        run: Arc::new(|app| Box::pin(run_told(app))),
    }
}

async fn run_due(app: App) -> Result<Option<Duration>, Error> {
    loop {
        let now = app.clock().now();
        let due = app
            .store()
            .read(move |tx| {
                let due = format!("due_at is not null and due_at <= ? order by due_at, id limit {AT_A_TIME}");
                let found = tx.locate_all::<Schedule>(&due, params![now])?;
                Ok::<_, Error>(
                    found
                        .into_iter()
                        .map(|(tenant, schedule)| (tenant, schedule.id))
                        .collect::<Vec<_>>(),
                )
            })
            .await?;
        let full = due.len() == AT_A_TIME;
        look_at(&app, due, false).await?;
        if !full {
            break;
        }
    }
    let next = app
        .store()
        .read(|tx| {
            let first = "due_at is not null order by due_at limit 1";
            let found = tx.locate::<Schedule>(first, params![])?;
            Ok::<_, Error>(found.and_then(|(_, schedule)| schedule.due_at))
        })
        .await?;
    Ok(next.map(|at| until(at, app.clock().now())))
}

async fn run_told(app: App) -> Result<Option<Duration>, Error> {
    let triggers = app.state::<crate::Triggers>()?;
    let now = app.clock().now();
    let news = triggers.signals.take(now);
    let due = app
        .store()
        .read(move |tx| {
            let mut found = Vec::new();
            if news.all {
                found.extend(tx.locate_all::<Schedule>("queue_id is not null", params![])?);
            } else {
                let of = |column: &str, ids: &HashSet<i64>| {
                    let ids: Vec<i64> = ids.iter().copied().collect();
                    ids.chunks(500)
                        .map(|ids| format!("{column} in ({})", integers(ids)))
                        .collect::<Vec<_>>()
                };
                for condition in of("queue_id", &news.queues).into_iter().chain(of("id", &news.triggers)) {
                    found.extend(tx.locate_all::<Schedule>(&condition, params![])?);
                }
            }
            let concerned = |schedule: &Schedule| {
                let ended = news.triggers.contains(&schedule.id);
                schedule.enabled
                    && (news.all
                        || schedule.queue_id.is_some_and(|queue| news.queues.contains(&queue))
                        || (ended
                            && (schedule.activate_on_job_complete || schedule.failures_threshold.unwrap_or(0) > 0)))
            };
            found.retain(|(_, schedule)| concerned(schedule));
            Ok::<_, Error>(
                found
                    .into_iter()
                    .map(|(tenant, schedule)| (tenant, schedule.id))
                    .collect::<Vec<_>>(),
            )
        })
        .await?;
    look_at(&app, due, true).await?;
    Ok(triggers.signals.next().map(|at| until(at, app.clock().now())))
}

async fn look_at(app: &App, due: Vec<(store::Tenant, i64)>, queue: bool) -> Result<(), Error> {
    for (tenant, id) in due {
        let ctx = app.system();
        let outcome = app
            .store()
            .write_locking(move |tx| fire::look(&mut tx.scope(tenant), &ctx, id, queue))
            .await;
        if let Err(error) = outcome {
            let ctx = app.system();
            app.store()
                .write_locking(move |tx| fire::give_up(&mut tx.scope(tenant), &ctx, id, &error))
                .await?;
        }
    }
    Ok(())
}

fn until(at: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO)
}
