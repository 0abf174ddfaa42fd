//! What becomes of items, and of what belongs to them, when their time is over or their queue is deleted.

use std::sync::atomic::{AtomicU64, Ordering};

use context::Error;
use jiff::{Timestamp, ToSpan as _};
use queues::items::model::{
    EventAction, Item, ItemComment, ItemData, ItemEvent, ItemKey, Priority, ReviewStatus, Status,
};
use queues::statistics::tally::{Lane, Tally};
use serde_json::{Value, json};
use store::{Scoped, Tenant, params};
use testkit::{Server, each_database};
use uuid::Uuid;

use crate::queues_support::{Queues, SET};

const DAY: i64 = 86_400_000_000;

/// An item that was made and last touched at some time.
fn item(queue: i64, status: Status, at: Timestamp) -> Item {
    static MADE: AtomicU64 = AtomicU64::new(1);
    let key = Uuid::from_u128(MADE.fetch_add(1, Ordering::Relaxed).into());
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
        reference: None,
        unique_reference: None,
        exception_type: None,
        due_at: None,
        risk_at: None,
        defer_at: None,
        ready_rank: (status == Status::New).then_some(4),
        robot_id: None,
        creator_job: None,
        executor_job: None,
        started_at: None,
        ended_at: None,
        seconds_before: 0,
        ancestor_id: None,
        ancestor_key: None,
        retry_number: 0,
        manual_ancestor_id: None,
        manual_ancestor_key: None,
        manual_retry_number: 0,
        created_at: at,
        created_by: None,
        touched_at: at,
        progress: None,
        version: 1,
        parent_operation: None,
        operation: None,
        source: None,
        size: 2,
    }
}

/// Stores items with all that can belong to one, and counts them.
fn store_items(server: &Server, items: Vec<Item>) {
    let stored = server.run(server.app.store().write(move |tx| {
        let mut scope = tx.tenant(1);
        let mut tally = Tally::default();
        for item in &items {
            let id = scope.insert(item)?;
            belongings(&mut scope, item, id)?;
            tally.moved(item.queue_id, None, Some(item.status));
        }
        tally.write(&mut scope, Lane::Add, items[0].created_at)
    }));
    stored.unwrap();
}

fn belongings(scope: &mut Scoped<'_, Tenant>, item: &Item, id: i64) -> Result<(), Error> {
    scope.insert(&ItemData {
        item_id: id,
        specific: "{}".to_owned(),
        output: None,
        analytics: None,
        exception: None,
    })?;
    scope.insert(&ItemEvent {
        id: 0,
        item_id: id,
        queue_id: item.queue_id,
        item_key: item.key,
        happened_at: item.created_at,
        action: EventAction::Create,
        data: None,
        user_id: None,
        user_name: None,
        status: Status::New,
        review_status: ReviewStatus::None,
        reviewer_id: None,
        reviewer_name: None,
        client: None,
    })?;
    scope.insert(&ItemComment {
        id: 0,
        text: "well".to_owned(),
        item_id: id,
        queue_id: item.queue_id,
        item_key: item.key,
        created_at: item.created_at,
        author: item.key,
        user_id: None,
        user_name: "ann".to_owned(),
    })?;
    Ok(())
}

/// Runs a reconciler until it has nothing left to do at once.
fn reconcile(server: &Server, name: &str) {
    let reconcilers = server.app.reconcilers();
    let found = reconcilers.iter().find(|reconciler| reconciler.name == name).unwrap();
    while server.run((found.run)(server.app.clone())).unwrap() == Some(std::time::Duration::ZERO) {}
}

/// Goes to the next day: on the one it started on, the server may have looked through its queues by itself.
fn next_day(server: &Server) {
    server.clock.advance(86_400);
}

/// The numbers that a statement gives, row by row.
fn numbers(server: &Server, sql: &'static str) -> Vec<i64> {
    let found = server.run(server.app.store().read(move |tx| {
        let mut scope = tx.tenant(1);
        let rows = scope.rows(sql, params![])?;
        let found: store::Result<Vec<i64>> = rows.iter().map(|row| row.get(0)).collect();
        Ok::<_, Error>(found?)
    }));
    found.unwrap()
}

