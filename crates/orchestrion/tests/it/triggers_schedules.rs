//! Time triggers: making, reading, changing and switching them.

use serde_json::{Value, json};
use testkit::each_database;

use crate::assets_support::create_folder;
use crate::triggers_support::{SET, Triggers, bound};

#[test]
fn a_trigger_is_made_read_replaced_and_deleted() {
    each_database(|server| {
        let triggers = Triggers::of(server);
        let made = triggers.create(&json!({
            "Name": " Daily ", "Description": "d", "JobPriority": "High", "StartProcessCronDetails": "{\"advancedCron\":\"x\"}",
            "InputArguments": "{\"a\":2}", "Tags": [{ "Name": "env", "Value": "prod" }], "StopProcessExpression": "60",
            "StopStrategy": "SoftStop", "KillProcessExpression": "30", "UseCalendar": false, "ExecutorRobots": [], "MachineRobots": [{}],
        }));
        assert_eq!(made["Name"], "Daily");
        assert_eq!(
            (&made["ReleaseName"], &made["PackageName"]),
            (&json!("Calc"), &json!("calc"))
        );
        assert_eq!(made["ReleaseKey"], json!(triggers.release_key));
        assert_eq!(
            (&made["JobPriority"], &made["SpecificPriorityValue"]),
            (&json!("High"), &json!(65))
        );
        assert_eq!(
            (&made["RuntimeType"], &made["StartStrategy"]),
            (&json!("Unattended"), &json!(1))
        );
        assert_eq!(
            (&made["TimeZoneIana"], &made["Enabled"]),
            (&json!("Etc/UTC"), &json!(true))
        );
        assert_eq!(made["StartProcessCronSummary"], "At 09:00:01");
        assert_eq!(
            (&made["StopProcessExpression"], &made["MachineRobots"]),
            (&json!("60"), &json!([]))
        );
        assert_eq!(
            (&made["EnvironmentId"], &made["QueueDefinitionId"]),
            (&Value::Null, &Value::Null)
        );
        assert!(
            made["StartProcessNextOccurrence"]
                .as_str()
                .unwrap()
                .ends_with("T09:00:01Z"),
            "{made}"
        );
        let key = made["Key"].as_str().unwrap();
        let by_key = triggers
            .get(&format!("{}(identifier={key})", bound("GetByKey")))
            .expect(200)
            .json();
        assert_eq!(by_key["Id"], made["Id"]);
        // What was read can be written back.
        let mut again = triggers.read(&made);
        again["StartProcessCron"] = json!("1 0 10 ? * *");
        again["TimeZoneId"] = json!("Tokyo Standard Time");
        triggers.put(&format!("{SET}({})", made["Id"]), &again).expect(204);
        let read = triggers.read(&made);
        assert_eq!(read["TimeZoneIana"], "Asia/Tokyo");
        assert!(
            read["StartProcessNextOccurrence"]
                .as_str()
                .unwrap()
                .ends_with("T01:00:01Z"),
            "{read}"
        );
        assert_eq!(
            (&read["Key"], &read["ExternalJobKey"]),
            (&made["Key"], &made["ExternalJobKey"])
        );
        // A PUT leaves nothing as it was.
        triggers
            .put(&format!("{SET}({})", made["Id"]), &triggers.body(&json!({})))
            .expect(204);
        let bare = triggers.read(&made);
        assert_eq!(
            (&bare["Description"], &bare["JobPriority"], &bare["Tags"]),
            (&Value::Null, &Value::Null, &json!([]))
        );
        let listed = triggers
            .get(&format!(
                "{SET}?$filter=ReleaseName eq 'calc' and JobPriority eq null&$count=true"
            ))
            .expect(200)
            .json();
        assert_eq!(
            (&listed["@odata.count"], &listed["value"][0]["Id"]),
            (&json!(1), &made["Id"])
        );
        triggers.delete(&format!("{SET}({})", made["Id"])).expect(204);
        triggers.get(&format!("{SET}({})", made["Id"])).expect(404);
        triggers.delete(&format!("{SET}({})", made["Id"])).expect(404);
    });
}

