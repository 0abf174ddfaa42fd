//! What the server and its robots say to each other.
//!
//! A robot signs in with its machine's client credentials at the token endpoint (RFC 6749 section 4.4) and sends the token with every
//! call. All calls are JSON over `{server}/orchestrator_/api/RobotAgent/{name}`; members are camelCase. The tenant is the machine's.
//!
//! ```text
//! Connect      ─► Connected      once, and again when the server has forgotten the session (404 to a poll)
//! Poll         ─► Work           waits up to `waitSeconds` for something to do; it is the heartbeat as well
//! GET Package/{job}              the package of a job that is assigned to this session, as stored
//! Accept       ─► Order          "I start it now": from here on the job is Running, and nobody else can have it
//! Log          ─► 204            log entries of a job, in order
//! PUT State/{job}, GET State/{job}       what a suspended job keeps until it is resumed
//! PUT File/{job}?name=, GET File/{job}/{attachment}      attachments of a job
//! PUT Media/{job}                a ZIP file with what was recorded before a fault
//! Report       ─► 204            how an execution ended; may be repeated
//! Disconnect   ─► 204            a clean end
//! ```
//!
//! **One execution is one [`Attempt`].** The server assigns a job to a session and counts `attempt` up. Assigned is not started: a
//! robot that stays away before it accepted loses the job to another. `Accept` is the only step from which a job may run, and it
//! succeeds for one attempt once; a robot repeats it freely and gets the same order again as long as the execution is not over. From
//! then on the job belongs to the session until the robot reports its end, however long it stays away.
//!
//! **Sessions are fenced.** Each `Connect` counts the session's `epoch` up. Calls with an older epoch get 409: another process connected
//! under the same installation, and the older one must stop what it runs. A robot that comes back tells what it still runs
//! (`Connect::holds`), and is told what it must drop. Calls whose body is not JSON name the session in the headers [`SESSION_HEADER`] and
//! [`EPOCH_HEADER`].

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where the calls lie below the Orchestrator's own root.
pub const ROOT: &str = "/api/RobotAgent";
/// Seconds between two polls of a robot that has nothing to do, at most.
pub const POLL_SECONDS: u32 = 25;
/// The session's GUID, with calls that have no JSON body.
pub const SESSION_HEADER: &str = "x-robot-session";
/// The session's epoch, likewise.
pub const EPOCH_HEADER: &str = "x-robot-epoch";
/// Bytes of a log entry's JSON text, at most.
pub const LOG_ENTRY_BYTES: usize = 1 << 20;
/// Log entries in one call, at most.
pub const LOG_ENTRIES: usize = 1_000;
/// Longer output arguments, in bytes, go into a file.
pub const INLINE_OUTPUT_BYTES: usize = 10_000;

/// One execution of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// The job's key.
    pub job: Uuid,
    pub attempt: i64,
}

/// What a robot's session is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionRef {
    pub session: Uuid,
    pub epoch: i64,
}

/// The operating system of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Platform {
    Unknown,
    Windows,
    Linux,
    #[serde(rename = "OSX")]
    Osx,
}

/// A robot comes up on a host.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Connect {
    /// Made once per installation and kept with its data.
    pub installation_id: Uuid,
    pub host_name: String,
    /// The account of the operating system it runs under.
    pub service_user_name: String,
    pub version: String,
    pub platform: Platform,
    /// The package runtimes it can run: `command`, `python`.
    pub runtimes: Vec<String>,
    /// More jobs at the same time it will not take, whatever the machine's slots say.
    #[serde(default)]
    pub slots_limit: Option<u32>,
    /// Executions that this installation accepted and has not reported the end of. A running execution of the session that is not among
    /// them is lost: the robot has nothing of it any more.
    #[serde(default)]
    pub holds: Vec<Attempt>,
}

/// A session is open.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Connected {
    pub session: Uuid,
    pub epoch: i64,
    /// Name of the machine object.
    pub machine: String,
    pub organization: Named,
    pub tenant: Named,
    /// Public address of the server, without a slash at the end.
    pub base_url: String,
    /// Jobs at the same time, over all runtime types.
    pub slots: u32,
    /// Executions in [`Connect::holds`] that are over as far as the server is concerned: end them, report nothing.
    pub drop: Vec<Attempt>,
}

/// A name with its GUID.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Named {
    pub id: Uuid,
    pub name: String,
}

/// Anything to do? Answered at once when there is, else after `wait_seconds`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Poll {
    #[serde(flatten)]
    pub by: SessionRef,
    /// At most [`POLL_SECONDS`].
    pub wait_seconds: u32,
    /// Assigned executions that the robot knows of and is preparing or running. What it does not list is told again.
    pub known: Vec<Attempt>,
    /// Stops that the robot knows of.
    #[serde(default)]
    pub stopping: Vec<StopJob>,
}

