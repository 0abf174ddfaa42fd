//! Alerts: raising, seeing, reading, forgetting.

use execution::alerts::{Component, Raised, Severity, raise};
use execution::jobs::model::JobState;
use serde_json::{Value, json};
use testkit::{Server, each_database};
use uuid::Uuid;

use crate::access_support::{self, NAMESPACE, id};
use crate::logs_support::{Place, write};
use crate::queues_support::look;
use crate::support::{assign_folder_role, assign_tenant_role, create_user};

const SET: &str = "/odata/Alerts";
const EVIL: &str = "<script>alert(1)</script>";
const ESCAPED: &str = "&lt;script&gt;alert(1)&lt;/script&gt;";

fn tell(server: &Server, component: Component, severity: Severity, folder: Option<i64>, message: &str) -> Uuid {
    let (ctx, message) = (server.app.system(), message.to_owned());
    write(server, move |scope| {
        let raised = Raised {
            component,
            severity,
            name: "Thing.Changed.Broken",
            folder,
            reader: None,
            data: json!({ "Message": message }),
            link: Some("/alerts".to_owned()),
        };
        raise(scope, &ctx, raised)
    })
}

/// The messages of a caller's alerts.
fn messages(server: &Server, token: &str, options: &str) -> Vec<String> {
    let page = server
        .get(&format!("{SET}?{options}"))
        .bearer(token)
        .send()
        .expect(200)
        .json();
    let message = |row: &Value| {
        let data: Value = serde_json::from_str(row["Data"].as_str().unwrap()).unwrap();
        data["Message"].as_str().unwrap().to_owned()
    };
    page["value"].as_array().unwrap().iter().map(message).collect()
}

fn unread(server: &Server, token: &str) -> i64 {
    let path = format!("{SET}/{NAMESPACE}.GetUnreadCount");
    server.get(&path).bearer(token).send().expect(200).json()["value"]
        .as_i64()
        .unwrap()
}

fn mark(server: &Server, token: &str, ids: &[Uuid]) -> i64 {
    let path = format!("{SET}/{NAMESPACE}.MarkAsRead");
    let body = json!({ "ids": ids });
    server.post(&path).bearer(token).json(&body).send().expect(200).json()["value"]
        .as_i64()
        .unwrap()
}

#[test]
fn alerts_are_listed_counted_and_marked_for_each_reader() {
    each_database(|server| {
        let place = Place::of(server);
        let token = &place.token;
        let one = tell(server, Component::Jobs, Severity::Error, Some(place.folder), "one");
        tell(server, Component::Jobs, Severity::Info, Some(place.folder), "too quiet");
        let two = tell(server, Component::Robots, Severity::Fatal, None, "two");
        let three = tell(server, Component::Process, Severity::Info, Some(place.folder), "three");
        assert_eq!(messages(server, token, ""), ["three", "two", "one"]);
        assert_eq!(unread(server, token), 3);
        let row = server
            .get(&format!("{SET}?$filter=Component eq 'Jobs'&$count=true"))
            .bearer(token)
            .send();
        let row = row.expect(200).json();
        assert_eq!(row["@odata.count"], 1);
        let row = &row["value"][0];
        assert_eq!(
            (
                row["NotificationName"].as_str(),
                row["Severity"].as_str(),
                row["State"].as_str()
            ),
            (Some("Thing.Changed.Broken"), Some("Error"), Some("Unread"))
        );
        assert_eq!(
            (row["Id"].as_str(), row["DeepLinkRelativeUrl"].as_str()),
            (Some(&*one.to_string()), Some("/alerts"))
        );
        assert_eq!(row["UserNotificationId"], row["Id"]);
        assert_eq!(mark(server, token, &[one, two, Uuid::from_u128(5)]), 1);
        assert_eq!(mark(server, token, &[one]), 1);
        assert_eq!(messages(server, token, "$filter=State eq 'Unread'"), ["three"]);
        assert_eq!(
            messages(server, token, "$filter=State ne 'Unread' and Severity eq 'Fatal'"),
            ["two"]
        );
        assert_eq!(messages(server, token, "$orderby=Severity desc&$top=1"), ["two"]);
        assert_eq!(messages(server, token, "$orderby=CreationTime&$skip=2"), ["three"]);
        assert_eq!(mark(server, token, &[three]), 0);
        assert_eq!(messages(server, token, "$filter=State eq '1'").len(), 3);
        for wrong in [
            "$filter=State eq 'Read' or Severity eq 'Info'",
            "$orderby=State",
            "$filter=Nope eq 1",
        ] {
            let answer = server.get(&format!("{SET}?{wrong}")).bearer(token).send().expect(400);
            assert_eq!(answer.error_code(), 1000, "{wrong}");
        }
        let path = format!("{SET}/{NAMESPACE}.MarkAsRead");
        server.post(&path).bearer(token).json(&json!({})).send().expect(400);
        let many: Vec<Uuid> = (0..1_001).map(Uuid::from_u128).collect();
        server
            .post(&path)
            .bearer(token)
            .json(&json!({ "ids": many }))
            .send()
            .expect(400);
        let reading = server.token("OR.Monitoring.Read");
        server
            .post(&path)
            .bearer(&reading)
            .json(&json!({ "ids": [] }))
            .send()
            .expect(403);
        // Another reader has read nothing.
        let other = access_support::admin_token(server);
        assert_eq!((unread(server, &other), messages(server, &other, "").len()), (3, 3));
    });
}

