//! Every operation against every kind of caller. `guard_matrix.tsv` is the reviewed answer; an operation without its row fails.
//!
//! `UPDATE_GOLDEN=1 cargo test -p orchestrion guard_matrix` writes the file anew; read the difference before you commit it.
//! Requests carry an empty body and ids that do not exist, so that one which passes the guard answers 2xx, 400, 404 or 409 and
//! changes nothing.

use std::fmt::Write as _;
use std::path::Path;

use http::Method;
use testkit::{Server, claims};
use uuid::Uuid;
use web::{Access, Family, Folder, Operation};

const REDIRECT: &str = "http://localhost:9/callback";

/// The callers, in the order of the columns.
const CALLERS: [&str; 11] = [
    "anonymous",
    "app: other scope",
    "app: read scopes",
    "app: write scopes",
    "app: OR.Default without role",
    "app: OR.Default with role",
    "user: scopes and permissions",
    "user: scopes only",
    "user: permissions only",
    "app: role in another tenant",
    "app: of another organization",
];

struct Caller {
    token: Option<String>,
    organization: &'static str,
    tenant: &'static str,
}

#[test]
fn every_operation_answers_every_caller_as_written() {
    let server = Server::start();
    let callers = callers(&server);
    let mut table = format!("operation\t{}\n", CALLERS.join("\t"));
    let mut operations: Vec<&Operation> = server.app.router().operations().collect();
    operations.retain(|operation| !matches!(operation.family, Family::Console | Family::Root));
    operations.sort_unstable_by_key(|operation| operation.id);
    for operation in operations {
        let statuses: Vec<String> = callers
            .iter()
            .map(|caller| status(&server, operation, caller).to_string())
            .collect();
        writeln!(table, "{}\t{}", operation.id, statuses.join("\t")).unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/guard_matrix.tsv");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    let different: Vec<String> = table
        .lines()
        .filter(|line| !golden.lines().any(|known| known == *line))
        .map(|line| format!("now   {line}"))
        .chain(
            golden
                .lines()
                .filter(|line| !table.lines().any(|now| now == *line))
                .map(|line| format!("known {line}")),
        )
        .collect();
    assert!(
        different.is_empty(),
        "{}\n{}",
        table.lines().next().unwrap(),
        different.join("\n")
    );
}

#[test]
fn what_must_never_happen_does_not_stand_in_the_table() {
    let golden = include_str!("guard_matrix.tsv");
    let server = Server::start();
    for line in golden.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let operation = server
            .app
            .router()
            .operations()
            .find(|operation| operation.id == cells[0])
            .unwrap();
        assert!(
            !cells[1..].iter().any(|status| status.starts_with('5')),
            "server errors: {line}"
        );
        if !matches!(operation.access, Access::Anonymous | Access::Optional) {
            assert_eq!(cells[1], "401", "open to everyone: {line}");
            assert_eq!(cells[11], "403", "open to another organization: {line}");
        }
        if !operation.scopes.is_empty() {
            assert_eq!(cells[2], "403", "open without a scope: {line}");
        }
    }
}

