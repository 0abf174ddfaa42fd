//! What the tests of tenants, folders, roles and users share.

use serde_json::{Value, json};
use testkit::{Browser, Server};

use crate::support::{User, code_flow};

/// The client that ships with the product: its tokens stand for all their user may do.
const FIRST_PARTY: &str = "36dea5b8-e8bb-423d-8e7b-c808df8f1c00";
const FIRST_PARTY_REDIRECT: &str = "http://localhost:8104/oidc/login";
pub const NAMESPACE: &str = "UiPath.Server.Configuration.OData";

/// A token that stands for all a person may do.
#[track_caller]
pub fn person_token(browser: &Browser<'_>) -> String {
    code_flow(browser, FIRST_PARTY, FIRST_PARTY_REDIRECT, "OrchestratorApiUserAccess")
}

/// [`person_token`] of the first administrator.
#[track_caller]
pub fn admin_token(server: &Server) -> String {
    person_token(&server.admin_session())
}

/// [`person_token`] of a user.
#[track_caller]
pub fn user_token(server: &Server, user: &User) -> String {
    person_token(&user.session(server))
}

/// Creates a folder with all rights and answers with it.
#[track_caller]
pub fn folder(server: &Server, name: &str, parent: Option<i64>) -> Value {
    let body = json!({ "DisplayName": name, "ParentId": parent });
    let token = server.token("OR.Folders");
    server
        .post("/odata/Folders")
        .bearer(&token)
        .json(&body)
        .send()
        .expect(201)
        .json()
}

pub fn id(value: &Value) -> i64 {
    value["Id"].as_i64().unwrap()
}

/// A confidential application with these application scopes: id and secret.
#[track_caller]
pub fn application(server: &Server, name: &str, scopes: &[&str]) -> (String, String) {
    let scopes: Vec<String> = scopes.iter().map(|scope| format!("{scope}:application")).collect();
    let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
    let created = server.register(name, true, "", &scopes);
    (
        created["id"].as_str().unwrap().to_owned(),
        created["secret"].as_str().unwrap().to_owned(),
    )
}

/// Id of a role by its name.
#[track_caller]
pub fn role(server: &Server, name: &str) -> i64 {
    let path = format!("/odata/Roles?$filter=Name eq '{name}'");
    id(&server
        .get(&path)
        .bearer(&server.token("OR.Users.Read"))
        .send()
        .expect(200)
        .json()["value"][0])
}

/// Names of the rows of a list.
pub fn names(list: &Value, member: &str) -> Vec<String> {
    list["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row[member].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// Asks for an export of the audit log with these query options.
#[track_caller]
pub fn export_audit(server: &Server, token: &str, options: &str) -> Value {
    let path = format!("/odata/AuditLogs/{NAMESPACE}.Export?{options}");
    server.post(&path).bearer(token).send().expect(200).json()
}

/// Asks for an export until it is completed or failed.
#[track_caller]
pub fn ended_export(server: &Server, token: &str, export: i64) -> Value {
    let path = format!("/odata/Exports({export})");
    eventually(|| {
        let export = server.get(&path).bearer(token).send().expect(200).json();
        matches!(export["Status"].as_str(), Some("Completed" | "Failed")).then_some(export)
    })
}

/// Asks again until there is an answer. What background work does takes a moment, and on a busy machine several.
#[track_caller]
pub fn eventually<T>(ask: impl Fn() -> Option<T>) -> T {
    let started = std::time::Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(started.elapsed().as_secs() < 60, "nothing happened");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}
