//! Calendars of days off.

use serde_json::{Value, json};
use testkit::{Server, each_database};

const SET: &str = "/odata/Calendars";

fn post(server: &Server, token: &str, path: &str, body: &Value) -> testkit::Answer {
    server.post(path).bearer(token).json(body).send()
}

#[test]
fn a_calendar_is_made_read_replaced_and_deleted() {
    each_database(|server| {
        let token = server.token("OR.Settings");
        let body = json!({
            "Name": " Holidays ", "TimeZoneId": "W. Europe Standard Time",
            "ExcludedDates": ["2026-12-26T00:00:00Z", "2026-12-25", "2026-12-25T00:00:00Z"],
        });
        let made = post(server, &token, SET, &body).expect(201).json();
        assert_eq!(
            (&made["Name"], &made["TimeZoneId"]),
            (&json!("Holidays"), &json!("W. Europe Standard Time"))
        );
        assert_eq!(
            made["ExcludedDates"],
            json!(["2026-12-25T00:00:00Z", "2026-12-26T00:00:00Z"])
        );
        let one = format!("{SET}({})", made["Id"]);
        assert_eq!(
            server.get(&one).bearer(&token).send().expect(200).json()["Key"],
            made["Key"]
        );
        // Lists are without days.
        let listed = server
            .get(&format!("{SET}?$filter=contains(Name,'holi')"))
            .bearer(&token)
            .send()
            .expect(200)
            .json();
        assert_eq!(
            (&listed["value"][0]["Id"], &listed["value"][0]["ExcludedDates"]),
            (&made["Id"], &json!([]))
        );
        let change = json!({ "Id": made["Id"], "Name": "Days off", "ExcludedDates": ["2027-01-01T00:00:00Z"] });
        let changed = server.put(&one).bearer(&token).json(&change).send().expect(200).json();
        assert_eq!(
            (&changed["Name"], &changed["TimeZoneId"]),
            (&json!("Days off"), &Value::Null)
        );
        assert_eq!(changed["ExcludedDates"], json!(["2027-01-01T00:00:00Z"]));
        let exists = |name: &str| {
            let path = format!("{SET}/UiPath.Server.Configuration.OData.CalendarExists");
            post(server, &token, &path, &json!({ "calendarName": name }))
                .expect(200)
                .json()["value"]
                .clone()
        };
        assert_eq!((exists("days OFF"), exists("Holidays")), (json!(true), json!(false)));
        server.delete(&one).bearer(&token).send().expect(204);
        server.get(&one).bearer(&token).send().expect(404);
        server.delete(&one).bearer(&token).send().expect(404);
    });
}

#[test]
fn what_is_wrong_with_a_calendar_is_told() {
    each_database(|server| {
        let token = server.token("OR.Settings");
        post(server, &token, SET, &json!({ "Name": "Taken" })).expect(201);
        for (body, status, code) in [
            (json!({ "Name": " " }), 400, 1009),
            (json!({ "Name": "a".repeat(151) }), 400, 1009),
            (json!({ "Name": "a", "ExcludedDates": ["soon"] }), 400, 1009),
            (
                json!({ "Name": "a", "ExcludedDates": vec!["2026-12-25"; 5_001] }),
                400,
                1009,
            ),
            (json!({ "Name": "a", "TimeZoneId": "Mars" }), 400, 1614),
            (json!({ "Name": "tAKEN" }), 409, 1001),
        ] {
            let answer = post(server, &token, SET, &body).expect(status);
            assert_eq!(answer.error_code(), code, "{}", answer.text());
        }
    });
}

#[test]
fn a_calendar_in_use_stays_and_is_for_triggers_of_its_zone() {
    each_database(|server| {
        let triggers = crate::triggers_support::Triggers::of(server);
        let tokyo = triggers
            .post(SET, &json!({ "Name": "Tokyo", "TimeZoneId": "Asia/Tokyo" }))
            .expect(201)
            .json();
        let refused = triggers.try_create(&json!({ "CalendarId": tokyo["Id"] })).expect(400);
        assert!(refused.text().contains("time zone"), "{}", refused.text());
        let made = triggers.create(&json!({ "CalendarKey": tokyo["Key"], "TimeZoneId": "Tokyo Standard Time" }));
        assert_eq!(made["CalendarId"], tokyo["Id"]);
        let one = format!("{SET}({})", tokyo["Id"]);
        assert_eq!(triggers.delete(&one).expect(409).error_code(), 1013);
        triggers
            .put(&one, &json!({ "Name": "Edo", "TimeZoneId": "Asia/Tokyo" }))
            .expect(200);
        assert_eq!(triggers.read(&made)["CalendarName"], "Edo");
        triggers
            .delete(&format!("/odata/ProcessSchedules({})", made["Id"]))
            .expect(204);
        triggers.delete(&one).expect(204);
    });
}

#[test]
fn the_console_shows_calendars_and_takes_files() {
    each_database(|server| {
        let browser = server.admin_session();
        let list = "/console/default/tenants/Default/calendars";
        assert!(browser.get(list).expect(200).text().contains("No calendars"));
        let new = format!("{list}/new");
        let wrong = browser.fill(&new, &new, &[("name", "Off"), ("zone", ""), ("days", "2026-13-01")]);
        assert_eq!(wrong.status, 400);
        assert!(wrong.text().contains("Line 1"), "{}", wrong.text());
        let file = "ExcludedDate\r\n2026-12-25\r\n2026/12/26\r\n";
        let added = browser.fill(&new, &new, &[("name", "<b>Off</b>"), ("zone", "UTC"), ("days", file)]);
        let page = browser.follow(added).expect(200).text();
        assert!(page.contains("&lt;b&gt;Off") && !page.contains("<b>Off"), "{page}");
        let token = server.token("OR.Settings.Read");
        let id = server.get(SET).bearer(&token).send().expect(200).json()["value"][0]["Id"].clone();
        let read = server
            .get(&format!("{SET}({id})"))
            .bearer(&token)
            .send()
            .expect(200)
            .json();
        assert_eq!(
            read["ExcludedDates"],
            json!(["2026-12-25T00:00:00Z", "2026-12-26T00:00:00Z"])
        );
        let one = format!("{list}/{id}");
        let page = browser.get(&one).expect(200).text();
        assert!(page.contains("2026-12-25\n2026-12-26"), "{page}");
        let saved = browser.fill(&one, &one, &[("name", "Off"), ("zone", ""), ("days", "2027-01-01")]);
        browser.follow(saved).expect(200);
        let gone = browser.fill(list, &format!("{one}/delete"), &[]);
        assert!(browser.follow(gone).expect(200).text().contains("No calendars"));
    });
}