#[test]
fn a_reader_sees_what_it_may_see_now() {
    each_database(|server| {
        let place = Place::of(server);
        let other = id(&access_support::folder(server, "Other", None));
        tell(server, Component::Jobs, Severity::Error, Some(place.folder), "here");
        tell(server, Component::Jobs, Severity::Error, Some(other), "there");
        tell(server, Component::Robots, Severity::Error, None, "robot");
        let user = create_user(server, "reader");
        let known = assign_tenant_role(server, &user.id, "DirectoryUser", "Allow to be Automation User");
        let token = access_support::user_token(server, &user);
        let role = json!({"Name": "Watcher", "DisplayName": "Watcher", "Type": "Tenant",
            "Permissions": [{"Name": "Alerts.View", "IsGranted": true}]});
        let rights = server.token("OR.Users");
        server
            .post("/odata/Roles")
            .bearer(&rights)
            .json(&role)
            .send()
            .expect(201);
        let roles = json!({"roleIds": [access_support::role(server, "Watcher")]});
        let path = format!("/odata/Users({known})/{NAMESPACE}.AssignRoles");
        server.post(&path).bearer(&rights).json(&roles).send().expect(200);
        assert_eq!(messages(server, &token, ""), Vec::<String>::new());
        assign_folder_role(server, known, place.folder, "Automation User");
        assert_eq!(messages(server, &token, ""), ["here"]);
        assert_eq!(unread(server, &token), 1);
    });
}

#[test]
fn a_process_can_raise_an_alert() {
    each_database(|server| {
        let place = Place::of(server);
        let job = place.job("P", 1, JobState::Running);
        let path = format!("{SET}/{NAMESPACE}.RaiseProcessAlert");
        let body = json!({"processAlert": {"Message": EVIL, "Severity": "Warn", "RobotName": "R", "ProcessName": "P"}});
        let raise = |body: &Value, job: &str| {
            let call = server.post(&path).bearer(&place.token).json(body);
            if job.is_empty() {
                call.send()
            } else {
                call.header("x-uipath-jobkey", job).send()
            }
        };
        raise(&body, &job.to_string()).expect(200);
        raise(&body, "").expect(200);
        raise(&body, "x").expect(400);
        let page = server.get(SET).bearer(&place.token).send().expect(200).json();
        assert_eq!(page["value"].as_array().unwrap().len(), 2, "{page}");
        let row = &page["value"][1];
        assert_eq!(
            (row["Component"].as_str(), row["Severity"].as_str()),
            (Some("Process"), Some("Warn"))
        );
        assert!(row["Data"].as_str().unwrap().contains(&job.to_string()), "{row}");
        let mut wrong = body.clone();
        wrong["processAlert"]["Message"] = json!("x".repeat(513));
        raise(&wrong, "").expect(400);
        raise(&json!({"processAlert": {"Message": "x"}}), "").expect(400);
        raise(&json!({}), "").expect(400);
        let browser = server.admin_session();
        let list = "/console/default/tenants/Default/alerts";
        let page = browser.get(list).expect(200).text();
        assert!(page.contains(ESCAPED) && !page.contains(EVIL), "{page}");
        assert!(
            page.contains("class=\"badge\">2<") && page.contains("1–2 / 2"),
            "{page}"
        );
    });
}

#[test]
fn the_page_marks_and_preferences_decide_what_is_shown() {
    each_database(|server| {
        let place = Place::of(server);
        for number in 0..7 {
            tell(
                server,
                Component::Jobs,
                Severity::Error,
                Some(place.folder),
                &format!("job {number}"),
            );
        }
        tell(server, Component::Process, Severity::Warn, None, "process");
        let browser = server.admin_session();
        let list = "/console/default/tenants/Default/alerts";
        let page = browser.get(list).expect(200).text();
        assert!(page.contains("class=\"badge\">8<") && page.contains("job 0"), "{page}");
        let narrowed = browser
            .get(&format!("{list}?component=Process&state=Unread&severity=Warn"))
            .expect(200)
            .text();
        assert!(narrowed.contains("1–1 / 1"), "{narrowed}");
        let first = page
            .split("name=\"id\" value=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned();
        let marked = browser.fill(list, &format!("{list}/read"), &[("id", &first), ("all", "")]);
        assert_eq!(marked.status, 303);
        let page = browser.get(list).expect(200).text();
        assert!(page.contains("class=\"badge\">7<"), "{first} {page}");
        assert_eq!(
            browser.fill(list, &format!("{list}/read"), &[("all", "true")]).status,
            303
        );
        let page = browser.get(list).expect(200).text();
        assert!(
            !page.contains("class=\"badge\"") && page.contains("Nothing unread"),
            "{page}"
        );
        let preferences = format!("{list}/preferences");
        let saved = browser.fill(
            &preferences,
            &preferences,
            &[("component-3", "5"), ("component-4", "0")],
        );
        assert_eq!(saved.status, 303);
        tell(server, Component::Jobs, Severity::Fatal, Some(place.folder), "unwanted");
        let page = browser.get(list).expect(200).text();
        assert!(page.contains("1–1 / 1") && !page.contains("unwanted"), "{page}");
        let form = browser.get(&preferences).expect(200).text();
        assert!(form.contains("<option value=\"5\" selected>None"), "{form}");
    });
}

#[test]
fn alerts_go_after_thirty_days() {
    each_database(|server| {
        let place = Place::of(server);
        let old = tell(server, Component::Jobs, Severity::Error, Some(place.folder), "old");
        mark(server, &place.token, &[old]);
        server.clock.advance(30 * 86_400 + 3_600);
        tell(server, Component::Jobs, Severity::Error, Some(place.folder), "new");
        look(server, "alerts-retention");
        let token = server.token("OR.Monitoring");
        assert_eq!(messages(server, &token, ""), ["new"]);
        let marks: i64 = write(server, |scope| {
            let sql = "select count(*) from alert_marks where {scope}";
            Ok(scope.row(sql, store::params![])?.unwrap().get(0)?)
        });
        assert_eq!(marks, 0);
    });
}
