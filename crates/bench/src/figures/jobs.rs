//! Jobs on the real robot with the command runtime: from StartJobs to the started process, and as many as go through eight slots.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use super::Bench;
use crate::fleet::{Floor, Robot};
use crate::latency::Latencies;
use crate::process;
use crate::report::{Figure, Target, milliseconds};
use crate::server::{Server, Settings};

const SLOTS: u32 = 8;
/// Jobs that are started one after the other.
const ONE_BY_ONE: usize = 300;
/// Jobs of one call.
const AT_ONCE: u32 = 250;
/// Longest wait for a job.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server with a robot.
struct Place {
    server: Server,
    floor: Floor,
    robot: Robot,
    program: PathBuf,
}

impl Place {
    fn start(bench: &Bench<'_>, name: &str) -> anyhow::Result<Self> {
        let settings: Settings = bench.settings(name, "ES256");
        let server = settings.start()?;
        let floor = Floor::make(&server, SLOTS)?;
        let base = format!("http://{}", server.address);
        let robot = Robot::start(&settings, &floor.machine, &base, &settings.data.join("robot"))?;
        Ok(Self {
            server,
            floor,
            robot,
            program: settings.program,
        })
    }

    fn process(&self, name: &str, command: &[&str]) -> anyhow::Result<String> {
        self.floor.process(&self.server, &self.program, name, command)
    }
}

/// Lines that processes write into a FIFO, each with the moment it was read.
fn listen(path: &Path) -> anyhow::Result<mpsc::Receiver<Instant>> {
    ensure!(
        Command::new("mkfifo").arg(path).status()?.success(),
        "cannot make a FIFO"
    );
    let (sender, receiver) = mpsc::channel();
    // Open for writing too, so that it never comes to its end.
    let file = File::options().read(true).write(true).open(path)?;
    std::thread::spawn(move || {
        let mut lines = BufReader::new(file).lines();
        while let Some(Ok(_)) = lines.next() {
            if sender.send(Instant::now()).is_err() {
                return;
            }
        }
    });
    Ok(receiver)
}

pub(super) fn start(bench: &mut Bench<'_>) -> anyhow::Result<Vec<Figure>> {
    let place = Place::start(bench, "job-start")?;
    let fifo = bench.data.path().join("started");
    let started = listen(&fifo)?;
    let script = format!("echo x > {}", fifo.display());
    let release = place.process("tell", &["sh", "-c", &script])?;
    let request = place.floor.start(&release, 1);
    let mut connection = place.server.connect()?;
    let mut times = Latencies::default();
    let mut one = || -> anyhow::Result<Duration> {
        let begin = Instant::now();
        connection.exchange(&request)?.json(201)?;
        let at = started.recv_timeout(PATIENCE).context("a job did not start")?;
        Ok(at.duration_since(begin))
    };
    // The first ones fetch the package.
    for _ in 0..10 {
        one()?;
    }
    for _ in 0..ONE_BY_ONE {
        // Until the job before is over and told.
        std::thread::sleep(Duration::from_millis(50));
        times.add(one()?);
    }
    let summary = times.summary();
    let note = format!(
        "{ONE_BY_ONE} jobs one by one, until a line of their shell arrives; worst {:.1} ms",
        milliseconds(summary.worst)
    );
    let figure = |name: &str, most, time| Figure::new(name, "ms", Target::AtMost(most), milliseconds(time));
    Ok(vec![
        figure("StartJobs to process started, p50", 15.0, summary.p50),
        figure("StartJobs to process started, p99", 60.0, summary.p99).note(note),
    ])
}

pub(super) fn throughput(bench: &mut Bench<'_>) -> anyhow::Result<Vec<Figure>> {
    let place = Place::start(bench, "job-throughput")?;
    let release = place.process("nothing", &["true"])?;
    let run = |jobs: u32| -> anyhow::Result<(Duration, Duration, Duration)> {
        let before = place.floor.count(&place.server, "State eq 'Successful'")?;
        let cpu = |process| process::cpu_time(process).unwrap_or_default();
        let (server, robot) = (cpu(place.server.process()), cpu(place.robot.process()));
        let begin = Instant::now();
        let mut connection = place.server.connect()?;
        for _ in 0..jobs / AT_ONCE {
            connection.exchange(&place.floor.start(&release, AT_ONCE))?.json(201)?;
        }
        while place.floor.count(&place.server, "State eq 'Successful'")? < before + u64::from(jobs) {
            ensure!(begin.elapsed() < PATIENCE, "jobs do not come to an end");
            std::thread::sleep(Duration::from_millis(20));
        }
        let time = begin.elapsed();
        Ok((
            time,
            cpu(place.server.process()).saturating_sub(server),
            cpu(place.robot.process()).saturating_sub(robot),
        ))
    };
    run(AT_ONCE)?;
    let jobs = AT_ONCE * 8;
    let (time, server, robot) = run(jobs)?;
    let each = |time: Duration| milliseconds(time) / f64::from(jobs);
    let note = format!(
        "{jobs} jobs that do nothing; processor time per job: server {:.2} ms, robot {:.2} ms (without what it starts)",
        each(server),
        each(robot)
    );
    let rate = f64::from(jobs) / time.as_secs_f64();
    let name = format!("jobs end to end through {SLOTS} slots");
    Ok(vec![
        Figure::new(name, "jobs/s", Target::AtLeast(150.0), rate).note(note),
    ])
}
