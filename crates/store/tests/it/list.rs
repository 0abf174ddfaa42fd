//! Lists with query options, asked of real databases: each filter next to the rows it finds.

use jiff::Timestamp;
use odata::{Limits, Query};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use store::{Entity, Error, Migration, Options, Page, Store, params};
use uuid::Uuid;

odata::enumeration! {
    /// What a job does at the moment.
    enum State: "JobState" { Pending = 0, Running = 1, Faulted = 4 }
}

store::entity! {
    struct Release in Tenant, table "releases", as "ReleaseDto" {
        #[key] id: i64 = "Id",
        name: String = "Name" folded "name_folded",
    }
}

store::entity! {
    struct Step in Tenant, table "steps", as "StepDto" {
        #[key] id: i64 = "Id",
        job_id: i64 = "JobId",
        title: String = "Title",
    }
}

store::entity! {
    struct Job in Tenant, table "jobs", as "JobDto" {
        #[key] id: i64 = "Id",
        key: Uuid = "Key",
        name: String = "Name" folded "name_folded",
        info: Option<String> = "Info",
        state: State = "State",
        priority: Option<i32> = "Priority",
        progress: f64 = "Progress",
        enabled: bool = "Enabled",
        created_at: Timestamp = "CreationTime",
        release_id: Option<i64>,
    }
    computed {
        "StepsCount": i64 = sql "select count(*) from steps c where c.job_id = {t}.id",
    }
    navigation {
        "Release": one of Release as r on "r.id = {t}.release_id",
        "Steps": collection of Step as s on "s.job_id = {t}.id",
    }
}

const SCHEMA: &[Migration] = &[Migration {
    id: "test-001-jobs",
    sql: "create table releases (id {id}, tenant_id bigint not null, name text not null, name_folded text not null);
          create table steps (id {id}, tenant_id bigint not null, job_id bigint not null, title text not null);
          create table jobs (id {id}, tenant_id bigint not null, key {uuid} not null, name text not null,
              name_folded text not null, info text, state bigint not null, priority bigint,
              progress double precision not null, enabled {bool} not null, created_at bigint not null,
              release_id bigint)",
}];

/// | Id | Name | Info | State | Priority | Progress | Enabled | CreationTime | Release | Steps |
/// |---|---|---|---|---|---|---|---|---|---|
/// | 1 | Ärger | null | Pending | null | 0.5 | yes | 2024-02-29T23:59:59.5Z | Main | |
/// | 2 | 50%_off\ | Alpha | Running | 10 | 1.5 | no | 1969-12-31T22:01:02.25Z | main2 | a, b |
/// | 3 | beta | BETA | Faulted | -3 | -2.5 | yes | 2025-01-01T00:00:00Z | | c |
fn fill(store: &Store) {
    let jobs = [
        (
            "Ärger",
            None,
            State::Pending,
            None,
            0.5,
            true,
            "2024-02-29T23:59:59.5Z",
            Some("Main"),
            "",
        ),
        (
            "50%_off\\",
            Some("Alpha"),
            State::Running,
            Some(10),
            1.5,
            false,
            "1969-12-31T22:01:02.25Z",
            Some("main2"),
            "ab",
        ),
        (
            "beta",
            Some("BETA"),
            State::Faulted,
            Some(-3),
            -2.5,
            true,
            "2025-01-01T00:00:00Z",
            None,
            "c",
        ),
    ];
    let written = store.write_blocking(move |tx| {
        let mut rows = tx.tenant(1);
        for (at, job) in jobs.iter().enumerate() {
            let (name, info, state, priority, progress, enabled, created_at, release, steps) = *job;
            let release_id = match release {
                Some(name) => Some(rows.insert(&Release {
                    id: 0,
                    name: name.into(),
                })?),
                None => None,
            };
            let id = rows.insert(&Job {
                id: 0,
                key: Uuid::from_u128(at as u128 + 1),
                name: name.into(),
                info: info.map(Into::into),
                state,
                priority,
                progress,
                enabled,
                created_at: created_at.parse().unwrap(),
                release_id,
            })?;
            for title in steps.chars() {
                rows.insert(&Step {
                    id: 0,
                    job_id: id,
                    title: title.into(),
                })?;
            }
        }
        // A row of another tenant, which no query may find.
        let stranger = rows.get::<Job>(1)?.map(|job| Job { id: 0, ..job });
        tx.tenant(2).insert(&stranger.unwrap())?;
        Ok::<_, Error>(())
    });
    written.unwrap();
}

