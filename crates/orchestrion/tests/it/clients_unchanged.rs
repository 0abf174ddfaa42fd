//! Clients that exist already, unchanged: the Python and TypeScript SDKs, Authlib and openid-client.
//!
//! They are installed by `tests/clients/install` below `target/clients`; where that was not run, these tests are skipped.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use testkit::{CLIENT_ID, CLIENT_SECRET, Server, require};

const REDIRECT: &str = "http://localhost:9/callback";

/// Where `tests/clients/install` puts the clients.
pub fn installed() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/clients");
    std::env::var_os("CLIENTS_DIR").map_or_else(beside, PathBuf::from)
}

/// A script of `tests/clients`, ready to run; `None` where its runtime is not installed.
fn script(name: &str) -> Option<Command> {
    program(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(name))
}

/// A Python or Node.js program, ready to run; `None` where its runtime is not installed.
pub fn program(source: &Path) -> Option<Command> {
    let installed = installed();
    let (program, source) = if source.extension().is_some_and(|extension| extension == "mjs") {
        (PathBuf::from("node"), beside_modules(source, &installed))
    } else {
        (installed.join("venv/bin/python"), source.to_owned())
    };
    if !source.exists() || (program.is_absolute() && !program.exists()) {
        require::skipped(
            &source.display().to_string(),
            "run crates/orchestrion/tests/clients/install first",
        );
        return None;
    }
    let mut command = Command::new(program);
    command
        .arg(source)
        .env("UIPATH_TELEMETRY_ENABLED", "false")
        .env("UIPATH_TRACING_ENABLED", "false");
    command
        .env_remove("HTTP_PROXY")
        .env_remove("http_proxy")
        .env("NO_PROXY", "127.0.0.1,localhost");
    Some(command)
}

/// A copy of a script, and of those that lie beside it, where Node.js finds the modules that are installed.
fn beside_modules(source: &Path, installed: &Path) -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let folder = source.parent().unwrap();
    let copies = installed.join("scripts").join(folder.file_name().unwrap());
    if installed.join("node_modules").is_dir() {
        fs::create_dir_all(&copies).unwrap();
        let scripts = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        for script in scripts.filter(|path| path.extension().is_some_and(|extension| extension == "mjs")) {
            // Another test may be running the copy that is replaced.
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let new = copies.join(format!("new-{}-{number}", std::process::id()));
            fs::copy(&script, &new).unwrap();
            fs::rename(&new, copies.join(script.file_name().unwrap())).unwrap();
        }
    }
    copies.join(source.file_name().unwrap())
}

