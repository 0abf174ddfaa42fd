//! One execution, from the server's word to the report.
//!
//! ```text
//! package (and Python environment) ─► directories, job.json ─► Accept ∥ copy of the package ─► spec.json ─► supervisor
//!                                                                                                            │ log ─► Log
//!                                     directories removed ◄─ Report ◄─ files, state, media ◄─ result.json ◄──┘
//! ```
//!
//! Each step can be repeated, so a robot that was killed goes on from what it finds in the directory (`place.rs`).

use std::fs::{self, File};
use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use robot_protocol::{Attempt, INLINE_OUTPUT_BYTES, Order, Outcome, Report, SessionRef, StartJob};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::sync::watch;
use uuid::Uuid;

use crate::agent::{Agent, Wish};
use crate::config::Runtime;
use crate::home;
use crate::packages::{Missing, Unpacked};
use crate::place::{self, Found, Place};
use crate::problem::Problem;
use crate::runtimes::{Conclusion, Plan, command, python};
use crate::server::{Download, Refused};
use crate::spec::{Ended, Level, Logging, Spec};
use crate::supervisor::{self, MARK};
use crate::tail::Tail;
use crate::{clock, environment};

/// How often new log entries are looked for.
const LOG_TICK: Duration = Duration::from_millis(50);
/// Bytes of input arguments, or of a suspended job's state, at most.
const FETCHED_BYTES: u64 = 1 << 30;
/// Attachments of one job, at most, and the bytes of each.
const ATTACHMENTS: usize = 100;
const ATTACHMENT_BYTES: u64 = 1 << 30;

/// Why an execution goes no further here.
enum Quit {
    /// The server's word.
    Refused(Refused),
    /// It is not this robot's any more.
    Dropped,
    /// It was to end before it began.
    Unwanted,
    /// The supervisor ended before it started anything, so it may be tried again.
    NotStarted,
    /// It cannot be run.
    Problem(Problem),
}

impl From<Refused> for Quit {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<std::io::Error> for Quit {
    fn from(error: std::io::Error) -> Self {
        Self::Problem(Problem::robot(error.to_string()))
    }
}

/// `run.json`: what is needed to read the outcome, should another robot have to.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RunRecord {
    runtime: String,
    record_errors: bool,
}

/// `said.json`: what was uploaded.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Said {
    output_file: Option<Uuid>,
    attachments: Vec<String>,
    media: bool,
}

struct Execution {
    agent: Arc<Agent>,
    start: StartJob,
    place: Place,
    wish: watch::Receiver<Wish>,
}

/// The whole of it. `found`: an earlier robot began it.
pub async fn run(agent: Arc<Agent>, start: StartJob, found: Option<Found>, wish: watch::Receiver<Wish>) {
    let place = Place::of(&agent.home, start.attempt);
    let attempt = start.attempt;
    let mut execution = Execution {
        agent: agent.clone(),
        start,
        place: place.clone(),
        wish,
    };
    let outcome = execution.whole(found).await;
    let job = attempt.job;
    match &outcome {
        Ok(()) => {}
        Err(Quit::Refused(Refused::TakenOver)) => agent.lost_session(),
        Err(Quit::Refused(refused)) => tracing::warn!(%job, "given up: {refused}"),
        Err(Quit::Dropped) => tracing::info!(%job, "it is not this robot's any more"),
        Err(Quit::Unwanted | Quit::NotStarted) => tracing::info!(%job, "it did not begin"),
        Err(Quit::Problem(problem)) => tracing::error!(%job, "not reported: {}", problem.info()),
    }
    // The directories go when the execution is over for the server as well, and nothing of it runs.
    let taken_over = matches!(outcome, Err(Quit::Refused(Refused::TakenOver)));
    agent.forget(attempt, outcome.is_ok());
    if !taken_over {
        let removing = move || place.lock_soon().map_or(Ok(()), |_lock| place.remove());
        let removed = tokio::task::spawn_blocking(removing).await;
        if let Ok(Err(error)) = removed {
            tracing::warn!(%job, "its directories cannot be removed: {error}");
        }
    }
}

/// Tells the server that nothing runs here under this name.
pub async fn report_unknown(agent: &Agent, attempt: Attempt) -> Result<(), Refused> {
    let mut report = report(attempt, Outcome::Stopped);
    report.info = Some("The robot has no such execution".into());
    agent.api.report(&report).await
}

