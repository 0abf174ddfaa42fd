//! Log entries on both databases: storing them by SubmitLogs, and lists of one folder that holds all there are.

use serde_json::{Value, json};
use store::{Dialect, Store, Tx, params};
use throwaway::postgres::Database;

use super::Bench;
use crate::http::{encode, request};
use crate::load::Requests;
use crate::proof::Kind;
use crate::report::{Figure, Target};
use crate::server::{Server, Settings, api_headers, post};

/// Entries of one call.
const LINES: usize = 100;
/// Jobs that write at the same time.
const JOBS: usize = 20;
/// Rows per unit of work.
const STEP: u64 = 50_000;
/// Entries of a job in the lists.
const OF_JOB: u64 = 1_000;
/// When the oldest entry of the lists was written, in microseconds, and how long after each other they were.
const OLDEST: i64 = 1_767_225_600_000_000;
const APART: i64 = 250_000;

/// A server with logs, and what calls to it need.
struct Place {
    name: &'static str,
    settings: Settings,
    /// PostgreSQL's, where it is not SQLite.
    database: Option<Database>,
}

impl Place {
    fn store(&self) -> anyhow::Result<Store> {
        self.settings.store()
    }

    fn start(&self) -> anyhow::Result<(Server, String, i64)> {
        let server = self.settings.start()?;
        let token = server.token("OR.Monitoring OR.Folders.Read")?;
        let folder = server.folder(&token)?;
        Ok((server, token, folder))
    }

    /// The folder, on a database that is prepared and that no server runs on.
    fn prepare(&self) -> anyhow::Result<i64> {
        let (server, _, folder) = self.start()?;
        server.kill()?;
        Ok(folder)
    }
}

/// Both databases.
fn each(
    bench: &mut Bench<'_>,
    measure: fn(&Bench<'_>, &Place) -> anyhow::Result<Vec<Figure>>,
) -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    if bench.is_on(Kind::Sqlite) {
        let place = Place {
            name: "SQLite",
            settings: bench.settings("logs", "ES256"),
            database: None,
        };
        figures.extend(measure(bench, &place)?);
        std::fs::remove_dir_all(&place.settings.data)?;
    }
    if bench.is_on(Kind::Postgres)
        && let Some(database) = Database::create_durable()
    {
        let place = Place {
            name: "PostgreSQL",
            settings: Settings {
                database: Some(database.url()),
                ..bench.settings("logs-postgres", "ES256")
            },
            database: Some(database),
        };
        figures.extend(measure(bench, &place)?);
    }
    Ok(figures)
}

pub(super) fn ingest(bench: &mut Bench<'_>) -> anyhow::Result<Vec<Figure>> {
    each(bench, |bench, place| {
        let folder = place.prepare()?;
        let store = place.store()?;
        store.write_blocking(move |tx| (0..JOBS).try_for_each(|number| insert_job(tx, folder, number as u64)))?;
        store.close();
        let (server, token, folder) = place.start()?;
        let requests = (0..JOBS * 10)
            .map(|number| {
                let (job, batch) = (job_key((number % JOBS) as u64), number / JOBS);
                let lines: Vec<String> = (0..LINES).map(|line| entry(&job, batch, line).to_string()).collect();
                post("/api/Logs/SubmitLogs", &token, folder, &json!(lines))
            })
            .collect();
        let outcome = bench.load(&server, 8, 200, Requests::Cycle(requests))?;
        let rate = outcome.per_second * LINES as f64;
        let aim = if place.name == "SQLite" {
            Target::AtLeast(30_000.0)
        } else {
            Target::None
        };
        let name = format!("SubmitLogs, {LINES} lines per call, {JOBS} jobs, {}", place.name);
        Ok(vec![Figure {
            load: Some(outcome),
            ..Figure::new(name, "lines/s", aim, rate)
        }])
    })
}

