//! Queues on both databases: adding one by one and in bulk, transactions among a million finished items, counts and lists.
//!
//! PostgreSQL runs with its defaults for durability (`fsync` and `synchronous_commit` on) on the same machine.

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use store::{Store, params};
use throwaway::postgres::Database;

use super::Bench;
use crate::http::{encode, request};
use crate::load::{Outcome, Requests, Second};
use crate::proof::Kind;
use crate::report::{Figure, Target};
use crate::server::{Server, Settings, api_headers, post};

const CONNECTIONS: usize = 32;
/// Items of one bulk call.
const BULK: usize = 1_000;
/// Cycles per second that items are made for, at most.
const MOST_CYCLES: u64 = 9_000;
const QUEUES: usize = 100;
/// Items that a queue gets before it is the next one's turn.
const TURN: u64 = 20;

const ADD: &str = "/odata/Queues/UiPathODataSvc.AddQueueItem";
const BULK_ADD: &str = "/odata/Queues/UiPathODataSvc.BulkAddQueueItems";
const START: &str = "/odata/Queues/UiPathODataSvc.StartTransaction";

/// A server with queues, and what calls to it need.
struct Place {
    name: &'static str,
    settings: Settings,
    /// PostgreSQL's, where it is not SQLite.
    database: Option<Database>,
    server: Option<Server>,
    token: String,
    folder: i64,
}

impl Place {
    fn sqlite(bench: &Bench<'_>) -> anyhow::Result<Self> {
        let settings = bench.settings("queues", "ES256");
        Self::start("SQLite", settings, None)
    }

    fn postgres(bench: &Bench<'_>) -> anyhow::Result<Option<Self>> {
        let Some(database) = Database::create_durable() else {
            return Ok(None);
        };
        let settings = Settings {
            database: Some(database.url()),
            ..bench.settings("queues-postgres", "ES256")
        };
        Self::start("PostgreSQL", settings, Some(database)).map(Some)
    }

    fn start(name: &'static str, settings: Settings, database: Option<Database>) -> anyhow::Result<Self> {
        let mut place = Self {
            name,
            settings,
            database,
            server: None,
            token: String::new(),
            folder: 0,
        };
        place.resume()?;
        Ok(place)
    }

    /// Starts the server again.
    fn resume(&mut self) -> anyhow::Result<()> {
        let server = self.settings.start()?;
        self.token = server.token("OR.Queues OR.Folders.Read")?;
        self.folder = server.folder(&self.token)?;
        self.server = Some(server);
        Ok(())
    }

    /// Ends the server and opens its database.
    fn store(&mut self) -> anyhow::Result<Store> {
        if let Some(server) = self.server.take() {
            server.kill()?;
        }
        self.settings.store()
    }

    fn server(&self) -> anyhow::Result<&Server> {
        self.server.as_ref().context("the server is not running")
    }

    fn call(&self, path: &str, status: u16, body: &Value) -> anyhow::Result<Value> {
        let request = post(path, &self.token, self.folder, body);
        self.server()?.connect()?.exchange(&request)?.json(status)
    }

    fn queue(&self, name: &str, unique: bool) -> anyhow::Result<i64> {
        let queue = self.call(
            "/odata/QueueDefinitions",
            201,
            &json!({ "Name": name, "EnforceUniqueReference": unique }),
        )?;
        queue["Id"].as_i64().context("a queue has no id")
    }

    /// Adds so many items to a queue by bulk calls.
    fn fill(&self, queue: &str, count: u64) -> anyhow::Result<()> {
        const STEP: u64 = 10_000;
        let mut connection = self.server()?.connect()?;
        let mut left = count;
        while left > 0 {
            let items: Vec<Value> = (0..left.min(STEP)).map(item).collect();
            left -= items.len() as u64;
            let body = json!({ "queueName": queue, "commitType": "AllOrNothing", "queueItems": items });
            let answer = connection
                .exchange(&post(BULK_ADD, &self.token, self.folder, &body))?
                .json(200)?;
            ensure!(answer["Success"] == true, "items were not added: {answer}");
        }
        Ok(())
    }

    /// Starts the load on the server.
    fn load(&self, bench: &Bench<'_>, connections: usize, status: u16, requests: Requests) -> anyhow::Result<Outcome> {
        bench.load(self.server()?, connections, status, requests)
    }
}

/// An item as programs add them: a reference and a handful of values.
fn item(number: u64) -> Value {
    json!({
        "Reference": format!("invoice-{number:08}"),
        "SpecificContent": { "InvoiceNumber": number, "Supplier": "Kettle & Sons", "Amount": 1234.5, "Currency": "EUR",
            "File": "invoices/2026/11/invoice.pdf" },
    })
}

