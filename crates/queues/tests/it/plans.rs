//! What the databases are asked for the lists of queues, for taking items and for retention, and that they answer by walking along
//! an index: a page costs the same whether a queue has ten items or a million.
//!
//! For SQLite statements and plans are pinned as they are; `UPDATE_GOLDEN=1` writes them anew, read the difference before you commit
//! it. For PostgreSQL the indexes are.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use context::Error;
use jiff::{Timestamp, ToSpan as _};
use odata::Query;
use queues::definitions::model::FolderQueue;
use queues::items::model::{FolderItem, Item, ItemComment, ItemEvent, Priority, ReviewStatus, Status};
use queues::items::start::line;
use queues::retention;
use store::{Dialect, Entity, Row, Scoped, Store, Tenant, Tx, Value, params};

use crate::each_database;

/// The condition on a part of a list of items.
const IN_QUEUE: &str = "queue_id = ? and folder_id = ?";
/// Items in each of the three queues.
const ITEMS: i64 = 1_500;

/// What PostgreSQL has to use. It chooses by what the tables hold, so that not every plan is the same every time.
const ON_POSTGRES: [(&str, &str); 12] = [
    ("references that are taken", "queue_items_unique_reference"),
    ("items of one queue: by status, newest first", "queue_items_status"),
    ("items of one queue: by reference", "queue_items_reference"),
    ("items of one queue: made in some time", "queue_items_created"),
    ("items of one queue: by key", "queue_items_unique_key"),
    ("history of a chain", "queue_item_events_of_item"),
    ("queues of a folder: by name", "queue_folders_name"),
    ("take the first", "queue_items_ready"),
    ("take by reference", "queue_items_ready_reference"),
    ("put deferred items in line", "queue_items_deferred"),
    ("walk of retention", "queue_items_status"),
    ("lock items: 100", "queue_items_pkey"),
];

fn query<E: Entity<Scope = Tenant>>(filter: &str, order: &str) -> Query {
    let options: Vec<(String, String)> = [("$filter", filter), ("$orderby", order)]
        .iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect();
    Query::parse(&options, E::model(), &odata::Limits::DEFAULT, Timestamp::UNIX_EPOCH).unwrap()
}

/// Three queues in one folder with items in many states.
fn fill(tx: &mut Tx) -> Result<(), Error> {
    let mut scope = tx.tenant(1);
    let folder =
        "insert into folders ({scope_column}, id, key, display_name, display_name_folded, path, path_folded, lineage,
        depth, folder_type, is_personal, provision_type, permission_model, feed_type, created_at)
        values ({scope_value}, 1, ?, 'F', 'f', 'F', 'f', '/1/', 0, 0, ?, 1, 1, 1, 0)";
    scope.execute(folder, params![uuid::Uuid::from_u128(1), false])?;
    for id in 1..=3_i64 {
        let queue = "insert into queues ({scope_column}, id, key, name, name_folded, max_retries, retry_failed, retry_abandoned,
            unique_references, encrypted, schemas, sla_minutes, risk_sla_minutes, tags, final_action, final_period,
            stale_action, stale_period, version, created_at)
            values ({scope_value}, ?, ?, ?, ?, 0, ?, ?, ?, ?, 0, 0, 0, '[]', 0, 30, 0, 180, 1, 0)";
        let key = uuid::Uuid::from_u128(id.unsigned_abs().into());
        let name = format!("q{id}");
        scope.execute(queue, params![id, key, &name, &name, false, false, false, false])?;
        let link = "insert into queue_folders ({scope_column}, folder_id, queue_id, name_folded) values ({scope_value}, 1, ?, ?)";
        scope.execute(link, params![id, &name])?;
        let items: Vec<Item> = (0..ITEMS).map(|at| item(id, at)).collect();
        scope.insert_many(&items)?;
    }
    Ok(())
}

