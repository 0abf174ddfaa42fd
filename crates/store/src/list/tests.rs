//! The SQL of queries. A change here is a change of what the databases are asked, to be read as such.

use jiff::Timestamp;
use odata::{Constant, EntityType, Join, Kind, Limits, Navigation, Property, Query, Source};

use super::expression::Translator;
use super::{matching, order};
use crate::sql::Dialect;
use crate::value::Value;

odata::enumeration! {
    /// What a job does at the moment.
    enum State: "JobState" { Pending = 0, Running = 1, Faulted = 4 }
}

static JOB: EntityType = EntityType {
    name: "JobDto",
    key: Some("Id"),
    properties: &[
        Property::new("Id", Kind::Int64, Source::Column("id")),
        Property::new("Key", Kind::Guid, Source::Column("key")),
        Property::new(
            "Name",
            Kind::String,
            Source::Folded {
                column: "name",
                folded: "name_folded",
            },
        ),
        Property::new("Info", Kind::String, Source::Column("info")).nullable(true),
        Property::new("Note", Kind::String, Source::Column("note")).nullable(true),
        Property::new(
            "State",
            Kind::Enum(<State as odata::Enumeration>::TYPE),
            Source::Column("state"),
        ),
        Property::new("Priority", Kind::Int32, Source::Column("priority")).nullable(true),
        Property::new("Progress", Kind::Double, Source::Column("progress")),
        Property::new("Enabled", Kind::Boolean, Source::Column("enabled")),
        Property::new("CreationTime", Kind::DateTime, Source::Column("created_at")),
        Property::new(
            "Runs",
            Kind::Int64,
            Source::Sql("select count(*) from runs where runs.job_id = {t}.id"),
        ),
    ],
    navigations: &[
        Navigation {
            name: "Release",
            target: || &RELEASE,
            collection: false,
            join: Some(Join {
                table: "releases",
                alias: "r",
                on: "r.id = {t}.release_id",
            }),
        },
        Navigation {
            name: "Steps",
            target: || &RELEASE,
            collection: true,
            join: Some(Join {
                table: "steps",
                alias: "s",
                on: "s.job_id = {t}.id",
            }),
        },
    ],
};

static RELEASE: EntityType = EntityType {
    name: "ReleaseDto",
    key: Some("Id"),
    properties: &[
        Property::new("Id", Kind::Int64, Source::Column("id")),
        Property::new(
            "Name",
            Kind::String,
            Source::Folded {
                column: "name",
                folded: "name_folded",
            },
        ),
    ],
    navigations: &[],
};

fn parse(option: &str, text: &str) -> Query {
    let pairs = [(option.to_owned(), text.to_owned())];
    Query::parse(&pairs, &JOB, &Limits::DEFAULT, Timestamp::UNIX_EPOCH).unwrap()
}

/// The text behind `where`, with every value put in the place of its `?`.
fn condition(dialect: Dialect, filter: &str) -> String {
    let translator = Translator::new(dialect, "jobs");
    let fragment = matching(&translator, &parse("$filter", filter), "", Vec::new()).unwrap();
    show(&fragment.sql, &fragment.params)
}

fn show(sql: &str, params: &[Value]) -> String {
    assert_eq!(sql.matches('?').count(), params.len(), "{sql}");
    let mut values = params.iter().map(|value| match value {
        Constant::Text(text) => format!("<{text}>"),
        Constant::Int(number) => format!("<{number}>"),
        Constant::DateTime(time) => format!("<{}>", time.as_microsecond()),
        other => format!("<{other:?}>"),
    });
    let mut pieces = sql.split('?');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |shown, piece| shown + &values.next().unwrap_or_default() + piece)
}

/// The same text for both databases.
#[track_caller]
fn check(filter: &str, expect: &str) {
    check_each(filter, expect, expect);
}

#[track_caller]
fn check_each(filter: &str, sqlite: &str, postgres: &str) {
    for (dialect, expect) in [(Dialect::Sqlite, sqlite), (Dialect::Postgres, postgres)] {
        assert_eq!(
            condition(dialect, filter),
            format!("({expect})"),
            "{filter} for {dialect:?}"
        );
    }
}

