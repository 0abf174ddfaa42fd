//! What jobs need: a machine, an account with a robot, a package, a process, and the real robot as a child process.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};

use crate::http::{Answer, Connection, encode, request};
use crate::server::{Server, Settings, api_headers, post};

const SCOPES: &str = "OR.Execution OR.Jobs OR.Machines OR.Folders OR.Users OR.Robots OR.Monitoring";
const NAMESPACE: &str = "UiPath.Server.Configuration.OData";

/// Credentials of the hosts of a machine.
#[derive(Debug, Clone)]
pub struct Machine {
    pub client: String,
    pub secret: String,
}

/// A folder in which jobs can run, and a token for it.
#[derive(Debug, Clone)]
pub struct Floor {
    pub token: String,
    pub folder: i64,
    pub machine: Machine,
}

impl Floor {
    /// Makes a machine with so many slots and an account with an unattended robot in the first folder.
    ///
    /// # Errors
    /// Whatever the server refuses.
    pub fn make(server: &Server, slots: u32) -> anyhow::Result<Self> {
        let token = server.token(SCOPES)?;
        let folder = server.folder(&token)?;
        let call = |path: &str, body: &Value, status: u16| -> anyhow::Result<Value> {
            let answer = server.connect()?.exchange(&post(path, &token, folder, body))?;
            answer_json(&answer, status).with_context(|| format!("POST {path}"))
        };
        let machine = call(
            "/odata/Machines",
            &json!({ "Name": "Floor", "Type": "Template", "UnattendedSlots": slots }),
            201,
        )?;
        call(
            &format!("/odata/Folders/{NAMESPACE}.AssignMachines"),
            &json!({ "assignments": { "MachineIds": [machine["Id"]], "FolderIds": [folder] } }),
            204,
        )?;
        let account = account(server)?;
        let user = call(
            "/odata/Users",
            &json!({ "DirectoryIdentifier": account, "Domain": "autogen", "Type": "DirectoryUser", "RolesList": [],
                "MayHaveUnattendedSession": true, "UnattendedRobot": { "CredentialType": "NoCredential" } }),
            201,
        )?;
        call(
            &format!("/odata/Folders/{NAMESPACE}.AssignUsers"),
            &json!({ "assignments": { "UserIds": [user["Id"]], "RolesPerFolder": [{ "FolderId": folder, "RoleIds": [] }] } }),
            204,
        )?;
        let text = |name: &str| {
            machine[name]
                .as_str()
                .map(str::to_owned)
                .context("a machine without credentials")
        };
        let machine = Machine {
            client: text("LicenseKey")?,
            secret: text("ClientSecret")?,
        };
        Ok(Self { token, folder, machine })
    }

    /// Packs a directory for the command runtime, uploads it, and makes a process of it. Gives the key of the process.
    ///
    /// # Errors
    /// A package that the robot does not make, or the server does not take.
    pub fn process(&self, server: &Server, program: &Path, name: &str, command: &[&str]) -> anyhow::Result<String> {
        let package = pack(program, name, command, b"made by the bench program")?;
        let path = format!("/odata/Processes/{NAMESPACE}.UploadPackage");
        let answer = server.connect()?.exchange(&self.upload(&path, &package))?;
        answer.json(200).context("the package is not taken")?;
        let body = json!({ "Name": name, "ProcessKey": name, "ProcessVersion": "1.0.0" });
        let release = server
            .connect()?
            .exchange(&post("/odata/Releases", &self.token, self.folder, &body))?
            .json(201)?;
        release["Key"]
            .as_str()
            .map(str::to_owned)
            .context("a process without a key")
    }

    /// A multipart form with one file.
    pub fn upload(&self, path: &str, file: &[u8]) -> Vec<u8> {
        const BOUNDARY: &str = "the-boundary-of-the-bench-program";
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"package.nupkg\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        let tail = format!("\r\n--{BOUNDARY}--\r\n");
        let mut headers = api_headers(&self.token, None);
        headers.push(format!("content-type: multipart/form-data; boundary={BOUNDARY}"));
        headers.push(format!("content-length: {}", head.len() + file.len() + tail.len()));
        let mut whole = format!(
            "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{}\r\n\r\n{head}",
            headers.join("\r\n")
        )
        .into_bytes();
        whole.extend_from_slice(file);
        whole.extend_from_slice(tail.as_bytes());
        whole
    }

    /// A request that starts jobs of a process.
    pub fn start(&self, release: &str, count: u32) -> Vec<u8> {
        let body = json!({ "startInfo": { "ReleaseKey": release, "JobsCount": count } });
        let path = format!("/odata/Jobs/{NAMESPACE}.StartJobs");
        post(&path, &self.token, self.folder, &body)
    }