fn item(queue: i64, at: i64) -> Item {
    let created_at = Timestamp::UNIX_EPOCH.checked_add(at.minutes()).unwrap();
    let key = uuid::Uuid::from_u128((queue * ITEMS + at).unsigned_abs().into());
    let status =
        [Status::New, Status::InProgress, Status::Successful, Status::Failed][usize::try_from(at % 4).unwrap()];
    let is_deferred = at % 8 == 0;
    Item {
        id: 0,
        queue_id: queue,
        key,
        unique_key: key,
        status,
        review_status: ReviewStatus::None,
        reviewer_id: None,
        priority: Priority::Normal,
        encrypted: false,
        reference: Some(format!("R-{at}")),
        unique_reference: None,
        exception_type: None,
        due_at: None,
        risk_at: None,
        defer_at: is_deferred.then_some(created_at),
        ready_rank: (status == Status::New && !is_deferred).then_some(4),
        robot_id: None,
        creator_job: None,
        executor_job: None,
        started_at: (status != Status::New).then_some(created_at),
        ended_at: None,
        seconds_before: 0,
        ancestor_id: None,
        ancestor_key: None,
        retry_number: 0,
        manual_ancestor_id: None,
        manual_ancestor_key: None,
        manual_retry_number: 0,
        created_at,
        created_by: None,
        touched_at: created_at,
        progress: None,
        version: 1,
        parent_operation: None,
        operation: None,
        source: None,
        size: 2,
    }
}

/// A statement and how the database would run it.
struct Plan {
    name: String,
    sql: String,
    steps: Vec<String>,
}

