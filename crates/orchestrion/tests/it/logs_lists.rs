//! Lists, counts, exports and pages of log entries.

use execution::jobs::model::JobState;
use execution::logs::model::LogEntry;
use execution::logs::read;
use serde_json::json;
use store::{Dialect, Entity as _};
use testkit::each_database;
use uuid::Uuid;

use crate::access_support::{self, NAMESPACE, ended_export, id};
use crate::logs_support::{LOGS, Place, SUBMIT, entry};

const EVIL: &str = "<script>alert(1)</script>";
const ESCAPED: &str = "&lt;script&gt;alert(1)&lt;/script&gt;";

/// Two jobs of two processes with a handful of entries.
fn fill(place: &Place<'_>) -> (Uuid, Uuid) {
    let (one, two) = (
        place.job("One", 1, JobState::Running),
        place.job("Two", 2, JobState::Running),
    );
    place.submit(
        one,
        "2026-01-01T00:00:00Z",
        &[
            ("Trace", "1 trace"),
            ("Information", "1 info"),
            ("Error", "1 error"),
            ("Fatal", "1 fatal"),
        ],
    );
    place.submit(
        two,
        "2026-01-01T00:00:02.5Z",
        &[("Warning", "2 warn"), ("Error", "2 error"), ("Debug", "2 debug")],
    );
    (one, two)
}

#[test]
fn a_list_is_newest_first_and_can_be_narrowed_and_sorted() {
    each_database(|server| {
        let place = Place::of(server);
        let (one, two) = fill(&place);
        let newest = [
            "2 debug", "2 error", "1 fatal", "2 warn", "1 error", "1 info", "1 trace",
        ];
        assert_eq!(place.messages(""), newest);
        let check = |options: &str, expected: &[&str]| assert_eq!(place.messages(options), expected, "{options}");
        check(
            "$filter=Level ge '2'",
            &["2 error", "1 fatal", "2 warn", "1 error", "1 info"],
        );
        check(
            "$filter=Level ge 'Error'&$orderby=TimeStamp asc",
            &["1 error", "1 fatal", "2 error"],
        );
        check("$filter=Level eq 'Info' or Level eq 'Debug'", &["2 debug", "1 info"]);
        check(
            &format!("$filter=JobKey eq {one}"),
            &["1 fatal", "1 error", "1 info", "1 trace"],
        );
        check(&format!("$filter=JobKey eq {two} and Level ge '4'"), &["2 error"]);
        check(
            &format!("$filter=JobKey in ({one},{two})&$top=2"),
            &["2 debug", "2 error"],
        );
        check(
            "$filter=ProcessName eq 'one'",
            &["1 fatal", "1 error", "1 info", "1 trace"],
        );
        check("$filter=ProcessName eq 'none'", &[]);
        check(
            "$filter=RobotName eq 'R1' and ProcessName eq 'Two' and Level lt 3",
            &["2 debug"],
        );
        check("$filter=HostMachineName eq 'HOST-1'&$top=1", &["2 debug"]);
        check("$filter=HostMachineName ne 'HOST-1'", &[]);
        check("$filter=contains(Message,'ERR')", &["2 error", "1 error"]);
        check(
            "$filter=contains(ProcessName,'wo') and WindowsIdentity eq 'host\\robot'",
            &["2 debug", "2 error", "2 warn"],
        );
        check("$filter=not (Level ge 1)", &["1 trace"]);
        check(
            "$filter=TimeStamp ge 2026-01-01T00:00:03Z",
            &["2 debug", "2 error", "1 fatal"],
        );
        check(
            "$filter=TimeStamp lt 2026-01-01T00:00:02Z and contains(Message,'1')",
            &["1 info", "1 trace"],
        );
        check("$orderby=Level desc&$top=3", &["1 fatal", "2 error", "1 error"]);
        check(
            "$orderby=Level asc,TimeStamp asc&$top=3",
            &["1 trace", "2 debug", "1 info"],
        );
        check("$skip=5", &["1 info", "1 trace"]);
        check("$top=0", &[]);
    });
}

