//! What contents come from, piece by piece.

use bytes::Bytes;
use context::Error;
use web::Incoming;

/// Gives the pieces of a content in order.
pub trait Source: Send {
    /// The next piece; `None` at the end.
    fn next(&mut self) -> impl Future<Output = Result<Option<Bytes>, Error>> + Send;
}

impl Source for Incoming {
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        Incoming::next(self).await
    }
}

/// A content that is in memory as a whole.
#[derive(Debug)]
pub struct Whole(Option<Bytes>);

impl Whole {
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self(Some(bytes.into()))
    }
}

impl Source for Whole {
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        Ok(self.0.take())
    }
}
