//! The server as the robot sees it: the calls of `robot-protocol`, each repeated until the server has answered.
//!
//! No connection, a timeout, 408, 429 and 5xx are passing: the call is made again, after a wait that grows. 401 gets a new token. What the
//! server really says comes back as [`Refused`]. All calls of the protocol may be repeated.

pub mod download;
pub mod http;
pub mod token;

use std::fs::File;
use std::io::Read as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ::http::{HeaderValue, Method, Request, header};
use bytes::Bytes;
use futures_util::stream;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use robot_protocol as protocol;
use robot_protocol::{Attempt, SessionRef};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::Notify;
use uuid::Uuid;

pub use self::download::Download;
use self::http::{Body, Http, Reply, whole};
use self::token::{Credentials, SignIn};
use crate::clock::Backoff;
use crate::config::Config;

/// The server's word, where it is not what was asked for.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refused {
    /// 404: the execution, or the session, is not (any more) what the robot thinks.
    #[error("the server does not know it: {0}")]
    Gone(String),
    /// 409: another process connected under the same installation.
    #[error("another robot has taken the session over")]
    TakenOver,
    /// Another status below 500.
    #[error("the server answers {status}: {message}")]
    Rejected { status: u16, message: String },
    /// The server said nothing that helps here, for so long that waiting on makes no sense.
    #[error("{0}")]
    Away(String),
}

/// The server.
pub struct Api {
    http: Http,
    /// Up to and without the name of the call.
    root: String,
    credentials: Credentials,
    session: Mutex<Option<SessionRef>>,
    /// Rings when the server answers after it was away, so that nobody sleeps on.
    back: Notify,
    away: AtomicBool,
}

/// One call, made anew for every try.
struct Call<'a> {
    method: Method,
    path: String,
    content_type: &'static str,
    limit: Duration,
    body: &'a (dyn Fn(Option<SessionRef>) -> std::io::Result<(Body, u64)> + Send + Sync),
}

/// The outcome of one try.
enum Try {
    Answer(Reply),
    /// Again after a wait, for this reason.
    Again(Passing),
}

/// A problem that is expected to go away.
struct Passing {
    reason: String,
    /// The server does not answer at all; else it answers, but not this call.
    silent: bool,
}

impl Passing {
    fn silent(reason: impl ToString) -> Self {
        Self {
            reason: reason.to_string(),
            silent: true,
        }
    }

