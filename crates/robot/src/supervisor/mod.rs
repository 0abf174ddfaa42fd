//! The supervisor: one process per job, which outlives the robot. It starts the command, holds it to its limits, writes its log entries
//! down, passes on the wish to stop, and says at the end how it went. It knows neither the server nor the robot's credentials.
//!
//! It holds the lock of the job's directory by its standard input, so whoever finds the lock free knows that no supervisor is left. It
//! creates `started` just before it starts the command; that succeeds once per execution, so no execution starts twice.

mod entries;
mod group;
mod lines;
mod tree;

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{Mode, OFlags};
use rustix::process::{DumpableBehavior, Pid, PidfdFlags, Resource, Rlimit, Signal, WaitStatus};

use self::entries::Entries;
use self::group::Group;
use self::lines::{Lines, logged};
use self::tree::Reaped;
use crate::spec::{Ended, Forced, Level, Spec};
use crate::{clock, home, place};

pub use self::tree::end_marked;

/// First argument of the program when it is to be a supervisor; the second is the directory.
pub const SUBCOMMAND: &str = "robot-supervise";
/// In the environment of a job and of all it starts, so that they are found when the supervisor dies.
pub const MARK: &str = "ORCHESTRION_EXECUTION";

/// How often a file that is followed is looked at.
const FOLLOW: Duration = Duration::from_millis(50);
/// How often orphans are collected, at least.
const IDLE: Duration = Duration::from_secs(5);

/// Supervises the job of a directory. Ends when the job has.
pub fn main(control: &Path) -> ExitCode {
    match supervise(control) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("supervisor: {error}");
            ExitCode::FAILURE
        }
    }
}

fn supervise(control: &Path) -> io::Result<()> {
    // Away from the robot's terminal and group: what ends the robot does not end the job.
    let _ = rustix::process::setsid();
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    // Others of the same account cannot look into its memory, nor into its environment.
    let _ = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _ = rustix::process::setrlimit(Resource::Core, none);

    let path = control.join("spec.json");
    let spec: Spec = serde_json::from_slice(&fs::read(&path)?)?;
    fs::remove_file(path)?;
    let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let orders = rustix::fs::open(control.join("control"), flags, Mode::empty())?;
    let entries = Entries::create(&control.join("log"), &spec.log)?;
    let job = Job {
        control,
        spec: &spec,
        entries,
        started: clock::now(),
        began: Instant::now(),
        out: Lines::default(),
        err: Lines::default(),
        written: 0,
        follow: Follow::default(),
        asked: false,
        forced: None,
        kill_at: None,
    };
    let ended = job.run(&orders)?;
    home::replace(&control.join("result.json"), &serde_json::to_vec(&ended)?)
}

/// A job on its way.
struct Job<'a> {
    control: &'a Path,
    spec: &'a Spec,
    entries: Entries<'a>,
    started: Timestamp,
    began: Instant,
    out: Lines,
    err: Lines,
    /// Bytes of output so far.
    written: u64,
    follow: Follow,
    /// Asked to come to an end.
    asked: bool,
    /// Why it is ended, if it is.
    forced: Option<Forced>,
    /// A wish was not heard until then: force it.
    kill_at: Option<Instant>,
}

/// A log file of the runtime that is read as it grows.
#[derive(Default)]
struct Follow {
    file: Option<File>,
    lines: Lines,
    level: Option<Level>,
}

