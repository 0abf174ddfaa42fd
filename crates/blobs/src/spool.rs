//! Contents that must be looked into before they are kept: they wait in a temporary file without a name, which is gone when nobody
//! has it open any more.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use context::Error;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use crate::source::Source;
use crate::state::too_large;

/// Pieces that wait to be written.
const AHEAD: usize = 4;
/// Bytes read at a time.
const PIECE: u64 = 1 << 20;

/// A content in a temporary file.
#[derive(Debug)]
pub struct Spooled {
    /// Opened for reading and writing; whoever reads it seeks first.
    pub file: Arc<File>,
    /// Bytes.
    pub size: u64,
    pub sha256: [u8; 32],
    _place: Option<OwnedSemaphorePermit>,
}

impl Spooled {
    pub(crate) async fn new(
        directory: &Path,
        place: Option<OwnedSemaphorePermit>,
        source: &mut impl Source,
        limit: u64,
    ) -> Result<Self, Error> {
        let directory = directory.to_owned();
        let (pieces, mut waiting) = mpsc::channel::<Bytes>(AHEAD);
        let writing = tokio::task::spawn_blocking(move || -> io::Result<(File, u64, [u8; 32])> {
            let mut file = tempfile::tempfile_in(&directory)?;
            let (mut size, mut digest) = (0, Context::new(&SHA256));
            while let Some(piece) = waiting.blocking_recv() {
                file.write_all(&piece)?;
                digest.update(&piece);
                size += piece.len() as u64;
            }
            Ok((file, size, finished(digest)))
        });
        let reading = feed(source, pieces, limit).await;
        let written = writing.await.map_err(Error::internal)?;
        reading?;
        let (file, size, sha256) = written.map_err(Error::internal)?;
        Ok(Self {
            file: Arc::new(file),
            size,
            sha256,
            _place: place,
        })
    }

    /// The content from its beginning.
    pub fn read(&self) -> Reader {
        Reader {
            file: self.file.clone(),
            at: 0,
        }
    }
}

/// Hands pieces over; the channel closes at the end. A writer that has failed takes none and says why itself.
async fn feed(source: &mut impl Source, pieces: mpsc::Sender<Bytes>, limit: u64) -> Result<(), Error> {
    let mut size = 0;
    while let Some(piece) = source.next().await? {
        size += piece.len() as u64;
        if size > limit {
            return Err(too_large(limit));
        }
        if pieces.send(piece).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

pub(crate) fn finished(digest: Context) -> [u8; 32] {
    let mut sha256 = [0; 32];
    sha256.copy_from_slice(digest.finish().as_ref());
    sha256
}

/// Reads a content in a temporary file.
#[derive(Debug)]
pub struct Reader {
    file: Arc<File>,
    at: u64,
}

impl Source for Reader {
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let (file, at) = (self.file.clone(), self.at);
        let read = tokio::task::spawn_blocking(move || -> io::Result<Vec<u8>> {
            let mut piece = Vec::new();
            (&*file).seek(SeekFrom::Start(at))?;
            (&*file).take(PIECE).read_to_end(&mut piece)?;
            Ok(piece)
        });
        let piece = read.await.map_err(Error::internal)?.map_err(Error::internal)?;
        self.at += piece.len() as u64;
        Ok((!piece.is_empty()).then(|| Bytes::from(piece)))
    }
}