impl Execution {
    async fn whole(&mut self, found: Option<Found>) -> Result<(), Quit> {
        let mut tries = 3;
        let mut begun = matches!(found, Some(Found::Running | Found::Ended));
        let mut again = !matches!(found, Some(Found::Ended));
        loop {
            let outcome = if begun {
                begun = false;
                self.see_through(None, again).await
            } else {
                match self.bring_up().await {
                    Ok(child) => self.see_through(Some(child), again).await,
                    Err(Quit::Problem(problem)) => return self.fail(problem).await,
                    Err(quit) => Err(quit),
                }
            };
            match outcome {
                // Its supervisor died before it started anything.
                Err(Quit::NotStarted) => {
                    tries -= 1;
                    again = tries > 0;
                }
                Err(Quit::Unwanted) => {
                    return Ok(self
                        .agent
                        .api
                        .report(&report(self.start.attempt, Outcome::Stopped))
                        .await?);
                }
                Err(Quit::Problem(problem)) => return self.send(self.faulted(&problem)).await,
                other => return other,
            }
        }
    }

    /// Gets everything ready, accepts, and starts the supervisor.
    async fn bring_up(&mut self) -> Result<Child, Quit> {
        let mut wish = self.wish.clone();
        let (package, environment) = tokio::select! {
            prepared = self.prepare() => prepared?,
            quit = unwanted(&mut wish, Wish::Drop) => return Err(quit),
        };
        let permit = self.agent.permits.clone().acquire_owned();
        let permit = tokio::select! {
            permit = permit => permit.ok(),
            quit = unwanted(&mut wish, Wish::Drop) => return Err(quit),
        };
        // Before the server is told: what it believes to run here is found here.
        self.place.create(&self.start)?;
        let furnishing = tokio::task::spawn_blocking({
            let place = self.place.clone();
            let package = package.clone();
            let user = self.agent.config.run_as.clone();
            move || place.furnish(&package.content, user.as_ref())
        });
        let (order, furnished) = tokio::join!(self.agent.api.accept(self.start.attempt), furnishing);
        let order = order?;
        furnished.map_err(std::io::Error::other)??;
        match *self.wish.borrow() {
            Wish::Run => {}
            Wish::Drop => return Err(Quit::Dropped),
            Wish::Stop | Wish::Kill => return Err(Quit::Unwanted),
        }
        self.hand_over(&order, &package).await?;
        let plan = self.plan(&order, &package, environment.as_deref())?;
        let record = RunRecord {
            runtime: package.manifest.runtime.name().to_owned(),
            record_errors: order.record_errors,
        };
        let spec = self.spec(&order, plan);
        let child = self.launch(&record, &spec)?;
        // The permit is held by the task until the job has ended.
        self.hold(permit);
        Ok(child)
    }

    fn hold(&self, permit: Option<tokio::sync::OwnedSemaphorePermit>) {
        let mut wish = self.wish.clone();
        tokio::spawn(async move {
            // The sender goes when the execution is over.
            while wish.changed().await.is_ok() {}
            drop(permit);
        });
    }

    /// The package and what it needs.
    async fn prepare(&self) -> Result<(Arc<Unpacked>, Option<Arc<std::path::PathBuf>>), Quit> {
        let package = self.agent.packages.get(&self.agent.api, &self.start).await;
        let package = package.map_err(|missing| match missing {
            Missing::Refused(Refused::Rejected { status, message }) => Quit::Problem(Problem::package(format!(
                "the server does not give the package: {status} {message}"
            ))),
            Missing::Refused(Refused::Away(reason)) => Quit::Problem(Problem::robot(reason)),
            Missing::Refused(refused) => Quit::Refused(refused),
            Missing::Problem(problem) => Quit::Problem(problem),
        })?;
        let runtime = package.manifest.runtime;
        if !self.agent.runs(runtime) {
            let text = format!("this robot does not run packages for the runtime {:?}", runtime.name());
            return Err(Quit::Problem(Problem::package(text)));
        }
        let environment = match runtime {
            Runtime::Command => None,
            Runtime::Python => Some(
                self.agent
                    .environments
                    .get(&package.content)
                    .await
                    .map_err(Quit::Problem)?,
            ),
        };
        Ok((package, environment))
    }