/// Both databases.
fn each(
    bench: &mut Bench<'_>,
    measure: fn(&Bench<'_>, &mut Place) -> anyhow::Result<Vec<Figure>>,
) -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    if bench.is_on(Kind::Sqlite) {
        let mut place = Place::sqlite(bench)?;
        figures.extend(measure(bench, &mut place)?);
        std::fs::remove_dir_all(&place.settings.data)?;
    }
    if bench.is_on(Kind::Postgres)
        && let Some(mut place) = Place::postgres(bench)?
    {
        figures.extend(measure(bench, &mut place)?);
    }
    Ok(figures)
}

/// The target on each database.
fn target(place: &Place, sqlite: f64, postgres: f64) -> Target {
    Target::AtLeast(if place.name == "SQLite" { sqlite } else { postgres })
}

pub(super) fn add(bench: &mut Bench<'_>) -> anyhow::Result<Vec<Figure>> {
    each(bench, |bench, place| {
        place.queue("unique", true)?;
        let mut body = item(1);
        body["Name"] = json!("unique");
        body["Reference"] = json!("invoice-#########");
        let request = post(ADD, &place.token, place.folder, &json!({ "itemData": body }));
        let outcome = place.load(bench, CONNECTIONS, 201, Requests::numbered(request))?;
        let name = format!("AddQueueItem, unique reference, {}", place.name);
        let latency = if place.name == "SQLite" {
            Target::AtMost(10.0)
        } else {
            Target::None
        };
        Ok(vec![
            Figure::rate(name.clone(), target(place, 8_000.0, 4_000.0), &outcome),
            Figure::p99(format!("{name} p99"), latency, &outcome),
        ])
    })
}

pub(super) fn bulk(bench: &mut Bench<'_>) -> anyhow::Result<Vec<Figure>> {
    each(bench, |bench, place| {
        place.queue("bulk", false)?;
        let items: Vec<Value> = (0..BULK as u64)
            .map(|number| {
                let mut item = item(number);
                item["Reference"] = json!(format!("invoice-#######-{number:03}"));
                item
            })
            .collect();
        let body = json!({ "queueName": "bulk", "commitType": "AllOrNothing", "queueItems": items });
        let request = post(BULK_ADD, &place.token, place.folder, &body);
        let outcome = place.load(bench, 4, 200, Requests::numbered(request))?;
        let rate = outcome.per_second * BULK as f64;
        let aim = if place.name == "SQLite" {
            Target::AtLeast(50_000.0)
        } else {
            Target::None
        };
        let name = format!("BulkAddQueueItems, {BULK} per call, {}", place.name);
        Ok(vec![Figure {
            load: Some(outcome),
            ..Figure::new(name, "items/s", aim, rate)
        }])
    })
}

pub(super) fn cycles(bench: &mut Bench<'_>) -> anyhow::Result<Vec<Figure>> {
    each(bench, |bench, place| {
        let rows = bench.options.rows;
        place.queue("work", false)?;
        place.fill("work", rows)?;
        finish_all(place)?;
        place.resume()?;
        let each = bench.options.seconds.saturating_add(1) * MOST_CYCLES;
        place.fill("work", each)?;
        let outcome = transactions(bench, place, &["work".to_owned()])?;
        let name = format!("StartTransaction + SetTransactionResult, {}", place.name);
        let note = format!("{rows} finished items");
        let aim = target(place, 4_000.0, 2_500.0);
        let mut figures = vec![
            Figure::rate(name.clone(), aim, &outcome).note(note),
            Figure::p99(format!("{name} p99"), Target::None, &outcome),
        ];
        let names: Vec<String> = (0..QUEUES).map(|number| format!("work-{number}")).collect();
        for queue in &names {
            place.queue(queue, false)?;
        }
        // In turns, as work comes in.
        for _ in 0..each.div_ceil(QUEUES as u64 * TURN) {
            for queue in &names {
                place.fill(queue, TURN)?;
            }
        }
        let outcome = transactions(bench, place, &names)?;
        figures.push(Figure::rate(format!("{name}, {QUEUES} queues"), aim, &outcome));
        Ok(figures)
    })
}

