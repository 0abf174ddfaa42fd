//! Exports as clients see them.

use access::exports::{Export, ExportPart, ExportStatus};
use context::Error;
use serde_json::json;
use store::{Json, params};
use testkit::Server;

use crate::access_support::{NAMESPACE, admin_token, ended_export, export_audit, folder, id};

/// The owner that exports of the token's caller have.
fn owner(server: &Server, export: i64) -> uuid::Uuid {
    let found = server
        .app
        .store()
        .read(move |tx| tx.tenant(1).get::<Export>(export).map_err(Error::from));
    server.run(found).unwrap().unwrap().owner
}

#[test]
fn an_export_is_a_file_for_whoever_asked_for_it() {
    testkit::each_database(|server| {
        folder(server, "=cmd()", None);
        let token = server.token("OR.Audit");
        let asked = export_audit(server, &token, "$filter=Component eq 'Folders'");
        assert_eq!(
            (asked["Status"].as_str(), asked["Type"].as_str(), asked["Name"].as_str()),
            (Some("New"), Some("OrchestratorAudit"), Some("audit_logs.csv"))
        );
        let export = ended_export(server, &token, id(&asked));
        assert_eq!(export["Status"], "Completed");
        assert!(export["ExecutedAt"].is_string(), "{export}");
        let own = format!("/odata/Exports({})", id(&export));
        let link = server
            .get(&format!("{own}/{NAMESPACE}.GetDownloadLink"))
            .bearer(&token)
            .send()
            .expect(200)
            .json();
        assert_eq!(
            (link["Verb"].as_str(), link["RequiresAuth"].as_bool()),
            (Some("GET"), Some(true))
        );
        let path = link["Uri"]
            .as_str()
            .unwrap()
            .strip_prefix(&server.base())
            .unwrap()
            .to_owned();
        for over_http2 in [false, true] {
            let call = server.get(&path).bearer(&token);
            let file = if over_http2 { call.http2() } else { call }.send().expect(200);
            assert!(file.header("content-type").starts_with("text/csv"));
            assert_eq!(file.header("content-length"), export["Size"].to_string());
            assert_eq!(
                file.header("content-disposition"),
                "attachment; filename=\"audit_logs.csv\""
            );
            assert_eq!(export["Size"].as_u64().unwrap(), file.bytes.len() as u64);
            let text = file.text();
            assert!(text.starts_with("\u{feff}\"Time\",\"Component\","), "{text}");
            assert!(
                text.contains(",\"'=cmd()\",") && !text.contains(",\"=cmd()\""),
                "{text}"
            );
            assert!(!text.contains("\"Monitoring\""), "{text}");
        }
        let head = server.call(http::Method::HEAD, &path).bearer(&token).send().expect(200);
        assert_eq!(
            (head.header("content-length"), head.bytes.len()),
            (export["Size"].to_string().as_str(), 0)
        );
        let other = admin_token(server);
        for path in [own.as_str(), &format!("{own}/{NAMESPACE}.GetDownloadLink"), &path] {
            server.get(path).send().expect(401);
            server.get(path).bearer(&other).send().expect(404);
        }
    });
}

#[test]
fn only_the_filter_counts_and_it_must_be_one_of_the_list() {
    testkit::each_database(|server| {
        let token = server.token("OR.Audit");
        for name in ["first", "second", "third"] {
            folder(server, name, None);
        }
        let options = "$filter=DisplayName ne 'second' and Component eq 'Folders'&$orderby=Id desc&$top=5000&$skip=7\
                       &$expand=Nothing&$select=Id&$count=true";
        let export = ended_export(server, &token, id(&export_audit(server, &token, options)));
        let path = format!("/api/Exports/{}/Download", id(&export));
        let text = server.get(&path).bearer(&token).send().expect(200).text();
        let (first, third) = (text.find("\"first\"").unwrap(), text.find("\"third\"").unwrap());
        assert!(first < third && !text.contains("\"second\""), "{text}");
        let path = format!("/odata/AuditLogs/{NAMESPACE}.Export");
        for options in ["$filter=Nothing eq 1", "$filter=Id eq", "auditedService=Nothing"] {
            let answer = server.post(&format!("{path}?{options}")).bearer(&token).send();
            assert_eq!(answer.status, 400, "{options}");
        }
    });
}

#[test]
fn asking_for_an_export_is_audited() {
    let server = Server::start();
    let token = server.token("OR.Audit");
    export_audit(&server, &token, "$filter=Component eq 'Assets'");
    let path = "/odata/AuditLogs?$filter=Action eq 'Download'";
    let log = server.get(path).bearer(&token).send().expect(200).json();
    let entry = &log["value"][0];
    assert!(
        entry["OperationText"]
            .as_str()
            .unwrap()
            .ends_with("exported audit_logs.csv"),
        "{entry}"
    );
    assert!(
        entry["Parameters"].as_str().unwrap().contains("Component eq 'Assets'"),
        "{entry}"
    );
}