    /// Puts input arguments, and what a suspended job kept, where the job finds them.
    async fn hand_over(&self, order: &Order, package: &Unpacked) -> Result<(), Quit> {
        let user = self.agent.config.run_as.as_ref();
        let job = self.start.attempt.job;
        let given = self.place.control.join("given");
        match (order.input_file, &order.input) {
            (Some(file), _) => {
                let path = format!("File/{job}/{file}");
                self.fetch(&path, &given).await?;
                self.place.hand("input.json", &fs::read(&given)?, user)?;
            }
            (None, Some(input)) if !input.trim().is_empty() => {
                self.place.hand("input.json", input.as_bytes(), user)?;
            }
            _ => self.place.hand("input.json", b"{}", user)?,
        }
        if package.manifest.runtime == Runtime::Python {
            let directory = self.place.work.join(python::DIRECTORY);
            home::remove(&directory)?;
            home::directory(&directory, 0o700)?;
            if let Some(user) = user {
                std::os::unix::fs::chown(&directory, Some(user.uid), Some(user.gid))?;
            }
            if let Some(text) = order.resource_overwrites.as_deref().and_then(python::overwrites) {
                self.place
                    .hand(&format!("{}/uipath.json", python::DIRECTORY), &text, user)?;
            }
            if order.resume.is_some() {
                self.fetch(&format!("State/{job}"), &given).await?;
                self.place.hand(python::STATE, &fs::read(&given)?, user)?;
            }
        }
        let _ = fs::remove_file(given);
        Ok(())
    }

    async fn fetch(&self, path: &str, into: &std::path::Path) -> Result<(), Quit> {
        let mut download = Download::new(into, FETCHED_BYTES);
        match self.agent.api.fetch(path, &mut download).await {
            Ok(()) => Ok(()),
            Err(Refused::TakenOver) => Err(Quit::Refused(Refused::TakenOver)),
            Err(refused) => Err(Quit::Problem(Problem::robot(format!("{path}: {refused}")))),
        }
    }

    fn plan(&self, order: &Order, package: &Unpacked, environment: Option<&std::path::PathBuf>) -> Result<Plan, Quit> {
        let entry = order.entry_point.as_deref().filter(|entry| !entry.is_empty());
        let plan = if let (Runtime::Python, Some(environment)) = (package.manifest.runtime, environment) {
            let level = Level::named(&order.log_level);
            let resume = order.resume.is_some();
            python::plan(&package.manifest, entry, &self.place, environment, resume, level)
        } else {
            let path = environment::path(&self.agent.config, order);
            command::plan(&package.manifest, entry, &self.place, &path)
        };
        plan.map_err(Quit::Problem)
    }

    fn spec(&self, order: &Order, plan: Plan) -> Spec {
        let config = &self.agent.config;
        let about = self.agent.about.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let attempt = self.start.attempt;
        let level = Level::named(&order.log_level);
        let mark = format!("{}-{}", attempt.job.simple(), attempt.attempt);
        let mut environment = environment::of_job(config, &about, order, attempt, &self.place, &plan);
        environment.insert(MARK.to_owned(), mark.clone());
        let mut members = Map::new();
        for (name, value) in [
            ("processName", json!(order.process_name)),
            ("processVersion", json!(self.start.package.version)),
            ("fileName", json!(order.entry_point.as_deref().unwrap_or("main"))),
            ("jobId", json!(attempt.job)),
            ("robotName", json!(order.robot.name)),
            ("machineName", json!(config.host_name)),
            (
                "windowsIdentity",
                json!(
                    config
                        .run_as
                        .as_ref()
                        .map_or_else(crate::users::own_name, |user| user.name.clone())
                ),
            ),
            ("organizationUnitId", json!(order.folder.id)),
        ] {
            members.insert(name.to_owned(), value);
        }
        Spec {
            program: plan.program,
            arguments: plan.arguments,
            environment,
            work: self.place.work.clone(),
            owner: config.run_as.as_ref().map(|user| (user.uid, user.gid)),
            limits: config.limits.clone(),
            name: mark,
            log: Logging {
                process_name: order.process_name.clone(),
                level,
                members,
                follow: plan.follow,
            },
        }
    }