/// An entry as robots write it.
pub(super) fn entry(job: &str, batch: usize, line: usize) -> Value {
    let at = format!("2026-01-18T14:{:02}:{:02}.{:03}4567+02:00", batch % 60, line % 60, line);
    json!({
        "message": format!("Posted invoice {batch:04}-{line:04} of supplier Kettle & Sons"), "level": "Information",
        "logType": "User", "timeStamp": at, "fingerprint": "5a2f8a33-7a4e-4b38-9c62-0c8e0d5c1c11",
        "windowsIdentity": "BENCH\\robot", "machineName": "BENCH-HOST", "processName": "Invoices", "processVersion": "1.0.7",
        "fileName": "Main", "jobId": job, "robotName": "robot-1", "machineId": 1, "amount": 1234.5,
    })
}

/// The GUID of a job: its number in ASCII digits.
pub(super) fn job_key(number: u64) -> String {
    let digits = format!("{number:016}").into_bytes();
    let hex = digits
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// The expression that makes the GUID of the job whose number `number` is.
fn job_key_sql(dialect: Dialect, number: &str) -> String {
    match dialect {
        Dialect::Sqlite => format!("cast(printf('%016d', {number}) as blob)"),
        Dialect::Postgres => {
            format!("cast(encode(convert_to(lpad(cast({number} as text), 16, '0'), 'UTF8'), 'hex') as uuid)")
        }
    }
}

pub(super) fn insert_job(tx: &mut Tx, folder: i64, number: u64) -> store::Result<()> {
    let key = job_key_sql(tx.dialect(), &number.to_string());
    let sql = format!(
        "insert into jobs ({{scope_column}}, key, folder_id, release_id, release_name, package_id, lane_id, state, priority, type,
            source_type, source, batch_key, created_at, reference, reference_folded, runtime_type, requires_user_interaction,
            process_type, remote_control, attempt, accepted, resume_version, same_context, stop_by, extra, log_count)
         values ({{scope_value}}, {key}, ?, 1, 'Invoices', 'Invoices', 1, 1, 45, 0, 0, 'Manual', {key}, 0, '', '', 2, ?, 1, 0, 1, ?, 0,
            ?, 1, ?, 0)"
    );
    tx.tenant(1).execute(&sql, params![folder, false, true, false, "{}"])?;
    Ok(())
}

pub(super) fn list(bench: &mut Bench<'_>) -> anyhow::Result<Vec<Figure>> {
    each(bench, |bench, place| {
        let rows = bench.options.rows;
        let folder = place.prepare()?;
        fill(place, folder, rows)?;
        let (server, token, folder) = place.start()?;
        let headers = api_headers(&token, Some(folder));
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let at = |row: u64| time(OLDEST + row as i64 * APART);
        let mut figures = Vec::new();
        for (name, filter, order, most) in [
            ("newest first", String::new(), "", Some(30.0)),
            ("common levels", "Level ge '2'".to_owned(), "TimeStamp desc", Some(30.0)),
            ("a rare level", "Level ge '5'".to_owned(), "TimeStamp desc", Some(30.0)),
            (
                "of a process, errors",
                "ProcessName eq 'process-##' and Level ge '4'".to_owned(),
                "",
                Some(30.0),
            ),
            (
                "of a robot, oldest first",
                "RobotName eq 'robot-##'".to_owned(),
                "TimeStamp asc",
                Some(30.0),
            ),
            ("of a job", "JobKey eq @@".to_owned(), "", Some(30.0)),
            (
                "within an hour, common levels",
                format!(
                    "Level ge '2' and TimeStamp ge {} and TimeStamp lt {}",
                    at(rows / 2),
                    at(rows / 2 + 14_400)
                ),
                "",
                Some(30.0),
            ),
            (
                "whose message contains a text, few do",
                "contains(Message,'number ####7 ')".to_owned(),
                "",
                None,
            ),
        ] {
            let requests = (0..20_u64)
                .map(|number| {
                    let job = job_key(number * (rows / OF_JOB) / 20);
                    let filter = filter.replace("##", &number.to_string()).replace("@@", &job);
                    let mut path = "/odata/RobotLogs?$top=100".to_owned();
                    for (option, text) in [("$filter", filter.as_str()), ("$orderby", order)] {
                        if !text.is_empty() {
                            path = format!("{path}&{option}={}", encode(text));
                        }
                    }
                    request("GET", &path, &headers, "")
                })
                .collect();
            let outcome = bench.load(&server, 4, 200, Requests::Cycle(requests))?;
            let name = format!("logs {name}, {rows} entries, {}, p99", place.name);
            let aim = most.map_or(Target::None, Target::AtMost);
            figures.push(Figure::p99(name, aim, &outcome).note(format!("{:.0}/s", outcome.per_second)));
        }
        Ok(figures)
    })
}