/// Runs the test on SQLite, and on PostgreSQL where it is installed.
fn on_each_database(test: impl Fn(&Store)) {
    let folder = tempfile::tempdir().unwrap();
    let postgres = throwaway::postgres::Database::create();
    let sqlite = format!("sqlite:{}", folder.path().join("list.db").display());
    for url in [Some(sqlite), postgres.as_ref().map(throwaway::postgres::Database::url)]
        .into_iter()
        .flatten()
    {
        let store = Store::open(&Options {
            connections: 2,
            ..Options::new(url)
        })
        .unwrap();
        store.migrate(&[SCHEMA]).unwrap();
        fill(&store);
        test(&store);
        store.close();
    }
}

fn list(store: &Store, options: &[(&str, &str)]) -> Result<Page<i64>, Error> {
    let options: Vec<_> = options
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let now = "2024-06-01T00:00:00Z".parse().unwrap();
    let query = Query::parse(&options, Job::model(), &Limits::DEFAULT, now).unwrap();
    store
        .read_blocking(move |tx| tx.tenant(1).list::<Job>(&query, "", params![]))
        .map(|page| page.map(|job| job.id))
}

fn ids(store: &Store, options: &[(&str, &str)]) -> Vec<i64> {
    list(store, options)
        .unwrap_or_else(|error| panic!("{:?} {options:?}: {error}", store.dialect()))
        .items
}

fn check(filters: &[(&str, &[i64])]) {
    on_each_database(|store| {
        for (filter, expect) in filters {
            assert_eq!(
                ids(store, &[("$filter", filter)]),
                *expect,
                "{:?} {filter}",
                store.dialect()
            );
        }
    });
}

#[test]
fn comparisons_of_every_type_find_their_rows() {
    check(&[
        ("Id eq 2", &[2]),
        ("2 lt Id", &[3]),
        ("Id in (1,3,99)", &[1, 3]),
        ("Id in ()", &[]),
        ("Id lt 2.5", &[1, 2]),
        ("Key eq 00000000-0000-0000-0000-000000000002", &[2]),
        ("Key in ('00000000-0000-0000-0000-000000000003')", &[3]),
        ("State eq 'running'", &[2]),
        ("State ge '1'", &[2, 3]),
        ("State has 'Faulted'", &[3]),
        ("Progress gt 1", &[2]),
        ("Progress eq -2.5", &[3]),
        ("Enabled", &[1, 3]),
        ("Enabled eq false", &[2]),
        ("CreationTime ge 2024-01-01", &[1, 3]),
        ("CreationTime lt now()", &[1, 2]),
        ("StepsCount eq 2", &[2]),
        ("true", &[1, 2, 3]),
        ("1 eq 1 and 'a' eq 'A'", &[1, 2, 3]),
        (
            "00000000-0000-0000-0000-000000000002 eq 00000000-0000-0000-0000-000000000003",
            &[],
        ),
    ]);
}

#[test]
fn texts_ignore_case_and_wildcards() {
    check(&[
        ("Name eq 'äRGER'", &[1]),
        ("toupper(Name) eq 'ärger'", &[1]),
        ("Info eq 'beta'", &[3]),
        ("Info eq Name", &[3]),
        ("contains(Name,'%_')", &[2]),
        ("contains(Name,'_%')", &[]),
        ("endswith(Name,'\\')", &[2]),
        ("startswith(Info,'al')", &[2]),
        ("contains(Info,Name)", &[3]),
        ("contains(Name,Name)", &[1, 2, 3]),
        ("substringof('ET', Info)", &[3]),
        ("contains(Name,null)", &[]),
        ("Name gt 'b'", &[1, 3]),
        ("length(Name) eq 8 and indexof(Name,'OFF') eq 4", &[2]),
        ("indexof(Info,'zzz') eq -1", &[2, 3]),
        ("substring(Name,1,2) eq 'et'", &[3]),
        ("substring(Name,Priority) eq ''", &[2]),
        ("substring(Name,0,Priority) eq ''", &[3]),
        ("substring(Name,-7) eq 'beta'", &[3]),
        ("concat(trim(Info),'x') eq 'alphax'", &[2]),
        ("tolower('A') eq 'a'", &[1, 2, 3]),
    ]);
}

