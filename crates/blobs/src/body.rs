//! A content that was found, on its way out.

use std::io;
use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use context::Error;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use tokio::sync::mpsc;
use web::{Reply, Response};

use crate::source::Source;

/// Pieces that are read ahead of the client.
const AHEAD: usize = 2;
/// How long a client may take for a piece before it is given up.
const PATIENCE: Duration = Duration::from_secs(120);

/// A content, or a part of it.
pub struct Found {
    /// Bytes of the whole content.
    pub size: u64,
    /// The part that comes.
    pub range: Range<u64>,
    pub(crate) pieces: BoxStream<'static, object_store::Result<Bytes>>,
}

impl Found {
    /// Bytes that come.
    pub fn length(&self) -> u64 {
        self.range.end - self.range.start
    }

    /// Answers with the content. A client that takes nothing for two minutes is given up.
    pub fn reply(mut self, reply: Reply, content_type: &str) -> Result<Response, Error> {
        let (sender, parts) = mpsc::channel(AHEAD);
        let length = self.length();
        tokio::spawn(async move {
            while let Some(piece) = self.pieces.next().await {
                let part = piece.map(Vec::from).map_err(io::Error::other);
                let is_last = part.is_err();
                let sent = tokio::time::timeout(PATIENCE, sender.send(part)).await;
                if is_last || !matches!(sent, Ok(Ok(()))) {
                    return;
                }
            }
        });
        reply.parts(content_type, length, parts)
    }

    /// The whole content, which is known to be short.
    ///
    /// # Errors
    /// 500 when it is longer than `most` bytes or cannot be read.
    pub async fn collect(mut self, most: usize) -> Result<Vec<u8>, Error> {
        let mut whole = Vec::new();
        while let Some(piece) = self.next().await? {
            if whole.len() + piece.len() > most {
                return Err(Error::internal("a stored file is longer than expected"));
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole)
    }
}

impl Source for Found {
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        self.pieces.next().await.transpose().map_err(Error::internal)
    }
}

impl std::fmt::Debug for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Found")
            .field("size", &self.size)
            .field("range", &self.range)
            .finish_non_exhaustive()
    }
}
