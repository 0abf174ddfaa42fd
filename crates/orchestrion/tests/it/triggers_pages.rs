//! The console pages of triggers, as forms and links.

use serde_json::{Value, json};
use testkit::{Browser, Server, each_database_at_rest};

use crate::queues_support::Queues;
use crate::support::{assign_folder_role, assign_tenant_role, create_user};
use crate::triggers_support::Triggers;

fn on_console(test: impl Fn(&Server, &Browser<'_>, &Triggers<'_>, &str)) {
    each_database_at_rest(|server| {
        let triggers = Triggers::of(server);
        let list = format!("/console/default/tenants/Default/folders/{}/triggers", triggers.folder);
        test(server, &server.admin_session(), &triggers, &list);
    });
}

fn all(triggers: &Triggers<'_>) -> Vec<Value> {
    let page = triggers.get(crate::triggers_support::SET).expect(200).json();
    page["value"].as_array().unwrap().clone()
}

const TIME: [(&str, &str); 7] = [
    ("Name", "Every morning"),
    ("Enabled", "true"),
    ("StartProcessCron", "0 0 9 ? * *"),
    ("TimeZoneId", "UTC"),
    ("StartStrategy", "2"),
    ("StopStrategy", "SoftStop"),
    ("arg.a", "5"),
];

/// The form with some of its fields filled in otherwise.
fn with<'a>(base: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = base
        .iter()
        .filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
    kept.chain(more).copied().collect()
}

#[test]
fn a_time_trigger_is_made_shown_changed_and_deleted() {
    on_console(|_, browser, triggers, list| {
        let empty = browser.get(list).expect(200).text();
        assert!(empty.contains("No triggers in this folder"), "{empty}");
        let choose = browser.get(&format!("{list}/new?kind=time")).expect(200).text();
        assert!(choose.contains(">Calc</option>"), "{choose}");
        let new = format!("{list}/new?kind=time&process={}", triggers.release);
        // What a new one starts with fires on working days.
        assert_eq!(
            browser
                .get(&new)
                .expect(200)
                .text()
                .split("id=\"firings\"")
                .nth(1)
                .unwrap()
                .split("</ol>")
                .next()
                .unwrap()
                .matches("<time")
                .count(),
            10
        );
        for (more, said) in [
            (("StartProcessCron", "never"), "cron expression is invalid"),
            (("StartProcessCron", "0 0 9 31 2 ? *"), "never"),
            (("Name", ""), "Name needs 1 to"),
            (("StartStrategy", "many"), "whole number"),
            (("StartStrategy", "10001"), "between 0 and"),
            (("TimeZoneId", "Mars"), "time zone"),
            (("arg.a", "x"), "whole number"),
        ] {
            let refused = browser.fill(&new, &new, &with(&TIME, &[more]));
            assert_eq!(refused.status, 400, "{more:?}");
            assert!(refused.text().contains(said), "{said}: {}", refused.text());
        }
        let shown = browser.fill(
            &new,
            &new,
            &with(&TIME, &[("do", "check"), ("StartProcessCron", "0 30 8 L * ?")]),
        );
        assert_eq!(
            shown
                .expect(200)
                .text()
                .split("id=\"firings\"")
                .nth(1)
                .unwrap()
                .split("</ol>")
                .next()
                .unwrap()
                .matches("<time")
                .count(),
            10
        );
        assert_eq!(all(triggers).len(), 0, "asking makes nothing");
        browser.fill(&new, &new, &TIME).expect(303);
        let made = all(triggers).remove(0);
        assert_eq!(
            (&made["Name"], &made["StartStrategy"], &made["InputArguments"]),
            (&json!("Every morning"), &json!(2), &json!("{\"a\":5}"))
        );
        let page = browser.get(list).expect(200).text();
        assert!(page.contains("Every morning") && page.contains("Enabled"), "{page}");
        let one = format!("{list}/{}", made["Id"]);
        let action = format!("{one}?process={}", triggers.release);
        browser
            .fill(&one, &action, &with(&TIME, &[("Description", "wakes"), ("arg.a", "")]))
            .expect(303);
        let changed = triggers.read(&made);
        assert_eq!(
            (&changed["Description"], &changed["InputArguments"], &changed["Key"]),
            (&json!("wakes"), &json!("{}"), &made["Key"])
        );
        let history = format!("{list}/{}/history", made["Key"].as_str().unwrap());
        assert!(browser.get(&history).expect(200).text().contains("Nothing went wrong"));
        // Its jobs now: they are those of a firing, and the firings are what they were.
        let next = triggers.read(&made)["StartProcessNextOccurrence"].clone();
        browser.fill(list, &format!("{one}/start"), &[]).expect(303);
        assert_eq!(triggers.jobs().len(), 2);
        assert_eq!(triggers.read(&made)["StartProcessNextOccurrence"], next);
        let again = browser.fill(list, &format!("{one}/start"), &[]);
        assert_eq!(again.status, 409, "they still wait");
        browser.fill(list, &format!("{one}/disable"), &[]).expect(303);
        assert_eq!(triggers.read(&made)["Enabled"], false);
        assert!(
            browser
                .get(&format!("{list}?state=on"))
                .expect(200)
                .text()
                .contains("No results")
        );
        browser.fill(list, &format!("{one}/delete"), &[]).expect(303);
        browser.get(&one).expect(404);
        browser.get(&history).expect(404);
    });
}

