//! What the tests of logs, statistics and alerts share: jobs as rows, and calls in a folder.

use context::Error;
use execution::jobs::model::{Job, JobState, JobType, SourceType, StopStrategy};
use execution::machines::model::RuntimeType;
use execution::processes::model::{ProcessType, RemoteControlAccess};
use execution::statistics::tally::{self, Delta};
use jiff::Timestamp;
use serde_json::{Value, json};
use store::Json;
use testkit::{Answer, Server};
use uuid::Uuid;

pub const LOGS: &str = "/odata/RobotLogs";
pub const SUBMIT: &str = "/api/Logs/SubmitLogs";

/// Calls in one folder with one token.
pub struct Place<'a> {
    pub server: &'a Server,
    pub token: String,
    pub folder: i64,
}

impl<'a> Place<'a> {
    /// The folder `Shared`, seen by an application that may do everything with logs, alerts and numbers.
    pub fn of(server: &'a Server) -> Self {
        Self {
            server,
            token: server.token("OR.Monitoring"),
            folder: server.shared_folder(),
        }
    }

    pub fn in_folder(&self, folder: i64) -> Self {
        Self {
            server: self.server,
            token: self.token.clone(),
            folder,
        }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.server.get(path).bearer(&self.token).folder(self.folder).send()
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.server
            .post(path)
            .bearer(&self.token)
            .folder(self.folder)
            .json(body)
            .send()
    }

    /// A job of this folder in a state, as if it had been started and ended now, on a machine.
    pub fn job(&self, process: &str, release: i64, state: JobState) -> Uuid {
        let (folder, now) = (self.folder, self.server.app.clock().now());
        let key = self.server.app.system().id();
        let job = job(key, folder, process, release, state, now);
        let done = self.server.app.store().write(move |tx| {
            let mut scope = tx.tenant(1);
            scope.insert(&job)?;
            let deltas = [
                Delta {
                    folder,
                    release,
                    machine: None,
                    from: None,
                    to: Some(JobState::Pending),
                    micros: 0,
                },
                Delta {
                    folder,
                    release,
                    machine: Some(7),
                    from: Some(JobState::Pending),
                    to: Some(state),
                    micros: 2_000_000,
                },
            ];
            tally::count(&mut scope, &deltas, now)
        });
        self.server.run(done).unwrap();
        key
    }

    /// Stores entries of a job, given as level and message, a second apart from `at` on.
    #[track_caller]
    pub fn submit(&self, job: Uuid, at: &str, entries: &[(&str, &str)]) {
        let at: Timestamp = at.parse().unwrap();
        let texts: Vec<String> = (0..)
            .zip(entries)
            .map(|(second, (level, message))| {
                let at = at + jiff::SignedDuration::from_secs(second);
                entry(job, &at.to_string(), level, message).to_string()
            })
            .collect();
        self.post(SUBMIT, &json!(texts)).expect(200);
    }

    /// A page of the logs.
    #[track_caller]
    pub fn logs(&self, options: &str) -> Value {
        self.get(&format!("{LOGS}?{options}")).expect(200).json()
    }

    /// The messages of a page of the logs.
    #[track_caller]
    pub fn messages(&self, options: &str) -> Vec<String> {
        let page = self.logs(options);
        let rows = page["value"].as_array().unwrap();
        rows.iter()
            .map(|row| row["Message"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// An entry as robots write it.
pub fn entry(job: Uuid, at: &str, level: &str, message: &str) -> Value {
    json!({
        "message": message, "level": level, "logType": "Default", "timeStamp": at, "fingerprint": job,
        "windowsIdentity": "HOST\\robot", "machineName": "HOST-1", "processName": "ignored", "jobId": job,
        "robotName": "R1", "custom": { "amount": 7 },
    })
}

fn job(key: Uuid, folder: i64, process: &str, release: i64, state: JobState, now: Timestamp) -> Job {
    Job {
        id: 0,
        key,
        folder_id: folder,
        release_id: release,
        release_name: process.to_owned(),
        release_version_id: None,
        package_id: process.to_owned(),
        lane_id: 0,
        waiting_rank: None,
        state,
        priority: 45,
        job_type: JobType::Unattended,
        source_type: SourceType::Manual,
        source: "Manual".to_owned(),
        batch_key: key,
        schedule_id: None,
        trigger_key: None,
        parent_key: None,
        created_at: now,
        creator_id: None,
        started_at: Some(now),
        resumed_at: None,
        ended_at: state.is_final().then_some(now),
        info: None,
        sub_state: None,
        state_blob: None,
        input: None,
        input_file: None,
        output: None,
        output_file: None,
        environment: None,
        entry_point: None,
        reference: String::new(),
        runtime_type: RuntimeType::Unattended,
        requires_user_interaction: false,
        process_type: ProcessType::Process,
        remote_control: RemoteControlAccess::None,
        session_id: None,
        machine_id: None,
        robot_id: None,
        host_name: None,
        host_identity: None,
        attempt: 1,
        accepted: true,
        assigned_at: Some(now),
        stop_strategy: None,
        stop_requested_at: None,
        persistence_id: None,
        resume_version: 0,
        same_context: false,
        error: None,
        error_code: None,
        stop_after: None,
        kill_after: None,
        stop_by: StopStrategy::SoftStop,
        alert_pending_after: None,
        alert_running_after: None,
        due_at: None,
        extra: Json(serde_json::Map::new()),
        log_count: 0,
    }
}

/// Runs a unit of work in the first tenant.
pub fn write<T: Send + 'static>(
    server: &Server,
    work: impl Fn(&mut store::Scoped<'_, store::Tenant>) -> Result<T, Error> + Send + 'static,
) -> T {
    let done = server.app.store().write(move |tx| work(&mut tx.tenant(1)));
    server.run(done).unwrap()
}
