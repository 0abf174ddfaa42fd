//! How exports are made: in windows and parts, in turns, again after a failure or a restart.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use access::Access;
use access::audit::model::AuditLog;
use access::audit::{Action, Component};
use access::exports::{Criteria, Export, ExportPart, ExportStatus, ExportType, Exporter, New, Sheet, Task, window};
use access::users::model::UserType;
use context::{Caller, Error, Principal};
use store::{Entity as _, Scoped, Tenant, params};
use testkit::{CLIENT_ID, Server};

use crate::access_support::{NAMESPACE, ended_export, eventually, export_audit, id};

/// One look of the reconciler, besides those that happen anyway.
pub fn look(server: &Server) {
    let reconcilers = server.app.reconcilers();
    let exports = reconcilers
        .iter()
        .find(|reconciler| reconciler.name == "exports")
        .unwrap();
    server.run((exports.run)(server.app.clone())).unwrap();
}

/// Asks for an export on behalf of the first application.
fn request(server: &Server, tenant: i64, kind: &'static str) -> i64 {
    let caller = Caller {
        principal: Principal::Application(CLIENT_ID.parse().unwrap()),
        ..Caller::system()
    };
    let ctx = server.app.ctx(caller);
    let new = New {
        kind,
        export_type: ExportType::Queues,
        name: format!("{kind}.csv"),
        component: Component::Queues,
        criteria: Criteria::default(),
    };
    let asked = server
        .app
        .store()
        .write(move |tx| access::exports::request(&mut tx.tenant(tenant), &ctx, new.clone()));
    server.run(asked).unwrap().id
}

fn register(server: &Server, exporter: impl Exporter + 'static) {
    server
        .app
        .state::<Access>()
        .unwrap()
        .exports
        .register(Arc::new(exporter));
}

fn stored(server: &Server, tenant: i64, export: i64) -> Export {
    let found = server
        .app
        .store()
        .read(move |tx| tx.tenant(tenant).get::<Export>(export).map_err(Error::from));
    server.run(found).unwrap().unwrap()
}

fn entry(number: usize, padding: usize) -> AuditLog {
    AuditLog {
        id: 0,
        service_name: "QueuesService".to_owned(),
        method_name: "Create".to_owned(),
        parameters: Some("x".repeat(padding)),
        executed_at: jiff::Timestamp::UNIX_EPOCH,
        action: Action::Create,
        component: Component::Queues,
        display_name: Some(format!("entry {number}")),
        entity_id: Some(number as i64),
        operation_text: format!("User x created entry {number}"),
        user_name: None,
        user_type: UserType::User,
        external_client_id: None,
        user_id: None,
        user_is_deleted: false,
    }
}

/// Puts entries of two tenants into the audit log, in turns.
fn fill(server: &Server, count: usize, padding: usize) {
    let filled = server.app.store().write(move |tx| {
        for from in (0..count).step_by(100) {
            for tenant in [1, 2] {
                let some: Vec<AuditLog> = (from..from + 100)
                    .map(|number| entry(number + usize::from(tenant == 2) * 1_000_000, padding))
                    .collect();
                tx.tenant(tenant).insert_many(&some)?;
            }
        }
        Ok::<_, Error>(())
    });
    server.run(filled).unwrap();
}

/// Numbers of the entries in a file, in their order.
fn numbers(text: &str) -> Vec<usize> {
    text.lines()
        .filter_map(|line| line.split("\"entry ").nth(1)?.split('"').next()?.parse().ok())
        .collect()
}

#[test]
fn a_long_list_is_exported_in_parts_without_gaps() {
    testkit::each_database(|server| {
        fill(server, 2_500, 1_000);
        let token = server.token("OR.Audit");
        let options = "$filter=Component eq 'Queues' and EntityId ne 1234";
        let export = ended_export(server, &token, id(&export_audit(server, &token, options)));
        assert_eq!(export["Status"], "Completed");
        let stored = stored(server, 1, id(&export));
        assert_eq!(stored.row_count, 2_499);
        assert!((2..=4).contains(&stored.parts), "{} parts", stored.parts);
        let path = format!("/api/Exports/{}/Download", id(&export));
        let file = server.get(&path).bearer(&token).send().expect(200);
        assert_eq!(file.bytes.len() as i64, stored.size.unwrap());
        let expected: Vec<usize> = (0..2_500).filter(|number| *number != 1_234).collect();
        assert_eq!(numbers(&file.text()), expected);
    });
}