/// Takes items from queues in turn and ends each with success.
fn transactions(bench: &Bench<'_>, place: &Place, queues: &[String]) -> anyhow::Result<Outcome> {
    let first = queues
        .iter()
        .map(|queue| {
            let body = json!({ "transactionData": { "Name": queue } });
            post(START, &place.token, place.folder, &body)
        })
        .collect();
    let path = "/odata/Queues(#)/UiPathODataSvc.SetTransactionResult";
    let result = json!({ "transactionResult": { "IsSuccessful": true, "Output": { "Posted": true } } });
    let second = post(path, &place.token, place.folder, &result);
    let at = second
        .iter()
        .position(|byte| *byte == b'#')
        .context("no place for the id")?;
    let second = Second {
        before: second[..at].to_vec(),
        after: second[at + 1..].to_vec(),
    };
    place.load(bench, CONNECTIONS, 200, Requests::Pairs { first, second })
}

/// Makes all items finished ones, in place of as many transactions.
fn finish_all(place: &mut Place) -> anyhow::Result<()> {
    let store = place.store()?;
    store.write_blocking(|tx| {
        let mut host = tx.host();
        host.execute(
            "update queue_items set status = 3, ready_rank = null, started_at = created_at + id, ended_at = created_at + id + 1000,
                touched_at = created_at + id + 1000, version = 3 where status = 0",
            params![],
        )?;
        host.execute("update queue_counters set successful = successful + new, new = 0", params![])
    })?;
    let maintain = if place.settings.database.is_some() {
        "vacuum analyze queue_items"
    } else {
        "analyze"
    };
    if let Some(database) = &place.database {
        database.sql(maintain);
    } else {
        store.write_blocking(|tx| tx.host().execute("analyze", params![]))?;
    }
    store.close();
    Ok(())
}

pub(super) fn list(bench: &mut Bench<'_>) -> anyhow::Result<Vec<Figure>> {
    each(bench, |bench, place| {
        let rows = bench.options.rows;
        let queue = place.queue("list", false)?;
        place.fill("list", rows)?;
        spread(place)?;
        place.resume()?;
        let headers = api_headers(&place.token, Some(place.folder));
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let mut figures = Vec::new();
        for (name, filter, order) in [
            (
                "failed since a moment, newest first",
                "Status eq 'Failed' and CreationTime ge 2001-01-01T00:00:00Z",
                "Id desc",
            ),
            (
                "by reference",
                "Status eq 'Successful' and startswith(Reference,'invoice-0000##')",
                "Reference",
            ),
            (
                "unreviewed, by start",
                "Status in ('Failed','Abandoned') and ReviewStatus eq 'None'",
                "StartProcessing desc",
            ),
        ] {
            let requests = (10..100)
                .map(|number| {
                    let filter = format!(
                        "QueueDefinitionId eq {queue} and {}",
                        filter.replace("##", &number.to_string())
                    );
                    let path = format!(
                        "/odata/QueueItems?$filter={}&$orderby={}&$expand=Robot,ReviewerUser,QueueDefinition&$top=100",
                        encode(&filter),
                        encode(order)
                    );
                    request("GET", &path, &headers, "")
                })
                .collect();
            let outcome = place.load(bench, 4, 200, Requests::Cycle(requests))?;
            let name = format!("items {name}, {rows} items, {}, p99", place.name);
            figures
                .push(Figure::p99(name, Target::AtMost(30.0), &outcome).note(format!("{:.0}/s", outcome.per_second)));
        }
        let path = format!(
            "/odata/QueueItems?$filter={}&$count=true&$top=0",
            encode(&format!("QueueDefinitionId eq {queue} and Status eq 'Failed'"))
        );
        let outcome = place.load(bench, 4, 200, Requests::same(request("GET", &path, &headers, "")))?;
        let name = format!("items of a state counted, {rows} items, {}, p99", place.name);
        figures.push(Figure::p99(name, Target::AtMost(5.0), &outcome));
        Ok(figures)
    })
}

/// Gives the items of a list all states, as years of work would.
fn spread(place: &mut Place) -> anyhow::Result<()> {
    let store = place.store()?;
    store.write_blocking(|tx| {
        tx.host().execute(
            "update queue_items set status = case when id % 10 = 0 then 2 when id % 1000 = 1 then 0 else 3 end,
                exception_type = case when id % 10 = 0 then 0 end,
                ready_rank = null, started_at = created_at + id, ended_at = created_at + id + 1000",
            params![],
        )
    })?;
    match &place.database {
        Some(database) => drop(database.sql("vacuum analyze queue_items")),
        None => drop(store.write_blocking(|tx| tx.host().execute("analyze", params![]))?),
    }
    store.close();
    Ok(())
}