#[test]
fn literals_are_bound_in_the_form_of_their_column() {
    check("Id eq 5", "jobs.id = <5>");
    check("State eq 'running'", "jobs.state = <1>");
    check("Progress lt 1", "jobs.progress < <Double(1.0)>");
    check(
        "Enabled eq true and Enabled",
        "(jobs.enabled = <Boolean(true)> and jobs.enabled)",
    );
    check("CreationTime ge 1970-01-01T00:00:01Z", "jobs.created_at >= <1000000>");
    check("5 le Id", "<5> <= jobs.id");
    check("Id eq 5.5", "jobs.id = cast(<Double(5.5)> as double precision)");
    check(
        "Runs gt 3",
        "(select count(*) from runs where runs.job_id = jobs.id) > cast(<3> as bigint)",
    );
    check(
        "Key eq 00000000-0000-0000-0000-000000000001",
        "jobs.key = <Guid(00000000-0000-0000-0000-000000000001)>",
    );
}

#[test]
fn texts_are_compared_without_case() {
    check("Name eq 'ÄB'", "jobs.name_folded = <äb>");
    check("tolower(Name) eq 'Ab'", "jobs.name_folded = <ab>");
    check("Info eq 'AB'", "lower(jobs.info) = lower(<AB>)");
    check("Name in ('A','b')", "jobs.name_folded in (<a>, <b>)");
    check("Info eq Name", "lower(jobs.info) = jobs.name_folded");
    check("'A' eq 'a'", "lower(cast(<A> as text)) = lower(cast(<a> as text))");
}

#[test]
fn wildcards_in_needles_mean_themselves() {
    check(
        "contains(Name,'50%_\\')",
        r"jobs.name_folded like <%50\%\_\\%> escape '\'",
    );
    check("startswith(Info,'A')", r"lower(jobs.info) like lower(<A%>) escape '\'");
    check("endswith(toupper(Name),'A')", r"jobs.name_folded like <%a> escape '\'");
    check(
        "contains(Name,Info)",
        r"jobs.name_folded like '%' || replace(replace(replace(lower(jobs.info), '\', '\\'), '%', '\%'), '_', '\_') || '%' escape '\'",
    );
}

#[test]
fn a_prefix_is_a_range_where_texts_are_ordered_by_code_points() {
    check_each(
        "startswith(Name,'A%')",
        "(jobs.name_folded >= <a%> and jobs.name_folded < <a&>)",
        r"jobs.name_folded like <a\%%> escape '\'",
    );
    check_each(
        "startswith(Name,'\u{d7ff}')",
        "(jobs.name_folded >= <\u{d7ff}> and jobs.name_folded < <\u{e000}>)",
        "jobs.name_folded like <\u{d7ff}%> escape '\\'",
    );
    check("startswith(Name,'')", r"jobs.name_folded like <%> escape '\'");
}

#[test]
fn null_is_a_value_like_others() {
    check("Info eq null", "jobs.info is null");
    check("null ne Info", "jobs.info is not null");
    check("Info ne 'a'", "lower(jobs.info) is distinct from lower(<a>)");
    check("Name ne 'a'", "jobs.name_folded <> <a>");
    check("Info eq Note", "lower(jobs.info) is not distinct from lower(jobs.note)");
    check("Priority gt null or null eq null", "(false or true)");
    check("not (Priority gt 1)", "not coalesce(jobs.priority > <1>, false)");
    check("not (Id gt 1)", "not (jobs.id > <1>)");
    check(
        "not contains(Info,'a')",
        r"not coalesce(lower(jobs.info) like lower(<%a%>) escape '\', false)",
    );
    check(
        "Priority in (1,null)",
        "(jobs.priority in (<1>) or jobs.priority is null)",
    );
    check("Priority in ()", "false");
    check(
        "(Priority eq 1) eq false",
        "coalesce(jobs.priority = <1>, false) = false",
    );
}

#[test]
fn navigation_becomes_a_subselect() {
    check(
        "Release/Name eq 'A'",
        "(select r.name_folded from releases r where r.id = jobs.release_id) = <a>",
    );
    check(
        "Release/Id ne 1",
        "(select r.id from releases r where r.id = jobs.release_id) is distinct from <1>",
    );
    check("Steps/any()", "exists (select 1 from steps s where s.job_id = jobs.id)");
    check(
        "Steps/any(x: x/Name eq 'A' and x/Id gt Id)",
        "exists (select 1 from steps s where s.job_id = jobs.id and (s.name_folded = <a> and s.id > jobs.id))",
    );
    check(
        "not Steps/all(x: x/Id gt 0)",
        "not (not exists (select 1 from steps s where s.job_id = jobs.id and not coalesce(s.id > <0>, false)))",
    );
}

