//! The directories of one execution, and what lies in them.
//!
//! `jobs/<job>-<n>/` belongs to robot and supervisor:
//!
//! | file | written by | says |
//! |---|---|---|
//! | `job.json` | robot, before it accepts | which execution this is, and in which boot of the machine |
//! | `lock` | | locked by the supervisor as long as it lives |
//! | `spec.json` | robot | what to run; the supervisor removes it once read, for it holds the job's token |
//! | `control` | | FIFO; a byte in it wakes the supervisor |
//! | `stop`, `kill` | robot | the job is to end |
//! | `started` | supervisor, just before it starts the command | from here on the execution is never started again |
//! | `log` | supervisor | the job's log entries, a JSON text per line |
//! | `result.json` | supervisor, at the end | how it ended |
//! | `said.json` | robot | what was uploaded already when the end is told |
//!
//! `work/<job>-<n>/` belongs to the job: `content` (its copy of the package, where it runs), `input.json`, `home`, `tmp`, `attachments`,
//! `media`. Nothing in it is believed: the robot opens files there without following links.

use std::fs::{self, File, Permissions};
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use robot_protocol::{Attempt, StartJob};
use rustix::fs::{CWD, FlockOperation, Mode, OFlags};
use serde::{Deserialize, Serialize};

use crate::home::{self, Home};
use crate::users::User;

/// The directories of one execution.
#[derive(Debug, Clone)]
pub struct Place {
    pub attempt: Attempt,
    /// Robot's and supervisor's part.
    pub control: PathBuf,
    /// The job's part.
    pub work: PathBuf,
}

/// `job.json`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    pub start: StartJob,
    /// Of the kernel: after a crash of the machine, files that say what was done may be missing.
    pub boot: String,
}

/// How far an execution got whose directory was found.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// A supervisor is at work.
    Running,
    /// It never started and may be started.
    Ready,
    /// It has its result, or has lost it.
    Ended,
}

impl Place {
    pub fn of(home: &Home, attempt: Attempt) -> Self {
        let name = format!("{}-{}", attempt.job.simple(), attempt.attempt);
        Self {
            attempt,
            control: home.jobs().join(&name),
            work: home.work().join(&name),
        }
    }

    /// Makes the directories. What a broken try left is thrown away; an execution that was started is not to be made again.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn create(&self, start: &StartJob) -> io::Result<()> {
        if self.has("started") {
            return Err(io::Error::other("it was started before"));
        }
        self.remove()?;
        home::directory(&self.control, 0o700)?;
        let record = Record {
            start: start.clone(),
            boot: boot(),
        };
        home::replace(&self.control.join("job.json"), &serde_json::to_vec(&record)?)?;
        rustix::fs::mkfifoat(CWD, self.control.join("control"), Mode::RUSR | Mode::WUSR)?;
        Ok(())
    }

    /// Makes the job's part: its copy of the package and the empty directories around it, owned by the account the job runs under.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn furnish(&self, package: &Path, user: Option<&User>) -> io::Result<()> {
        home::remove(&self.work)?;
        home::directory(&self.work, 0o700)?;
        copy(package, &self.work.join("content"), user)?;
        for name in ["home", "tmp", "attachments", "media"] {
            home::directory(&self.work.join(name), 0o700)?;
            give(&self.work.join(name), user)?;
        }
        give(&self.work, user)
    }

    /// Writes a file into the job's part. Only before the job starts: later its directories are not to be trusted.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn hand(&self, name: &str, text: &[u8], user: Option<&User>) -> io::Result<()> {
        let path = self.work.join(name);
        fs::write(&path, text)?;
        fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        give(&path, user)
    }

    /// The executions whose directories are there.
    pub fn all(home: &Home) -> Vec<(Self, Record)> {
        let entries = fs::read_dir(home.jobs()).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| {
                let text = fs::read(entry.path().join("job.json")).ok();
                let record = text.and_then(|text| serde_json::from_slice::<Record>(&text).ok());
                let Some(record) = record else {
                    // Made just before the robot died: nothing was accepted yet.
                    let _ = home::remove(&entry.path());
                    return None;
                };
                Some((Self::of(home, record.start.attempt), record))
            })
            .collect()
    }

    /// Removes the parts of jobs that nothing refers to.
    pub fn sweep(home: &Home) {
        for entry in fs::read_dir(home.work()).into_iter().flatten().flatten() {
            if !home.jobs().join(entry.file_name()).exists() {
                let _ = home::remove(&entry.path());
            }
        }
    }

    /// How far it got.
    pub fn found(&self, record: &Record) -> Found {
        if self.lock().is_none() {
            return Found::Running;
        }
        if self.has("result.json") || self.has("started") || record.boot != boot() {
            return Found::Ended;
        }
        Found::Ready
    }

    /// Takes the lock; `None` while a supervisor holds it.
    pub fn lock(&self) -> Option<File> {
        let file = home::private_file(&self.control.join("lock")).ok()?;
        rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).ok()?;
        Some(file)
    }

    /// Takes the lock where no supervisor should hold it. Between `fork` and `exec`, the process of another job shares the files that
    /// this one has open, and with them the lock; that passes.
    pub fn lock_soon(&self) -> Option<File> {
        for _ in 0..500 {
            if let Some(lock) = self.lock() {
                return Some(lock);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }

    /// Waits until no supervisor holds the lock, on the caller's thread.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn wait_for_lock(&self) -> io::Result<File> {
        let file = home::private_file(&self.control.join("lock"))?;
        while let Err(error) = rustix::fs::flock(&file, FlockOperation::LockExclusive) {
            if error != rustix::io::Errno::INTR {
                return Err(error.into());
            }
        }
        Ok(file)
    }

    pub fn has(&self, name: &str) -> bool {
        self.control.join(name).exists()
    }

    /// Tells the supervisor that the job is to end. It finds the file should it not listen yet.
    ///
    /// # Errors
    /// Whatever the system says about the file.
    pub fn order(&self, kill: bool) -> io::Result<()> {
        let name = if kill { "kill" } else { "stop" };
        home::private_file(&self.control.join(name))?;
        let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        if let Ok(fifo) = rustix::fs::open(self.control.join("control"), flags, Mode::empty()) {
            let _ = rustix::io::write(&fifo, b"!");
        }
        Ok(())
    }

    /// Removes everything of the execution. The control part goes last: as long as it is there the rest is found again.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn remove(&self) -> io::Result<()> {
        home::remove(&self.work)?;
        home::remove(&self.control)
    }

    /// Opens a plain file of the job's part, following no links, whatever the job made of its directories. `None`: there is none.
    ///
    /// # Errors
    /// Something else than a plain file, a link on the way, or what the system says.
    pub fn look(&self, path: &str) -> io::Result<Option<File>> {
        beneath(&self.work, path)
    }

    /// Names and sizes of the plain files directly in a directory of the job's part.
    pub fn list(&self, directory: &str) -> Vec<(String, File)> {
        let Ok(parent) = walk(&self.work, directory) else {
            return Vec::new();
        };
        let Ok(entries) = rustix::fs::Dir::read_from(&parent) else {
            return Vec::new();
        };
        let names = entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str().ok().map(str::to_owned));
        let mut names: Vec<String> = names.filter(|name| name != "." && name != "..").collect();
        names.sort_unstable();
        let open = |name: String| open_plain(&parent, &name).ok().flatten().map(|file| (name, file));
        names.into_iter().filter_map(open).collect()
    }
}