#[test]
fn what_the_form_does_not_show_stays() {
    on_console(|_, browser, triggers, list| {
        let targets = json!([{ "MachineId": 1 }, { "RobotId": 1 }]);
        let made = triggers.create(&json!({ "MachineRobots": targets, "ExternalJobKey": "mine" }));
        let one = format!("{list}/{}", made["Id"]);
        let action = format!("{one}?process={}", triggers.release);
        browser.fill(&one, &action, &TIME).expect(303);
        let changed = triggers.read(&made);
        assert_eq!(changed["MachineRobots"].as_array().unwrap().len(), 2, "{changed}");
        assert_eq!(changed["ExternalJobKey"], "mine");
    });
}

#[test]
fn a_queue_trigger_is_made_with_its_numbers() {
    on_console(|server, browser, triggers, list| {
        let queue = Queues::of(server).queue("Work").to_string();
        let new = format!("{list}/new?kind=queue&process={}", triggers.release);
        let fields = [
            ("Name", "By items"),
            ("Enabled", "true"),
            ("TimeZoneId", "UTC"),
            ("ItemsActivationThreshold", "3"),
            ("ItemsPerJobActivationTarget", "2"),
            ("MaxJobsForActivation", "4"),
            ("StartStrategy", "1"),
        ];
        let refused = browser.fill(&new, &new, &fields);
        assert_eq!(refused.status, 400);
        assert!(refused.text().contains("Choose a queue."));
        let whole = with(&fields, &[("QueueDefinitionId", &queue)]);
        browser.fill(&new, &new, &whole).expect(303);
        let made = all(triggers).remove(0);
        assert_eq!(
            (
                &made["QueueDefinitionName"],
                &made["ItemsActivationThreshold"],
                &made["MaxJobsForActivation"]
            ),
            (&json!("Work"), &json!(3), &json!(4))
        );
        // What its form does not have stays: days off, for instance.
        let calendar = json!({ "Name": "Holidays", "ExcludedDates": ["2026-12-25T00:00:00Z"] });
        let calendar = triggers.post("/odata/Calendars", &calendar).expect(201).json();
        let mut with_calendar = made.clone();
        with_calendar["CalendarId"] = calendar["Id"].clone();
        with_calendar["UseCalendar"] = json!(true);
        let one = format!("{}({})", crate::triggers_support::SET, made["Id"]);
        triggers.put(&one, &with_calendar);
        assert_eq!(triggers.read(&made)["CalendarName"], "Holidays");
        let page = format!("{list}/{}", made["Id"]);
        let action = format!("{page}?process={}", triggers.release);
        browser
            .fill(&page, &action, &with(&whole, &[("MaxJobsForActivation", "5")]))
            .expect(303);
        let changed = triggers.read(&made);
        assert_eq!(
            (&changed["CalendarName"], &changed["MaxJobsForActivation"]),
            (&json!("Holidays"), &json!(5))
        );
        let again = browser.fill(&new, &new, &with(&whole, &[("Name", "Another")]));
        assert_eq!(again.status, 409, "a queue has one trigger");
        assert!(
            browser
                .get(&format!("{list}?kind=time"))
                .expect(200)
                .text()
                .contains("No results")
        );
    });
}

