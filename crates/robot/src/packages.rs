//! Unpacked packages, kept by the hash of their files. A version is fetched and unpacked once; the least recently used go when there are
//! too many.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use robot_protocol::StartJob;
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use crate::clock;
use crate::config::CacheLimits;
use crate::home;
use crate::manifest::Manifest;
use crate::problem::Problem;
use crate::server::{Api, Download, Refused};
use crate::unpack;

/// A package that is ready to be run. It stays as long as somebody holds it.
#[derive(Debug)]
pub struct Unpacked {
    /// What lay below `content/`.
    pub content: PathBuf,
    pub manifest: Manifest,
}

/// Why there is no package.
pub enum Missing {
    /// The server's word.
    Refused(Refused),
    /// The package's fault.
    Problem(Problem),
}

/// The packages of a robot.
pub struct Cache {
    directory: PathBuf,
    limits: CacheLimits,
    kept: Mutex<HashMap<String, Entry>>,
}

struct Entry {
    /// Filled by the first who needs it, while others wait.
    cell: Arc<OnceCell<Arc<Unpacked>>>,
    bytes: u64,
    used: Instant,
}

/// `about.json`, which makes a directory complete.
#[derive(Serialize, Deserialize)]
struct About {
    bytes: u64,
}

impl Cache {
    /// Opens the directory; what an earlier robot left half done is removed.
    pub fn open(directory: PathBuf, limits: CacheLimits) -> Self {
        let mut found: Vec<(SystemTime, String, Entry)> = Vec::new();
        for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            let Some((unpacked, bytes, used)) = read_back(&path) else {
                let _ = home::remove(&path);
                let _ = fs::remove_file(&path);
                continue;
            };
            let entry = Entry {
                cell: Arc::new(OnceCell::new_with(Some(Arc::new(unpacked)))),
                bytes,
                used: Instant::now(),
            };
            found.push((used, name, entry));
        }
        // The order of use outlives the robot in the times of files; within a run it is kept in memory.
        found.sort_by_key(|(used, ..)| *used);
        let now = Instant::now();
        let count = found.len() as u32;
        let mut kept = HashMap::new();
        for (index, (_, name, mut entry)) in found.into_iter().enumerate() {
            let age = Duration::from_millis(u64::from(count - index as u32));
            entry.used = now.checked_sub(age).unwrap_or(now);
            kept.insert(name, entry);
        }
        Self {
            directory,
            limits,
            kept: Mutex::new(kept),
        }
    }

    /// The package of a job: from the directory, or from the server.
    ///
    /// # Errors
    /// [`Missing`].
    pub async fn get(&self, api: &Api, start: &StartJob) -> Result<Arc<Unpacked>, Missing> {
        let hash = start.package.sha256.to_ascii_lowercase();
        if hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let problem = Problem::package(format!("the server names no proper hash of {}", start.package.id));
            return Err(Missing::Problem(problem));
        }
        let cell = {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            let entry = kept.entry(hash.clone()).or_insert_with(|| Entry {
                cell: Arc::new(OnceCell::new()),
                bytes: 0,
                used: Instant::now(),
            });
            entry.used = Instant::now();
            entry.cell.clone()
        };
        let fresh = !cell.initialized();
        let unpacked = cell.get_or_try_init(|| self.fetch(api, start, &hash)).await?.clone();
        if fresh {
            self.shrink(&hash);
        }
        Ok(unpacked)
    }

    async fn fetch(&self, api: &Api, start: &StartJob, hash: &str) -> Result<Arc<Unpacked>, Missing> {
        let package = &start.package;
        let broken =
            |error: std::io::Error| Missing::Problem(Problem::robot(format!("cannot store {}: {error}", package.id)));
        let file = self.directory.join(format!("{hash}.nupkg"));
        let path = format!("Package/{}", start.attempt.job);
        let mut tries = 0;
        loop {
            let mut download = Download::new(&file, package.size);
            if let Err(refused) = api.fetch(&path, &mut download).await {
                let _ = fs::remove_file(&file);
                return Err(Missing::Refused(refused));
            }
            if download.digest() == hash {
                break;
            }
            tries += 1;
            if tries == 3 {
                let _ = fs::remove_file(&file);
                let text = format!(
                    "{} {} does not have the hash that the server says",
                    package.id, package.version
                );
                return Err(Missing::Problem(Problem::package(text)));
            }
        }
        let target = self.directory.join(hash);
        let limit = self.limits.package;
        let unpacking = tokio::task::spawn_blocking({
            let file = file.clone();
            move || unpack_into(&file, &target, limit)
        });
        let outcome = unpacking.await.map_err(|error| broken(std::io::Error::other(error)))?;
        let _ = fs::remove_file(&file);
        let (unpacked, bytes) = outcome.map_err(|text| Missing::Problem(Problem::package(text)))?;
        if let Some(entry) = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get_mut(hash) {
            entry.bytes = bytes;
        }
        Ok(Arc::new(unpacked))
    }

    /// Notes when packages were used, for the next start. Called now and then.
    pub fn note_use(&self) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let now = clock::file_time();
        for (hash, entry) in kept.iter() {
            if let Ok(file) = File::options()
                .write(true)
                .open(self.directory.join(hash).join("about.json"))
            {
                let _ = file.set_modified(now.checked_sub(entry.used.elapsed()).unwrap_or(now));
            }
        }
    }

    /// Removes the least recently used until the rest fits. What is in use, and `newest`, stays.
    fn shrink(&self, newest: &str) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut total: u64 = kept.values().map(|entry| entry.bytes).sum();
        while total > self.limits.packages {
            let idle = |entry: &Entry| {
                Arc::strong_count(&entry.cell) == 1
                    && entry
                        .cell
                        .get()
                        .is_some_and(|unpacked| Arc::strong_count(unpacked) == 1)
            };
            let oldest = kept
                .iter()
                .filter(|(hash, entry)| *hash != newest && idle(entry))
                .min_by_key(|(_, entry)| entry.used)
                .map(|(hash, _)| hash.clone());
            let Some(hash) = oldest else { return };
            if let Some(entry) = kept.remove(&hash) {
                total -= entry.bytes;
            }
            if let Err(error) = home::remove(&self.directory.join(&hash)) {
                tracing::warn!("cannot remove a package from the cache: {error}");
            }
        }
    }
}

