//! `$filter` and `$orderby`: each text next to the typed form it is read as, or the reason it is refused.

use jiff::Timestamp;
use odata::{Limits, Query};

use crate::model::JOB;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn parse(option: &str, text: &str) -> Result<Query, odata::Error> {
    Query::parse(&[(option.to_owned(), text.to_owned())], &JOB, &Limits::DEFAULT, NOW)
}

#[track_caller]
fn check(text: &str, expect: &str) {
    let query = parse("$filter", text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(query.filter.unwrap().to_string(), expect, "{text}");
}

#[track_caller]
fn refuse(text: &str, reason: &str) {
    let error = parse("$filter", text).expect_err(text).to_string();
    assert!(
        error.starts_with("Invalid OData query options. ") && error.contains(reason),
        "{text}: {error}"
    );
}

#[test]
fn names_and_operators_are_read_in_any_case() {
    check(
        "id EQ 1 AND not (NAME Ne 'x') or Enabled",
        "(((Id eq 1) and not ((Name ne 'x'))) or Enabled)",
    );
    check("release/NAME eq 'a'", "(Release/Name eq 'a')");
    check("$it/Id eq 1", "(Id eq 1)");
}

#[test]
fn and_binds_tighter_than_or_and_chains_are_flat() {
    check(
        "Id eq 1 or Id eq 2 and Id eq 3",
        "((Id eq 1) or ((Id eq 2) and (Id eq 3)))",
    );
    check(
        "(Id eq 1 and Id eq 2) and Id eq 3",
        "((Id eq 1) and (Id eq 2) and (Id eq 3))",
    );
}

#[test]
fn literals_take_the_type_of_the_property() {
    check("State eq 'running'", "(State eq 1)");
    check("State eq '1'", "(State eq 1)");
    check("State ge 1", "(State ge 1)");
    check(
        "State eq UiPath.Server.Configuration.OData.JobState'Faulted'",
        "(State eq 4)",
    );
    check("State in ('Running','on-hold')", "(State in (1,7))");
    check("Priority eq '5'", "(Priority eq 5)");
    check("Id eq 749L", "(Id eq 749)");
    check("Id eq -9223372036854775808", "(Id eq -9223372036854775808)");
    check("Progress gt 1", "(Progress gt 1)");
    check("5 lt Progress", "(5 lt Progress)");
    check("Enabled eq True", "(Enabled eq true)");
    check("Info eq null", "(Info eq null)");
}

#[test]
fn guids_are_read_bare_quoted_and_typed() {
    let guid = "5f0bd1ec-9f8c-4d3c-8a7b-0123456789ab";
    for literal in [
        guid.to_owned(),
        format!("'{guid}'"),
        format!("guid'{guid}'"),
        guid.to_uppercase(),
    ] {
        check(&format!("Key eq {literal}"), &format!("(Key eq {guid})"));
        check(
            &format!("key in ({literal},{literal})"),
            &format!("(Key in ({guid},{guid}))"),
        );
    }
    check(&format!("Info eq {guid}"), &format!("(Info eq '{guid}')"));
}

#[test]
fn times_are_read_bare_quoted_and_typed() {
    for literal in [
        "2024-04-04T12:00:47.264Z",
        "'2024-04-04T12:00:47.264Z'",
        "datetime'2024-04-04T12:00:47.264'",
        "datetimeoffset'2024-04-04T14:00:47.264+02:00'",
        "2024-04-04T14:00:47.264 02:00",
    ] {
        check(
            &format!("CreationTime ge {literal}"),
            "(CreationTime ge 2024-04-04T12:00:47.264Z)",
        );
    }
    check("CreationTime lt 2024-04-04", "(CreationTime lt 2024-04-04T00:00:00Z)");
    check("CreationTime lt now()", "(CreationTime lt 1970-01-01T00:00:00Z)");
    check(
        "date(CreationTime) eq 2024-04-04",
        "(date(CreationTime) eq 2024-04-04T00:00:00Z)",
    );
}

#[test]
fn functions_and_arithmetic_are_typed() {
    check("CONTAINS(name,'it''s')", "contains(Name,'it''s')");
    check(
        "contains(tolower(Name), 'x') eq true",
        "(contains(tolower(Name),'x') eq true)",
    );
    check("substringof('x', Name)", "contains(Name,'x')");
    check(
        "length(Name) gt 3 and indexof(Name,'a') eq -1",
        "((length(Name) gt 3) and (indexof(Name,'a') eq -1))",
    );
    check(
        "concat(substring(Name,1,2),'x') eq 'ax'",
        "(concat(substring(Name,1,2),'x') eq 'ax')",
    );
    check("year(CreationTime) eq 2024", "(year(CreationTime) eq 2024)");
    check("Id add 2 mul 3 eq 7", "((Id add (2 mul 3)) eq 7)");
    check("-Id lt 0", "(-(Id) lt 0)");
    check("round(Progress) eq 1", "(round(Progress) eq 1)");
}

#[test]
fn collections_can_be_searched() {
    check("Steps/any()", "Steps/any()");
    check(
        "steps/any(x: x/Title eq 'a' and Id eq 1)",
        "Steps/any(member__:((member__/Title eq 'a') and (Id eq 1)))",
    );
    check(
        "Steps/all(x:startswith(x/title,'a'))",
        "Steps/all(member__:startswith(member__/Title,'a'))",
    );
    check("State has 'Running'", "(State has 1)");
}

#[test]
fn what_is_unknown_or_does_not_fit_is_named() {
    refuse(
        "x eq 1",
        "Could not find a property named 'x' on type 'UiPath.Server.Configuration.OData.JobDto'.",
    );
    refuse(
        "Release/x eq 1",
        "Could not find a property named 'x' on type 'UiPath.Server.Configuration.OData.ReleaseDto'.",
    );
    refuse("Release/Jobs/any()", "Could not find a property named 'Jobs'");
    refuse("Name eq 5", "does not fit the type Edm.String");
    refuse("Id eq 'abc'", "does not fit the type Edm.Int64");
    refuse("State eq 'Flying'", "not a valid enumeration type constant");
    refuse("Name eq Id", "cannot compare Edm.String with Edm.Int64");
    refuse("frobnicate(Name)", "The function 'frobnicate' is not supported.");
    refuse("length(Name, 'x') eq 1", "does not take 2 arguments");
    refuse("year(Name) eq 1", "does not take an argument of type Edm.String");
    refuse(
        "Permissions eq 'x'",
        "The property 'Permissions' cannot be used in $filter.",
    );
    refuse("Robot/Id eq 1", "The property 'Robot' cannot be used in $filter.");
    refuse("Place/Street eq 'x'", "The property 'Place' cannot be used in $filter.");
    refuse("Tags eq 'x'", "cannot be compared");
    refuse("Name", "A condition is expected");
    refuse("Steps/Title eq 'x'", "can only be followed by 'any' or 'all'");
    refuse("Steps/any(a: Steps/any(b: b/Id eq 1))", "cannot be nested");
}

#[test]
fn syntax_errors_say_where() {
    refuse("Id eq", "(position 5 in $filter)");
    refuse("Id eq 1)", "(position 7 in $filter)");
    refuse("(Id eq 1", "')' expected");
    refuse("Id eq 1 Id eq 2", "an operator or the end is expected");
    refuse("Name eq 'x", "a string literal is not closed");
    refuse("Id eq #", "unexpected character '#'");
    refuse("Id in (Id)", "a list holds literals only");
}

#[test]
fn size_and_depth_are_bounded() {
    refuse(&"(".repeat(5000), "nested deeper than 32 levels");
    refuse(&"not ".repeat(3000), "nested deeper than 32 levels");
    refuse(&"-".repeat(9000), "nested deeper than 32 levels");
    refuse(&"length(".repeat(2000), "nested deeper than 32 levels");
    refuse(&"$it/".repeat(4000), "Could not find a property named '$it'");
    refuse(&vec!["Id eq 1"; 40].join(" or "), "more than 100 nodes");
    refuse(&format!("Name eq '{}'", "x".repeat(20_000)), "longer than 16384 bytes");
    check(
        &format!("Id in ({})", vec!["1"; 1000].join(",")),
        &format!("(Id in ({}))", vec!["1"; 1000].join(",")),
    );
    refuse(
        &format!("Id in ({})", vec!["1"; 1001].join(",")),
        "at most 1000 members",
    );
}

#[test]
fn orders_have_directions_and_a_limit() {
    let query = parse("$orderby", "name DESC, Release/Name asc,length(Name)").unwrap();
    let terms: Vec<_> = query
        .order
        .iter()
        .map(|term| (term.expr.to_string(), term.descending))
        .collect();
    assert_eq!(
        terms,
        [
            ("Name".into(), true),
            ("Release/Name".into(), false),
            ("length(Name)".into(), false)
        ]
    );
    for (text, reason) in [
        ("Id,Id,Id,Id,Id,Id", "At most 5 terms"),
        ("Nope desc", "Could not find a property named 'Nope'"),
        ("Id downwards", "an operator or the end is expected"),
        ("1", "A literal gives no order."),
    ] {
        let error = parse("$orderby", text).unwrap_err().to_string();
        assert!(error.contains(reason), "{text}: {error}");
    }
}