fn callers(server: &Server) -> Vec<Caller> {
    let catalogue = server
        .get("/identity_/api/ExternalApiResource")
        .bearer(&server.token("OR.Folders.Read"))
        .send()
        .expect(200);
    let mut names: Vec<String> = Vec::new();
    for resource in catalogue.json().as_array().unwrap() {
        for scope in resource["scopes"].as_array().unwrap() {
            names.push(scope["name"].as_str().unwrap().to_owned());
        }
    }
    let only = |suffix: &str| -> Vec<String> {
        names
            .iter()
            .filter(|name| name.ends_with(suffix) && (name.starts_with("OR.") || name.starts_with("PM.")))
            .cloned()
            .collect()
    };
    let (read, write) = (only(".Read"), only(".Write"));
    let all = [read.clone(), write.clone()].concat();
    let user_scopes: Vec<String> = all.iter().map(|scope| format!("{scope}:user")).collect();
    let user_scopes: Vec<&str> = user_scopes.iter().map(String::as_str).collect();
    let public = server.register("matrix user app", false, REDIRECT, &user_scopes);
    let public = public["id"].as_str().unwrap().to_owned();

    let fine = server.register("matrix fine-grained", true, "", &["OR.ML.Read:application"]);
    let (fine_id, fine_secret) = (
        fine["id"].as_str().unwrap().to_owned(),
        fine["secret"].as_str().unwrap().to_owned(),
    );
    let without_role = server.token_of(&fine_id, &fine_secret, "OR.Default");
    let with_role = {
        let app = server.register("matrix with role", true, "", &["OR.ML.Read:application"]);
        let (id, secret) = (app["id"].as_str().unwrap(), app["secret"].as_str().unwrap());
        crate::support::assign_tenant_role(server, id, "DirectoryExternalApplication", "Administrator");
        server.token_of(id, secret, "OR.Default")
    };
    let nobody = crate::support::create_user(server, "nobody");
    let scopes = all.join(" ");
    let admin = server.admin_session();
    let admin_token = crate::support::code_flow(&admin, &public, REDIRECT, &scopes);
    let admin_unscoped = crate::support::code_flow(&admin, &public, REDIRECT, "OR.ML.Read");
    let nobody_token = crate::support::code_flow(&nobody.session(server), &public, REDIRECT, &scopes);
    assert!(claims(&nobody_token)["sub"].is_string());

    let own = |token: String| Caller {
        token: Some(token),
        organization: "default",
        tenant: "Default",
    };
    let everything = server.token(&scopes);
    let role_in_default = with_role.clone();
    server.tenant_beside("Finance");
    server.organization_beside("globex");
    vec![
        Caller {
            token: None,
            organization: "default",
            tenant: "Default",
        },
        own(server.token("OR.ML.Read")),
        own(server.token(&read.join(" "))),
        own(server.token(&write.join(" "))),
        own(without_role),
        own(with_role),
        own(admin_token),
        own(nobody_token),
        own(admin_unscoped),
        Caller {
            token: Some(role_in_default),
            organization: "default",
            tenant: "Finance",
        },
        Caller {
            token: Some(everything),
            organization: "globex",
            tenant: "globex",
        },
    ]
}

/// The status of one operation for one caller.
fn status(server: &Server, operation: &Operation, caller: &Caller) -> u16 {
    let base = match operation.family {
        Family::Identity => format!("/{}/identity_", caller.organization),
        Family::Portal => format!("/{}/portal_", caller.organization),
        _ => format!("/{}/{}/orchestrator_", caller.organization, caller.tenant),
    };
    let mut call = server.call(
        operation.method.clone(),
        &format!("{base}{}", sample(server, operation)),
    );
    if let Some(token) = &caller.token {
        call = call.bearer(token);
    }
    if matches!(operation.folder, Folder::Required) {
        call = call.header("x-uipath-folderpath", "Shared");
    }
    if operation.method != Method::GET {
        call = call.json(&serde_json::json!({}));
    }
    call.send().status.as_u16()
}

/// The operation's path with values of the right form that belong to nothing.
fn sample(server: &Server, operation: &Operation) -> String {
    let mut path = String::new();
    let mut rest = operation.path;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, tail) = after.split_once('}').unwrap();
        path.push_str(before);
        let guid = [
            "clientId",
            "groupId",
            "userId",
            "identifier",
            "userKey",
            "tokenId",
            "id",
        ]
        .contains(&name)
            && operation.family != Family::Orchestrator
            || ["identifier", "userKey"].contains(&name);
        path.push_str(&match name {
            "partitionGlobalId" => server.organization(),
            "includeInherited" => "true".to_owned(),
            "skip" => "0".to_owned(),
            "take" => "1".to_owned(),
            _ if guid => Uuid::from_u128(7).to_string(),
            _ => "999999".to_owned(),
        });
        rest = tail;
    }
    path.push_str(rest);
    path
}
