//! What `$select` and `$expand` do to an object.

use jiff::Timestamp;
use odata::{Limits, Query};
use serde_json::{Value, json};

use crate::model::JOB;

#[track_caller]
fn check(select: &str, expand: &str, expect: &Value) {
    let pairs = [
        ("$select".to_owned(), select.to_owned()),
        ("$expand".to_owned(), expand.to_owned()),
    ];
    let query = Query::parse(&pairs, &JOB, &Limits::DEFAULT, Timestamp::UNIX_EPOCH).unwrap();
    let job = json!({
        "Id": 1, "Name": "a", "Place": {"Street": "s"}, "Extra": 2, "Extra@odata.type": "#Int32",
        "Release": {"Id": 7, "Name": "r", "Jobs": [{"Id": 1, "Release": null}]},
        "Steps": [{"Id": 1, "Title": "t"}],
    });
    assert_eq!(query.project(&JOB, job), *expect);
}

#[test]
fn navigation_members_stay_only_where_they_are_expanded() {
    check(
        "",
        "",
        &json!({"Id": 1, "Name": "a", "Place": {"Street": "s"}, "Extra": 2, "Extra@odata.type": "#Int32"}),
    );
    check("Id", "", &json!({"Id": 1, "Extra@odata.type": "#Int32"}));
}

#[test]
fn unknown_names_select_nothing_and_a_star_everything() {
    check("id,StartTime", "", &json!({"Id": 1, "Extra@odata.type": "#Int32"}));
    check(
        "*",
        "Steps",
        &json!({"Id": 1, "Name": "a", "Place": {"Street": "s"}, "Extra": 2,
        "Extra@odata.type": "#Int32", "Steps": [{"Id": 1, "Title": "t"}]}),
    );
}

#[test]
fn expanded_members_have_a_selection_of_their_own() {
    check(
        "Id",
        "Release($select=Name),steps($select=title)",
        &json!({"Id": 1, "Extra@odata.type": "#Int32",
        "Release": {"Name": "r"}, "Steps": [{"Title": "t"}]}),
    );
    check(
        "Id",
        "Release($select=Id;$expand=Jobs)",
        &json!({"Id": 1, "Extra@odata.type": "#Int32",
        "Release": {"Id": 7, "Jobs": [{"Id": 1}]}}),
    );
}
