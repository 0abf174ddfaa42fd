//! A file that comes from the server, with its hash.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

/// Receives a file.
pub struct Download {
    path: PathBuf,
    file: Option<File>,
    digest: Sha256,
    length: u64,
    limit: u64,
}

impl Download {
    /// Into `path`, at most `limit` bytes.
    pub fn new(path: &Path, limit: u64) -> Self {
        Self {
            path: path.to_owned(),
            file: None,
            digest: Sha256::new(),
            length: 0,
            limit,
        }
    }

    /// From the beginning (again).
    pub(super) fn begin(&mut self) -> io::Result<()> {
        let mut options = File::options();
        let file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&self.path)?;
        self.file = Some(file);
        self.digest = Sha256::new();
        self.length = 0;
        Ok(())
    }

    pub(super) fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.length += bytes.len() as u64;
        if self.length > self.limit {
            return Err(io::Error::other(format!("it is longer than {} bytes", self.limit)));
        }
        self.digest.update(bytes);
        match self.file.as_mut() {
            Some(file) => file.write_all(bytes),
            None => Err(io::Error::other("nothing was begun")),
        }
    }

    /// SHA-256 of what came, in lower-case hexadecimal digits.
    pub fn digest(self) -> String {
        crate::packages::hex(&self.digest.finalize())
    }
}