/// What a robot has to do.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Work {
    pub start: Vec<StartJob>,
    pub stop: Vec<StopJob>,
    /// Executions in [`Poll::known`] that do not belong to this session any more.
    pub drop: Vec<Attempt>,
    /// Take no more jobs than this at the same time.
    pub slots: u32,
}

/// A job that was assigned to the session: get its package, then accept it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StartJob {
    #[serde(flatten)]
    pub attempt: Attempt,
    pub process_name: String,
    pub package: Package,
}

/// A package version. Its content never changes, so the hash says whether a robot has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Package {
    pub id: String,
    pub version: String,
    /// SHA-256 in hexadecimal digits.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
}

/// A running job is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StopJob {
    #[serde(flatten)]
    pub attempt: Attempt,
    /// False: it may come to an end of its own; true: at once.
    pub kill: bool,
}

/// "I start it now."
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Accept {
    #[serde(flatten)]
    pub by: SessionRef,
    #[serde(flatten)]
    pub attempt: Attempt,
}

/// All that is needed to run a job. 404 with code 1681 instead when the execution is not this session's (any more).
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// Name of the process.
    pub process_name: String,
    /// GUID of the process (`UIPATH_PROCESS_UUID`).
    pub process_key: Uuid,
    /// Path of the entry point; `None` for the main one.
    pub entry_point: Option<String>,
    /// JSON text of an object. `None`: they are in the file, or there are none.
    pub input: Option<String>,
    /// The attachment that holds them.
    pub input_file: Option<Uuid>,
    /// `NAME=value` lines.
    pub environment: String,
    pub folder: Folder,
    pub robot: Robot,
    /// Bearer token for the API, good while the execution lasts, limited to the folder and the robot's account.
    pub token: String,
    pub trace_id: Option<String>,
    pub parent_span_id: Option<String>,
    /// JSON text with replaced resources (`runtime.internalArguments.resourceOverwrites`).
    pub resource_overwrites: Option<String>,
    /// Set when a suspended job goes on: `GET State/{job}` has what it kept.
    pub resume: Option<Resume>,
    /// Entries below this level are not wanted: `Trace`, `Debug`, `Info`, `Warn`, `Error`, `Fatal`, `Off`.
    pub log_level: String,
    /// Record the screen of the last seconds before a fault.
    pub record_errors: bool,
}

/// The folder a job runs in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Folder {
    pub id: i64,
    pub key: Uuid,
    pub path: String,
}

/// The robot a job runs under.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Robot {
    /// `UIPATH_ROBOT_KEY`
    pub key: Uuid,
    pub name: String,
}

/// Why a suspended job goes on.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Resume {
    pub version: i32,
    /// The triggers that fired, with what they delivered.
    pub triggers: Vec<FiredTrigger>,
}

/// A trigger that fired.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FiredTrigger {
    pub trigger_type: String,
    pub item_key: Option<Uuid>,
    pub payload: Option<serde_json::Value>,
}

/// Log entries of a job. Entries are JSON texts in the shape of `POST /api/Logs/SubmitLogs` (reference: execution 9).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Log {
    #[serde(flatten)]
    pub by: SessionRef,
    #[serde(flatten)]
    pub attempt: Attempt,
    /// Number of the first entry within the execution, from 0: what was stored before is not stored again.
    pub first: u64,
    pub entries: Vec<String>,
}

/// How an execution ended.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    #[serde(flatten)]
    pub by: SessionRef,
    #[serde(flatten)]
    pub attempt: Attempt,
    pub outcome: Outcome,
    /// JSON text of an object.
    pub output: Option<String>,
    /// The attachment that holds it instead, `PUT File/{job}` gave it.
    pub output_file: Option<Uuid>,
    /// What is shown as the job's `Info`.
    pub info: Option<String>,
    pub error: Option<JobError>,
    /// What must happen before the job goes on; with [`Outcome::Suspended`] only.
    #[serde(default)]
    pub triggers: Vec<ResumeTrigger>,
}

/// The end of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Outcome {
    /// It came to its end.
    Successful,
    /// It failed, or could not be started.
    Faulted,
    /// It was stopped or killed as ordered.
    Stopped,
    /// It waits for something; its state is stored.
    Suspended,
}

/// `JobErrorDto`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobError {
    pub code: Option<String>,
    pub title: Option<String>,
    pub detail: Option<String>,
    pub category: Option<String>,
    pub status: Option<i32>,
}

/// What a suspended job waits for (reference: execution 5.9).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResumeTrigger {
    /// `QueueItem`, `Job`, `Task`, `Timer`, `Inbox`, `Api`
    pub trigger_type: String,
    pub item_key: Option<Uuid>,
    #[schemars(with = "Option<String>")]
    pub timer: Option<Timestamp>,
    pub message: Option<String>,
    /// Opaque JSON text.
    pub configuration: Option<String>,
}

/// The answer to `PUT File/{job}`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stored {
    /// Key of the attachment.
    pub id: Uuid,
}
