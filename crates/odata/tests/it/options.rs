//! Options other than expressions.

use jiff::Timestamp;
use odata::{Limits, Query};

use crate::model::JOB;

fn parse(pairs: &[(&str, &str)]) -> Result<Query, String> {
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Query::parse(&pairs, &JOB, &Limits::DEFAULT, Timestamp::UNIX_EPOCH).map_err(|error| error.to_string())
}

#[test]
fn names_are_read_in_any_case_with_and_without_dollar() {
    let query = parse(&[("$Top", "5"), ("skip", "10"), ("$COUNT", "True"), ("$format", "json")]).unwrap();
    assert_eq!((query.top, query.skip, query.count), (Some(5), 10, true));
}

#[test]
fn names_without_dollar_that_are_no_options_belong_to_the_operation() {
    assert!(parse(&[("mandatoryPermissions", "Jobs.View")]).is_ok());
}

#[test]
fn an_empty_option_is_as_good_as_none() {
    let query = parse(&[("$filter", ""), ("$top", " "), ("$orderby", "")]).unwrap();
    assert!(query.filter.is_none() && query.top.is_none() && query.order.is_empty());
}

#[test]
fn unusable_options_are_refused_with_their_reason() {
    for (name, value, reason) in [
        (
            "$search",
            "x",
            "The query option '$search' is not supported. (in $search)",
        ),
        ("$top", "1001", "The limit of '1000' for $top has been exceeded"),
        ("$top", "-1", "'-1' is not a valid value of $top"),
        ("$skip", "many", "'many' is not a valid value of $skip"),
        ("$count", "perhaps", "'perhaps' is not a valid value of $count"),
        ("$expand", "Nope", "Could not find a property named 'Nope'"),
        (
            "$expand",
            "Place",
            "is not a navigation property and cannot be expanded",
        ),
        ("$expand", "Release($select=Id", "parentheses do not match"),
        (
            "$expand",
            "Release($filter=Id eq 1)",
            "The option '$filter' is not supported inside $expand.",
        ),
        ("$expand", "Release/Jobs/Release", "At most 2 levels can be expanded."),
        (
            "$expand",
            "Release($expand=Jobs($expand=Release))",
            "At most 2 levels can be expanded.",
        ),
    ] {
        let error = parse(&[(name, value)]).unwrap_err();
        assert!(error.contains(reason), "{name}={value}: {error}");
    }
    assert!(
        parse(&[("$top", "1"), ("$TOP", "1")])
            .unwrap_err()
            .contains("more than once")
    );
}

#[test]
fn an_order_of_the_operation_yields_to_the_client() {
    let own = parse(&[]).unwrap().or_order_by("creationtime", true);
    assert_eq!(
        (own.order[0].expr.to_string(), own.order[0].descending),
        ("CreationTime".into(), true)
    );
    let given = parse(&[("$orderby", "Id")]).unwrap().or_order_by("CreationTime", true);
    assert_eq!(given.order[0].expr.to_string(), "Id");
}

#[test]
fn expansions_nest_and_repeat() {
    let query = parse(&[("$expand", "release($select=id,Name;$expand=Jobs), Steps,Release/Jobs")]).unwrap();
    assert!(query.expands("RELEASE") && query.expands("Steps") && !query.expands("Robot"));
    let release = query.selection.expansion("Release").unwrap();
    assert!(release.selects("Name") && !release.selects("Other") && release.expansion("jobs").is_some());
    assert_eq!(parse(&[("$expand", "*")]).unwrap().selection.expand.len(), 3);
}