#[test]
fn an_api_trigger_is_made_changed_and_deleted() {
    on_console(|_, browser, triggers, list| {
        let base = format!("{list}/api");
        assert!(browser.get(&base).expect(200).text().contains("No API triggers"));
        let new = format!("{base}/new?process={}", triggers.release);
        let fields = [
            ("Name", "Call"),
            ("Enabled", "true"),
            ("Slug", "sum"),
            ("Method", "Post"),
            ("CallingMode", "LongPolling"),
            ("CallbackMode", "Disabled"),
            ("JobCount", "1"),
        ];
        let refused = browser.fill(&new, &new, &with(&fields, &[("Slug", "a b")]));
        assert_eq!(refused.status, 400);
        assert!(refused.text().contains("Slug takes"), "{}", refused.text());
        let refused = browser.fill(
            &new,
            &new,
            &with(&fields, &[("CallingMode", "AsyncCallback"), ("CallbackMode", "OnAny")]),
        );
        assert_eq!(refused.status, 400);
        browser.fill(&new, &new, &fields).expect(303);
        let page = browser.get(&base).expect(200).text();
        assert!(page.contains("…/sum"), "{page}");
        let made = triggers.get(crate::triggers_support::HTTP).expect(200).json()["value"][0].clone();
        let one = format!("{base}/{}", made["Id"].as_str().unwrap());
        assert!(browser.get(&one).expect(200).text().contains("/orchestrator_/t/"));
        browser
            .fill(&one, &one, &with(&fields, &[("Description", "adds")]))
            .expect(303);
        browser.fill(&base, &format!("{one}/disable"), &[]).expect(303);
        let now = triggers.get(crate::triggers_support::HTTP).expect(200).json()["value"][0].clone();
        assert_eq!((&now["Description"], &now["Enabled"]), (&json!("adds"), &json!(false)));
        browser.fill(&base, &format!("{one}/delete"), &[]).expect(303);
        browser.get(&one).expect(404);
    });
}

#[test]
fn who_may_look_may_not_change() {
    on_console(|server, _, triggers, list| {
        let made = triggers.create(&json!({}));
        let viewer = create_user(server, "vera");
        let names = ["Schedules.View", "Processes.View"];
        let permissions: Vec<_> = names
            .iter()
            .map(|name| json!({ "Name": name, "IsGranted": true }))
            .collect();
        let role = json!({ "Name": "Looks", "DisplayName": "Looks", "Type": "Folder", "Permissions": permissions });
        server
            .post("/odata/Roles")
            .bearer(&server.token("OR.Users"))
            .json(&role)
            .send()
            .expect(201);
        let known = assign_tenant_role(server, &viewer.id, "DirectoryUser", "Allow to be Automation User");
        assign_folder_role(server, known, triggers.folder, "Looks");
        let session = server.browser().sign_in("default", &viewer.name, &viewer.password);
        let page = session.get(list).expect(200).text();
        assert!(
            page.contains(made["Name"].as_str().unwrap()) && !page.contains("Add time trigger"),
            "{page}"
        );
        session
            .get(&format!("{list}/new?kind=time&process={}", triggers.release))
            .expect(403);
        session.get(&format!("{list}/{}", made["Id"])).expect(403);
        let stranger = create_user(server, "sam");
        let session = server.browser().sign_in("default", &stranger.name, &stranger.password);
        assert!([403, 404].contains(&session.get(list).status.as_u16()));
    });
}
