//! Pages that are told when what they show has changed, by server-sent events.
//!
//! An event says only that something changed. The page then asks for itself again, as its visitor, through the guard.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use context::{Error, Kind};
use http_body::Frame;
use http_body_util::StreamBody;
use store::Change;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Interval, Sleep, interval, sleep};

use crate::reply::{Reply, Response};
use crate::request::Request;

/// Pages that listen at a time, at most. Others show what they showed.
const MOST: usize = 1_000;
/// After this a page connects anew, so that it is looked at again who asks.
const LONGEST: Duration = Duration::from_secs(300);
/// A line that means nothing is sent this often: it keeps proxies from closing the connection, and finds out who has gone.
const EVERY: Duration = Duration::from_secs(20);

/// The listening pages of this process.
#[derive(Debug)]
pub(crate) struct Live {
    places: Arc<Semaphore>,
    over: watch::Sender<bool>,
}

impl Live {
    pub(crate) fn new() -> Self {
        Self {
            places: Arc::new(Semaphore::new(MOST)),
            over: watch::Sender::new(false),
        }
    }

    /// Turns true when the server is about to stop.
    pub(crate) fn over(&self) -> watch::Receiver<bool> {
        self.over.subscribe()
    }

    /// Lets all pages go, for the server is about to stop.
    pub(crate) fn end(&self) {
        self.over.send_replace(true);
    }
}

/// Answers with events that tell of changes to `id` of `topic`. The operation it answers says who may listen.
///
/// # Errors
/// 503 when too many pages listen.
pub fn listen(request: &Request, topic: &'static str, id: impl std::fmt::Display) -> Result<Response, Error> {
    let live = request.app.live();
    let place = live.places.clone().try_acquire_owned();
    let place = place.map_err(|_| Error::of(Kind::Unavailable, "Too many pages are open."))?;
    let listener = Listener {
        feed: request.store().changes(),
        topic,
        id: id.to_string(),
        over: live.over.subscribe(),
        longest: Box::pin(sleep(LONGEST)),
        every: interval(EVERY),
        _place: place,
    };
    let events = futures_util::stream::unfold(listener, |mut listener| async {
        let event = listener.next().await?;
        Some((Ok(Frame::data(Bytes::from_static(event.as_bytes()))), listener))
    });
    Reply::ok()
        .header("cache-control", "no-store")
        .header("x-accel-buffering", "no")
        .stream("text/event-stream", StreamBody::new(events))
}

struct Listener {
    feed: Receiver<Change>,
    topic: &'static str,
    id: String,
    over: watch::Receiver<bool>,
    longest: Pin<Box<Sleep>>,
    every: Interval,
    _place: OwnedSemaphorePermit,
}

impl Listener {
    /// The next lines; nothing when it is time to go.
    async fn next(&mut self) -> Option<&'static str> {
        if *self.over.borrow() {
            return None;
        }
        loop {
            tokio::select! {
                _ = self.over.changed() => return None,
                () = &mut self.longest => return None,
                _ = self.every.tick() => return Some(":\n\n"),
                change = self.feed.recv() => match change {
                    Ok(Change::Changed { topic, id }) if topic != self.topic || *id != *self.id => {}
                    Ok(_) | Err(RecvError::Lagged(_)) => return Some("data: changed\n\n"),
                    Err(RecvError::Closed) => return None,
                },
            }
        }
    }
}