fn plans(tx: &mut Tx, on_postgres: bool) -> Result<Vec<Plan>, Error> {
    if on_postgres {
        for table in [
            "queues",
            "queue_folders",
            "queue_items",
            "queue_item_events",
            "queue_item_comments",
        ] {
            tx.host().execute(&format!("analyze {table}"), params![])?;
        }
        // The tables are small; what is asked is whether an index would do.
        tx.host().execute("set local enable_seqscan = off", params![])?;
    }
    let mut scope = tx.tenant(1);
    let mut plans = Vec::new();
    let one = [params![1, 1]];
    let three = [params![1, 1], params![2, 1], params![3, 1]];
    for (name, filter, order) in [
        ("newest first", "", "Id desc"),
        ("by status, newest first", "Status eq 'Failed'", "Id desc"),
        (
            "by status, in the order they were made",
            "Status eq 'Failed'",
            "CreationTime",
        ),
        (
            "by the beginning of the reference",
            "startswith(Reference, 'R-1')",
            "Id desc",
        ),
        ("by reference", "Reference eq 'R-1'", "Id desc"),
        (
            "made in some time",
            "CreationTime ge 1970-01-01T01:00:00Z and CreationTime lt 1970-01-01T02:00:00Z",
            "CreationTime desc",
        ),
        ("by start", "", "StartProcessing desc"),
        ("by key", "UniqueKey eq 00000000-0000-0000-0000-000000000007", "Id desc"),
    ] {
        let query = query::<FolderItem>(filter, order);
        for (of, parts) in [("one queue", &one[..]), ("three queues", &three[..])] {
            let condition = IN_QUEUE;
            let (sql, steps) = match parts {
                [only] => scope.explain::<FolderItem>(&query, condition, only.clone())?,
                parts => scope.explain_parts::<FolderItem>(&query, condition, parts)?,
            };
            plans.push(plan(format!("items of {of}: {name}"), &sql, steps));
        }
    }
    let by_start = query::<FolderItem>("", "StartProcessing desc");
    let started = format!("{IN_QUEUE} and started_at is not null");
    let (sql, steps) = scope.explain_parts::<FolderItem>(&by_start, &started, &three)?;
    plans.push(plan("items of three queues: started last".to_owned(), &sql, steps));
    let key = uuid::Uuid::from_u128(7);
    for (name, condition, values) in [
        ("attempts at an item", "key = ? and folder_id = ?", params![key, 1]),
        ("an item by its id", "id = ? and folder_id in (1,2)", params![7]),
        (
            "an item by its GUID",
            "unique_key = ? and folder_id in (1,2)",
            params![key],
        ),
    ] {
        let (sql, steps) = scope.explain::<FolderItem>(&query::<FolderItem>("", "Id desc"), condition, values)?;
        plans.push(plan(name.to_owned(), &sql, steps));
    }
    notes::<ItemEvent>(&mut scope, "history", &mut plans)?;
    notes::<ItemComment>(&mut scope, "comments", &mut plans)?;
    for (name, filter, order) in [
        ("by name", "", "Name"),
        ("with a name", "Name eq 'q1'", "Name"),
        ("in no order", "", ""),
    ] {
        let (sql, steps) =
            scope.explain::<FolderQueue>(&query::<FolderQueue>(filter, order), "folder_id = ?", params![1])?;
        plans.push(plan(format!("queues of a folder: {name}"), &sql, steps));
    }
    let now = Timestamp::UNIX_EPOCH;
    let select = "select id from queue_items where {scope} and ";
    for (name, sql, values) in [
        ("take the first", format!("{select}{}", line::FIRST), params![1, 10]),
        (
            "take by reference",
            format!("{select}{}", line::WITH_REFERENCE),
            params![1, "r-1"],
        ),
        (
            "take by prefix near the head",
            line::HEAD_WITH_PREFIX.to_owned(),
            params![1, 500, "r-", "r-\u{10ffff}", 20],
        ),
        (
            "take by prefix",
            format!("{select}{}", line::WITH_PREFIX),
            params![1, "r-", "r-\u{10ffff}"],
        ),
        (
            "put deferred items in line",
            format!("update queue_items set ready_rank = 4 where {}", line::DUE),
            params![1, now, 1_000],
        ),
        (
            "ids of a chain",
            "select id from queue_items where {scope} and key = ? order by id limit 10000".to_owned(),
            params![key],
        ),
        (
            "references that are taken",
            queues::items::add::with_references(3),
            params!["a", "b", "c", 1],
        ),
        (
            "walk of retention",
            format!("select id from queue_items where {} limit 1000", retention::WALK),
            params![1, Status::Failed, 0, 9_000_000_000_i64],
        ),
    ] {
        plans.push(free(&mut scope, on_postgres, name.to_owned(), &sql, values)?);
    }
    let remove = |table: &str| format!("delete from {table} where {}", queues::purge::about(table, "…"));
    let (history, comments) = (remove("queue_item_events"), remove("queue_item_comments"));
    for (name, sql) in [
        (
            "lock items",
            "select id, progress from queue_items where +{scope} and id in (…) order by id {for_update}",
        ),
        (
            "get items",
            "select id, progress from queue_items where +{scope} and id in (…)",
        ),
        ("remove items", "delete from queue_items where +{scope} and id in (…)"),
        (
            "remove content",
            "delete from queue_item_data where +{scope} and item_id in (…)",
        ),
        ("remove history", &history),
        ("remove comments", &comments),
        (
            "where queues are",
            "select l.folder_id, q.version from queue_folders l join queues q on q.id = l.queue_id
                where +l.{scope} and l.queue_id in (…)",
        ),
    ] {
        for number in [2, 100, 500] {
            let ids = (1..=number).map(|id: i32| id.to_string()).collect::<Vec<_>>().join(",");
            let mut plan = free(
                &mut scope,
                on_postgres,
                format!("{name}: {number}"),
                &sql.replace('…', &ids),
                params![],
            )?;
            plan.sql = plan.sql.replace(&ids, "…");
            plans.push(plan);
        }
    }
    Ok(plans)
}

/// The plan of a statement that is written by hand.
fn free(
    scope: &mut Scoped<'_, Tenant>,
    on_postgres: bool,
    name: String,
    sql: &str,
    values: Vec<Value>,
) -> Result<Plan, Error> {
    let (verb, column) = if on_postgres {
        ("explain", 0)
    } else {
        ("explain query plan", 3)
    };
    let rows: Vec<Row> = scope.rows(&format!("{verb} {sql}"), values)?;
    let steps = rows.iter().map(|row| row.get(column)).collect::<store::Result<_>>()?;
    Ok(plan(name, sql, steps))
}

