//! Robots and packages for tests.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use zip::write::SimpleFileOptions;

use crate::mock::{CLIENT_ID, CLIENT_SECRET, Mock};

/// A robot as a process of its own. It is killed when dropped; its jobs go with its directory.
pub struct Robot {
    pub process: Child,
}

/// Where a robot keeps its things; outlives the robot.
pub struct Site {
    pub root: TempDir,
}

impl Site {
    pub fn new() -> Self {
        Self {
            root: tempfile::tempdir().expect("a directory"),
        }
    }

    pub fn data(&self) -> PathBuf {
        self.root.path().join("robot")
    }

    /// Where jobs of a test can leave something.
    pub fn notes(&self) -> PathBuf {
        self.root.path().join("notes")
    }

    pub fn robot(&self, mock: &Mock, options: &[&str]) -> Robot {
        self.robot_with(mock, options, CLIENT_SECRET)
    }

    pub fn robot_with(&self, mock: &Mock, options: &[&str], secret: &str) -> Robot {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.root.path().join("robot.log"))
            .expect("a log");
        let process = Command::new(env!("CARGO_BIN_EXE_orchestrion-robot"))
            .args([
                "--server",
                &mock.url(),
                "--client-id",
                CLIENT_ID,
                "--log",
                "debug",
                "--job-env",
            ])
            .arg(format!("NOTES={}", self.notes().display()))
            .arg("--data")
            .arg(self.data())
            .args(options)
            .env("ORCHESTRION_ROBOT_CLIENT_SECRET", secret)
            .env("OTHER_SECRET", "of-the-robot")
            .stdout(Stdio::null())
            .stderr(Stdio::from(log))
            .spawn()
            .expect("the robot starts");
        Robot { process }
    }

    /// What jobs wrote into their notes.
    pub fn noted(&self) -> String {
        std::fs::read_to_string(self.notes()).unwrap_or_default()
    }

    /// Waits until a job has written something into its notes.
    #[track_caller]
    pub fn wait_noted(&self, text: &str) {
        let until = Instant::now() + Duration::from_secs(30);
        while !self.noted().contains(text) {
            assert!(
                Instant::now() < until,
                "no {text:?} in the notes: {}\n{}",
                self.noted(),
                self.log()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.root.path().join("robot.log")).unwrap_or_default()
    }

    /// The directories of executions that are there.
    pub fn places(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.data().join("jobs"))
            .into_iter()
            .flatten()
            .flatten();
        entries.map(|entry| entry.path()).collect()
    }

    /// Waits until nothing of any execution is left.
    #[track_caller]
    pub fn wait_clean(&self) {
        let until = Instant::now() + Duration::from_secs(10);
        let work = || std::fs::read_dir(self.data().join("work")).map_or(0, Iterator::count);
        while !self.places().is_empty() || work() > 0 {
            assert!(Instant::now() < until, "{:?} is left\n{}", self.places(), self.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Robot {
    pub fn signal(&self, name: &str) {
        signal(self.process.id(), name);
    }

    /// Kills the robot, and nothing else.
    pub fn kill(mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Waits for its end; gives the exit code.
    #[track_caller]
    pub fn exit_code(&mut self) -> Option<i32> {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(status) = self.process.try_wait().expect("can be asked") {
                return status.code();
            }
            assert!(Instant::now() < until, "the robot does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Robot {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub fn signal(process: u32, name: &str) {
    let done = Command::new("kill")
        .args([&format!("-{name}"), &process.to_string()])
        .status();
    assert!(done.expect("kill runs").success());
}

/// Whether a process is there and no zombie.
pub fn alive(process: u32) -> bool {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let state = text
        .rsplit_once(')')
        .map(|(_, rest)| rest.trim_start().to_owned())
        .unwrap_or_default();
    !state.is_empty() && !state.starts_with('Z')
}

#[track_caller]
pub fn wait_gone(process: u32) {
    let until = Instant::now() + Duration::from_secs(10);
    while alive(process) {
        assert!(Instant::now() < until, "process {process} lives on");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A package that runs a shell script.
pub fn script(text: &str) -> Vec<u8> {
    package(&[
        ("Bills.nuspec", "<package/>"),
        (
            "content/operate.json",
            r#"{"targetRuntime":"command","command":["sh","run.sh","{input}","{output}"]}"#,
        ),
        ("content/run.sh", text),
    ])
}

/// A ZIP file.
pub fn package(files: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in files {
        writer.start_file(*name, SimpleFileOptions::default()).expect("started");
        writer.write_all(text.as_bytes()).expect("written");
    }
    writer.finish().expect("finished").into_inner()
}

pub fn is_root() -> bool {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    text.lines().any(|line| line.starts_with("Uid:\t0\t"))
}

pub fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