impl Job<'_> {
    fn run(mut self, orders: &OwnedFd) -> io::Result<Ended> {
        if self.control.join("kill").exists() || self.control.join("stop").exists() {
            self.asked = true;
            self.forced = Some(Forced::Killed);
            return Ok(self.ended(None, None));
        }
        File::create_new(self.control.join("started"))?;
        self.started = clock::now();
        self.began = Instant::now();
        self.entries.started();
        self.entries.flush();

        let limits = &self.spec.limits;
        let group = limits.memory.and_then(|memory| Group::enter(&self.spec.name, memory));
        let spawned = self.spawn();
        if let Some(group) = &group {
            group.leave();
        }
        let (main, pipes) = match spawned {
            Ok(spawned) => spawned,
            Err(error) => {
                if let Some(group) = group {
                    group.remove();
                }
                let program = self.spec.program.display();
                return Ok(self.ended(None, Some(format!("{program} cannot be started: {error}"))));
            }
        };
        if let (Some(memory), None) = (limits.memory, &group) {
            let limit = Rlimit {
                current: Some(memory),
                maximum: Some(memory),
            };
            let _ = rustix::process::prlimit(Some(main), Resource::As, limit);
        }
        let status = self.attend(main, pipes, orders, group.as_ref());
        if let Some(group) = group {
            if group.ran_out() && self.forced.is_none() {
                self.forced = Some(Forced::Memory);
            }
            group.remove();
        }
        Ok(self.ended(status, None))
    }

    fn spawn(&self) -> io::Result<(Pid, [Option<OwnedFd>; 2])> {
        let mut command = Command::new(&self.spec.program);
        command
            .args(&self.spec.arguments)
            .env_clear()
            .envs(&self.spec.environment)
            .current_dir(self.spec.work.join("content"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        if let Some((uid, gid)) = self.spec.owner {
            // Supplementary groups of the superuser are dropped along with it.
            command.gid(gid).uid(uid);
        }
        let mut child = command.spawn()?;
        let pipes = [
            child.stdout.take().map(OwnedFd::from),
            child.stderr.take().map(OwnedFd::from),
        ];
        let main = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        Ok((main.ok_or_else(|| io::Error::other("it has no process id"))?, pipes))
    }

    /// Until the command has ended and everything it wrote was read.
    fn attend(
        &mut self,
        main: Pid,
        mut pipes: [Option<OwnedFd>; 2],
        orders: &OwnedFd,
        group: Option<&Group>,
    ) -> Option<WaitStatus> {
        let ending = rustix::process::pidfd_open(main, PidfdFlags::empty()).ok();
        let status = loop {
            let wait = self.next_wake(ending.is_none());
            let ready = wait_for(&pipes, Some(orders), ending.as_ref(), wait);
            self.read(&mut pipes, ready);
            self.read_followed();
            self.entries.flush();
            if ready[2] {
                self.hear(main, orders, group);
            }
            match tree::reap(Some(main)) {
                Reaped::Main(status) => break Some(status),
                Reaped::None => break None,
                Reaped::Some => {}
            }
            self.hold(main, group);
        };
        if let Some(group) = group {
            group.kill();
        }
        tree::end(Some(main));
        // Nobody is left who could write: what is in the pipes is all there will be.
        let until = Instant::now() + Duration::from_secs(1);
        while pipes.iter().any(Option::is_some) && Instant::now() < until {
            let ready = wait_for(&pipes, None, None, Duration::from_millis(100));
            self.read(&mut pipes, ready);
        }
        self.end_lines();
        self.read_followed();
        status
    }

    /// When something is to be looked at, at the latest.
    fn next_wake(&self, blind: bool) -> Duration {
        let now = Instant::now();
        let mut wait = if self.spec.log.follow.is_some() || blind {
            FOLLOW
        } else {
            IDLE
        };
        if self.forced.is_none()
            && let Some(time) = self.spec.limits.time
        {
            wait = wait.min((self.began + time).saturating_duration_since(now));
        }
        if let Some(at) = self.kill_at {
            wait = wait.min(at.saturating_duration_since(now));
        }
        wait
    }

    /// Does what the robot wrote down.
    fn hear(&mut self, main: Pid, orders: &OwnedFd, group: Option<&Group>) {
        let mut bytes = [0; 64];
        while rustix::io::read(orders, &mut bytes).is_ok_and(|count| count > 0) {}
        if self.control.join("kill").exists() {
            self.force(Forced::Killed, main, group);
        } else if self.control.join("stop").exists() && !self.asked {
            self.ask(main);
        }
    }

    /// Asks the job to come to an end: by a file and by a signal.
    fn ask(&mut self, main: Pid) {
        self.asked = true;
        // The directory belongs to the job, so a link may wait there in the file's place.
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
        let _ = rustix::fs::open(self.spec.work.join("stop"), flags, Mode::from_raw_mode(0o644));
        let _ = rustix::process::kill_process_group(main, Signal::TERM);
    }

    fn force(&mut self, why: Forced, main: Pid, group: Option<&Group>) {
        self.forced.get_or_insert(why);
        self.kill_at = None;
        if let Some(group) = group {
            group.kill();
        }
        let _ = rustix::process::kill_process_group(main, Signal::KILL);
    }

    /// Holds the job to its limits.
    fn hold(&mut self, main: Pid, group: Option<&Group>) {
        let limits = &self.spec.limits;
        let now = Instant::now();
        if self.written > limits.output && self.forced.is_none() {
            self.force(Forced::Output, main, group);
        }
        if self.forced.is_none() && limits.time.is_some_and(|time| now >= self.began + time) {
            self.forced = Some(Forced::Time);
            self.kill_at = Some(now + limits.grace);
            self.ask(main);
        }
        if self.kill_at.is_some_and(|at| now >= at) {
            self.force(Forced::Time, main, group);
        }
    }

    /// Reads from the pipes that have something.
    fn read(&mut self, pipes: &mut [Option<OwnedFd>; 2], ready: [bool; 4]) {
        let mut buffer = vec![0; 64 << 10];
        for (index, pipe) in pipes.iter_mut().enumerate() {
            let Some(fd) = pipe.as_ref().filter(|_| ready[index]) else {
                continue;
            };
            match rustix::io::read(fd, &mut buffer) {
                Ok(0) => *pipe = None,
                Ok(count) => self.wrote(index, &buffer[..count]),
                Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
                Err(_) => *pipe = None,
            }
        }
    }

    fn wrote(&mut self, index: usize, bytes: &[u8]) {
        self.written += bytes.len() as u64;
        let level = self.level(index);
        let lines = if index == 0 { &mut self.out } else { &mut self.err };
        let entries = &mut self.entries;
        if self.written <= self.spec.limits.output {
            lines.take(bytes, |line| entries.line(level, line));
        }
    }

    /// Lines without an end, at the end.
    fn end_lines(&mut self) {
        for index in 0..2 {
            let level = self.level(index);
            let lines = if index == 0 { &mut self.out } else { &mut self.err };
            let entries = &mut self.entries;
            lines.end(|line| entries.line(level, line));
        }
    }

    /// How important a line of standard output (0) or error (1) is.
    const fn level(&self, index: usize) -> Level {
        match (&self.spec.log.follow, index) {
            (Some(_), _) => Level::Debug,
            (None, 0) => Level::Information,
            (None, _) => Level::Error,
        }
    }

    fn read_followed(&mut self) {
        let Some(path) = &self.spec.log.follow else { return };
        if self.follow.file.is_none() {
            self.follow.file = place::beneath(&self.spec.work, path).ok().flatten();
        }
        let Some(file) = self.follow.file.as_mut() else { return };
        let mut buffer = vec![0; 64 << 10];
        while let Ok(count) = file.read(&mut buffer) {
            if count == 0 {
                break;
            }
            self.written += count as u64;
            if self.written > self.spec.limits.output {
                break;
            }
            let level = self.follow.level.get_or_insert(Level::Information);
            let entries = &mut self.entries;
            self.follow.lines.take(&buffer[..count], |line| {
                let (level, text) = logged(line, level);
                entries.line(level, text);
            });
        }
    }

    fn ended(mut self, status: Option<WaitStatus>, not_started: Option<String>) -> Ended {
        let ended = clock::now();
        let level = self.follow.level.unwrap_or(Level::Information);
        let entries = &mut self.entries;
        self.follow.lines.end(|line| {
            let mut before = level;
            let (level, text) = logged(line, &mut before);
            entries.line(level, text);
        });
        if let Some(reason) = &not_started {
            self.entries.line(Level::Error, reason.as_bytes());
        }
        self.entries.ended(self.started, ended);
        self.entries.flush();
        let mut last_words = self.err.last_words();
        if last_words.is_empty() {
            last_words = self.out.last_words();
        }
        let status = status.map(|status| ExitStatus::from_raw(status.as_raw()));
        Ended {
            code: status.and_then(|status| status.code()),
            signal: status.and_then(|status| status.signal()),
            not_started,
            forced: self.forced,
            asked: self.asked,
            last_words,
            started_at: self.started,
            ended_at: ended,
        }
    }
}

/// Waits until something can be read, and says where: standard output, standard error, orders, the end of the command.
fn wait_for(
    pipes: &[Option<OwnedFd>; 2],
    orders: Option<&OwnedFd>,
    ending: Option<&OwnedFd>,
    wait: Duration,
) -> [bool; 4] {
    let sources = [pipes[0].as_ref(), pipes[1].as_ref(), orders, ending];
    let mut places = Vec::with_capacity(4);
    let mut polled = Vec::with_capacity(4);
    for (index, source) in sources.into_iter().enumerate() {
        if let Some(source) = source {
            places.push(index);
            polled.push(PollFd::from_borrowed_fd(source.as_fd(), PollFlags::IN));
        }
    }
    // Rounded up: waking a little early would mean to wake again at once.
    let wait = wait + Duration::from_millis(1);
    let timeout = Timespec {
        tv_sec: wait.as_secs() as i64,
        tv_nsec: i64::from(wait.subsec_nanos()),
    };
    let mut ready = [false; 4];
    if rustix::event::poll(&mut polled, Some(&timeout)).is_ok() {
        for (index, fd) in places.into_iter().zip(&polled) {
            ready[index] = !fd.revents().is_empty();
        }
    }
    ready
}

/// The command line of a supervisor, when the program was started as one.
pub fn asked() -> Option<PathBuf> {
    let mut arguments = std::env::args_os().skip(1);
    (arguments.next()? == SUBCOMMAND)
        .then(|| arguments.next().map(PathBuf::from))
        .flatten()
}