#[test]
fn a_list_can_be_counted_and_refuses_what_it_cannot_do() {
    each_database(|server| {
        let place = Place::of(server);
        let (one, _) = fill(&place);
        let count = |options: &str| place.logs(&format!("$count=true&{options}"))["@odata.count"].clone();
        assert_eq!(count("$top=1"), 7);
        assert_eq!(count("$filter=Level ge '4'&$top=1"), 3);
        assert_eq!(count(&format!("$filter=JobKey eq {one}&$top=0")), 4);
        assert_eq!(count("$filter=contains(Message,'error')&$top=1"), 2);
        assert_eq!(count("$filter=Level gt 'Fatal'"), 0);
        let total = |options: &str| {
            let path = format!("{LOGS}/{NAMESPACE}.GetTotalCount?{options}");
            place.get(&path).expect(200).json()["value"].clone()
        };
        assert_eq!(total(""), 7);
        assert_eq!(
            total("$filter=Level eq 'Error' and TimeStamp gt 2026-01-01T00:00:03Z"),
            1
        );
        assert_eq!(total("$top=1&$skip=3"), 7);
        for wrong in ["$orderby=Message", "$orderby=Id", "$filter=Nope eq 1", "$top=1001"] {
            assert_eq!(
                place.get(&format!("{LOGS}?{wrong}")).expect(400).error_code(),
                1000,
                "{wrong}"
            );
        }
        let without = server.get(LOGS).bearer(&place.token).send().expect(400);
        assert_eq!(without.error_code(), 1101);
        server
            .get(LOGS)
            .bearer(&server.token("OR.Jobs"))
            .folder(place.folder)
            .send()
            .expect(403);
        let other = id(&access_support::folder(server, "Other", None));
        assert_eq!(place.in_folder(other).messages(""), Vec::<String>::new());
        assert_eq!(
            place.in_folder(other).messages(&format!("$filter=JobKey eq {one}")),
            Vec::<String>::new()
        );
    });
}

#[test]
fn every_usual_list_goes_along_an_index() {
    each_database(|server| {
        let place = Place::of(server);
        let (one, _) = fill(&place);
        let folder = place.folder;
        for (filter, order, index) in [
            (String::new(), "", "robot_logs_folder"),
            ("Level ge '2'".to_owned(), "", "robot_logs_folder"),
            (
                "Level eq 'Fatal' and TimeStamp ge 2026-01-01T00:00:00Z".to_owned(),
                "",
                "robot_logs_folder",
            ),
            ("Level ge '2'".to_owned(), "TimeStamp asc", "robot_logs_folder"),
            (String::new(), "Level desc", "robot_logs_folder"),
            (format!("JobKey eq {one}"), "", "robot_logs_job"),
            (
                format!("JobKey eq {one} and Level ge '3'"),
                "TimeStamp asc",
                "robot_logs_job",
            ),
            (
                "ProcessName eq 'One' and Level ge '2'".to_owned(),
                "",
                "robot_logs_process",
            ),
            ("RobotName eq 'R1'".to_owned(), "", "robot_logs_robot"),
            (
                "HostMachineName eq 'HOST-1' and TimeStamp lt 2027-01-01T00:00:00Z".to_owned(),
                "",
                "robot_logs_host",
            ),
        ] {
            let options: Vec<(String, String)> = [("$filter", filter.as_str()), ("$orderby", order)]
                .iter()
                .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
                .collect();
            let now = server.app.clock().now();
            let query = odata::Query::parse(&options, LogEntry::model(), &odata::Limits::DEFAULT, now).unwrap();
            let explained = server.app.store().read(move |tx| {
                if tx.dialect() == Dialect::Postgres {
                    // The table is small; what is asked is whether an index would do, and would give the order.
                    for way in ["seqscan", "bitmapscan", "sort", "incremental_sort"] {
                        let sql = format!("set local enable_{way} = off");
                        tx.host().execute(&sql, store::params![])?;
                    }
                }
                let mut scope = tx.tenant(1);
                read::plan(&mut scope, folder, &query)?.explain(&mut scope)
            });
            let (sql, steps) = server.run(explained).unwrap();
            let text = steps.join("\n");
            assert!(text.contains(index), "{filter} {order}: {text}\n{sql}");
            if server.app.store().dialect() == Dialect::Sqlite {
                assert!(
                    !text.contains("TEMP B-TREE") && !text.contains("SCAN robot_logs"),
                    "{filter} {order}: {text}\n{sql}"
                );
            }
        }
    });
}