#[test]
fn what_is_wrong_is_told_with_its_code() {
    each_database(|server| {
        let triggers = Triggers::of(server);
        triggers.create(&json!({ "Name": "Taken" }));
        for (more, status, code) in [
            (json!({ "Name": "" }), 400, 1009),
            (json!({ "StartProcessCron": "0 0 9 * * *" }), 400, 1600),
            (json!({ "StartProcessCron": "nonsense" }), 400, 1600),
            (json!({ "StartProcessCron": "0 0 0 30 2 ?" }), 400, 1601),
            (json!({ "StartProcessCron": "0 0 0 ? * * 2001" }), 400, 1601),
            (json!({ "StopProcessDate": "2001-01-01T00:00:00Z" }), 400, 1601),
            (json!({ "StartProcessCron": "* * * ? * *" }), 400, 1609),
            (json!({ "TimeZoneId": "Mars/Olympus" }), 400, 1614),
            (json!({ "Name": "tAKEN" }), 409, 1001),
            (json!({ "ReleaseId": 4711 }), 404, 1674),
            (json!({ "CalendarId": 4711 }), 404, 1002),
            (json!({ "QueueDefinitionId": 4711 }), 404, 1002),
            (json!({ "StartStrategy": -1 }), 409, 2815),
            (json!({ "MachineRobots": [{ "RobotId": 4711 }] }), 400, 1009),
        ] {
            let answer = triggers.try_create(&more).expect(status);
            assert_eq!(answer.error_code(), code, "{more}: {}", answer.text());
        }
        let page = triggers.get(&format!("{SET}?$count=true")).expect(200).json();
        assert_eq!(page["@odata.count"], 1);
    });
}

#[test]
fn a_trigger_can_be_checked_without_making_it() {
    each_database(|server| {
        let triggers = Triggers::of(server);
        let check = |more: &Value| {
            let body = json!({ "processSchedule": triggers.body(more) });
            triggers
                .post(&bound("ValidateProcessSchedule"), &body)
                .expect(200)
                .json()
        };
        let good = check(&json!({}));
        assert_eq!((&good["IsValid"], &good["Errors"]), (&json!(true), &json!([])));
        let bad = check(&json!({ "StartProcessCron": "0 0 0 30 2 ?" }));
        assert_eq!(
            (&bad["IsValid"], &bad["Errors"]),
            (&json!(false), &json!(["The trigger will never run."]))
        );
        assert_eq!(triggers.get(SET).expect(200).json()["value"], json!([]));
    });
}

#[test]
fn triggers_are_switched_together_or_one_by_one() {
    each_database(|server| {
        let triggers = Triggers::of(server);
        let (one, two) = (
            triggers.create(&json!({ "Name": "1" })),
            triggers.create(&json!({ "Name": "2" })),
        );
        let set = |ids: &[&Value], enabled: bool, multi: bool| {
            let body = json!({ "enabled": enabled, "multistatusEnabled": multi, "scheduleIds": ids });
            triggers.post(&bound("SetEnabled"), &body)
        };
        let done = set(&[&one["Id"], &two["Id"]], false, false).expect(200).json();
        assert_eq!(done["value"], true);
        let off = triggers.read(&one);
        assert_eq!(
            (&off["Enabled"], &off["StartProcessNextOccurrence"]),
            (&json!(false), &Value::Null)
        );
        // All or nothing.
        set(&[&one["Id"], &json!(4711)], true, false).expect(404);
        assert_eq!(triggers.read(&one)["Enabled"], false);
        // As many as can be.
        let outcomes = set(&[&one["Id"], &json!(4711)], true, true).expect(207).json();
        assert_eq!(outcomes["4711"]["errorCode"], 1002);
        assert_eq!(outcomes[one["Id"].to_string()]["errorCode"], 0);
        assert_eq!(triggers.read(&one)["Enabled"], true);
        assert!(triggers.read(&one)["StartProcessNextOccurrence"].is_string());
        let other = create_folder(server, "Other");
        let body = json!({ "enabled": false, "scheduleIds": [one["Id"]] });
        server
            .post(&bound("SetEnabled"))
            .bearer(&triggers.token)
            .folder(other)
            .json(&body)
            .send()
            .expect(404);
    });
}

#[test]
fn a_process_with_triggers_stays_and_its_folder_takes_them_along() {
    each_database(|server| {
        let triggers = Triggers::of(server);
        let made = triggers.create(&json!({}));
        let refused = triggers
            .delete(&format!("/odata/Releases({})", triggers.release))
            .expect(409);
        assert!(refused.text().contains("triggers"), "{}", refused.text());
        triggers.delete(&format!("{SET}({})", made["Id"])).expect(204);
        triggers
            .delete(&format!("/odata/Releases({})", triggers.release))
            .expect(204);
    });
}