#[test]
fn null_is_neither_equal_to_a_value_nor_unknown() {
    check(&[
        ("Info eq null", &[1]),
        ("Info ne null", &[2, 3]),
        ("Info ne 'alpha'", &[1, 3]),
        ("not (Info eq 'alpha')", &[1, 3]),
        ("not contains(Info,'alpha')", &[1, 3]),
        ("not (Priority gt 0 or Id eq 3)", &[1]),
        ("Priority gt null", &[]),
        ("Priority in (10,null)", &[1, 2]),
        ("not (Priority in (10))", &[1, 3]),
        ("(Priority eq 10) eq false", &[1, 3]),
        ("Release/Name eq null", &[3]),
        ("Release/Name ne 'main'", &[2, 3]),
    ]);
}

#[test]
fn paths_and_quantifiers_reach_other_tables() {
    check(&[
        ("Release/Name eq 'MAIN'", &[1]),
        ("contains(Release/Name,'MAIN')", &[1, 2]),
        ("Steps/any()", &[2, 3]),
        ("not Steps/any()", &[1]),
        ("Steps/any(s: s/Title eq 'B')", &[2]),
        ("Steps/any(s: s/JobId eq Id and Id eq 3)", &[3]),
        ("Steps/all(s: s/Title ge 'b')", &[1, 3]),
    ]);
}

#[test]
fn calculations_neither_overflow_nor_divide_by_zero() {
    check(&[
        ("Id add 1 eq 3", &[2]),
        ("Id mul 9223372036854775807 gt 9223372036854775807", &[2, 3]),
        ("-Id eq -3", &[3]),
        ("7 div Id eq 3", &[2]),
        ("7 div (Id sub 1) eq 7", &[2]),
        ("Id mod 2 eq 0", &[2]),
        ("Id mod (Id sub 1) eq 1", &[3]),
        ("Progress mul 2 eq 3", &[2]),
        ("round(Progress) eq 2", &[2]),
        ("round(Progress) eq -3", &[3]),
        ("floor(Progress) eq 0", &[1]),
        ("ceiling(Progress) eq 1", &[1]),
        ("floor(Id) eq 2", &[2]),
    ]);
}

#[test]
fn parts_of_times_are_those_of_utc_before_and_after_1970() {
    check(&[
        (
            "year(CreationTime) eq 2024 and month(CreationTime) eq 2 and day(CreationTime) eq 29",
            &[1],
        ),
        (
            "hour(CreationTime) eq 23 and minute(CreationTime) eq 59 and second(CreationTime) eq 59",
            &[1],
        ),
        (
            "year(CreationTime) eq 1969 and month(CreationTime) eq 12 and day(CreationTime) eq 31",
            &[2],
        ),
        (
            "hour(CreationTime) eq 22 and minute(CreationTime) eq 1 and second(CreationTime) eq 2",
            &[2],
        ),
        ("date(CreationTime) eq 1969-12-31", &[2]),
        ("date(CreationTime) eq 2024-02-29", &[1]),
    ]);
}

#[test]
fn orders_put_null_first_and_pages_do_not_overlap() {
    on_each_database(|store| {
        let order = |text: &str| ids(store, &[("$orderby", text)]);
        assert_eq!(order("Name desc"), [1, 3, 2]);
        assert_eq!(order("Priority"), [1, 3, 2]);
        assert_eq!(order("Priority desc"), [2, 3, 1]);
        assert_eq!(order("Enabled desc,Id desc"), [3, 1, 2]);
        assert_eq!(order("Release/Name"), [3, 1, 2]);
        assert_eq!(order("length(Name) desc,StepsCount"), [2, 1, 3]);
        assert_eq!(order("contains(Name,'a') desc"), [3, 1, 2]);
        assert_eq!(ids(store, &[("$skip", "1"), ("$top", "1")]), [2]);
        assert_eq!(ids(store, &[("$top", "0")]), [0; 0]);
    });
}

#[test]
fn counts_are_of_all_rows_that_match() {
    on_each_database(|store| {
        let count = |options: &[(&str, &str)]| {
            let options = [options, &[("$count", "true")]].concat();
            list(store, &options).unwrap().count
        };
        assert_eq!(count(&[]), Some(3));
        assert_eq!(count(&[("$top", "1")]), Some(3));
        assert_eq!(count(&[("$top", "0")]), Some(3));
        assert_eq!(count(&[("$skip", "2"), ("$top", "5")]), Some(3));
        assert_eq!(count(&[("$skip", "7")]), Some(3));
        assert_eq!(count(&[("$filter", "Id gt 1"), ("$top", "1")]), Some(2));
        assert_eq!(list(store, &[]).unwrap().count, None);
    });
}

