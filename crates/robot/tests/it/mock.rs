//! A server that speaks the robot's protocol, and can be told to misbehave.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use robot_protocol as protocol;
use robot_protocol::{Attempt, SessionRef};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::sync::Notify;
use uuid::Uuid;

/// The only client that may sign in.
pub const CLIENT_ID: &str = "robot-client";
/// Its secret. No job may ever see it.
pub const CLIENT_SECRET: &str = "very-secret-of-the-machine";

/// What the server knows about an execution.
pub struct Job {
    pub start: protocol::StartJob,
    pub order: protocol::Order,
    pub accepted: u32,
    pub report: Option<protocol::Report>,
    pub reports: u32,
    pub stop: Option<bool>,
    pub log: Vec<Value>,
}

/// What the server remembers, and how it misbehaves.
#[derive(Default)]
pub struct State {
    pub session: SessionState,
    pub connects: Vec<protocol::Connect>,
    pub jobs: HashMap<Attempt, Job>,
    packages: HashMap<String, Vec<u8>>,
    pub package_downloads: u32,
    pub files: HashMap<Uuid, (String, Vec<u8>)>,
    pub media: HashMap<Uuid, Vec<u8>>,
    pub states: HashMap<Uuid, Vec<u8>>,
    pub tokens: HashSet<String>,
    pub sign_ins: u32,
    /// The credentials are no good (any more).
    pub revoked: bool,
    /// Connections break without an answer.
    pub down: bool,
    /// This many answers to Accept are lost after it was done.
    pub lose_accepts: u32,
    /// Tell of every job with every poll, known or not.
    pub forgetful: bool,
    pub disconnected: bool,
    pub slots: u32,
}

#[derive(Default)]
pub struct SessionState {
    pub id: Option<Uuid>,
    pub epoch: i64,
}

/// The server.
pub struct Mock {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
    wake: Arc<Notify>,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Mock {
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let state = Arc::new(Mutex::new(State {
            slots: 8,
            ..State::default()
        }));
        let wake = Arc::new(Notify::new());
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        let (shared, waker) = (state.clone(), wake.clone());
        runtime.spawn(async move {
            loop {
                let Ok((socket, _)) = listener.accept().await else {
                    continue;
                };
                let _ = socket.set_nodelay(true);
                let (state, wake) = (shared.clone(), waker.clone());
                tokio::spawn(async move {
                    let service = service_fn(move |request| answer(request, state.clone(), wake.clone()));
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(socket), service)
                        .await;
                });
            }
        });
        Self {
            address,
            state,
            wake,
            runtime: Some(runtime),
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("not poisoned")
    }