fn notes<E: Entity<Scope = Tenant>>(
    scope: &mut Scoped<'_, Tenant>,
    what: &str,
    plans: &mut Vec<Plan>,
) -> Result<(), Error> {
    let all = query::<E>("", "Id desc");
    let (sql, steps) = scope.explain::<E>(&all, "queue_id = ?", params![1])?;
    plans.push(plan(format!("{what} of one queue"), &sql, steps));
    let three: Vec<Vec<Value>> = (1..=3).map(|queue| params![queue]).collect();
    let (sql, steps) = scope.explain_parts::<E>(&all, "queue_id = ?", &three)?;
    plans.push(plan(format!("{what} of three queues"), &sql, steps));
    let chain = [params![7], params![8]];
    let (sql, steps) = scope.explain_parts::<E>(&query::<E>("", ""), "item_id = ?", &chain)?;
    plans.push(plan(format!("{what} of a chain"), &sql, steps));
    Ok(())
}

fn plan(name: String, sql: &str, steps: Vec<String>) -> Plan {
    // The columns are of no interest here.
    let mut parts = Vec::new();
    for part in sql.split(" union all ") {
        let head = part
            .rfind(" from queue")
            .or(part.find(" from "))
            .filter(|_| part.starts_with("select "));
        parts.push(head.map_or(part.to_owned(), |at| format!("select …{}", &part[at..])));
    }
    let sql = parts.join("\n  union all ");
    let sql = sql
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace(" union all ", "\n  union all ");
    Plan { name, sql, steps }
}

/// The names of the indexes in a plan of PostgreSQL.
fn indexes(steps: &[String]) -> BTreeSet<&str> {
    let after = |step: &'_ str, words: &str| step.find(words).map(|at| at + words.len());
    steps
        .iter()
        .filter_map(|step| {
            let at = after(step, "Index Scan using ")
                .or_else(|| after(step, "Index Only Scan using "))
                .or_else(|| after(step, "Index Scan Backward using "))
                .or_else(|| after(step, "Index Only Scan Backward using "))
                .or_else(|| after(step, "Bitmap Index Scan on "))?;
            step[at..].split_whitespace().next()
        })
        .collect()
}

#[track_caller]
fn check(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    assert!(
        found == expected,
        "{name} is to be, or run with UPDATE_GOLDEN=1:\n{found}"
    );
}

fn explained(store: &Store, on_postgres: bool) -> Vec<Plan> {
    store.write_blocking(fill).unwrap();
    store.write_blocking(move |tx| plans(tx, on_postgres)).unwrap()
}

#[test]
fn lists_and_claims_walk_along_indexes() {
    each_database(|store| {
        let on_postgres = store.dialect() == Dialect::Postgres;
        let plans = explained(store, on_postgres);
        let (mut text, mut found) = (String::new(), 0);
        for Plan { name, sql, steps } in &plans {
            if on_postgres {
                assert!(
                    !steps.iter().any(|step| step.contains("Seq Scan on queue_item")),
                    "{name}\n{sql}\n{steps:#?}"
                );
                if let Some((_, index)) = ON_POSTGRES.iter().find(|(of, _)| of == name) {
                    assert!(indexes(steps).contains(index), "{name}\n{sql}\n{steps:#?}");
                    found += 1;
                }
            } else {
                assert!(
                    !steps.iter().any(|step| step.starts_with("SCAN queue")),
                    "{name}\n{sql}\n{steps:#?}"
                );
                writeln!(text, "{name}\n  {sql}").unwrap();
                for step in steps {
                    writeln!(text, "    {step}").unwrap();
                }
            }
        }
        if on_postgres {
            assert_eq!(found, ON_POSTGRES.len());
        } else {
            check("plans_sqlite.txt", &text);
        }
    });
}