    /// How many jobs are not over, asked by a connection that is there.
    ///
    /// # Errors
    /// No answer, or not the expected one.
    pub fn waiting(&self, connection: &mut Connection) -> anyhow::Result<u64> {
        let filter = encode("State in ('Pending','Running')");
        let path = format!("/odata/Jobs?$top=0&$count=true&$filter={filter}");
        let headers = api_headers(&self.token, Some(self.folder));
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let page = connection.exchange(&request("GET", &path, &headers, ""))?.json(200)?;
        page["@odata.count"].as_u64().context("a page without a count")
    }

    /// How many jobs meet a filter.
    ///
    /// # Errors
    /// No answer, or not the expected one.
    pub fn count(&self, server: &Server, filter: &str) -> anyhow::Result<u64> {
        let path = format!("/odata/Jobs?$top=0&$count=true&$filter={}", encode(filter));
        let page = server.get(&path, &self.token, Some(self.folder))?;
        page["@odata.count"].as_u64().context("a page without a count")
    }
}

/// A package of the command runtime, made by the robot, with one more file in it.
///
/// # Errors
/// What the robot says.
pub fn pack(program: &Path, name: &str, command: &[&str], more: &[u8]) -> anyhow::Result<Vec<u8>> {
    let place = tempfile::tempdir()?;
    let (source, target) = (place.path().join("source"), place.path().join("target"));
    fs::create_dir_all(&source)?;
    fs::create_dir_all(&target)?;
    fs::write(source.join("more"), more)?;
    let packed = Command::new(program)
        .args(["robot", "pack", "--id", name, "--version", "1.0.0", "--output"])
        .args([&target, &source])
        .arg("--")
        .args(command)
        .output()?;
    ensure!(packed.status.success(), "{}", String::from_utf8_lossy(&packed.stderr));
    Ok(fs::read(target.join(format!("{name}.1.0.0.nupkg")))?)
}

fn answer_json(answer: &Answer, status: u16) -> anyhow::Result<Value> {
    if status == 204 {
        ensure!(
            answer.status == 204,
            "expected 204, got {}: {}",
            answer.status,
            answer.text()
        );
        return Ok(Value::Null);
    }
    answer.json(status)
}

/// A user of the organization that jobs run as.
fn account(server: &Server) -> anyhow::Result<Value> {
    let token = server.token("PM.User")?;
    let organization = server.get(
        "/default/portal_/api/filtering/leftnav/tenantsAndOrganizationInfo",
        &token,
        None,
    )?;
    let organization = organization["organization"]["id"]
        .as_str()
        .context("there is no organization")?
        .to_owned();
    let body = json!({
        "partitionGlobalId": organization, "userName": "worker", "name": "worker", "surname": "robot",
        "email": "worker@example.com", "displayName": "worker", "type": "user", "password": "the-bench-programs-own-password-2",
        "groupIDs": [], "invitationAccepted": true,
    });
    let mut headers = api_headers(&token, None);
    headers.push("content-type: application/json".to_owned());
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    let made = server
        .connect()?
        .exchange(&request("POST", "/identity_/api/User", &headers, &body.to_string()))?;
    ensure!(
        made.status / 100 == 2,
        "the account is refused: {} {}",
        made.status,
        made.text()
    );
    let found = server.get(
        &format!("/identity_/api/User/users/{organization}?searchTerm=worker"),
        &token,
        None,
    )?;
    Ok(found["results"][0]["id"].clone())
}

/// The real robot; killed when dropped.
pub struct Robot {
    process: Child,
}

impl Robot {
    /// Starts it for a server at an address.
    ///
    /// # Errors
    /// A program that cannot be started.
    pub fn start(settings: &Settings, machine: &Machine, base: &str, data: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(data)?;
        let log = File::options().create(true).append(true).open(data.join("robot.log"))?;
        let mut command = Command::new(&settings.program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("ORCHESTRION_") {
                command.env_remove(name);
            }
        }
        let process = command
            .args([
                "robot",
                "--runtimes",
                "command",
                "--log",
                "warn",
                "--host-name",
                "bench",
            ])
            .args(["--server", base, "--client-id", &machine.client])
            .arg("--data")
            .arg(data.join("robot"))
            .env("ORCHESTRION_ROBOT_CLIENT_SECRET", &machine.secret)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", settings.program.display()))?;
        Ok(Self { process })
    }

    pub fn process(&self) -> u32 {
        self.process.id()
    }

    /// SIGKILL.
    ///
    /// # Errors
    /// A robot that had ended before by itself.
    pub fn kill(mut self) -> anyhow::Result<()> {
        if let Some(status) = self.process.try_wait()? {
            bail!("the robot ended by itself ({status})");
        }
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }
}

impl Drop for Robot {
    fn drop(&mut self) {
        // Both fail only for a process that has ended and been waited for.
        let _ended = self.process.kill();
        let _ended = self.process.wait();
    }
}
