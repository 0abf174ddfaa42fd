//! A control group (version 2) for a job, where the robot may make one: memory of all its processes together is bounded, and all of them
//! can be ended at once.
//!
//! It is possible when the robot runs in a subgroup of its own of a group that was given to it, as systemd does with `Delegate=yes` and
//! `DelegateSubgroup=robot`.

use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = "/sys/fs/cgroup";

/// A job's group.
pub struct Group {
    directory: PathBuf,
    /// Where the supervisor belongs.
    own: PathBuf,
}

impl Group {
    /// Makes a group and moves the caller into it, so that what it starts is in it. `None` where that is not possible.
    pub fn enter(name: &str, memory: u64) -> Option<Self> {
        let own = own(&fs::read_to_string("/proc/self/cgroup").ok()?)?;
        let above = own.parent()?;
        if !above.join("cgroup.subtree_control").exists() || !above.starts_with(ROOT) || above == Path::new(ROOT) {
            return None;
        }
        let enabled = fs::read_to_string(above.join("cgroup.subtree_control")).ok()?;
        if !enabled.split_whitespace().any(|name| name == "memory") {
            fs::write(above.join("cgroup.subtree_control"), "+memory").ok()?;
        }
        let directory = above.join(format!("job-{name}"));
        fs::create_dir(&directory).ok()?;
        let group = Self { directory, own };
        let entered = fs::write(group.directory.join("memory.max"), memory.to_string())
            .and_then(|()| fs::write(group.directory.join("cgroup.procs"), std::process::id().to_string()));
        if entered.is_err() {
            group.remove();
            return None;
        }
        // Without these the bound holds less strictly, but it holds.
        let _ = fs::write(group.directory.join("memory.swap.max"), "0");
        let _ = fs::write(group.directory.join("memory.oom.group"), "1");
        Some(group)
    }

    /// Moves the caller back.
    pub fn leave(&self) {
        let _ = fs::write(self.own.join("cgroup.procs"), std::process::id().to_string());
    }

    /// Whether the bound was reached and something was ended for it.
    pub fn ran_out(&self) -> bool {
        let text = fs::read_to_string(self.directory.join("memory.events")).unwrap_or_default();
        text.lines()
            .filter_map(|line| line.strip_prefix("oom_kill "))
            .any(|count| count.trim() != "0")
    }

    /// Ends everything in it.
    pub fn kill(&self) {
        let _ = fs::write(self.directory.join("cgroup.kill"), "1");
    }

    /// Removes the group, which must be empty.
    pub fn remove(&self) {
        for _ in 0..50 {
            match fs::remove_dir(&self.directory) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    std::thread::sleep(std::time::Duration::from_millis(2));
                }
                _ => return,
            }
        }
    }
}

/// The directory of the group a process is in, from its `/proc/<pid>/cgroup`.
fn own(text: &str) -> Option<PathBuf> {
    let path = text.lines().find_map(|line| line.strip_prefix("0::"))?;
    let root = Path::new(ROOT);
    let below = path.trim_start_matches('/');
    root.join("cgroup.controllers").exists().then(|| root.join(below))
}
