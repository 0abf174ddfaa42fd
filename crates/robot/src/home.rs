//! The robot's directory.
//!
//! ```text
//! robot.lock            held while a robot runs: one per directory
//! installation          the installation's GUID
//! packages/<sha256>/    unpacked packages              (packages.rs)
//! environments/<hash>/  Python environments            (runtimes/python.rs)
//! jobs/<job>-<n>/       what robot and supervisor keep of an execution; nobody else may look   (place.rs)
//! work/<job>-<n>/       what the job itself sees and may change
//! ```
//!
//! Everything is the robot's own, mode 0700. When jobs run under another account, it may pass through the directory to its job's part of
//! `work` and to `environments`, and list or read nothing else.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use rustix::fs::FlockOperation;
use uuid::Uuid;

use crate::clock;

/// The robot's directory, locked.
#[derive(Debug)]
pub struct Home {
    root: PathBuf,
    pub installation: Uuid,
    _lock: File,
}

impl Home {
    /// Opens the directory, and makes it at the first start. `shared`: jobs run under another account.
    ///
    /// # Errors
    /// A directory that cannot be written, or that another robot uses.
    pub fn open(root: &Path, shared: bool) -> anyhow::Result<Self> {
        let problem = || format!("cannot use the directory {}", root.display());
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(root)
            .with_context(problem)?;
        let root = root.canonicalize().with_context(problem)?;
        let lock = private_file(&root.join("robot.lock")).with_context(problem)?;
        if rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            bail!("another robot uses {}", root.display());
        }
        let passable = if shared { 0o711 } else { 0o700 };
        fs::set_permissions(&root, Permissions::from_mode(passable)).with_context(problem)?;
        let readable = if shared { 0o755 } else { 0o700 };
        for (name, mode) in [
            ("packages", 0o700),
            ("environments", readable),
            ("jobs", 0o700),
            ("work", passable),
        ] {
            directory(&root.join(name), mode).with_context(problem)?;
        }
        let installation = installation(&root).with_context(problem)?;
        Ok(Self {
            root,
            installation,
            _lock: lock,
        })
    }

    pub fn packages(&self) -> PathBuf {
        self.root.join("packages")
    }

    pub fn environments(&self) -> PathBuf {
        self.root.join("environments")
    }

    pub fn jobs(&self) -> PathBuf {
        self.root.join("jobs")
    }

    pub fn work(&self) -> PathBuf {
        self.root.join("work")
    }
}

/// Makes a directory unless it is there, and sets its mode.
///
/// # Errors
/// Whatever the system says.
pub fn directory(path: &Path, mode: u32) -> std::io::Result<()> {
    match DirBuilder::new().mode(mode).create(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        other => other?,
    }
    fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Opens a file for writing that only the robot's account may read; makes it unless it is there.
///
/// # Errors
/// Whatever the system says.
pub fn private_file(path: &Path) -> std::io::Result<File> {
    File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

/// Replaces a file in one step: a reader finds the old text or the new one.
///
/// # Errors
/// Whatever the system says.
pub fn replace(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let fresh = path.with_extension("new");
    let mut file = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&fresh)?;
    file.write_all(text)?;
    fs::rename(&fresh, path)
}

/// Removes a directory with all that is in it, also where its owner took the right to do so away. What is not there is removed already.
///
/// # Errors
/// Whatever the system says.
pub fn remove(path: &Path) -> std::io::Result<()> {
    let outcome = match fs::remove_dir_all(path) {
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            open_up(path);
            fs::remove_dir_all(path)
        }
        other => other,
    };
    match outcome {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn open_up(path: &Path) {
    let Ok(about) = fs::symlink_metadata(path) else {
        return;
    };
    if !about.is_dir() {
        return;
    }
    let _ = fs::set_permissions(path, Permissions::from_mode(0o700));
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        open_up(&entry.path());
    }
}

fn installation(root: &Path) -> anyhow::Result<Uuid> {
    let path = root.join("installation");
    match fs::read_to_string(&path) {
        Ok(text) => Uuid::try_parse(text.trim()).with_context(|| format!("{} holds no GUID", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let id = clock::uuid();
            replace(&path, id.to_string().as_bytes())?;
            // Lost, it would be another installation after a power failure, and jobs would be thought to be with the former one.
            File::open(&path)?.sync_all()?;
            File::open(root)?.sync_all()?;
            Ok(id)
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_robot_per_directory_and_the_installation_stays() {
        let place = tempfile::tempdir().expect("a directory");
        let root = place.path().join("robot");
        let first = Home::open(&root, false).expect("opens");
        let error = Home::open(&root, false).expect_err("is in use");
        assert!(error.to_string().contains("another robot uses"), "{error}");
        let id = first.installation;
        drop(first);
        assert_eq!(Home::open(&root, false).expect("opens").installation, id);
        let mode = fs::metadata(&root).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode, 0o700);
    }

    #[test]
    fn directories_whose_owner_locked_them_are_removed() {
        let place = tempfile::tempdir().expect("a directory");
        let deep = place.path().join("a/b");
        fs::create_dir_all(&deep).expect("made");
        fs::write(deep.join("file"), "x").expect("written");
        fs::set_permissions(&deep, Permissions::from_mode(0o0)).expect("locked");
        remove(&place.path().join("a")).expect("removed");
        assert!(!place.path().join("a").exists());
        remove(&place.path().join("a")).expect("is removed already");
    }
}