/// RFC 3339 of microseconds.
fn time(micros: i64) -> String {
    let seconds = micros / 1_000_000;
    let (days, rest) = (seconds / 86_400 - 20_454, seconds % 86_400);
    // Days from the first of January 2026 on; lists of a figure span a month or two.
    let (mut month, mut day) = (0, days);
    for (at, length) in [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].into_iter().enumerate() {
        month = at;
        if day < length {
            break;
        }
        day -= length;
    }
    format!(
        "2026-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        month + 1,
        day + 1,
        rest / 3_600,
        rest / 60 % 60,
        rest % 60
    )
}

/// Makes entries of one folder, as years of work would: mostly information, an error in a thousand, a fatal one in a hundred thousand.
fn fill(place: &Place, folder: i64, rows: u64) -> anyhow::Result<()> {
    let store = place.store()?;
    store.write_blocking(move |tx| {
        for (kind, name, count) in [(0, "process", 50), (1, "robot", 20), (2, "host", 20)] {
            for number in 0..count {
                let text = format!("{name}-{number}");
                tx.tenant(1).execute(
                    "insert into log_labels ({scope_column}, id, folder_id, kind, text, text_folded)
                     values ({scope_value}, ?, ?, ?, ?, ?)",
                    params![kind * 100 + number + 1, folder, kind, &text, &text],
                )?;
            }
        }
        Ok::<_, store::Error>(())
    })?;
    let mut from = 0;
    while from < rows {
        let to = (from + STEP).min(rows);
        store.write_blocking(move |tx| copy(tx, folder, from, to))?;
        from = to;
    }
    match &place.database {
        Some(database) => drop(database.sql("vacuum analyze robot_logs")),
        None => drop(store.write_blocking(|tx| tx.host().execute("analyze", params![]))?),
    }
    store.close();
    Ok(())
}

fn copy(tx: &mut Tx, folder: i64, from: u64, to: u64) -> store::Result<()> {
    let key = job_key_sql(tx.dialect(), &format!("n / {OF_JOB}"));
    let sql = format!(
        "with recursive numbers(n) as (
            select cast(? as bigint) union all select n + 1 from numbers where n + 1 < ?
         )
         insert into robot_logs (tenant_id, folder_id, level, at, job_key, process_id, robot_id, host_id, machine_id, runtime_type,
            size, message, raw)
         select 1, ?, case when n % 100000 = 7 then 5 when n % 1000 = 3 then 4 when n % 100 = 1 then 3 when n % 10 = 0 then 1 else 2 end,
            {OLDEST} + n * {APART}, {key}, 1 + n / {OF_JOB} % 50, 101 + n / {OF_JOB} % 20, 201 + n / {OF_JOB} % 20, null, 2, 300,
            'Posted invoice number ' || n || ' of supplier Kettle and Sons',
            '[\"message\", \"level\", \"Information\", \"logType\", \"User\", \"fingerprint\", \"5a2f8a33-7a4e-4b38-9c62-0c8e0d5c1c11\",
               \"windowsIdentity\", \"BENCH robot\", \"machineName\", \"BENCH-HOST\", \"processVersion\", \"1.0.7\", ' || n || ']'
         from numbers"
    );
    tx.host().execute(&sql, params![from as i64, to as i64, folder])?;
    Ok(())
}