#[test]
fn an_export_that_was_begun_goes_on_after_its_last_row() {
    testkit::each_database(|server| {
        fill(server, 100, 1);
        let token = server.token("OR.Audit");
        let whole = ended_export(
            server,
            &token,
            id(&export_audit(server, &token, "$filter=Component eq 'Queues'")),
        );
        let whole = stored(server, 1, id(&whole));
        let begun = server.app.store().write(move |tx| {
            let mut scope = tx.tenant(1);
            let reached = scope
                .find_one::<AuditLog>("display_name = 'entry 69'", params![])?
                .unwrap();
            let export = Export {
                id: 0,
                status: ExportStatus::InProgress,
                executed_at: None,
                size: Some(6),
                last_id: reached.id,
                row_count: 70,
                parts: 1,
                ..whole.clone()
            };
            let id = scope.insert(&export)?;
            scope.insert(&ExportPart {
                id: 0,
                export_id: id,
                part: 0,
                content: b"begin\n".to_vec(),
                sealed: false,
            })?;
            scope.changed("exports", id);
            Ok::<_, Error>(id)
        });
        let export = server.run(begun).unwrap();
        assert_eq!(ended_export(server, &token, export)["Status"], "Completed");
        let path = format!("/api/Exports/{export}/Download");
        let text = server.get(&path).bearer(&token).send().expect(200).text();
        assert!(text.starts_with("begin\n\""), "{text}");
        assert_eq!(numbers(&text), (70..100).collect::<Vec<_>>());
        assert_eq!(stored(server, 1, export).row_count, 100);
    });
}

/// Has no end until it is let go.
struct Endless(Arc<AtomicBool>);

impl Exporter for Endless {
    fn kind(&self) -> &'static str {
        "endless"
    }

    fn columns(&self) -> &'static [&'static str] {
        &["Id"]
    }

    fn read(&self, _: &mut Scoped<'_, Tenant>, _: &Task, after: i64, sheet: &mut Sheet) -> Result<Option<i64>, Error> {
        if self.0.load(Ordering::SeqCst) {
            sheet.row(&["last"]);
            return Ok(None);
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
        Ok(Some(after + 1))
    }
}

#[test]
fn tenants_take_turns_and_a_file_is_given_out_when_it_is_complete() {
    testkit::each_database(|server| {
        server.tenant_beside("Finance");
        let end = Arc::new(AtomicBool::new(false));
        register(server, Endless(end.clone()));
        let other = request(server, 2, "endless");
        eventually(|| (stored(server, 2, other).status == ExportStatus::InProgress).then_some(()));
        let token = server.token("OR.Audit");
        let export = export_audit(server, &token, "");
        assert_eq!(ended_export(server, &token, id(&export))["Status"], "Completed");
        assert_eq!(stored(server, 2, other).status, ExportStatus::InProgress);
        let export = request(server, 1, "endless");
        let path = format!("/odata/Exports({export})");
        eventually(|| {
            let export = server.get(&path).bearer(&token).send().expect(200).json();
            (export["Status"] == "InProgress").then_some(())
        });
        for path in [
            format!("{path}/{NAMESPACE}.GetDownloadLink"),
            format!("/api/Exports/{export}/Download"),
        ] {
            let refused = server.get(&path).bearer(&token).send().expect(409);
            assert!(refused.text().contains("not completed yet"), "{}", refused.text());
        }
        end.store(true, Ordering::SeqCst);
        assert_eq!(ended_export(server, &token, export)["Status"], "Completed");
        let path = format!("/api/Exports/{export}/Download");
        let text = server.get(&path).bearer(&token).send().expect(200).text();
        assert_eq!(text, "\u{feff}\"Id\"\r\n\"last\"\r\n");
        eventually(|| (stored(server, 2, other).status == ExportStatus::Completed).then_some(()));
    });
}

/// Fails a number of times, then gives a row.
struct Failing(&'static str, fn() -> Error, AtomicUsize);

impl Exporter for Failing {
    fn kind(&self) -> &'static str {
        self.0
    }

    fn columns(&self) -> &'static [&'static str] {
        &["Id"]
    }

    fn read(&self, _: &mut Scoped<'_, Tenant>, _: &Task, after: i64, sheet: &mut Sheet) -> Result<Option<i64>, Error> {
        if after == 0 {
            // Long enough for several parts, so that there is something to remove.
            for _ in 0..5 {
                sheet.row(&[&"x".repeat(1 << 18)]);
            }
            return Ok(Some(1));
        }
        let left = self.2.load(Ordering::SeqCst);
        if left > 0 {
            self.2.store(left - 1, Ordering::SeqCst);
            return Err(self.1());
        }
        sheet.row(&["last"]);
        Ok(None)
    }
}

