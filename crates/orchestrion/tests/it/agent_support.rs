//! A robot played by a test: it speaks the protocol of `robot-protocol` and runs nothing.

use http::Method;
use robot_protocol::{EPOCH_HEADER, SESSION_HEADER};
use serde_json::{Value, json};
use testkit::{Answer, Call, Server};

/// A robot that connected.
pub struct Agent<'a> {
    server: &'a Server,
    pub token: String,
    pub session: Value,
    pub epoch: Value,
}

impl<'a> Agent<'a> {
    /// A robot on `host` signs in with the credentials of a machine and connects.
    #[track_caller]
    pub fn connect(server: &'a Server, client: &str, secret: &str, host: &str) -> Self {
        let installation = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_DNS, host.as_bytes());
        Self::connect_as(server, client, secret, host, &installation.to_string(), &json!([]))
    }

    /// The same with everything said.
    #[track_caller]
    pub fn connect_as(
        server: &'a Server,
        client: &str,
        secret: &str,
        host: &str,
        installation: &str,
        holds: &Value,
    ) -> Self {
        let token = machine_token(server, client, secret);
        let body = json!({
            "installationId": installation, "hostName": host, "serviceUserName": "robot", "version": "1.0.0",
            "platform": "Linux", "runtimes": ["command", "python"], "holds": holds
        });
        let connected = call(server, &token, "Connect", &body).expect(200).json();
        Self {
            server,
            token,
            session: connected["session"].clone(),
            epoch: connected["epoch"].clone(),
        }
    }

    fn with(&self, mut body: Value) -> Value {
        body["session"] = self.session.clone();
        body["epoch"] = self.epoch.clone();
        body
    }

    pub fn call(&self, name: &str, body: Value) -> Answer {
        call(self.server, &self.token, name, &self.with(body))
    }

    fn bare(&self, method: Method, name: &str) -> Call<'a> {
        let path = format!("/orchestrator_/api/RobotAgent/{name}");
        let call = self.server.call(method, &path).bearer(&self.token);
        call.header(SESSION_HEADER, self.session.as_str().unwrap())
            .header(EPOCH_HEADER, &self.epoch.to_string())
    }

    /// Sends a file.
    pub fn put(&self, name: &str, content: &[u8]) -> Answer {
        self.bare(Method::PUT, name)
            .bytes("application/octet-stream", content)
            .send()
    }

    /// Fetches a file.
    pub fn get(&self, name: &str) -> Answer {
        self.bare(Method::GET, name).send()
    }

    /// What there is to do now.
    #[track_caller]
    pub fn work(&self) -> Value {
        self.poll(0, &json!([]), &json!([]))
    }

    #[track_caller]
    pub fn poll(&self, seconds: u32, known: &Value, stopping: &Value) -> Value {
        let body = json!({ "waitSeconds": seconds, "known": known, "stopping": stopping });
        self.call("Poll", body).expect(200).json()
    }

    /// The only job that is to be started.
    #[track_caller]
    pub fn given(&self) -> Value {
        let work = self.work();
        assert_eq!(work["start"].as_array().unwrap().len(), 1, "{work}");
        work["start"][0].clone()
    }

    pub fn accept(&self, job: &Value) -> Answer {
        self.call("Accept", attempt(job))
    }

    /// Takes the only job that is to be started, and starts it.
    #[track_caller]
    pub fn start(&self) -> (Value, Value) {
        let job = self.given();
        let order = self.accept(&job).expect(200).json();
        (job, order)
    }

    /// Tells how an execution ended.
    pub fn report(&self, job: &Value, outcome: &str, more: &Value) -> Answer {
        let mut body = attempt(job);
        body["outcome"] = json!(outcome);
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.call("Report", body)
    }

    pub fn log(&self, job: &Value, first: u64, messages: &[&str]) -> Answer {
        let entries: Vec<String> = messages
            .iter()
            .map(|message| {
                json!({ "message": message, "level": "Information", "timeStamp": "2026-01-01T00:00:00Z",
                    "jobId": job["job"] })
                .to_string()
            })
            .collect();
        let mut body = attempt(job);
        body["first"] = json!(first);
        body["entries"] = json!(entries);
        self.call("Log", body)
    }
}

/// An access token of a machine.
#[track_caller]
pub fn machine_token(server: &Server, client: &str, secret: &str) -> String {
    let answer = server
        .post("/identity_/connect/token")
        .form(&[
            ("grant_type", "client_credentials"),
            ("client_id", client),
            ("client_secret", secret),
        ])
        .send()
        .expect(200);
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

fn call(server: &Server, token: &str, name: &str, body: &Value) -> Answer {
    let path = format!("/orchestrator_/api/RobotAgent/{name}");
    server.post(&path).bearer(token).json(body).send()
}

/// The execution that a job to be started is about.
pub fn attempt(job: &Value) -> Value {
    json!({ "job": job["job"], "attempt": job["attempt"] })
}
