//! The storage as other crates use it.

use std::path::PathBuf;
use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use bytes::{Bytes, BytesMut};
use context::{Ctx, Error, Kind, codes};
use futures_util::StreamExt as _;
use object_store::path::Path;
use object_store::{GetOptions, MultipartUpload, ObjectStore, ObjectStoreExt as _, PutPayload};
use store::Store;
use tokio::sync::Semaphore;
use vault::Vault;

use crate::body::Found;
use crate::garbage;
use crate::location::{Location, create_private};
use crate::range::Wanted;
use crate::source::Source;
use crate::spool::{Spooled, finished};

/// Bytes of a part of a larger content. S3 wants at least 5 MiB.
const PART: usize = 8 << 20;
/// Contents in temporary files at a time; further ones wait.
const MOST_SPOOLED: usize = 32;

/// A content that was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub key: String,
    /// Bytes.
    pub size: u64,
    pub sha256: [u8; 32],
}

/// Files in object storage. One per process; handlers find it by `request.state::<Blobs>()`.
pub struct Blobs {
    pub(crate) store: Store,
    pub(crate) vault: Arc<Vault>,
    objects: Arc<dyn ObjectStore>,
    prefix: String,
    directory: Option<PathBuf>,
    spool: PathBuf,
    places: Arc<Semaphore>,
}

impl Blobs {
    /// Opens the storage. `spool` is a directory for temporary files.
    ///
    /// # Errors
    /// A place that cannot be used, in words for the operator.
    pub fn open(location: &Location, spool: PathBuf, store: Store, vault: Arc<Vault>) -> Result<Arc<Self>, String> {
        let opened = location.open()?;
        create_private(&spool).map_err(|error| format!("cannot create the directory {}: {error}", spool.display()))?;
        Ok(Arc::new(Self {
            store,
            vault,
            objects: opened.objects,
            prefix: opened.prefix,
            directory: opened.directory,
            spool,
            places: Arc::new(Semaphore::new(MOST_SPOOLED)),
        }))
    }

    /// A key that no file has, below `area` (`packages`).
    pub fn new_key(ctx: &Ctx, area: &str) -> String {
        let id = ctx.id().simple().to_string();
        format!("{area}/{}/{id}", &id[..2])
    }

    /// Stores a content under a new key below `area`, computing size and SHA-256 on the way. Until a unit of work calls
    /// [`garbage::keep`] the file is garbage, and goes after a day.
    ///
    /// # Errors
    /// 413 when it is longer than `limit` bytes, what the source says, and 500 when the storage fails. Nothing is left behind then.
    pub async fn put_new(&self, ctx: &Ctx, area: &str, source: &mut impl Source, limit: u64) -> Result<Stored, Error> {
        let key = Self::new_key(ctx, area);
        let (expected, due) = (key.clone(), garbage::after_a_day(ctx.now));
        self.store.write(move |tx| garbage::expect(tx, &expected, due)).await?;
        let stored = self.put(&key, source, limit).await;
        if stored.is_err() {
            self.give_up(ctx, key).await?;
        }
        stored
    }

    /// Lets a file go that [`put_new`](Self::put_new) stored and nobody wants any more.
    pub async fn give_up(&self, ctx: &Ctx, key: String) -> Result<(), Error> {
        let due = ctx.now;
        self.store.write(move |tx| garbage::release(tx, &key, due)).await
    }

    /// Stores a content under a key, in place of what was there. It appears as a whole or not at all.
    ///
    /// # Errors
    /// 413 when it is longer than `limit` bytes, what the source says, and 500 when the storage fails.
    pub async fn put(&self, key: &str, source: &mut impl Source, limit: u64) -> Result<Stored, Error> {
        let path = self.path(key)?;
        let mut upload: Option<Box<dyn MultipartUpload>> = None;
        let outcome = self.transfer(&path, source, limit, &mut upload).await;
        if outcome.is_err()
            && let Some(mut upload) = upload
            && let Err(error) = upload.abort().await
        {
            tracing::warn!(%error, "an unfinished upload was left behind");
        }
        let (size, sha256) = outcome?;
        Ok(Stored {
            key: key.to_owned(),
            size,
            sha256,
        })
    }