    /// Starts the supervisor. It gets the lock as its standard input, and nothing of the robot's environment.
    fn launch(&self, record: &RunRecord, spec: &Spec) -> Result<Child, Quit> {
        let control = &self.place.control;
        home::replace(
            &control.join("run.json"),
            &serde_json::to_vec(record).map_err(std::io::Error::from)?,
        )?;
        home::replace(
            &control.join("spec.json"),
            &serde_json::to_vec(spec).map_err(std::io::Error::from)?,
        )?;
        let lock = self
            .place
            .lock_soon()
            .ok_or_else(|| std::io::Error::other("a supervisor is at work already"))?;
        let child = Command::new(&self.agent.config.supervisor)
            .arg(supervisor::SUBCOMMAND)
            .arg(control)
            .env_clear()
            .stdin(Stdio::from(lock))
            .stdout(Stdio::null())
            .stderr(Stdio::from(home::private_file(&control.join("supervisor.log"))?))
            .spawn();
        Ok(child.map_err(|error| std::io::Error::other(format!("the supervisor cannot be started: {error}")))?)
    }

    /// Waits for the end, sending the log meanwhile and passing wishes on, and reports.
    async fn see_through(&mut self, child: Option<Child>, again: bool) -> Result<(), Quit> {
        let attempt = self.start.attempt;
        let mut tail = Tail::new(self.place.control.clone());
        let (ended, mut done) = watch::channel(false);
        let agent = self.agent.clone();
        let sending = async {
            loop {
                let last = tokio::time::timeout(LOG_TICK, done.wait_for(|done| *done))
                    .await
                    .is_ok();
                match tail.forward(&agent.api, attempt, last).await {
                    Ok(()) if last => return Ok(()),
                    Ok(()) => {}
                    // A log that is not taken is no reason to lose the job.
                    Err(Refused::Rejected { status, message }) => {
                        tracing::warn!(job = %attempt.job, "the server does not take log entries: {status} {message}");
                        return Ok(());
                    }
                    Err(refused) => return Err(refused),
                }
            }
        };
        let place = self.place.clone();
        let wish = &mut self.wish;
        let watching = async {
            let waiting = tokio::task::spawn_blocking({
                let place = place.clone();
                move || {
                    let lock = place.wait_for_lock();
                    // It is about to be gone, and must not stay as a zombie.
                    let _ = child.map(|mut child| child.wait());
                    lock
                }
            });
            tokio::pin!(waiting);
            let mut last = Wish::Run;
            let lock = loop {
                let now = *wish.borrow_and_update();
                if now > last {
                    last = now;
                    if let Err(error) = place.order(now != Wish::Stop) {
                        tracing::error!(job = %attempt.job, "the job cannot be told to end: {error}");
                    }
                }
                tokio::select! {
                    lock = &mut waiting => break lock,
                    changed = wish.changed() => if changed.is_err() { break (&mut waiting).await },
                }
            };
            ended.send_replace(true);
            (lock, last)
        };
        // A word of the server's against it, while it runs, ends it.
        let (sent, (lock, last)) = {
            tokio::pin!(watching);
            tokio::pin!(sending);
            tokio::select! {
                watched = &mut watching => (sending.await, watched),
                sent = &mut sending => {
                    if sent.is_err() {
                        let _ = self.place.order(true);
                    }
                    (sent, watching.await)
                }
            }
        };
        let _lock = lock.map_err(std::io::Error::other)??;
        if last == Wish::Drop {
            return Err(Quit::Dropped);
        }
        sent?;
        if again && !self.place.has("started") && !self.place.has("result.json") {
            return Err(Quit::NotStarted);
        }
        self.tell(tail).await
    }

    /// Reads what is left of the job, and reports.
    async fn tell(&mut self, mut tail: Tail) -> Result<(), Quit> {
        let attempt = self.start.attempt;
        let place = self.place.clone();
        let reading = tokio::task::spawn_blocking(move || conclude(&place));
        let (conclusion, record, died) = reading.await.map_err(std::io::Error::other)?;
        if died && let Conclusion::Faulted { info, .. } = &conclusion {
            let entry = self.entry(info);
            tail.add(&self.agent.api, attempt, entry).await?;
        }
        let mut report = self.describe(conclusion).await?;
        self.upload(&record, &report).await?;
        if report.outcome == Outcome::Suspended {
            self.keep_state(&mut report).await?;
        }
        self.send(report).await
    }