/// Texts of well-typed conditions: of everything the language has, in any nesting.
fn conditions() -> impl Strategy<Value = String> {
    fn one_of(texts: &'static [&'static str]) -> BoxedStrategy<String> {
        proptest::sample::select(texts).prop_map(str::to_owned).boxed()
    }
    let number = one_of(&[
        "Id",
        "Priority",
        "Progress",
        "StepsCount",
        "Release/Id",
        "0",
        "-1",
        "2.5",
        "9223372036854775807",
    ])
    .prop_recursive(2, 6, 2, |inner| {
        let operator = one_of(&["add", "sub", "mul", "div", "mod"]);
        let function = one_of(&["round", "floor", "ceiling"]);
        prop_oneof![
            (inner.clone(), operator, inner.clone()).prop_map(|(a, operator, b)| format!("({a} {operator} {b})")),
            (function, one_of(&["Progress", "Priority"])).prop_map(|(function, a)| format!("{function}({a})")),
        ]
    });
    let text =
        one_of(&["Name", "Info", "Release/Name", "'a'", "''", "'%'", "'BETA'"]).prop_recursive(2, 6, 2, |inner| {
            let function = one_of(&["tolower", "toupper", "trim"]);
            let place = one_of(&["0", "-1", "3", "Id", "Priority", "9223372036854775807"]);
            prop_oneof![
                (function, inner.clone()).prop_map(|(function, a)| format!("{function}({a})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("concat({a},{b})")),
                (inner.clone(), place.clone()).prop_map(|(a, from)| format!("substring({a},{from})")),
                (inner, place.clone(), place).prop_map(|(a, from, length)| format!("substring({a},{from},{length})")),
            ]
        });
    let time = one_of(&["CreationTime", "now()", "2024-02-29", "date(CreationTime)"]);
    let part = one_of(&["year", "month", "day", "hour", "minute", "second"]);
    let number = prop_oneof![
        4 => number,
        1 => (part, time.clone()).prop_map(|(part, time)| format!("{part}({time})")),
        1 => text.clone().prop_map(|text| format!("length({text})")),
        1 => (text.clone(), text.clone()).prop_map(|(a, b)| format!("indexof({a},{b})")),
    ];
    let operator = one_of(&["eq", "ne", "gt", "ge", "lt", "le"]);
    let compare = |side: BoxedStrategy<String>| {
        let other = prop_oneof![8 => side.clone(), 1 => Just("null".to_owned())];
        (side, operator.clone(), other).prop_map(|(a, operator, b)| format!("{a} {operator} {b}"))
    };
    let search = one_of(&["contains", "startswith", "endswith"]);
    let plain = one_of(&[
        "Enabled",
        "true",
        "State eq 'Running'",
        "State in (0,4)",
        "Key ne 00000000-0000-0000-0000-000000000002",
        "Steps/any()",
        "Steps/any(s: s/Title eq 'b' or Id eq 3)",
        "Steps/all(s: contains(s/Title,Info))",
        "Priority in (10,null)",
        "Info in ('alpha',null,'x')",
    ]);
    prop_oneof![
        2 => compare(number.boxed()),
        2 => compare(text.clone().boxed()),
        1 => compare(time.boxed()),
        1 => (search, text.clone(), text).prop_map(|(search, a, b)| format!("{search}({a},{b})")),
        2 => plain,
    ]
    .prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} and {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} or {b})")),
            inner.clone().prop_map(|a| format!("not ({a})")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("(({a}) eq ({b}))")),
        ]
    })
}

#[test]
fn every_filter_that_is_read_runs_and_splits_the_rows_in_two() {
    on_each_database(|store| {
        let mut runner = TestRunner::new(Config::with_cases(300));
        let outcome = runner.run(&conditions(), |filter| {
            let run = |filter: &str| {
                list(store, &[("$filter", filter), ("$orderby", "Id")])
                    .map(|page| page.items)
                    .map_err(|error| TestCaseError::fail(format!("{:?} {filter}: {error}", store.dialect())))
            };
            let mut rows = run(&filter)?;
            rows.extend(run(&format!("not ({filter})"))?);
            rows.sort_unstable();
            prop_assert_eq!(rows, [1, 2, 3], "{}", filter);
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("{error}"));
    });
}