#[test]
fn logs_are_exported_as_a_file() {
    each_database(|server| {
        let place = Place::of(server);
        let (one, _) = fill(&place);
        let elsewhere = place.in_folder(id(&access_support::folder(server, "Other", None)));
        let other = elsewhere.job("Other", 9, JobState::Running);
        elsewhere.submit(other, "2026-01-01T00:00:00Z", &[("Error", "elsewhere")]);
        let ask = |filter: &str| place.post(&format!("{LOGS}/{NAMESPACE}.Export?{filter}"), &json!({}));
        let asked = ask("$filter=Level ge 'Error'&$orderby=TimeStamp desc")
            .expect(200)
            .json();
        assert_eq!(
            (asked["Type"].as_str(), asked["Status"].as_str()),
            (Some("Logs"), Some("New"))
        );
        let export = ended_export(server, &place.token, id(&asked));
        assert_eq!(export["Status"], "Completed", "{export}");
        let link = place
            .get(&format!("/odata/Exports({})/{NAMESPACE}.GetDownloadLink", id(&export)))
            .expect(200)
            .json();
        let path = link["Uri"]
            .as_str()
            .unwrap()
            .strip_prefix(&server.base())
            .unwrap()
            .to_owned();
        let text = place.get(&path).expect(200).text();
        let lines: Vec<&str> = text.lines().collect();
        assert!(
            lines[0].starts_with("\u{feff}\"Time\",\"Level\",\"Process\",\"Hostname\","),
            "{text}"
        );
        assert_eq!(lines.len(), 4, "{text}");
        assert!(
            lines[1].contains("\"1 error\"") && lines[1].contains(&one.to_string()),
            "{text}"
        );
        assert!(
            lines[3].contains("\"2 error\"") && !text.contains("elsewhere"),
            "{text}"
        );
        ask("$filter=year(TimeStamp) eq 2026").expect(400);
        ask("$filter=Nope eq 1").expect(400);
    });
}

#[test]
fn pages_show_filter_and_lead_to_the_whole_entry() {
    each_database(|server| {
        let place = Place::of(server);
        let (one, _) = fill(&place);
        place
            .post(
                SUBMIT,
                &json!([entry(one, "2026-01-02T00:00:00Z", "Error", EVIL).to_string()]),
            )
            .expect(200);
        let browser = server.admin_session();
        let list = format!("/console/default/tenants/Default/folders/{}/logs", place.folder);
        let page = browser.get(&list).expect(200).text();
        assert!(page.contains(ESCAPED) && !page.contains(EVIL), "{page}");
        assert!(
            page.contains("data-live=") && page.contains("2 debug") && page.contains("Error and above"),
            "{page}"
        );
        let narrowed = browser
            .get(&format!("{list}?level=Error&process=One&q=1%20"))
            .expect(200)
            .text();
        assert!(
            narrowed.contains("1 fatal") && !narrowed.contains("2 error") && !narrowed.contains("1 info"),
            "{narrowed}"
        );
        let small = browser.get(&format!("{list}?size=10&sort=-Level")).expect(200).text();
        assert!(small.contains("1 fatal"), "{small}");
        let none = browser.get(&format!("{list}?q=it%27s")).expect(200).text();
        assert!(none.contains("No results"), "{none}");
        let job = browser.get(&format!("{list}/jobs/{one}")).expect(200).text();
        assert!(
            job.contains("1 trace") && !job.contains("2 warn") && job.contains(&format!("/logs/jobs/{one}/live")),
            "{job}"
        );
        browser.get(&format!("{list}/jobs/{}", Uuid::from_u128(9))).expect(404);
        let rows = place.logs("$filter=Level eq 'Info'");
        let entry = rows["value"][0]["Id"].as_i64().unwrap();
        let shown = browser.get(&format!("{list}/{entry}")).expect(200).text();
        assert!(
            shown.contains("&quot;amount&quot;: 7") && shown.contains("Earlier") && shown.contains("Later"),
            "{shown}"
        );
        browser.get(&format!("{list}/999999")).expect(404);
        let asked = browser.fill(&list, &format!("{list}/export?level=Error"), &[]);
        assert_eq!(asked.status, 303, "{}", asked.text());
        let exports = browser
            .get("/console/default/tenants/Default/exports")
            .expect(200)
            .text();
        assert!(exports.contains("Logs.csv"), "{exports}");
    });
}