/// How many rows about items there are: items, contents, events, comments.
fn rows(server: &Server) -> [i64; 4] {
    [
        "select count(*) from queue_items where {scope}",
        "select count(*) from queue_item_data where {scope}",
        "select count(*) from queue_item_events where {scope}",
        "select count(*) from queue_item_comments where {scope}",
    ]
    .map(|sql| numbers(server, sql)[0])
}

/// The states of the items that are left, in the order they were stored.
fn left(server: &Server) -> Vec<i64> {
    numbers(server, "select status from queue_items where {scope} order by id")
}

/// How many items the numbers of queues speak of: new, finished in any way, in progress.
fn counted(server: &Server) -> [i64; 3] {
    [
        "select cast(sum(new) as bigint) from queue_counters where {scope}",
        "select cast(sum(failed + successful + abandoned + retried + deleted) as bigint) from queue_counters where {scope}",
        "select cast(sum(in_progress) as bigint) from queue_counters where {scope}",
    ]
    .map(|sql| numbers(server, sql)[0])
}

/// The beginning of the server's day, and that many days and microseconds from there.
fn from_midnight(server: &Server, days: i64, micros: i64) -> Timestamp {
    let now = server.app.system().now.as_microsecond();
    Timestamp::from_microsecond(now - now.rem_euclid(DAY) + days * DAY + micros).unwrap()
}

fn id(queue: &Value) -> i64 {
    queue["Id"].as_i64().unwrap()
}

#[test]
fn a_deleted_queue_goes_with_all_its_items_and_no_others() {
    each_database(|server| {
        let queues = Queues::of(server);
        let (gone, stays) = (queues.named("gone"), queues.named("stays"));
        let at = server.app.system().now;
        let many = (0..230).map(|number| {
            let status = [Status::New, Status::InProgress, Status::Failed][number % 3];
            item(id(&gone), status, at)
        });
        store_items(server, many.collect());
        store_items(server, vec![item(id(&stays), Status::New, at)]);
        reconcile(server, "queue-purge");
        assert_eq!(rows(server), [231; 4], "nothing was deleted yet");
        queues.delete(&format!("{SET}({})", gone["Id"])).expect(204);
        reconcile(server, "queue-purge");
        assert_eq!(rows(server), [1; 4]);
        assert_eq!(numbers(server, "select id from queues where {scope}"), [id(&stays)]);
        assert_eq!(
            numbers(server, "select distinct queue_id from queue_counters where {scope}"),
            [id(&stays)]
        );
        queues.read(&stays["Id"]).expect(200);
    });
}

#[test]
fn items_go_on_the_day_after_their_time_is_over() {
    each_database(|server| {
        let queues = Queues::of(server);
        let queue = queues.create(&json!({"Name": "q", "RetentionPeriod": 2, "StaleRetentionPeriod": 5}));
        let id = id(&queue);
        next_day(server);
        let finished = [
            Status::Failed,
            Status::Successful,
            Status::Abandoned,
            Status::Retried,
            Status::Deleted,
        ];
        let mut items = Vec::new();
        for status in finished {
            items.push(item(id, status, from_midnight(server, -2, -1)));
            items.push(item(id, status, from_midnight(server, -2, 0)));
        }
        let touched_later = Item {
            touched_at: from_midnight(server, -1, 0),
            ..item(id, Status::Successful, from_midnight(server, -9, 0))
        };
        items.push(touched_later);
        items.push(item(id, Status::InProgress, from_midnight(server, -400, 0)));
        let waits_until = |days: i64, micros: i64| Item {
            defer_at: Some(from_midnight(server, days, micros)),
            ..item(id, Status::New, from_midnight(server, -9, 0))
        };
        items.extend([
            item(id, Status::New, from_midnight(server, -5, -1)),
            item(id, Status::New, from_midnight(server, -5, 0)),
            waits_until(-5, -1),
            waits_until(-5, 0),
        ]);
        store_items(server, items);
        assert_eq!(counted(server), [4, 11, 1]);
        reconcile(server, "queue-retention");
        assert_eq!(left(server), [2, 3, 4, 5, 6, 3, 1, 0, 0]);
        assert_eq!(rows(server), [9; 4]);
        assert_eq!(counted(server), [2, 6, 1]);

        store_items(server, vec![item(id, Status::Failed, from_midnight(server, -30, 0))]);
        reconcile(server, "queue-retention");
        assert_eq!(rows(server), [10; 4], "each queue is looked through once a day");
        next_day(server);
        reconcile(server, "queue-retention");
        assert_eq!(
            left(server),
            [3, 1],
            "the others were touched on the day that is over now"
        );
        next_day(server);
        reconcile(server, "queue-retention");
        assert_eq!(left(server), [1], "what is worked on stays");
        assert_eq!(counted(server), [0, 0, 1]);
    });
}

