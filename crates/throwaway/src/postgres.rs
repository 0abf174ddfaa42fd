//! A throw-away PostgreSQL cluster per test process, a database per test.
//!
//! The cluster listens on a socket in its own folder and never waits for the disk, unless it is asked for one that does. A watchdog process holds
//! the other end of a pipe of ours: when we end, by return or by SIGKILL, it stops the cluster and removes
//! the folder. PostgreSQL refuses to run as root, so root's cluster runs as `postgres` or `nobody`.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// A database of its own, dropped with this value.
#[derive(Debug)]
pub struct Database {
    cluster: &'static Cluster,
    name: String,
}

impl Database {
    /// A new, empty database; `None`, after a visible line, where PostgreSQL is not installed.
    ///
    /// # Panics
    /// When the cluster cannot be made, or is missing although `ORCHESTRION_REQUIRE_ALL` is `1`.
    pub fn create() -> Option<Self> {
        static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
        Self::create_in(&CLUSTER, Durability::None)
    }

    /// Like [`create`](Self::create) in a cluster that writes to the disk what it acknowledges, for programs that measure.
    ///
    /// # Panics
    /// As [`create`](Self::create).
    pub fn create_durable() -> Option<Self> {
        static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
        Self::create_in(&CLUSTER, Durability::Disk)
    }

    /// Keeps everybody out from now on, so that it can be copied.
    ///
    /// # Panics
    /// When that is refused.
    pub fn close(&self) {
        let name = &self.name;
        self.cluster.sql(
            "postgres",
            &format!("alter database {name} with allow_connections false"),
        );
        let text = format!("select pg_terminate_backend(pid, 30000) from pg_stat_activity where datname = '{name}'");
        self.cluster.sql("postgres", &text);
    }

    /// A copy of this database, which must be [closed](Self::close).
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn copy(&self) -> Self {
        let name = next_name();
        let text = format!("create database {name} template {}", self.name);
        self.cluster.sql("postgres", &text);
        Self {
            cluster: self.cluster,
            name,
        }
    }

    #[expect(clippy::panic, reason = "a test cannot go on without its database")]
    fn create_in(cluster: &'static OnceLock<Option<Cluster>>, durability: Durability) -> Option<Self> {
        let cluster = cluster.get_or_init(|| {
            let binaries = binaries()?;
            let started = Cluster::start(binaries, durability);
            Some(started.unwrap_or_else(|error| panic!("PostgreSQL does not start: {error}")))
        });
        let Some(cluster) = cluster else {
            crate::skipped("PostgreSQL", "initdb and pg_ctl are not installed");
            return None;
        };
        let name = next_name();
        cluster.sql("postgres", &format!("create database {name}"));
        Some(Database { cluster, name })
    }

    /// The connection URL.
    pub fn url(&self) -> String {
        format!(
            "postgres:///{}?host={}&user=postgres",
            self.name,
            self.cluster.folder.display()
        )
    }

    /// Runs statements as the superuser, from another connection, and gives the output of `psql`.
    ///
    /// # Panics
    /// When they fail.
    pub fn sql(&self, text: &str) -> String {
        self.cluster.sql(&self.name, text)
    }

    /// Breaks every connection to this database and waits until it is broken.
    pub fn disconnect_all(&self) {
        let text = "select pg_terminate_backend(pid, 30000) from pg_stat_activity
                    where datname = current_database() and pid <> pg_backend_pid()";
        self.sql(text);
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // The cluster goes anyway; this only keeps it small.
        let text = format!("drop database if exists {} with (force)", self.name);
        drop(self.cluster.psql("postgres", &text));
    }
}

fn next_name() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// Whether a commit waits for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Durability {
    None,
    Disk,
}

impl Durability {
    fn settings(self) -> &'static str {
        match self {
            Self::None => "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=64MB",
            Self::Disk => "-c shared_buffers=1GB -c max_wal_size=4GB -c checkpoint_timeout=15min",
        }
    }
}

#[derive(Debug)]
struct Cluster {
    binaries: PathBuf,
    folder: PathBuf,
    user: Option<(u32, u32)>,
    /// Closed by the system when this process ends, which is what the watchdog waits for.
    _alive: ChildStdin,
}

