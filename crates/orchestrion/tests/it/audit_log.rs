//! The tenant's audit log.

use serde_json::{Value, json};
use testkit::{CLIENT_ID, Server};

use crate::access_support::{NAMESPACE, admin_token, folder, id};

fn newest(server: &Server, options: &str) -> Value {
    let path = format!("/odata/AuditLogs?{options}");
    server
        .get(&path)
        .bearer(&server.token("OR.Audit.Read"))
        .send()
        .expect(200)
        .json()["value"][0]
        .clone()
}

#[test]
fn what_an_application_does_is_told_with_its_client_id() {
    testkit::each_database(|server| {
        let made = folder(server, "Secret plans", None);
        let entry = newest(server, "$top=1&$expand=Entities");
        assert_eq!(
            (entry["Component"].as_str(), entry["Action"].as_str()),
            (Some("Folders"), Some("Create"))
        );
        assert_eq!(
            (entry["EntityId"].clone(), entry["DisplayName"].as_str()),
            (made["Id"].clone(), Some("Secret plans"))
        );
        assert_eq!(entry["ExternalClientId"], CLIENT_ID);
        assert_eq!(entry["UserType"], "DirectoryExternalApplication");
        assert!(
            entry["OperationText"]
                .as_str()
                .unwrap()
                .ends_with("created folder Secret plans"),
            "{entry}"
        );
        assert_eq!(
            (
                entry["Entities"][0]["EntityName"].as_str(),
                entry["Entities"][0]["EntityId"].clone()
            ),
            (Some("Folder"), made["Id"].clone())
        );
        let details = format!(
            "/odata/AuditLogs/{NAMESPACE}.GetAuditLogDetails(auditLogId={})",
            id(&entry)
        );
        let details = server
            .get(&details)
            .bearer(&server.token("OR.Audit.Read"))
            .send()
            .expect(200)
            .json();
        let data: Value = serde_json::from_str(details["value"][0]["CustomData"].as_str().unwrap()).unwrap();
        assert_eq!(data["DisplayName"], "Secret plans");
        let found = newest(
            server,
            "$filter=Component eq 'Folders' and contains(OperationText,'SECRET') and UserIsDeleted eq false&$orderby=ExecutionTime",
        );
        assert_eq!(found["Id"], entry["Id"]);
    });
}

#[test]
fn what_a_person_does_is_told_with_its_user_even_after_it_is_gone() {
    let server = Server::start();
    let token = admin_token(&server);
    let body = json!({ "DisplayName": "By hand" });
    server
        .post("/odata/Folders")
        .bearer(&token)
        .json(&body)
        .send()
        .expect(201);
    let entry = newest(&server, "$top=1");
    assert_eq!(
        (
            entry["UserName"].as_str(),
            entry["UserType"].as_str(),
            entry["UserIsDeleted"].as_bool()
        ),
        (Some("admin"), Some("DirectoryUser"), Some(false))
    );
    let user = entry["UserId"].as_i64().unwrap();
    server
        .delete(&format!("/odata/Users({user})"))
        .bearer(&server.token("OR.Users"))
        .send()
        .expect(204);
    assert_eq!(
        newest(&server, &format!("$filter=Id eq {}", id(&entry)))["UserIsDeleted"],
        true
    );
}

#[test]
fn the_other_audited_service_has_its_own_entries() {
    let server = Server::start();
    let token = server.token("OR.Audit.Read");
    let call = |service: &str| {
        server
            .get("/odata/AuditLogs")
            .bearer(&token)
            .header("x-UIPATH-AuditedService", service)
            .send()
    };
    assert_eq!(call("TestAutomation").expect(200).json()["value"], json!([]));
    assert!(
        !call("Orchestrator").expect(200).json()["value"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    call("Nothing").expect(400);
}