#[test]
fn queues_keep_items_as_long_as_they_say() {
    each_database(|server| {
        let queues = Queues::of(server);
        let forever =
            queues.create(&json!({"Name": "forever", "RetentionAction": "None", "StaleRetentionAction": "None"}));
        let short = queues.create(&json!({"Name": "short", "RetentionPeriod": 1}));
        let long = queues.create(&json!({"Name": "long", "RetentionPeriod": 180}));
        next_day(server);
        let at = from_midnight(server, -100, 0);
        let items = [&forever, &short, &long]
            .into_iter()
            .flat_map(|queue| [Status::New, Status::Successful].map(|status| item(id(queue), status, at)));
        store_items(server, items.collect());
        reconcile(server, "queue-retention");
        let sql = "select queue_id from queue_items where {scope} order by id";
        let (forever, short, long) = (id(&forever), id(&short), id(&long));
        assert_eq!(numbers(server, sql), [forever, forever, short, long, long]);
        let setting = format!("/odata/QueueRetention({long})");
        // The first token has expired by now.
        Queues::of(server)
            .put(&setting, &json!({"Action": "Delete", "Period": 99}))
            .expect(200);
        next_day(server);
        reconcile(server, "queue-retention");
        assert_eq!(numbers(server, sql), [forever, forever, short, long]);
    });
}

#[test]
fn more_items_than_one_look_takes_go_all_the_same() {
    each_database(|server| {
        let queues = Queues::of(server);
        let queue = id(&queues.named("q"));
        next_day(server);
        let (old, new) = (from_midnight(server, -40, 0), from_midnight(server, -3, 0));
        // Made long ago and touched since: looked at, and kept.
        let touched = || Item {
            touched_at: new,
            ..item(queue, Status::Failed, old)
        };
        let kept = server.run(server.app.store().write({
            let items: Vec<Item> = (0..1_100).map(|_| touched()).collect();
            move |tx| Ok::<_, Error>(tx.tenant(1).insert_many(&items)?)
        }));
        kept.unwrap();
        store_items(
            server,
            (0..230)
                .map(|_| item(queue, Status::Failed, old.checked_add(1.second()).unwrap()))
                .collect(),
        );
        reconcile(server, "queue-retention");
        assert_eq!(left(server).len(), 1_100);
        assert_eq!(counted(server), [0, 0, 0], "those that were never counted are kept");
    });
}

#[test]
fn keys_and_old_numbers_are_forgotten() {
    each_database(|server| {
        let queues = Queues::of(server);
        let queue = id(&queues.named("q"));
        let now = server.app.system().now;
        let hours_ago = move |hours: i64| now.checked_sub(hours.hours()).unwrap();
        let filled = server.run(server.app.store().write(move |tx| {
            let mut scope = tx.tenant(1);
            for (number, hours) in [(1, 25), (2, 23)] {
                scope.insert(&ItemKey {
                    id: 0,
                    caller: Uuid::from_u128(7),
                    key: format!("key {number}"),
                    request: vec![number],
                    item_id: i64::from(number),
                    used_at: hours_ago(hours),
                })?;
            }
            for days in [0, 4, 61, 731] {
                let mut tally = Tally::default();
                tally.retried(queue);
                tally.write(&mut scope, Lane::Finish, hours_ago(days * 24))?;
            }
            Ok::<_, Error>(())
        }));
        filled.unwrap();
        reconcile(server, "queue-retention");
        assert_eq!(
            numbers(server, "select item_id from queue_item_keys where {scope}"),
            [2]
        );
        assert_eq!(
            numbers(
                server,
                "select span from queue_times where {scope} order by span, begins_at"
            ),
            [0, 1, 1, 2, 2, 2],
            "minutes are kept 3 days, hours 60 days, days two years"
        );
    });
}