pub fn run(server: &Server, name: &str, environment: &[(&str, &str)]) -> Option<Value> {
    let mut command = script(name)?;
    let output = command
        .env("BASE", server.base())
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{name}: {text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(serde_json::from_str(text.lines().last().unwrap_or_default()).unwrap())
}

pub fn create_assets(server: &Server) -> i64 {
    let (folder, token) = (server.shared_folder(), server.token("OR.Assets"));
    for asset in [
        json!({ "Name": "greeting", "ValueScope": "Global", "ValueType": "Text", "StringValue": "hello" }),
        json!({ "Name": "limit", "ValueScope": "Global", "ValueType": "Integer", "IntValue": 7 }),
    ] {
        server
            .post("/odata/Assets")
            .bearer(&token)
            .folder(folder)
            .json(&asset)
            .send()
            .expect(201);
    }
    folder
}

#[test]
fn the_python_sdk_reads_with_a_read_scope_and_cannot_write() {
    let server = Server::start();
    create_assets(&server);
    let app = server.register("reader", true, "", &["OR.Assets.Read:application"]);
    let token = server.token_of(
        app["id"].as_str().unwrap(),
        app["secret"].as_str().unwrap(),
        "OR.Assets.Read",
    );
    let Some(seen) = run(&server, "sdk_assets.py", &[("TOKEN", &token), ("FOLDER", "Shared")]) else {
        return;
    };
    assert_eq!(seen["names"], json!(["greeting", "limit"]), "{seen}");
    assert_eq!(seen["filtered"], json!(["limit"]));
    assert_eq!(seen["text"], "hello");
    assert!(seen["missing"]["missing"].is_string(), "{seen}");
    assert_eq!(seen["written"], json!({ "status": 403 }));
    assert_eq!(
        seen["folder_key"],
        json!({ "status": 403 }),
        "navigation is closed to application tokens"
    );

    let writer = server.token("OR.Assets");
    let seen = run(&server, "sdk_assets.py", &[("TOKEN", &writer), ("FOLDER", "Shared")]).unwrap();
    assert_eq!(seen["written"], "from the SDK");
}

#[test]
fn the_typescript_sdk_lists_and_reads_assets() {
    let server = Server::start();
    let folder = create_assets(&server).to_string();
    let token = server.token("OR.Assets.Read");
    let Some(seen) = run(&server, "sdk_assets.mjs", &[("TOKEN", &token), ("FOLDER_ID", &folder)]) else {
        return;
    };
    assert_eq!(seen["names"], json!(["greeting", "limit"]));
    assert_eq!(seen["total"], 2);
    assert_eq!(seen["value"], "hello");
}

/// Runs a library through client credentials and the code flow; this test is its browser.
fn oauth(server: &Server, name: &str) -> Option<Value> {
    let app = server.register("spa", false, REDIRECT, &["OR.Assets.Read:user", "OR.Folders.Read:user"]);
    let environment = [
        ("BASE", server.base()),
        ("CLIENT_ID", CLIENT_ID.to_owned()),
        ("CLIENT_SECRET", CLIENT_SECRET.to_owned()),
        ("PUBLIC_ID", app["id"].as_str().unwrap().to_owned()),
        ("REDIRECT", REDIRECT.to_owned()),
        ("SCOPE", "openid profile email offline_access OR.Assets.Read".to_owned()),
    ];
    let mut command = script(name)?;
    let mut child: Child = command
        .envs(environment)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut address = String::new();
    output.read_line(&mut address).unwrap();
    assert!(address.starts_with("http"), "{name} stopped early");
    let browser = server.admin_session();
    let arrived = browser.follow(browser.get(address.trim()));
    let location = arrived.header("location").to_owned();
    assert!(location.starts_with(REDIRECT), "{location} {}", arrived.text());
    writeln!(child.stdin.take().unwrap(), "{location}").unwrap();
    let mut last = String::new();
    for line in output.lines() {
        last = line.unwrap();
    }
    assert!(child.wait().unwrap().success(), "{name} failed: {last}");
    Some(serde_json::from_str(&last).unwrap())
}

#[test]
fn authlib_signs_in_refreshes_and_verifies_tokens() {
    let server = Server::start();
    let Some(result) = oauth(&server, "oauth_authlib.py") else {
        return;
    };
    assert_eq!(
        result["client_secret_basic"],
        json!({ "scope": "OR.Assets.Read", "client_id": CLIENT_ID, "iss": true })
    );
    assert_eq!(result["client_secret_post"], result["client_secret_basic"]);
    assert_eq!(result["code"]["rotated"], true);
    let token = result["code"]["access_token"].as_str().unwrap();
    server
        .get("/odata/Assets")
        .bearer(token)
        .folder(server.shared_folder())
        .send()
        .expect(200);
    server.get("/odata/Folders").bearer(token).send().expect(403);
}

#[test]
fn openid_client_signs_in_refreshes_and_revokes() {
    let server = Server::start();
    let Some(result) = oauth(&server, "oauth_openid_client.mjs") else {
        return;
    };
    assert_eq!(result["basic"], json!({ "scope": "OR.Assets.Read", "expires": 3600 }));
    assert_eq!(result["post"], result["basic"]);
    assert_eq!(result["code"]["rotated"], true);
    assert_eq!(result["code"]["afterRevocation"], "invalid_grant");
}