    async fn transfer(
        &self,
        path: &Path,
        source: &mut impl Source,
        limit: u64,
        upload: &mut Option<Box<dyn MultipartUpload>>,
    ) -> Result<(u64, [u8; 32]), Error> {
        let (mut size, mut digest, mut part) = (0, Context::new(&SHA256), BytesMut::new());
        while let Some(piece) = source.next().await? {
            size += piece.len() as u64;
            if size > limit {
                return Err(too_large(limit));
            }
            digest.update(&piece);
            part.extend_from_slice(&piece);
            while part.len() >= PART {
                let open = match upload {
                    Some(open) => open,
                    None => upload.insert(self.objects.put_multipart(path).await.map_err(failed)?),
                };
                open.put_part(payload(part.split_to(PART).freeze()))
                    .await
                    .map_err(failed)?;
            }
        }
        match upload {
            Some(open) => {
                if !part.is_empty() {
                    open.put_part(payload(part.freeze())).await.map_err(failed)?;
                }
                open.complete().await.map_err(failed)?;
            }
            None => {
                self.objects.put(path, payload(part.freeze())).await.map_err(failed)?;
            }
        }
        Ok((size, finished(digest)))
    }

    /// The content under a key, or the part of it that is wanted. `None`: there is none, or nothing of that part.
    pub async fn get(&self, key: &str, wanted: Option<Wanted>) -> Result<Option<Found>, Error> {
        let path = self.path(key)?;
        let mut options = GetOptions::default();
        if let Some(wanted) = wanted {
            let Some(size) = self.size(key).await? else {
                return Ok(None);
            };
            let Some(range) = wanted.within(size) else {
                return Ok(None);
            };
            options.range = Some(range.into());
        }
        match self.objects.get_opts(&path, options).await {
            Ok(found) => Ok(Some(Found {
                size: found.meta.size,
                range: found.range.clone(),
                pieces: found.into_stream().boxed(),
            })),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// Bytes of the content under a key. `None`: there is none.
    pub async fn size(&self, key: &str) -> Result<Option<u64>, Error> {
        match self.objects.head(&self.path(key)?).await {
            Ok(found) => Ok(Some(found.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// Removes the content under a key; one that is not there is removed already. A file that rows name is let go with
    /// [`garbage::release`] instead, in the unit of work that removes the row.
    pub async fn delete(&self, key: &str) -> Result<(), Error> {
        let path = self.path(key)?;
        match self.objects.delete(&path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(failed(error)),
        }
        self.delete_unfinished(path).await
    }

    /// In a directory a content is written beside its place and then renamed. A process that was killed meanwhile left such a file.
    async fn delete_unfinished(&self, path: Path) -> Result<(), Error> {
        let Some(directory) = self.directory.clone() else {
            return Ok(());
        };
        let work = tokio::task::spawn_blocking(move || -> std::io::Result<()> {
            let place = directory.join(path.as_ref());
            let (Some(parent), Some(name)) = (place.parent(), path.filename()) else {
                return Ok(());
            };
            let beginning = format!("{name}#");
            let entries = match std::fs::read_dir(parent) {
                Ok(entries) => entries,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
                Err(error) => return Err(error),
            };
            for entry in entries {
                let entry = entry?;
                if entry.file_name().to_string_lossy().starts_with(&beginning) {
                    std::fs::remove_file(entry.path())?;
                }
            }
            Ok(())
        });
        work.await.map_err(Error::internal)?.map_err(Error::internal)
    }

    /// Takes a content into a temporary file, so that it can be looked into before it is stored.
    ///
    /// # Errors
    /// 413 when it is longer than `limit` bytes, what the source says, and 500 when the disk fails.
    pub async fn spool(&self, source: &mut impl Source, limit: u64) -> Result<Spooled, Error> {
        let place = self.places.clone().acquire_owned().await.ok();
        Spooled::new(&self.spool, place, source, limit).await
    }

    fn path(&self, key: &str) -> Result<Path, Error> {
        let whole = if self.prefix.is_empty() {
            key.to_owned()
        } else {
            format!("{}/{key}", self.prefix)
        };
        Path::parse(whole)
            .map_err(|error| Error::invalid(codes::INVALID_ARGUMENT, format!("The path cannot be used: {error}.")))
    }
}

impl std::fmt::Debug for Blobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blobs")
            .field("objects", &self.objects.to_string())
            .finish_non_exhaustive()
    }
}

fn payload(bytes: Bytes) -> PutPayload {
    PutPayload::from_bytes(bytes)
}

fn failed(error: object_store::Error) -> Error {
    Error::internal(format!("object storage: {error}"))
}

/// 413
pub(crate) fn too_large(limit: u64) -> Error {
    Error::of(Kind::TooLarge, format!("The file is larger than {limit} bytes."))
}