#[test]
fn what_may_pass_is_tried_again_and_what_cannot_be_is_told() {
    testkit::each_database(|server| {
        let passing = || Error::internal("secret reason");
        register(server, Failing("passing", passing, AtomicUsize::new(2)));
        register(server, Failing("broken", passing, AtomicUsize::new(usize::MAX)));
        register(
            server,
            Failing("gone", || Error::not_found("Queue", 7), AtomicUsize::new(usize::MAX)),
        );
        let token = server.token("OR.Audit");
        let exports = ["passing", "broken", "gone", "nobody's"].map(|kind| request(server, 1, kind));
        let ended = exports.map(|export| {
            eventually(|| {
                look(server);
                let export = stored(server, 1, export);
                matches!(export.status, ExportStatus::Completed | ExportStatus::Failed).then_some(export)
            })
        });
        assert_eq!((ended[0].status, ended[0].row_count), (ExportStatus::Completed, 6));
        let told = [
            (exports[1], "its log says why"),
            (exports[2], "Queue with id 7 does not exist."),
            (exports[3], "This server cannot make it."),
        ];
        for (export, why) in told {
            let json = ended_export(server, &token, export);
            assert_eq!((json["Status"].as_str(), json["Size"].as_i64()), (Some("Failed"), None));
            let path = format!("/api/Exports/{export}/Download");
            let refused = server.get(&path).bearer(&token).send().expect(409);
            assert!(
                refused.text().contains(why) && !refused.text().contains("secret"),
                "{}",
                refused.text()
            );
        }
        // What a failed export had written is removed, the export itself stays and tells why.
        look(server);
        let gone = exports[2];
        let left = server.app.store().read(move |tx| {
            tx.tenant(1)
                .count::<ExportPart>("export_id = ?", params![gone])
                .map_err(Error::from)
        });
        assert_eq!((server.run(left).unwrap(), stored(server, 1, gone).parts), (0, 0));
    });
}

#[test]
fn what_takes_too_much_room_is_refused() {
    testkit::each_database(|server| {
        let token = server.token("OR.Audit");
        let first = ended_export(server, &token, id(&export_audit(server, &token, "")));
        let first = stored(server, 1, id(&first));
        let long = server.app.store().write(move |tx| {
            let long = Export {
                id: 0,
                status: ExportStatus::InProgress,
                size: Some((1 << 30) - 10),
                last_id: 0,
                ..first.clone()
            };
            let id = tx.tenant(1).insert(&long)?;
            tx.changed("exports", id);
            Ok::<_, Error>(id)
        });
        let long = server.run(long).unwrap();
        assert_eq!(ended_export(server, &token, long)["Status"], "Failed");
        let why = |export| stored(server, 1, export).failure.unwrap();
        assert!(why(long).contains("larger than 1 GiB"), "{}", why(long));
        let filled = server.app.store().write(move |tx| {
            let size = params![9_i64 << 30, long];
            Ok::<_, Error>(
                tx.tenant(1)
                    .update_where::<Export>("status = 2, size = ?", "id = ?", size)?,
            )
        });
        server.run(filled).unwrap();
        let refused = ended_export(server, &token, id(&export_audit(server, &token, "")));
        assert_eq!(refused["Status"], "Failed");
        assert!(why(id(&refused)).contains("more than 8 GiB"), "{}", why(id(&refused)));
    });
}

#[test]
fn a_node_that_lost_the_lease_writes_no_more_and_another_one_goes_on() {
    testkit::each_database(|server| {
        let end = Arc::new(AtomicBool::new(false));
        register(server, Endless(end.clone()));
        let export = request(server, 1, "endless");
        eventually(|| (stored(server, 1, export).last_id > 0).then_some(()));
        let taken = server.app.store().write(move |tx| {
            let holder = params![uuid::Uuid::from_u128(7)];
            let text = "update leases set holder = ?, fence = fence + 1 where name = 'exports'";
            Ok::<_, Error>(tx.host().execute(text, holder)?)
        });
        assert_eq!(server.run(taken).unwrap(), 1);
        let reached = stored(server, 1, export).last_id;
        look(server);
        look(server);
        assert_eq!(stored(server, 1, export).last_id, reached);
        end.store(true, Ordering::SeqCst);
        look(server);
        assert_eq!(stored(server, 1, export).status, ExportStatus::InProgress);
        // The other node dies, and its lease ends.
        server.clock.advance(3_600);
        look(server);
        assert_eq!(stored(server, 1, export).status, ExportStatus::Completed);
    });
}