    /// Puts a conclusion into the shape of a report.
    async fn describe(&self, conclusion: Conclusion) -> Result<Report, Quit> {
        let attempt = self.start.attempt;
        Ok(match conclusion {
            Conclusion::Stopped => report(attempt, Outcome::Stopped),
            Conclusion::Faulted { info, error } => Report {
                info: Some(info),
                error: Some(error),
                ..report(attempt, Outcome::Faulted)
            },
            Conclusion::Suspended(triggers) => Report {
                triggers,
                ..report(attempt, Outcome::Suspended)
            },
            Conclusion::Successful(None) => report(attempt, Outcome::Successful),
            Conclusion::Successful(Some(output)) => {
                let text = Value::Object(output).to_string();
                let mut report = report(attempt, Outcome::Successful);
                if text.len() <= INLINE_OUTPUT_BYTES {
                    report.output = Some(text);
                } else {
                    match self.upload_output(&text).await {
                        Ok(key) => report.output_file = Some(key),
                        Err(Refused::TakenOver) => return Err(Quit::Refused(Refused::TakenOver)),
                        Err(refused) => return Ok(self.faulted(&unreturned(&refused))),
                    }
                }
                report
            }
        })
    }

    fn faulted(&self, problem: &Problem) -> Report {
        Report {
            info: Some(problem.info()),
            error: Some(problem.error()),
            ..report(self.start.attempt, Outcome::Faulted)
        }
    }

