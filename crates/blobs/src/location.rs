//! Where files are kept.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;

/// Where files are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// Below a directory.
    Directory(PathBuf),
    /// In a bucket of an S3-compatible service, below a prefix. How to reach it and with which credentials stands in the usual
    /// environment variables: `AWS_ENDPOINT`, `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_ALLOW_HTTP`.
    S3 { bucket: String, prefix: String },
    /// In memory: gone at the end. For tests.
    Memory,
}

impl Location {
    /// Reads `s3://bucket/prefix`, `memory:`, `file:directory` or a directory.
    ///
    /// # Errors
    /// What is wrong with it, in words for the operator.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(rest) = text.strip_prefix("s3://") {
            let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            if bucket.is_empty() {
                return Err(format!("`{text}` names no bucket"));
            }
            return Ok(Self::S3 {
                bucket: bucket.to_owned(),
                prefix: prefix.trim_matches('/').to_owned(),
            });
        }
        match text.strip_prefix("file:").unwrap_or(text) {
            "memory:" => Ok(Self::Memory),
            "" => Err("the directory has no name".to_owned()),
            other if other.contains("://") => Err(format!("`{other}` is neither a directory nor s3://bucket/prefix")),
            directory => Ok(Self::Directory(PathBuf::from(directory))),
        }
    }

    /// The storage, the prefix of its keys, and its directory if it has one.
    pub(crate) fn open(&self) -> Result<Opened, String> {
        match self {
            Self::Directory(directory) => {
                create_private(directory)
                    .map_err(|error| format!("cannot create the directory {}: {error}", directory.display()))?;
                let objects = LocalFileSystem::new_with_prefix(directory)
                    .map_err(|error| format!("cannot use the directory {}: {error}", directory.display()))?
                    .with_fsync(true);
                Ok(Opened {
                    objects: Arc::new(objects),
                    prefix: String::new(),
                    directory: Some(directory.clone()),
                })
            }
            Self::S3 { bucket, prefix } => {
                let objects = AmazonS3Builder::from_env()
                    .with_bucket_name(bucket)
                    .build()
                    .map_err(|error| format!("cannot use the bucket {bucket}: {error}"))?;
                Ok(Opened {
                    objects: Arc::new(objects),
                    prefix: prefix.clone(),
                    directory: None,
                })
            }
            Self::Memory => Ok(Opened {
                objects: Arc::new(InMemory::new()),
                prefix: String::new(),
                directory: None,
            }),
        }
    }
}

pub(crate) struct Opened {
    pub objects: Arc<dyn ObjectStore>,
    pub prefix: String,
    pub directory: Option<PathBuf>,
}

/// Creates a directory that only this account can look into; one that exists stays as it is.
pub(crate) fn create_private(directory: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_a_directory_or_a_bucket() {
        let s3 = |bucket: &str, prefix: &str| {
            Ok(Location::S3 {
                bucket: bucket.to_owned(),
                prefix: prefix.to_owned(),
            })
        };
        assert_eq!(Location::parse("s3://files/some/where/"), s3("files", "some/where"));
        assert_eq!(Location::parse("s3://files"), s3("files", ""));
        assert_eq!(Location::parse("file:./x"), Ok(Location::Directory("./x".into())));
        assert_eq!(Location::parse("memory:"), Ok(Location::Memory));
        for wrong in ["", "s3://", "ftp://x/y"] {
            assert!(Location::parse(wrong).is_err(), "{wrong}");
        }
    }
}