#[test]
fn the_testing_service_has_its_own_export() {
    let server = Server::start();
    let token = server.token("OR.Audit");
    let asked = export_audit(&server, &token, "auditedService=TestAutomation");
    assert_eq!(asked["Type"], "TestAutomationAudit");
    let export = ended_export(&server, &token, id(&asked));
    let path = format!("/api/Exports/{}/Download", id(&export));
    let text = server.get(&path).bearer(&token).send().expect(200).text();
    assert_eq!(text.lines().count(), 1, "nothing but the columns: {text}");
}

#[test]
fn a_tenant_asks_for_a_hundred_exports_a_day() {
    testkit::each_database(|server| {
        let token = server.token("OR.Audit");
        let first = export_audit(server, &token, "");
        let owner = owner(server, id(&first));
        let now = server.app.system().now;
        let filled = server.app.store().write(move |tx| {
            for tenant in [1, 2] {
                let many: Vec<Export> = (0..99).map(|_| finished(owner, now)).collect();
                tx.tenant(tenant).insert_many(&many)?;
            }
            Ok::<_, Error>(())
        });
        server.run(filled).unwrap();
        let path = format!("/odata/AuditLogs/{NAMESPACE}.Export");
        let refused = server.post(&path).bearer(&token).send().expect(429);
        assert!(
            refused.text().contains("100 exports in the last 24 hours"),
            "{}",
            refused.text()
        );
        let seconds: i64 = refused.header("retry-after").parse().unwrap();
        assert!((1..=86_400).contains(&seconds), "{seconds}");
        server.clock.advance(24 * 3600 + 1);
        export_audit(server, &server.token("OR.Audit"), "");
    });
}

fn finished(owner: uuid::Uuid, at: jiff::Timestamp) -> Export {
    Export {
        id: 0,
        name: "x.csv".to_owned(),
        export_type: access::exports::ExportType::OrchestratorAudit,
        status: ExportStatus::Completed,
        requested_at: at,
        executed_at: Some(at),
        size: Some(0),
        owner,
        kind: "audit".to_owned(),
        criteria: Json::default(),
        last_id: 0,
        row_count: 0,
        parts: 0,
        attempts: 0,
        failure: None,
    }
}

#[test]
fn exports_are_kept_for_a_week_and_then_removed_with_their_parts() {
    testkit::each_database(|server| {
        let token = server.token("OR.Audit");
        let old = ended_export(server, &token, id(&export_audit(server, &token, "")));
        let export = id(&old);
        // More parts than one unit of work removes.
        let filled = server.app.store().write(move |tx| {
            let part = |part| ExportPart {
                id: 0,
                export_id: export,
                part,
                content: vec![b'x'; 10],
                sealed: false,
            };
            let parts: Vec<ExportPart> = (1..40).map(part).collect();
            tx.tenant(1).insert_many(&parts).map_err(Error::from)
        });
        server.run(filled).unwrap();
        server.clock.advance(167 * 3600);
        let token = server.token("OR.Audit");
        server
            .get(&format!("/odata/Exports({export})"))
            .bearer(&token)
            .send()
            .expect(200);
        let young = ended_export(server, &token, id(&export_audit(server, &token, "")));
        server.clock.advance(3600 + 1);
        let token = server.token("OR.Audit");
        for path in [
            format!("/odata/Exports({export})"),
            format!("/odata/Exports({export})/{NAMESPACE}.GetDownloadLink"),
            format!("/api/Exports/{export}/Download"),
        ] {
            server.get(&path).bearer(&token).send().expect(404);
        }
        crate::exports_work::look(server);
        let left = server.app.store().read(|tx| {
            let mut scope = tx.tenant(1);
            let exports = scope.find::<Export>("true order by id", params![])?;
            let parts = scope.find::<ExportPart>("true order by id", params![])?;
            let parts: Vec<i64> = parts.into_iter().map(|part| part.export_id).collect();
            Ok::<_, Error>((exports.into_iter().map(|export| export.id).collect::<Vec<_>>(), parts))
        });
        assert_eq!(server.run(left).unwrap(), (vec![id(&young)], vec![id(&young)]));
        let path = format!("/api/Exports/{}/Download", id(&young));
        server.get(&path).bearer(&token).send().expect(200);
    });
}

#[test]
fn the_pages_show_ones_own_exports_only() {
    let server = Server::start();
    let token = server.token("OR.Audit");
    let export = ended_export(&server, &token, id(&export_audit(&server, &token, "")));
    let browser = server.admin_session();
    let path = "/console/default/tenants/Default/exports";
    assert!(browser.get(path).expect(200).text().contains("No exports"));
    browser.get(&format!("{path}/{}/download", id(&export))).expect(404);
    assert_eq!(json!(server.get(path).send().status.is_redirection()), true);
}