    fn said(reason: impl ToString) -> Self {
        Self {
            reason: reason.to_string(),
            silent: false,
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Wrong {
    message: String,
    error: String,
    error_description: String,
}

impl Api {
    /// # Errors
    /// Certificates that cannot be read.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let server = config.server.as_str().trim_end_matches('/');
        let address = format!("{server}/identity_/connect/token");
        Ok(Self {
            http: Http::new(config.ca_file.as_deref())?,
            root: format!("{server}/orchestrator_{}", protocol::ROOT),
            credentials: Credentials::new(address, config.client_id.clone(), config.client_secret.clone()),
            session: Mutex::new(None),
            back: Notify::new(),
            away: AtomicBool::new(false),
        })
    }

    /// Signs in; waits for a server that is away.
    ///
    /// # Errors
    /// What the server has against the credentials.
    pub async fn sign_in(&self) -> Result<(), String> {
        let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(10));
        loop {
            match self.credentials.bearer(&self.http).await {
                Ok(_) => return Ok(()),
                Err(SignIn::Refused(reason)) => return Err(reason),
                Err(SignIn::Away(reason)) => self.wait(&mut backoff, "sign-in", &Passing::silent(reason)).await,
            }
        }
    }

    pub fn session(&self) -> Option<SessionRef> {
        *self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub async fn connect(&self, connect: &protocol::Connect) -> Result<protocol::Connected, Refused> {
        let text = serde_json::to_vec(connect).unwrap_or_default();
        let body = move |_| Ok((whole(text.clone()), text.len() as u64));
        let connected: protocol::Connected = self.json("Connect", Duration::from_secs(30), &body).await?;
        *self.session.lock().unwrap_or_else(PoisonError::into_inner) = Some(SessionRef {
            session: connected.session,
            epoch: connected.epoch,
        });
        Ok(connected)
    }

    pub async fn poll(
        &self,
        known: Vec<Attempt>,
        stopping: Vec<protocol::StopJob>,
        wait_seconds: u32,
    ) -> Result<protocol::Work, Refused> {
        let limit = Duration::from_secs(u64::from(wait_seconds) + 10);
        let say = |by| protocol::Poll {
            by,
            wait_seconds,
            known: known.clone(),
            stopping: stopping.clone(),
        };
        self.json("Poll", limit, &by_session(say)).await
    }

    pub async fn accept(&self, attempt: Attempt) -> Result<protocol::Order, Refused> {
        let say = |by| protocol::Accept { by, attempt };
        self.json("Accept", Duration::from_secs(30), &by_session(say)).await
    }

    pub async fn log(&self, attempt: Attempt, first: u64, entries: &[String]) -> Result<(), Refused> {
        let say = |by| protocol::Log {
            by,
            attempt,
            first,
            entries: entries.to_vec(),
        };
        let body = by_session(say);
        self.repeat(Self::post("Log", Duration::from_secs(60), &body)).await?;
        Ok(())
    }

    pub async fn report(&self, report: &protocol::Report) -> Result<(), Refused> {
        let say = |by| protocol::Report { by, ..report.clone() };
        let body = by_session(say);
        self.repeat(Self::post("Report", Duration::from_secs(60), &body))
            .await?;
        Ok(())
    }

    /// Says good-bye, once: a server that is away learns it from the silence.
    pub async fn disconnect(&self) {
        let body = by_session(|by| by);
        let call = Self::post("Disconnect", Duration::from_secs(5), &body);
        if let Ok(Try::Again(problem)) = self.once(&call).await {
            tracing::debug!("no good-bye: {}", problem.reason);
        }
    }

    /// Gets something large into a file. A transfer that broke is begun anew.
    ///
    /// # Errors
    /// [`Refused`]; what was written until then is to be thrown away.
    pub async fn fetch(&self, path: &str, download: &mut Download) -> Result<(), Refused> {
        let mut backoff = patient();
        let mut tries = 0;
        loop {
            let stored = |error| Refused::Away(format!("cannot store {path}: {error}"));
            download.begin().map_err(stored)?;
            let Some(problem) = self.transfer(path, download).await? else {
                return Ok(());
            };
            tries += 1;
            if tries > 100 {
                return Err(Refused::Away(format!(
                    "{path} could not be fetched: {}",
                    problem.reason
                )));
            }
            self.wait(&mut backoff, path, &problem).await;
        }
    }

    /// One try of [`Self::fetch`]: `None` when everything came.
    async fn transfer(&self, path: &str, download: &mut Download) -> Result<Option<Passing>, Refused> {
        let bearer = match self.credentials.bearer(&self.http).await {
            Ok(bearer) => bearer,
            Err(error) => return Ok(Some(self.explain(&error))),
        };
        let request = Request::builder()
            .uri(self.address(path))
            .header(header::AUTHORIZATION, &bearer);
        let Ok(request) = with_session(request, self.session()).body(whole(Bytes::new())) else {
            return Err(Refused::Away(format!("{path} is no address")));
        };
        let response = match self.http.open(request, Duration::from_secs(60)).await {
            Ok(response) => response,
            Err(error) => return Ok(Some(Passing::silent(error))),
        };
        let (parts, mut body) = response.into_parts();
        if parts.status.as_u16() != 200 {
            let mut text = Vec::new();
            while let Ok(Some(chunk)) = http::chunk(&mut body).await {
                text.extend_from_slice(&chunk);
                if text.len() > 65_536 {
                    break;
                }
            }
            let reply = Reply {
                status: parts.status,
                body: text.into(),
            };
            return self
                .judge(reply, &bearer, self.session())
                .await
                .map(|outcome| match outcome {
                    Try::Again(problem) => Some(problem),
                    Try::Answer(reply) => Some(Passing::said(format!("the server answers {}", reply.status))),
                });
        }
        self.answered();
        loop {
            match http::chunk(&mut body).await {
                Ok(Some(chunk)) => {
                    let stored = |error| Refused::Away(format!("cannot store {path}: {error}"));
                    download.take(&chunk).map_err(stored)?;
                }
                Ok(None) => return Ok(None),
                Err(error) => return Ok(Some(Passing::silent(error))),
            }
        }
    }

    /// Sends a file as the body of a PUT.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn put(&self, path: String, content_type: &'static str, file: &File) -> Result<Bytes, Refused> {
        let body = |_| {
            let mut file = file.try_clone()?;
            std::io::Seek::rewind(&mut file)?;
            let length = file.metadata()?.len();
            Ok((of_file(file), length))
        };
        let call = Call {
            method: Method::PUT,
            path,
            content_type,
            limit: Duration::from_secs(600),
            body: &body,
        };
        Ok(self.repeat(call).await?.body)
    }

    /// Stores a file of a job; gives the attachment's key.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn put_file(&self, job: Uuid, name: &str, file: &File) -> Result<Uuid, Refused> {
        let name: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
        // A plus would be a plus to those who decode addresses strictly.
        let path = format!("File/{job}?name={}", name.replace('+', "%20"));
        let answer = self.put(path, "application/octet-stream", file).await?;
        let stored: protocol::Stored = serde_json::from_slice(&answer)
            .map_err(|error| Refused::Away(format!("the server answers nonsense to a file: {error}")))?;
        Ok(stored.id)
    }

