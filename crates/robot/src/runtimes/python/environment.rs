//! Virtual environments, kept per set of requirements.
//!
//! Installing a package may run code of its author. When jobs run under another account, so does the installation; afterwards the
//! environment becomes the robot's, so that no job can change what another one runs.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, lchown};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};
use sha2::{Digest as _, Sha256};
use tokio::process::Command;
use tokio::sync::OnceCell;

use super::requirements::Requirements;
use crate::config::Python;
use crate::home;
use crate::packages::hex;
use crate::problem::Problem;
use crate::users::User;

/// For one command of an installation.
const PATIENCE: Duration = Duration::from_secs(1_800);
/// Variables of the robot's that an installation may need: how to reach an index.
const PASSED: [&str; 12] = [
    "PATH",
    "LANG",
    "LC_ALL",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "HOME",
];

/// The environments of a robot.
pub struct Environments {
    directory: PathBuf,
    python: Python,
    user: Option<User>,
    limit: usize,
    kept: Mutex<HashMap<String, Entry>>,
    /// What the interpreter says about itself.
    version: OnceCell<String>,
}

struct Entry {
    cell: Arc<OnceCell<Arc<PathBuf>>>,
    used: Instant,
}

impl Environments {
    /// Opens the directory; what an earlier robot left half done is removed.
    pub fn open(directory: PathBuf, python: Python, user: Option<User>, limit: usize) -> Self {
        let mut kept = HashMap::new();
        for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.join("ready").is_file() {
                let cell = Arc::new(OnceCell::new_with(Some(Arc::new(path.join("venv")))));
                let used = Instant::now();
                kept.insert(entry.file_name().to_string_lossy().into_owned(), Entry { cell, used });
            } else {
                let _ = home::remove(&path);
            }
        }
        Self {
            directory,
            python,
            user,
            limit,
            kept: Mutex::new(kept),
            version: OnceCell::new(),
        }
    }

    /// The environment for a package, made when there is none yet. It stays as long as somebody holds it.
    ///
    /// # Errors
    /// What stands against an installation.
    pub async fn get(&self, content: &Path) -> Result<Arc<PathBuf>, Problem> {
        let requirements = Requirements::read(content).map_err(Problem::package)?;
        let version = self.version.get_or_try_init(|| self.ask_version()).await?;
        let name = self.name(&requirements, version);
        let cell = {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            let entry = kept.entry(name.clone()).or_insert_with(|| Entry {
                cell: Arc::new(OnceCell::new()),
                used: Instant::now(),
            });
            entry.used = Instant::now();
            entry.cell.clone()
        };
        let fresh = !cell.initialized();
        let found = cell.get_or_try_init(|| self.make(&name, &requirements)).await?.clone();
        if fresh {
            self.shrink(&name);
        }
        Ok(found)
    }

    fn name(&self, requirements: &Requirements, version: &str) -> String {
        let mut digest = Sha256::new();
        let wheelhouse = self.python.wheelhouse.as_deref().unwrap_or(Path::new(""));
        let program = self.python.program.to_string_lossy();
        let parts = [program.as_ref(), version, &wheelhouse.to_string_lossy()];
        let lists = [&self.python.pip, &requirements.wanted, &requirements.locked];
        for part in parts.into_iter().chain(lists.into_iter().flat_map(|list| {
            // The end of each list is marked, so that no line counts for its neighbour.
            list.iter().map(String::as_str).chain(["\u{1}"])
        })) {
            digest.update(part);
            digest.update([0]);
        }
        hex(&digest.finalize())[..32].to_owned()
    }

    async fn ask_version(&self) -> Result<String, Problem> {
        let program = &self.python.program;
        let output = Command::new(program)
            .arg("--version")
            .stdin(Stdio::null())
            .output()
            .await;
        let output = output
            .map_err(|error| Problem::environment(format!("{} cannot be started: {error}", program.display())))?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    async fn make(&self, name: &str, requirements: &Requirements) -> Result<Arc<PathBuf>, Problem> {
        let root = self.directory.join(name);
        let made = self.install(&root, requirements).await;
        match made {
            Ok(path) => Ok(Arc::new(path)),
            Err(problem) => {
                let _ = home::remove(&root);
                Err(problem)
            }
        }
    }

    async fn install(&self, root: &Path, requirements: &Requirements) -> Result<PathBuf, Problem> {
        let system = |error: std::io::Error| Problem::environment(format!("{}: {error}", root.display()));
        tracing::info!(directory = %root.display(), "making a Python environment");
        home::remove(root).map_err(system)?;
        home::directory(root, if self.user.is_some() { 0o755 } else { 0o700 }).map_err(system)?;
        let wanted = root.join("requirements.txt");
        let locked = root.join("constraints.txt");
        fs::write(&wanted, requirements.wanted.join("\n")).map_err(system)?;
        fs::write(&locked, requirements.locked.join("\n")).map_err(system)?;
        if let Some(user) = &self.user {
            for path in [root, &wanted, &locked] {
                chown(path, Some(user.uid), Some(user.gid)).map_err(system)?;
            }
        }
        let venv = root.join("venv");
        self.run(
            root,
            &self.python.program,
            &["-m".as_ref(), "venv".as_ref(), venv.as_os_str()],
        )
        .await?;
        let mut arguments: Vec<&OsStr> = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
            .into_iter()
            .map(OsStr::new)
            .collect();
        if self.user.is_some() {
            arguments.push("--no-cache-dir".as_ref());
        }
        if let Some(wheelhouse) = &self.python.wheelhouse {
            arguments.extend(["--no-index".as_ref(), "--find-links".as_ref(), wheelhouse.as_os_str()]);
        }
        arguments.extend(self.python.pip.iter().map(OsStr::new));
        arguments.extend(["-r".as_ref(), wanted.as_os_str(), "-c".as_ref(), locked.as_os_str()]);
        self.run(root, &venv.join("bin/python"), &arguments).await?;
        if !venv.join("bin/uipath").exists() {
            return Err(Problem::environment("the installation has no program `uipath`"));
        }
        if self.user.is_some() {
            let root = root.to_owned();
            let taken = tokio::task::spawn_blocking(move || take_over(&root)).await;
            taken
                .map_err(std::io::Error::other)
                .and_then(|taken| taken)
                .map_err(system)?;
        }
        fs::write(root.join("ready"), "").map_err(system)?;
        Ok(venv)
    }

    /// Runs one command of an installation. Dropped, it ends all that the command started.
    async fn run(&self, root: &Path, program: &Path, arguments: &[&OsStr]) -> Result<(), Problem> {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .current_dir(root)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        let passed = |name: &str| PASSED.contains(&name) || name.starts_with("PIP_");
        command.envs(std::env::vars().filter(|(name, _)| passed(name)));
        if let Some(user) = &self.user {
            command.uid(user.uid).gid(user.gid).env("HOME", root);
        }
        let failed = |text: String| Problem::environment(text);
        let child = command.spawn();
        let child = child.map_err(|error| failed(format!("{} cannot be started: {error}", program.display())))?;
        let mut all = GroupGuard(child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)));
        let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await;
        let output =
            output.map_err(|_| failed(format!("the installation took longer than {} s", PATIENCE.as_secs())))?;
        // It has ended: its number may be another's by now.
        all.0 = None;
        let output = output.map_err(|error| failed(error.to_string()))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).replace('\0', "");
        let lines: Vec<&str> = said.lines().rev().take(20).collect();
        let said: Vec<&str> = lines.into_iter().rev().collect();
        Err(failed(format!(
            "{} ({})\n{}",
            program.display(),
            output.status,
            said.join("\n")
        )))
    }

    /// Removes the least recently used when there are too many. What is in use, and `newest`, stays.
    fn shrink(&self, newest: &str) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        while kept.len() > self.limit {
            let idle = |entry: &Entry| {
                Arc::strong_count(&entry.cell) == 1 && entry.cell.get().is_some_and(|path| Arc::strong_count(path) == 1)
            };
            let oldest = kept
                .iter()
                .filter(|(name, entry)| *name != newest && idle(entry))
                .min_by_key(|(_, entry)| entry.used)
                .map(|(name, _)| name.clone());
            let Some(name) = oldest else { return };
            kept.remove(&name);
            if let Err(error) = home::remove(&self.directory.join(&name)) {
                tracing::warn!("cannot remove a Python environment: {error}");
            }
        }
    }
}

/// Kills a process group when it goes.
struct GroupGuard(Option<Pid>);

impl Drop for GroupGuard {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            let _ = rustix::process::kill_process_group(group, Signal::KILL);
        }
    }
}

/// Makes a directory and all below it the robot's own, readable for everybody. Links are not followed.
fn take_over(path: &Path) -> std::io::Result<()> {
    let about = fs::symlink_metadata(path)?;
    lchown(
        path,
        Some(rustix::process::geteuid().as_raw()),
        Some(rustix::process::getegid().as_raw()),
    )?;
    if about.is_dir() {
        fs::set_permissions(path, Permissions::from_mode(0o755))?;
        for entry in fs::read_dir(path)? {
            take_over(&entry?.path())?;
        }
    } else if about.is_file() {
        let executable = if about.mode() & 0o100 == 0 { 0 } else { 0o111 };
        fs::set_permissions(path, Permissions::from_mode(0o644 | executable))?;
    }
    Ok(())
}
