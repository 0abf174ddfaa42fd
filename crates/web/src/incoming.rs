//! A request body that is read while it arrives.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use context::{Error, Kind, codes};
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use tokio::sync::Mutex;

/// Longest time between two pieces of a body.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many bytes of a body that nobody wants any more are read and thrown away: a client that is still writing when the
/// connection closes would not see the answer.
const MOST_DISCARDED: u64 = 4 << 20;
/// Longest time for that.
const DISCARD_TIME: Duration = Duration::from_secs(5);

type Source = UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// The body of an operation that [streams](crate::Operation::streams). It is never longer than the operation's limit: what comes
/// after that is an error.
pub struct Incoming(Arc<Mutex<Inner>>);

struct Inner {
    /// `None` when it has ended.
    source: Option<Source>,
    /// What was looked at and belongs before what the source still gives.
    ahead: BytesMut,
    /// Bytes that came from the source.
    taken: u64,
    limit: u64,
    /// The client waits for a sign before it sends anything (RFC 9110 section 10.1.1).
    waits: bool,
}

impl Incoming {
    pub(crate) fn new<B>(body: B, limit: u64, waits: bool) -> Self
    where
        B: http_body::Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let source = body
            .map_frame(|frame| frame.map_data(|mut data| data.copy_to_bytes(data.remaining())))
            .map_err(Into::into)
            .boxed_unsync();
        Self(Arc::new(Mutex::new(Inner {
            source: Some(source),
            ahead: BytesMut::new(),
            taken: 0,
            limit,
            waits,
        })))
    }

    /// Another handle on the same body.
    pub(crate) fn share(&self) -> Self {
        Self(self.0.clone())
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// 413 when the body is too long, 400 when it ends early or nothing comes for 30 seconds.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let mut inner = self.0.lock().await;
        if !inner.ahead.is_empty() {
            return Ok(Some(inner.ahead.split().freeze()));
        }
        inner.pull().await
    }

    /// The first bytes, up to `most`, which stay where they are.
    ///
    /// # Errors
    /// As of [`next`](Self::next).
    pub(crate) async fn peek(&self, most: usize) -> Result<Bytes, Error> {
        let mut inner = self.0.lock().await;
        while inner.ahead.len() < most
            && let Some(piece) = inner.pull().await?
        {
            inner.ahead.extend_from_slice(&piece);
        }
        let end = inner.ahead.len().min(most);
        Ok(Bytes::copy_from_slice(&inner.ahead[..end]))
    }

    /// Reads on for a while, for the sake of the client, when the answer is ready.
    pub(crate) async fn discard(self) {
        let mut inner = self.0.lock().await;
        if inner.waits && inner.taken == 0 {
            return;
        }
        inner.limit = inner.taken.saturating_add(MOST_DISCARDED);
        let reading = async { while let Ok(Some(_)) = inner.pull().await {} };
        // Late is as good as done.
        let _ = tokio::time::timeout(DISCARD_TIME, reading).await;
    }
}

impl Inner {
    async fn pull(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            let Some(source) = &mut self.source else {
                return Ok(None);
            };
            let frame = match tokio::time::timeout(PATIENCE, source.frame()).await {
                Ok(Some(Ok(frame))) => frame,
                Ok(None) => {
                    self.source = None;
                    return Ok(None);
                }
                Ok(Some(Err(_))) => {
                    self.source = None;
                    return Err(Error::invalid(codes::INVALID_REQUEST, "The body ended early."));
                }
                Err(_) => {
                    self.source = None;
                    return Err(Error::invalid(
                        codes::INVALID_REQUEST,
                        "The body took too long to arrive.",
                    ));
                }
            };
            let Ok(piece) = frame.into_data() else { continue };
            if piece.is_empty() {
                continue;
            }
            self.taken += piece.len() as u64;
            if self.taken > self.limit {
                return Err(too_large(self.limit));
            }
            return Ok(Some(piece));
        }
    }
}

/// 413
pub(crate) fn too_large(limit: u64) -> Error {
    Error::of(Kind::TooLarge, format!("The body is larger than {limit} bytes."))
}

impl std::fmt::Debug for Incoming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Incoming").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::Full;

    use super::*;

    fn body(text: &'static str, limit: u64) -> Incoming {
        Incoming::new(Full::new(Bytes::from_static(text.as_bytes())), limit, false)
    }

    #[tokio::test]
    async fn what_was_looked_at_is_read_again() {
        let mut body = body("hello", 5);
        assert_eq!(body.peek(2).await.unwrap(), "he");
        assert_eq!(body.peek(100).await.unwrap(), "hello");
        assert_eq!(body.next().await.unwrap().unwrap(), "hello");
        assert_eq!(body.next().await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_body_that_is_too_long_is_an_error() {
        let mut body = body("hello!", 5);
        assert_eq!(body.next().await.unwrap_err().kind, Kind::TooLarge);
    }
}