    fn address(&self, path: &str) -> String {
        format!("{}/{path}", self.root)
    }

    fn post<'a>(
        name: &str,
        limit: Duration,
        body: &'a (dyn Fn(Option<SessionRef>) -> std::io::Result<(Body, u64)> + Send + Sync),
    ) -> Call<'a> {
        Call {
            method: Method::POST,
            path: name.to_owned(),
            content_type: "application/json",
            limit,
            body,
        }
    }

    async fn json<T: DeserializeOwned>(
        &self,
        name: &str,
        limit: Duration,
        body: &(dyn Fn(Option<SessionRef>) -> std::io::Result<(Body, u64)> + Send + Sync),
    ) -> Result<T, Refused> {
        let mut backoff = patient();
        loop {
            let reply = self.repeat(Self::post(name, limit, body)).await?;
            match serde_json::from_slice(&reply.body) {
                Ok(value) => return Ok(value),
                // Something between robot and server answered in its place.
                Err(error) => {
                    let problem = Passing::said(format!("the answer is nonsense: {error}"));
                    self.wait(&mut backoff, name, &problem).await;
                }
            }
        }
    }

    /// Makes a call until the server has answered.
    async fn repeat(&self, call: Call<'_>) -> Result<Reply, Refused> {
        let mut backoff = patient();
        loop {
            match self.once(&call).await? {
                Try::Answer(reply) => return Ok(reply),
                Try::Again(problem) => self.wait(&mut backoff, &call.path, &problem).await,
            }
        }
    }

    async fn once(&self, call: &Call<'_>) -> Result<Try, Refused> {
        let bearer = match self.credentials.bearer(&self.http).await {
            Ok(bearer) => bearer,
            Err(error) => return Ok(Try::Again(self.explain(&error))),
        };
        let by = self.session();
        let (body, length) =
            (call.body)(by).map_err(|error| Refused::Away(format!("{} cannot be sent: {error}", call.path)))?;
        let request = Request::builder()
            .method(call.method.clone())
            .uri(self.address(&call.path))
            .header(header::AUTHORIZATION, &bearer)
            .header(header::CONTENT_TYPE, call.content_type)
            .header(header::CONTENT_LENGTH, length);
        let Ok(request) = with_session(request, by).body(body) else {
            return Err(Refused::Away(format!("{} is no address", call.path)));
        };
        match self.http.send(request, call.limit).await {
            Ok(reply) => self.judge(reply, &bearer, by).await,
            Err(error) => Ok(Try::Again(Passing::silent(error))),
        }
    }

    /// What an answer means.
    async fn judge(&self, reply: Reply, bearer: &HeaderValue, by: Option<SessionRef>) -> Result<Try, Refused> {
        let status = reply.status.as_u16();
        let message = || {
            let wrong: Wrong = serde_json::from_slice(&reply.body).unwrap_or_default();
            let texts = [wrong.message, wrong.error_description, wrong.error];
            texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
        };
        match status {
            200..300 => {
                self.answered();
                Ok(Try::Answer(reply))
            }
            401 => {
                self.credentials.spoil(bearer).await;
                Ok(Try::Again(Passing::said("the server does not accept the token")))
            }
            502..=504 => Ok(Try::Again(Passing::silent(format!(
                "the server answers {status} {}",
                message()
            )))),
            408 | 429 | 500.. => Ok(Try::Again(Passing::said(format!(
                "the server answers {status} {}",
                message()
            )))),
            404 | 410 => Err(Refused::Gone(message())),
            // The session was renewed while this call was on its way.
            409 if self.session() != by => Ok(Try::Again(Passing::said("the session was renewed"))),
            409 => Err(Refused::TakenOver),
            _ => Err(Refused::Rejected {
                status,
                message: message(),
            }),
        }
    }

    fn explain(&self, error: &SignIn) -> Passing {
        match error {
            SignIn::Refused(reason) => Passing::silent(format!(
                "the server refuses the credentials of the machine (client id {}): {reason}. Was the secret revoked?",
                self.credentials.client_id()
            )),
            SignIn::Away(reason) => Passing::silent(reason),
        }
    }

    fn answered(&self) {
        if self.away.swap(false, Ordering::Relaxed) {
            tracing::info!("the server answers again");
            self.back.notify_waiters();
        }
    }

    async fn wait(&self, backoff: &mut Backoff, call: &str, problem: &Passing) {
        let step = backoff.step();
        let reason = &problem.reason;
        if !problem.silent {
            tracing::warn!(call, "{reason}; trying again in {} ms", step.as_millis());
            tokio::time::sleep(step).await;
            return;
        }
        if self.away.swap(true, Ordering::Relaxed) {
            tracing::debug!(call, "{reason}; trying again in {} ms", step.as_millis());
        } else {
            tracing::warn!(call, "{reason}; trying again until it works");
        }
        tokio::select! {
            () = tokio::time::sleep(step) => {}
            () = self.back.notified() => {}
        }
    }
}