#[test]
fn a_window_looks_at_a_thousand_rows_of_its_part() {
    testkit::each_database(|server| {
        fill(server, 1_100, 1);
        let read = server.app.store().read(|tx| {
            let mut scope = tx.tenant(1);
            let query = odata::Query::new(AuditLog::model());
            let part = params![Component::Queues];
            let mut window = |after| {
                window::<AuditLog>(
                    &mut scope,
                    &query,
                    ("component = ?", &part),
                    "display_name <> 'entry 3' or entity_id < 0",
                    after,
                )
            };
            let first = window(0)?;
            let second = window(first.upto.unwrap())?;
            Ok::<_, Error>((first, second))
        });
        let (first, second) = server.run(read).unwrap();
        assert_eq!((first.rows.len(), second.rows.len(), second.upto), (999, 100, None));
        assert_eq!(first.upto, first.rows.last().map(|log| log.id));
        assert_eq!(second.rows[0].entity_id, Some(1_000));
    });
}

#[test]
fn a_window_is_found_by_ids_whatever_the_filter() {
    let server = Server::start();
    for filter in [
        "Component eq 'Queues'",
        "ExecutionTime ge 2020-01-01T00:00:00Z",
        "Component eq 'Queues' and ExecutionTime ge 2020-01-01T00:00:00Z",
        "contains(OperationText,'x') or UserName eq 'x'",
    ] {
        let options = [("$filter".to_owned(), filter.to_owned())];
        let now = jiff::Timestamp::UNIX_EPOCH;
        let query = odata::Query::parse(&options, AuditLog::model(), &odata::Limits::DEFAULT, now).unwrap();
        let condition = "audit_logs.id > ? and audit_logs.id <= ?";
        let plan = server.app.store().read(move |tx| {
            let mut scope = tx.tenant(1);
            Ok::<_, Error>(scope.explain::<AuditLog>(&query, condition, params![100, 1_100])?)
        });
        let steps = server.run(plan).unwrap().1;
        assert!(
            steps[0].contains("audit_logs_id (tenant_id=? AND id>? AND id<?)"),
            "{steps:?}"
        );
    }
}

#[test]
fn a_file_of_the_first_version_becomes_the_only_part() {
    fn check(url: String) {
        let store = store::Store::open(&store::Options::new(url)).unwrap();
        let access = access::MIGRATIONS;
        let before = access.iter().position(|step| step.id == "access-008-exports").unwrap();
        store
            .migrate(&[accounts::MIGRATIONS, identity::MIGRATIONS, &access[..before]])
            .unwrap();
        let insert =
            "insert into exports ({scope_column}, name, export_type, status, requested_at, size, owner, content)
            values ({scope_value}, 'audit_logs.csv', 0, 2, 7, 3, ?, ?)";
        let params = params![uuid::Uuid::from_u128(7), b"a,b"];
        store
            .write_blocking(move |tx| tx.tenant(1).execute(insert, params.clone()))
            .unwrap();
        store
            .migrate(&[accounts::MIGRATIONS, identity::MIGRATIONS, access])
            .unwrap();
        let (export, part) = store
            .read_blocking(|tx| {
                let mut scope = tx.tenant(1);
                let export = scope.find_one::<Export>("", params![])?.unwrap();
                let part = scope.find_one::<ExportPart>("", params![])?.unwrap();
                Ok::<_, Error>((export, part))
            })
            .unwrap();
        assert_eq!((export.status, export.parts), (ExportStatus::Completed, 1));
        assert_eq!(
            (part.export_id, part.part, part.content),
            (export.id, 0, b"a,b".to_vec())
        );
        store.close();
    }
    let directory = tempfile::tempdir().unwrap();
    check(format!("sqlite:{}", directory.path().join("test.db").display()));
    if let Some(database) = throwaway::postgres::Database::create() {
        check(database.url());
    }
}