fn unpack_into(file: &Path, target: &Path, limit: u64) -> Result<(Unpacked, u64), String> {
    let text = |error: std::io::Error| format!("the package could not be unpacked: {error}");
    home::remove(target).map_err(text)?;
    home::directory(target, 0o700).map_err(text)?;
    let content = target.join("content");
    let outcome = unpack::unpack(file, &content, limit)
        .map_err(|error| error.to_string())
        .and_then(|bytes| Manifest::read(&content).map(|manifest| (manifest, bytes)))
        .and_then(|(manifest, bytes)| {
            let about = serde_json::to_vec(&About { bytes }).unwrap_or_default();
            home::replace(&target.join("about.json"), &about).map_err(text)?;
            Ok((Unpacked { content, manifest }, bytes))
        });
    if outcome.is_err() {
        let _ = home::remove(target);
    }
    outcome
}

fn read_back(path: &Path) -> Option<(Unpacked, u64, SystemTime)> {
    let about = path.join("about.json");
    let used = fs::metadata(&about).ok()?.modified().ok()?;
    let about: About = serde_json::from_slice(&fs::read(about).ok()?).ok()?;
    let content = path.join("content");
    let manifest = Manifest::read(&content).ok()?;
    Some((Unpacked { content, manifest }, about.bytes, used))
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String cannot fail.
            let _infallible = write!(text, "{byte:02x}");
            text
        })
}