    fn said(&self) -> Said {
        let text = fs::read(self.place.control.join("said.json")).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    fn say(&self, said: &Said) {
        let text = serde_json::to_vec(said).unwrap_or_default();
        let _ = home::replace(&self.place.control.join("said.json"), &text);
    }

    /// Stores output that is too long for the report.
    async fn upload_output(&self, text: &str) -> Result<Uuid, Refused> {
        let mut said = self.said();
        if let Some(key) = said.output_file {
            return Ok(key);
        }
        let away = |error: std::io::Error| Refused::Away(error.to_string());
        let mut file = home::private_file(&self.place.control.join("output.json")).map_err(away)?;
        file.set_len(0).map_err(away)?;
        file.write_all(text.as_bytes()).map_err(away)?;
        let key = self
            .agent
            .api
            .put_file(self.start.attempt.job, "output.json", &file)
            .await?;
        said.output_file = Some(key);
        self.say(&said);
        Ok(key)
    }

    /// Uploads what the job left in `attachments`, and after a fault what it recorded in `media`. Their loss does not change how the job
    /// ended.
    async fn upload(&self, record: &RunRecord, report: &Report) -> Result<(), Quit> {
        let job = self.start.attempt.job;
        let mut said = self.said();
        for (name, file) in self.place.list("attachments").into_iter().take(ATTACHMENTS) {
            let too_long = file.metadata().map_or(true, |about| about.len() > ATTACHMENT_BYTES);
            if too_long || said.attachments.contains(&name) {
                continue;
            }
            match self.agent.api.put_file(job, &name, &file).await {
                Ok(_) => {
                    said.attachments.push(name);
                    self.say(&said);
                }
                Err(Refused::TakenOver) => return Err(Quit::Refused(Refused::TakenOver)),
                Err(refused) => tracing::warn!(%job, name, "an attachment is lost: {refused}"),
            }
        }
        if report.outcome != Outcome::Faulted || !record.record_errors || said.media {
            return Ok(());
        }
        let place = self.place.clone();
        let packing = tokio::task::spawn_blocking(move || recorded(&place)).await;
        let Some(file) = packing.map_err(std::io::Error::other)?? else {
            return Ok(());
        };
        match self
            .agent
            .api
            .put(format!("Media/{job}"), "application/zip", &file)
            .await
        {
            Ok(_) => {
                said.media = true;
                self.say(&said);
                Ok(())
            }
            Err(Refused::TakenOver) => Err(Quit::Refused(Refused::TakenOver)),
            Err(refused) => {
                tracing::warn!(%job, "what was recorded is lost: {refused}");
                Ok(())
            }
        }
    }

    /// Stores the state of a job that is to go on later. Without it there is no later.
    async fn keep_state(&self, report: &mut Report) -> Result<(), Quit> {
        let job = self.start.attempt.job;
        let problem = match self.place.look(python::STATE) {
            Ok(Some(file)) => {
                let path = format!("State/{job}");
                match self.agent.api.put(path, "application/octet-stream", &file).await {
                    Ok(_) => return Ok(()),
                    Err(Refused::TakenOver) => return Err(Quit::Refused(Refused::TakenOver)),
                    Err(refused) => refused.to_string(),
                }
            }
            Ok(None) => "the runtime left no state".to_owned(),
            Err(error) => error.to_string(),
        };
        *report = self.faulted(&Problem::execution(
            "The state of the suspended job could not be kept",
            problem,
        ));
        Ok(())
    }

    async fn send(&self, report: Report) -> Result<(), Quit> {
        match self.agent.api.report(&report).await {
            Err(Refused::Rejected { status, message }) if report.outcome != Outcome::Stopped => {
                let text = format!("{status} {message}");
                tracing::warn!(job = %report.attempt.job, "the server does not take the result: {text}");
                let problem = Problem::robot(format!("The server does not take the job's result: {text}"));
                Ok(self.agent.api.report(&self.faulted(&problem)).await?)
            }
            other => Ok(other?),
        }
    }

    /// It cannot be run: accept it, say so in its log, and report.
    async fn fail(&self, problem: Problem) -> Result<(), Quit> {
        let attempt = self.start.attempt;
        tracing::warn!(job = %attempt.job, "{}", problem.info());
        self.agent.api.accept(attempt).await?;
        let entry = self.entry(&problem.info());
        match self.agent.api.log(attempt, 0, &[entry]).await {
            Ok(()) | Err(Refused::Rejected { .. }) => {}
            Err(refused) => return Err(refused.into()),
        }
        self.send(self.faulted(&problem)).await
    }

    /// A log entry of the robot's own.
    fn entry(&self, text: &str) -> String {
        json!({
            "message": text,
            "level": "Error",
            "logType": "Default",
            "timeStamp": clock::now().to_string(),
            "processName": self.start.process_name,
            "processVersion": self.start.package.version,
            "jobId": self.start.attempt.job,
            "machineName": self.agent.config.host_name,
        })
        .to_string()
    }
}

fn unreturned(refused: &Refused) -> Problem {
    Problem::robot(format!("The job's output could not be handed back: {refused}"))
}

/// Resolves when a wish as strong as `from` came.
async fn unwanted(wish: &mut watch::Receiver<Wish>, from: Wish) -> Quit {
    let found = wish.wait_for(|wish| *wish >= from).await;
    drop(found);
    Quit::Dropped
}

fn report(attempt: Attempt, outcome: Outcome) -> Report {
    Report {
        // Filled in when it is sent.
        by: SessionRef {
            session: Uuid::nil(),
            epoch: 0,
        },
        attempt,
        outcome,
        output: None,
        output_file: None,
        info: None,
        error: None,
        triggers: Vec::new(),
    }
}

/// Reads how an execution ended. True: its supervisor died.
fn conclude(place: &Place) -> (Conclusion, RunRecord, bool) {
    let read = |name: &str| fs::read(place.control.join(name)).ok();
    let record = read("run.json").and_then(|text| serde_json::from_slice(&text).ok());
    let record = record.unwrap_or(RunRecord {
        runtime: Runtime::Command.name().to_owned(),
        record_errors: false,
    });
    let Some(ended) = read("result.json").and_then(|text| serde_json::from_slice::<Ended>(&text).ok()) else {
        let attempt = place.attempt;
        supervisor::end_marked(&format!("{MARK}={}-{}", attempt.job.simple(), attempt.attempt));
        let log = String::from_utf8_lossy(&read("supervisor.log").unwrap_or_default())
            .trim()
            .to_owned();
        let mut problem = Problem::robot(log);
        problem.title = "The job's supervisor died, or the machine was restarted".into();
        return (problem.into(), record, true);
    };
    let conclusion = if record.runtime == Runtime::Python.name() {
        python::conclude(place, &ended)
    } else {
        command::conclude(place, &ended)
    };
    (conclusion, record, false)
}

/// A ZIP file of the pictures in `media`; `None` when there are none.
fn recorded(place: &Place) -> std::io::Result<Option<File>> {
    const PICTURES: usize = 1_000;
    const BYTES: u64 = 256 << 20;
    let found = place.list("media");
    if found.is_empty() {
        return Ok(None);
    }
    let file = home::private_file(&place.control.join("media.zip"))?;
    file.set_len(0)?;
    let mut writer = zip::ZipWriter::new(file);
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut left = BYTES;
    for (name, mut picture) in found.into_iter().take(PICTURES) {
        let Ok(bytes) = place::read(&mut picture, left) else {
            break;
        };
        left -= bytes.len() as u64;
        writer.start_file(name, options)?;
        writer.write_all(&bytes)?;
    }
    Ok(Some(writer.finish()?))
}