    /// Starts a job with a package; gives its execution.
    pub fn job(&self, package: &[u8], change: impl FnOnce(&mut protocol::Order)) -> Attempt {
        let attempt = Attempt {
            job: Uuid::new_v4(),
            attempt: 1,
        };
        let sha256 = Sha256::digest(package)
            .iter()
            .fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        let mut order = protocol::Order {
            process_name: "Bills".into(),
            process_key: Uuid::from_u128(11),
            entry_point: None,
            input: Some(r#"{"number": 7}"#.into()),
            input_file: None,
            environment: "FROM_PROCESS=yes\n".into(),
            folder: protocol::Folder {
                id: 5,
                key: Uuid::from_u128(12),
                path: "Finance/Bills".into(),
            },
            robot: protocol::Robot {
                key: Uuid::from_u128(13),
                name: "payer".into(),
            },
            token: format!("rj_{}", attempt.job.simple()),
            trace_id: None,
            parent_span_id: None,
            resource_overwrites: None,
            resume: None,
            log_level: "Info".into(),
            record_errors: true,
        };
        change(&mut order);
        let job = Job {
            start: protocol::StartJob {
                attempt,
                process_name: "Bills".into(),
                package: protocol::Package {
                    id: "Bills".into(),
                    version: "1.0.0".into(),
                    sha256: sha256.clone(),
                    size: package.len() as u64,
                },
            },
            order,
            accepted: 0,
            report: None,
            reports: 0,
            stop: None,
            log: Vec::new(),
        };
        let mut state = self.state();
        state.packages.insert(sha256, package.to_vec());
        state.jobs.insert(attempt, job);
        drop(state);
        self.wake.notify_waiters();
        attempt
    }

    pub fn stop(&self, attempt: Attempt, kill: bool) {
        self.state().jobs.get_mut(&attempt).expect("there").stop = Some(kill);
        self.wake.notify_waiters();
    }

    /// Another robot connects under the same installation.
    pub fn take_over(&self) {
        self.state().session.epoch += 1;
        self.wake.notify_waiters();
    }

    pub fn go_down(&self, down: bool) {
        self.state().down = down;
        self.wake.notify_waiters();
    }

    /// Waits until the state is as wanted, and gives what was found.
    #[track_caller]
    pub fn wait<T>(&self, what: &str, mut found: impl FnMut(&State) -> Option<T>) -> T {
        let until = Instant::now() + Duration::from_secs(60);
        while Instant::now() < until {
            if let Some(value) = found(&self.state()) {
                return value;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        panic!("waited in vain for {what}");
    }

    /// Waits for the end of an execution.
    #[track_caller]
    pub fn report(&self, attempt: Attempt) -> protocol::Report {
        self.wait("a report", |state| state.jobs[&attempt].report.clone())
    }

    /// The messages of an execution's log.
    pub fn messages(&self, attempt: Attempt) -> Vec<String> {
        let text = |entry: &Value| entry["message"].as_str().unwrap_or_default().to_owned();
        self.state().jobs[&attempt].log.iter().map(text).collect()
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Broken off without an answer.
#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("broken")
    }
}

impl std::error::Error for Broken {}

type Answer = Response<Full<Bytes>>;

fn plain(status: u16, body: impl Into<Bytes>) -> Answer {
    let status = StatusCode::from_u16(status).expect("a status");
    Response::builder()
        .status(status)
        .body(Full::new(body.into()))
        .expect("an answer")
}

fn say(value: &impl serde::Serialize) -> Answer {
    plain(200, serde_json::to_vec(value).expect("JSON"))
}

fn refuse(status: u16, code: i32) -> Answer {
    plain(status, json!({"message": "no", "errorCode": code}).to_string())
}

async fn answer(request: Request<Incoming>, state: Arc<Mutex<State>>, wake: Arc<Notify>) -> Result<Answer, Broken> {
    if state.lock().expect("not poisoned").down {
        return Err(Broken);
    }
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Broken)?.to_bytes();
    let path = parts.uri.path().to_owned();
    if path == "/identity_/connect/token" {
        return Ok(token(&body, &mut state.lock().expect("not poisoned")));
    }
    let bearer = parts
        .headers
        .get("authorization")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let bearer = bearer.trim_start_matches("Bearer ").to_owned();
    if !state.lock().expect("not poisoned").tokens.contains(&bearer) {
        return Ok(plain(401, ""));
    }
    let name = path
        .strip_prefix("/orchestrator_/api/RobotAgent/")
        .unwrap_or_default()
        .to_owned();
    if name == "Poll" {
        return poll(&body, &state, &wake).await;
    }
    let mut state = state.lock().expect("not poisoned");
    let outcome = call(
        &parts.method,
        &name,
        parts.uri.query().unwrap_or_default(),
        &body,
        &mut state,
    );
    drop(state);
    if name == "Report" {
        // A slot is free.
        wake.notify_waiters();
    }
    match outcome {
        Ok(answer) | Err(Outcome::Answer(answer)) => Ok(answer),
        Err(Outcome::Broken) => Err(Broken),
    }
}

enum Outcome {
    Broken,
    Answer(Answer),
}

fn token(body: &[u8], state: &mut State) -> Answer {
    let form: HashMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
    state.sign_ins += 1;
    let good = !state.revoked
        && form.get("grant_type").is_some_and(|kind| kind == "client_credentials")
        && form.get("client_id").is_some_and(|id| id == CLIENT_ID)
        && form.get("client_secret").is_some_and(|secret| secret == CLIENT_SECRET);
    if !good {
        return plain(400, json!({"error": "invalid_client"}).to_string());
    }
    let token = format!("token-{}", Uuid::new_v4());
    state.tokens.insert(token.clone());
    say(&json!({"access_token": token, "expires_in": 3600, "token_type": "Bearer"}))
}

async fn poll(body: &[u8], state: &Mutex<State>, wake: &Notify) -> Result<Answer, Broken> {
    let asked: protocol::Poll = serde_json::from_slice(body).expect("a poll");
    let until = tokio::time::Instant::now() + Duration::from_secs(u64::from(asked.wait_seconds));
    loop {
        let woken = wake.notified();
        tokio::pin!(woken);
        woken.as_mut().enable();
        {
            let state = state.lock().expect("not poisoned");
            if state.down {
                return Err(Broken);
            }
            if let Some(wrong) = fence(asked.by, &state) {
                return Ok(wrong);
            }
            let work = work(&asked, &state);
            if !work.start.is_empty() || !work.stop.is_empty() || !work.drop.is_empty() {
                return Ok(say(&work));
            }
        }
        if tokio::time::timeout_at(until, woken).await.is_err() {
            return Ok(say(&protocol::Work::default()));
        }
    }
}

fn work(asked: &protocol::Poll, state: &State) -> protocol::Work {
    let open = || state.jobs.iter().filter(|(_, job)| job.report.is_none());
    let is_open = |attempt: &&Attempt| state.jobs.get(attempt).is_some_and(|job| job.report.is_none());
    let running = asked.known.iter().filter(is_open).count() as u32;
    let free = state.slots.saturating_sub(running) as usize;
    let known = |attempt: &Attempt| asked.known.contains(attempt);
    protocol::Work {
        start: open()
            .filter(|(attempt, _)| state.forgetful || !known(attempt))
            .take(if state.forgetful { usize::MAX } else { free })
            .map(|(_, job)| job.start.clone())
            .collect(),
        stop: open()
            .filter_map(|(attempt, job)| {
                let stop = protocol::StopJob {
                    attempt: *attempt,
                    kill: job.stop?,
                };
                (known(attempt) && !asked.stopping.contains(&stop)).then_some(stop)
            })
            .collect(),
        drop: asked
            .known
            .iter()
            .filter(|attempt| !state.jobs.contains_key(attempt))
            .copied()
            .collect(),
        slots: state.slots,
    }
}

fn fence(by: SessionRef, state: &State) -> Option<Answer> {
    if state.session.id != Some(by.session) {
        return Some(refuse(404, 0));
    }
    (by.epoch != state.session.epoch).then(|| refuse(409, 0))
}

fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> T {
    serde_json::from_slice(body).expect("what the protocol says")
}

fn call(method: &Method, name: &str, query: &str, body: &Bytes, state: &mut State) -> Result<Answer, Outcome> {
    let check = |by: SessionRef, state: &State| fence(by, state).map_or(Ok(()), |wrong| Err(Outcome::Answer(wrong)));
    let (first, rest) = name.split_once('/').unwrap_or((name, ""));
    let gone = || Outcome::Answer(refuse(404, 1681));
    match (method.as_str(), first) {
        ("POST", "Connect") => {
            let connect: protocol::Connect = read(body);
            let session = *state.session.id.get_or_insert_with(Uuid::new_v4);
            state.session.epoch += 1;
            let over = |attempt: &&Attempt| state.jobs.get(attempt).is_none_or(|job| job.report.is_some());
            let drop = connect.holds.iter().filter(over).copied().collect();
            state.connects.push(connect);
            let named = |id, name: &str| protocol::Named {
                id: Uuid::from_u128(id),
                name: name.into(),
            };
            Ok(say(&protocol::Connected {
                session,
                epoch: state.session.epoch,
                machine: "machine".into(),
                organization: named(1, "default"),
                tenant: named(2, "My Tenant"),
                base_url: "http://public.example".into(),
                slots: state.slots,
                drop,
            }))
        }
        ("POST", "Accept") => {
            let accept: protocol::Accept = read(body);
            check(accept.by, state)?;
            let lost = state.lose_accepts > 0;
            state.lose_accepts = state.lose_accepts.saturating_sub(1);
            let job = state.jobs.get_mut(&accept.attempt).ok_or_else(gone)?;
            if job.report.is_some() {
                return Err(gone());
            }
            job.accepted += 1;
            if lost {
                return Err(Outcome::Broken);
            }
            Ok(say(&job.order))
        }
        ("POST", "Log") => {
            let log: protocol::Log = read(body);
            check(log.by, state)?;
            assert!(log.entries.len() <= protocol::LOG_ENTRIES);
            let job = state.jobs.get_mut(&log.attempt).ok_or_else(gone)?;
            assert!(log.first as usize <= job.log.len(), "entries are missing");
            let stored = job.log.len() - log.first as usize;
            for entry in log.entries.iter().skip(stored) {
                assert!(entry.len() <= protocol::LOG_ENTRY_BYTES);
                job.log.push(serde_json::from_str(entry).expect("an entry is JSON"));
            }
            Ok(plain(204, ""))
        }
        ("POST", "Report") => {
            let report: protocol::Report = read(body);
            check(report.by, state)?;
            let job = state.jobs.get_mut(&report.attempt).ok_or_else(gone)?;
            assert!(job.accepted > 0, "nothing is reported that was not accepted");
            job.reports += 1;
            job.report.get_or_insert(report);
            Ok(plain(204, ""))
        }
        ("POST", "Disconnect") => {
            state.disconnected = true;
            Ok(plain(204, ""))
        }
        ("GET", "Package") => {
            let job = find(rest, state).ok_or_else(gone)?;
            let package = state.packages[&job.start.package.sha256].clone();
            state.package_downloads += 1;
            Ok(plain(200, package))
        }
        ("PUT", "File") => {
            let name = query.strip_prefix("name=").unwrap_or_default();
            let name = percent_encoding::percent_decode_str(name)
                .decode_utf8_lossy()
                .into_owned();
            let id = Uuid::new_v4();
            state.files.insert(id, (name, body.to_vec()));
            Ok(say(&protocol::Stored { id }))
        }
        ("GET", "File") => {
            let id = rest.rsplit('/').next().and_then(|id| Uuid::parse_str(id).ok());
            let (_, bytes) = id.and_then(|id| state.files.get(&id)).ok_or_else(gone)?;
            Ok(plain(200, bytes.clone()))
        }
        ("PUT", kind @ ("State" | "Media")) => {
            let job = Uuid::parse_str(rest).map_err(|_| gone())?;
            let kept = if kind == "State" {
                &mut state.states
            } else {
                &mut state.media
            };
            kept.insert(job, body.to_vec());
            Ok(plain(204, ""))
        }
        ("GET", "State") => {
            let kept = Uuid::parse_str(rest).ok().and_then(|job| state.states.get(&job));
            Ok(plain(200, kept.ok_or_else(gone)?.clone()))
        }
        other => panic!("no such call: {other:?}"),
    }
}

fn find<'a>(job: &str, state: &'a State) -> Option<&'a Job> {
    let key = Uuid::parse_str(job).ok()?;
    state
        .jobs
        .iter()
        .find(|(attempt, _)| attempt.job == key)
        .map(|(_, job)| job)
}