impl Cluster {
    fn start(binaries: PathBuf, durability: Durability) -> io::Result<Self> {
        // The path of a socket is at most 107 bytes long.
        let base = Some(std::env::temp_dir()).filter(|path| path.as_os_str().len() < 60);
        let folder = tempfile::Builder::new()
            .prefix("pg-")
            .tempdir_in(base.as_deref().unwrap_or(Path::new("/tmp")))?;
        // The watchdog removes it, since values in statics are never dropped.
        let folder = folder.keep();
        let user = if fs::metadata(&folder)?.uid() == 0 {
            Some(unprivileged()?)
        } else {
            None
        };
        if let Some((uid, gid)) = user {
            chown(&folder, Some(uid), Some(gid))?;
        }

        let data = folder.join("data");
        let mut watchdog = command(Path::new("sh"), user, &folder);
        watchdog
            .args(["-c", "read _; \"$0\" -D \"$1\" -m immediate stop; cd /; rm -rf \"$2\""])
            .arg(binaries.join("pg_ctl"))
            .args([&data, &folder])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // Ctrl-C in a terminal ends the whole group; the watchdog has to outlive us.
        let mut watchdog = watchdog.process_group(0).spawn()?;
        let alive = watchdog
            .stdin
            .take()
            .ok_or_else(|| io::Error::other("the watchdog has no input"))?;
        let cluster = Cluster {
            binaries,
            folder,
            user,
            _alive: alive,
        };

        let mut initdb = cluster.command("initdb");
        initdb.args([
            "--no-sync",
            "--auth=trust",
            "--username=postgres",
            "--encoding=UTF8",
            "--locale=C",
            "-D",
        ]);
        succeed(initdb.arg(&data).output()?)?;
        let settings = format!(
            "-k {} -c listen_addresses= -c max_connections=300 -c deadlock_timeout=100ms {}",
            cluster.folder.display(),
            durability.settings()
        );
        let log = cluster.folder.join("log");
        let mut start = cluster.command("pg_ctl");
        start
            .args(["-w", "-t", "60", "-o", &settings, "-l"])
            .arg(&log)
            .arg("-D")
            .arg(&data)
            .arg("start");
        // The server inherits these and would keep the pipes of `output` open.
        if !start.stdout(Stdio::null()).stderr(Stdio::null()).status()?.success() {
            return Err(io::Error::other(fs::read_to_string(log).unwrap_or_default()));
        }
        Ok(cluster)
    }

    #[expect(clippy::panic, reason = "a test cannot go on without its database")]
    fn sql(&self, database: &str, text: &str) -> String {
        match self.psql(database, text).and_then(succeed) {
            Ok(output) => output,
            Err(error) => panic!("psql: {error}"),
        }
    }

    fn psql(&self, database: &str, text: &str) -> io::Result<Output> {
        let mut psql = self.command("psql");
        psql.args([
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-U",
            "postgres",
            "-d",
            database,
            "-h",
        ]);
        psql.arg(&self.folder).args(["-c", text]).output()
    }

    fn command(&self, name: &str) -> Command {
        command(&self.binaries.join(name), self.user, &self.folder)
    }
}

fn command(program: &Path, user: Option<(u32, u32)>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env("LC_ALL", "C").stdin(Stdio::null());
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command
}

fn succeed(output: Output) -> io::Result<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(io::Error::other(text(&output.stderr)))
    }
}

/// User and group to run as in place of root.
fn unprivileged() -> io::Result<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd")?;
    let find = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut numbers = line.split(':').skip(2).map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    };
    find("postgres")
        .or_else(|| find("nobody"))
        .ok_or_else(|| io::Error::other("no user to run PostgreSQL as"))
}

/// The folder of the newest installed server.
fn binaries() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort();
    folders.extend(versions.into_iter().rev().map(|(_, folder)| folder));
    folders.push("/usr/local/pgsql/bin".into());
    folders.into_iter().find(|folder| {
        ["initdb", "pg_ctl", "psql"]
            .iter()
            .all(|name| folder.join(name).exists())
    })
}