#[test]
fn numbers_neither_overflow_nor_divide_by_zero() {
    check_each(
        "Id add 1 gt 2",
        "(jobs.id + cast(<1> as bigint)) > cast(<2> as bigint)",
        "(cast(jobs.id as numeric) + cast(cast(<1> as bigint) as numeric)) > cast(<2> as bigint)",
    );
    check_each(
        "Id div Priority eq 1",
        "(jobs.id / nullif(jobs.priority, 0)) = cast(<1> as bigint)",
        "trunc(cast(jobs.id as numeric) / nullif(cast(jobs.priority as numeric), 0)) = cast(<1> as bigint)",
    );
    check_each(
        "floor(Progress) eq 1",
        "(cast(jobs.progress as bigint) - (jobs.progress < cast(jobs.progress as bigint))) = cast(<1> as bigint)",
        "floor(cast(jobs.progress as numeric)) = cast(<1> as bigint)",
    );
    check("State has 'Running'", "(jobs.state & <1>) = <1>");
}

#[test]
fn parts_of_times_are_computed_from_microseconds() {
    check(
        "hour(CreationTime) eq 5",
        "((jobs.created_at + 62135596800000000) / 3600000000 % 24) = cast(<5> as bigint)",
    );
    check(
        "date(CreationTime) eq 1970-01-02",
        "(jobs.created_at - (jobs.created_at + 62135596800000000) % 86400000000) = cast(<86400000000> as bigint)",
    );
    let seconds = "((jobs.created_at + 62135596800000000) / 1000000 - 62135596800)";
    check_each(
        "year(CreationTime) eq 2024",
        &format!("cast(strftime('%Y', {seconds}, 'unixepoch') as bigint) = cast(<2024> as bigint)"),
        &format!(
            "cast(extract(year from to_timestamp({seconds}) at time zone 'UTC') as bigint) = cast(<2024> as bigint)"
        ),
    );
}

#[test]
fn text_functions_have_bounded_places() {
    check(
        "substring(Info,1,2) eq 'a'",
        "lower(substr(jobs.info, 1 + 1, 2)) = lower(<a>)",
    );
    check(
        "substring(Info,-5) eq 'a'",
        "lower(substr(jobs.info, 0 + 1)) = lower(<a>)",
    );
    check_each(
        "indexof(Name,'B') eq 0",
        "(instr(jobs.name_folded, lower(cast(<B> as text))) - 1) = cast(<0> as bigint)",
        "(strpos(jobs.name_folded, lower(cast(<B> as text))) - 1) = cast(<0> as bigint)",
    );
    check(
        "length(trim(Info)) ge 1",
        "length(trim(jobs.info)) >= cast(<1> as bigint)",
    );
}

#[test]
fn the_filter_narrows_the_condition_of_the_operation() {
    let translator = Translator::new(Dialect::Sqlite, "jobs");
    let base = || vec![Value::Int(7)];
    let both = matching(
        &translator,
        &parse("$filter", "Id eq 1 or Id eq 2"),
        "folder_id = ?",
        base(),
    )
    .unwrap();
    assert_eq!(
        show(&both.sql, &both.params),
        "(folder_id = <7>) and ((jobs.id = <1> or jobs.id = <2>))"
    );
    let alone = matching(&translator, &Query::new(&JOB), "a = ? or b", base()).unwrap();
    assert_eq!(alone.sql, "(a = ? or b)");
    assert_eq!(
        matching(&translator, &Query::new(&JOB), " ", Vec::new()).unwrap().sql,
        ""
    );
}

#[test]
fn orders_end_with_the_key_and_put_null_first() {
    let order = |dialect, text: &str| {
        let order = order(&Translator::new(dialect, "jobs"), &parse("$orderby", text), "id").unwrap();
        show(&order.sql, &order.params)
    };
    assert_eq!(order(Dialect::Sqlite, ""), "jobs.id");
    assert_eq!(
        order(Dialect::Sqlite, "Name desc,Info"),
        "jobs.name_folded desc, lower(jobs.info), jobs.id"
    );
    assert_eq!(
        order(Dialect::Postgres, "Name desc,Info,Priority desc"),
        "jobs.name_folded desc, lower(jobs.info) nulls first, jobs.priority desc nulls last, jobs.id"
    );
    assert_eq!(order(Dialect::Postgres, "Id desc"), "jobs.id desc");
    assert_eq!(order(Dialect::Sqlite, "Id,Name"), "jobs.id, jobs.name_folded");
}
