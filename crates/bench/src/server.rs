//! The real server as a child process: building, starting, asking, killing.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use store::Store;

use crate::http::{Connection, form, request};

/// The application that first start registers for us; it has every application scope.
pub const CLIENT_ID: &str = "3f0d6f5e-5a51-4f6e-9d0e-2b6c1a7e8f90";
pub const CLIENT_SECRET: &str = "the-bench-programs-own-secret-0123456789";
/// Longest time from start to ready; a debug build on a busy machine takes seconds.
const START: Duration = Duration::from_secs(60);

/// The server's program beside this one, built now unless it is up to date.
///
/// # Errors
/// A build that fails.
pub fn program(given: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(path) = given {
        ensure!(path.is_file(), "there is no {}", path.display());
        return Ok(path.to_owned());
    }
    let own = std::env::current_exe()?;
    let directory = own.parent().context("this program is nowhere")?;
    let target = directory
        .parent()
        .context("this program is not in a target directory")?;
    let release = directory.file_name().is_some_and(|name| name == "release");
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    build
        .args([
            "build",
            "--package",
            "orchestrion",
            "--bin",
            "orchestrion",
            "--target-dir",
        ])
        .arg(target);
    build.current_dir(env!("CARGO_MANIFEST_DIR"));
    if release {
        build.arg("--release");
    }
    ensure!(
        build.status().context("cannot run cargo")?.success(),
        "the server does not build"
    );
    Ok(directory.join(format!("orchestrion{}", std::env::consts::EXE_SUFFIX)))
}

/// How to start it.
#[derive(Debug, Clone)]
pub struct Settings {
    pub program: PathBuf,
    /// Database (unless `database` names another one), master key and log.
    pub data: PathBuf,
    pub database: Option<String>,
    pub algorithm: &'static str,
}

impl Settings {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        // Nothing of the surroundings may change what is measured.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("ORCHESTRION_") {
                command.env_remove(name);
            }
        }
        command.env("ORCHESTRION_DATA", &self.data);
        if let Some(database) = &self.database {
            command.env("ORCHESTRION_DATABASE", database);
        }
        command
            .env("ORCHESTRION_SIGNING_ALGORITHM", self.algorithm)
            .stdin(Stdio::null());
        command
    }

    /// Starts the server on a free port and waits until it is ready.
    ///
    /// # Errors
    /// A server that ends or is not ready in time, with the end of its log.
    pub fn start(&self) -> anyhow::Result<Server> {
        let address = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?.local_addr()?;
        self.start_at(address)
    }

    /// Starts the server where one was before.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_at(&self, address: SocketAddr) -> anyhow::Result<Server> {
        fs::create_dir_all(&self.data)?;
        let log = self.data.join("server.log");
        let output = File::options().create(true).append(true).open(&log)?;
        let mut command = self.command();
        command
            .args(["serve", "--log", "warn", "--listen", &address.to_string()])
            .env("ORCHESTRION_ADMIN_PASSWORD", "the-bench-programs-own-password-1")
            .env("ORCHESTRION_BOOTSTRAP_CLIENT_ID", CLIENT_ID)
            .env("ORCHESTRION_BOOTSTRAP_CLIENT_SECRET", CLIENT_SECRET)
            .stdout(output.try_clone()?)
            .stderr(output);
        let begin = Instant::now();
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        let mut server = Server {
            child,
            address,
            begin,
            ready_after: Duration::ZERO,
        };
        if let Err(error) = server.wait_until_ready() {
            drop(server);
            bail!("{error:#}; the server's log ends with:\n{}", tail(&log));
        }
        Ok(server)
    }

    /// Opens the database while no server does.
    ///
    /// # Errors
    /// A database that cannot be opened.
    pub fn store(&self) -> anyhow::Result<Store> {
        let url = match &self.database {
            Some(url) => url.clone(),
            None => format!("sqlite:{}", self.data.join("orchestrion.db").display()),
        };
        Ok(Store::open(&store::Options::new(url))?)
    }

    /// Runs `doctor` on the data while no server does.
    ///
    /// # Errors
    /// What it found.
    pub fn examine(&self) -> anyhow::Result<()> {
        let output = self
            .command()
            .args(["doctor", "--log", "warn"])
            .output()
            .context("cannot run doctor")?;
        let text = String::from_utf8_lossy(&output.stdout);
        ensure!(
            output.status.success(),
            "doctor says:\n{text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(())
    }
}

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    /// The start of the process.
    pub begin: Instant,
    /// Time from the start of the process to the first answer that says ready.
    pub ready_after: Duration,
}

impl Server {
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL, as a crash or a power cut of the process would do: nothing can be finished or flushed.
    ///
    /// # Errors
    /// A server that had ended before by itself.
    pub fn kill(mut self) -> anyhow::Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("the server ended by itself ({status})");
        }
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    pub fn connect(&self) -> anyhow::Result<Connection> {
        Connection::open(self.address).context("cannot connect to the server")
    }

    /// An access token of our application.
    ///
    /// # Errors
    /// Whatever the token endpoint answers but 200.
    pub fn token(&self, scopes: &str) -> anyhow::Result<String> {
        let answer = self.connect()?.exchange(&token_request(scopes))?.json(200)?;
        let token = answer["access_token"]
            .as_str()
            .context("the token endpoint gave no token")?;
        Ok(token.to_owned())
    }

    /// The id of the first folder.
    ///
    /// # Errors
    /// Whatever the folder list answers but 200.
    pub fn folder(&self, token: &str) -> anyhow::Result<i64> {
        let answer = self.get("/odata/Folders?$orderby=Id&$top=1", token, None)?;
        answer["value"][0]["Id"].as_i64().context("there is no folder")
    }

    /// One GET with a token, answered with 200 and JSON.
    ///
    /// # Errors
    /// Any other answer.
    pub fn get(&self, path: &str, token: &str, folder: Option<i64>) -> anyhow::Result<Value> {
        let headers = api_headers(token, folder);
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let answer = self.connect()?.exchange(&request("GET", path, &headers, ""))?;
        answer.json(200).with_context(|| format!("GET {path}"))
    }

    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let question = request("GET", "/api/health/startup", &[], "");
        loop {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended while starting ({status})");
            }
            ensure!(self.begin.elapsed() < START, "the server was not ready after {START:?}");
            // The socket opens early and answers when everything is prepared.
            let answer = Connection::open(self.address).and_then(|mut connection| connection.exchange(&question));
            if answer.is_ok_and(|answer| answer.status == 200) {
                self.ready_after = self.begin.elapsed();
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only for a process that has ended and been waited for.
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// The request for a token by client credentials.
pub fn token_request(scopes: &str) -> Vec<u8> {
    let body = form(&[
        ("grant_type", "client_credentials"),
        ("client_id", CLIENT_ID),
        ("client_secret", CLIENT_SECRET),
        ("scope", scopes),
    ]);
    request("POST", "/identity_/connect/token", &[FORM], &body)
}

/// The content type of forms.
pub const FORM: &str = "content-type: application/x-www-form-urlencoded";

/// Headers of a call with a token, in a folder or not.
pub fn api_headers(token: &str, folder: Option<i64>) -> Vec<String> {
    let mut headers = vec![format!("authorization: Bearer {token}")];
    headers.extend(folder.map(|id| format!("x-uipath-organizationunitid: {id}")));
    headers
}

/// A POST of JSON with a token.
pub fn post(path: &str, token: &str, folder: i64, body: &Value) -> Vec<u8> {
    let mut headers = api_headers(token, Some(folder));
    headers.push("content-type: application/json".to_owned());
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    request("POST", path, &headers, &body.to_string())
}

fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