/// Reads a file that may not be longer than `limit` bytes.
///
/// # Errors
/// A longer file, or what the system says.
pub fn read(file: &mut File, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::other(format!("it is longer than {limit} bytes")));
    }
    Ok(bytes)
}

/// Opens a plain file below a directory without following links. The directory itself is trusted.
///
/// # Errors
/// See [`Place::look`].
pub fn beneath(root: &Path, path: &str) -> io::Result<Option<File>> {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    match walk(root, directory) {
        Ok(parent) => open_plain(&parent, name),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn walk(root: &Path, directory: &str) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut at = rustix::fs::open(root, flags, Mode::empty())?;
    for name in directory.split('/').filter(|name| !name.is_empty()) {
        at = rustix::fs::openat(&at, name, flags, Mode::empty())?;
    }
    Ok(at)
}

fn open_plain(parent: &OwnedFd, name: &str) -> io::Result<Option<File>> {
    // Not blocking: opening a FIFO would wait for somebody to write into it.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    match rustix::fs::openat(parent, name, flags, Mode::empty()) {
        Err(rustix::io::Errno::NOENT) => Ok(None),
        Err(error) => Err(error.into()),
        Ok(file) => {
            let file = File::from(file);
            if file.metadata()?.is_file() {
                Ok(Some(file))
            } else {
                Err(io::Error::other(format!("{name} is not a plain file")))
            }
        }
    }
}

/// Which boot of the machine this is.
fn boot() -> String {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id");
    text.map(|text| text.trim().to_owned()).unwrap_or_default()
}

fn give(path: &Path, user: Option<&User>) -> io::Result<()> {
    match user {
        Some(user) => chown(path, Some(user.uid), Some(user.gid)),
        None => Ok(()),
    }
}

/// Copies a directory of plain files and directories, as the package cache makes them.
fn copy(from: &Path, to: &Path, user: Option<&User>) -> io::Result<()> {
    home::directory(to, 0o700)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target, user)?;
        } else {
            fs::copy(entry.path(), &target)?;
            let executable = entry.metadata()?.permissions().mode() & 0o100;
            fs::set_permissions(&target, Permissions::from_mode(0o600 | executable))?;
            give(&target, user)?;
        }
    }
    give(to, user)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use uuid::Uuid;

    use super::*;

    fn place(root: &Path) -> Place {
        Place {
            attempt: Attempt {
                job: Uuid::from_u128(7),
                attempt: 1,
            },
            control: root.join("control"),
            work: root.join("work"),
        }
    }

    #[test]
    fn files_of_a_job_are_read_without_following_links() {
        let root = tempfile::tempdir().expect("a directory");
        fs::write(root.path().join("secret"), "of the robot").expect("written");
        let place = place(root.path());
        fs::create_dir_all(place.work.join("content/inner")).expect("made");
        fs::write(place.work.join("content/inner/output.json"), "{}").expect("written");
        assert!(place.look("content/inner/output.json").expect("looks").is_some());
        assert!(place.look("content/inner/other.json").expect("looks").is_none());
        assert!(place.look("content/nowhere/other.json").expect("looks").is_none());

        symlink(root.path().join("secret"), place.work.join("output.json")).expect("linked");
        assert!(place.look("output.json").is_err());
        symlink(root.path(), place.work.join("attachments")).expect("linked");
        assert!(place.look("attachments/secret").is_err());
        assert!(place.list("attachments").is_empty());
        rustix::fs::mkfifoat(CWD, place.work.join("fifo"), Mode::RUSR).expect("made");
        assert!(place.look("fifo").is_err());
    }

    #[test]
    fn the_lock_says_whether_a_supervisor_lives() {
        let root = tempfile::tempdir().expect("a directory");
        let place = place(root.path());
        fs::create_dir_all(&place.control).expect("made");
        let held = place.lock().expect("free");
        assert!(place.lock().is_none());
        drop(held);
        assert!(place.lock().is_some());
    }
}