/// The waits of a call: short at first, because a server that restarts is back soon.
const fn patient() -> Backoff {
    Backoff::new(Duration::from_millis(40), Duration::from_secs(10))
}

/// The body of a call that names the session.
fn by_session<T: serde::Serialize>(
    say: impl Fn(SessionRef) -> T + Send + Sync,
) -> impl Fn(Option<SessionRef>) -> std::io::Result<(Body, u64)> + Send + Sync {
    move |by| {
        let by = by.ok_or_else(|| std::io::Error::other("there is no session"))?;
        let text = serde_json::to_vec(&say(by))?;
        let length = text.len() as u64;
        Ok((whole(text), length))
    }
}

/// Calls without a JSON body name the session in headers.
fn with_session(request: ::http::request::Builder, by: Option<SessionRef>) -> ::http::request::Builder {
    match by {
        Some(by) => request
            .header(protocol::SESSION_HEADER, by.session.to_string())
            .header(protocol::EPOCH_HEADER, by.epoch),
        None => request,
    }
}

/// A body that is read from a file as it is sent.
fn of_file(file: File) -> Body {
    const PIECE: usize = 256 << 10;
    let pieces = stream::unfold(Some(file), |file| async {
        let mut file = file?;
        let read = tokio::task::spawn_blocking(move || {
            let mut buffer = vec![0; PIECE];
            let count = file.read(&mut buffer)?;
            buffer.truncate(count);
            Ok::<_, std::io::Error>((file, buffer))
        });
        match read.await {
            Ok(Ok((_, buffer))) if buffer.is_empty() => None,
            Ok(Ok((file, buffer))) => Some((Ok(Frame::data(Bytes::from(buffer))), Some(file))),
            Ok(Err(error)) => Some((Err(error), None)),
            Err(error) => Some((Err(std::io::Error::other(error)), None)),
        }
    });
    StreamBody::new(pieces).boxed_unsync()
}
