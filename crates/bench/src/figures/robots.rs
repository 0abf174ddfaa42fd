//! The published load profile: so many robots with a message a second each, all at once, beside the long poll by which each waits for
//! jobs. Messages are log entries, asset reads, and items of a queue that are added, taken and ended, in turn.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::Bench;
use super::logs::{entry, insert_job, job_key};
use crate::fleet::{Floor, Machine};
use crate::http::{Answer, Head, encode, form, request};
use crate::latency::Latencies;
use crate::process;
use crate::report::{Figure, Target, milliseconds};
use crate::server::{FORM, Server, Settings, api_headers, post};

/// Jobs that log.
const JOBS: u64 = 100;
/// Until all are connected and have spoken a few times.
const WARM_UP: Duration = Duration::from_secs(10);
const MEASURED: Duration = Duration::from_secs(30);
const BEAT: Duration = Duration::from_secs(1);

pub(super) fn thousand(bench: &mut Bench<'_>) -> anyhow::Result<Vec<Figure>> {
    measure(bench, 1_000, true)
}

pub(super) fn five_thousand(bench: &mut Bench<'_>) -> anyhow::Result<Vec<Figure>> {
    measure(bench, 5_000, false)
}

fn measure(bench: &Bench<'_>, robots: u64, promised: bool) -> anyhow::Result<Vec<Figure>> {
    let settings = bench.settings(&format!("robots-{robots}"), "ES256");
    let (server, place) = prepare(&settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let (times, cpu) = runtime.block_on(all(&server, Arc::new(place), robots))?;
    // Those who wait for jobs are cut off.
    runtime.shutdown_background();
    let memory = process::resident(server.process()).context("the server's memory is not known")?;
    let count = times.len();
    let summary = times.summary();
    let aim = |most| if promised { Target::AtMost(most) } else { Target::None };
    let cores = cpu.as_secs_f64() / MEASURED.as_secs_f64();
    let name = |what: &str| format!("{robots} robots, {what}");
    let note = format!(
        "{count} messages in {} s ({:.0}/s), p50 {:.2} ms, worst {:.0} ms",
        MEASURED.as_secs(),
        count as f64 / MEASURED.as_secs_f64(),
        milliseconds(summary.p50),
        milliseconds(summary.worst)
    );
    Ok(vec![
        Figure::new(name("p99 of a message"), "ms", aim(50.0), milliseconds(summary.p99)).note(note),
        Figure::new(name("processor time of the server"), "cores", aim(1.0), cores),
        Figure::new(
            name("resident memory of the server"),
            "MB",
            aim(150.0),
            memory as f64 / 1e6,
        ),
    ])
}

/// What all robots know.
struct Place {
    address: SocketAddr,
    machine: Machine,
    token: String,
    folder: i64,
}

/// A server with jobs that can log, an asset, a queue and a machine.
fn prepare(settings: &Settings) -> anyhow::Result<(Server, Place)> {
    let server = settings.start()?;
    let folder = server.folder(&server.token("OR.Folders.Read")?)?;
    server.kill()?;
    let store = settings.store()?;
    store.write_blocking(move |tx| (0..JOBS).try_for_each(|number| insert_job(tx, folder, number)))?;
    store.close();
    let server = settings.start()?;
    let floor = Floor::make(&server, 1)?;
    let token = server.token("OR.Monitoring OR.Assets OR.Queues OR.Folders.Read")?;
    for (path, body) in [
        ("/odata/QueueDefinitions", json!({ "Name": "Work" })),
        (
            "/odata/Assets",
            json!({ "Name": "endpoint", "ValueScope": "Global", "ValueType": "Text", "StringValue": "https://erp.example" }),
        ),
    ] {
        server
            .connect()?
            .exchange(&post(path, &token, folder, &body))?
            .json(201)?;
    }
    let place = Place {
        address: server.address,
        machine: floor.machine,
        token,
        folder,
    };
    Ok((server, place))
}

/// Lets all robots work. Gives the times of their messages and the server's processor time.
async fn all(server: &Server, place: Arc<Place>, robots: u64) -> anyhow::Result<(Latencies, Duration)> {
    let token = machine_token(&place).await?;
    let begin = Instant::now();
    let ready = begin + WARM_UP + Duration::from_millis(robots * 2);
    let end = ready + MEASURED;
    let mut working = JoinSet::new();
    for number in 0..robots {
        let (place, token) = (place.clone(), token.clone());
        // They do not come all in the same moment, and neither do their messages.
        let start = begin + Duration::from_millis(robots * 2 * number / robots);
        working.spawn(async move {
            tokio::time::sleep_until(start.into()).await;
            work(&place, &token, number, ready, end)
                .await
                .with_context(|| format!("robot {number}"))
        });
    }
    tokio::time::sleep_until(ready.into()).await;
    let before = process::cpu_time(server.process()).unwrap_or_default();
    tokio::time::sleep_until(end.into()).await;
    let cpu = process::cpu_time(server.process())
        .unwrap_or_default()
        .saturating_sub(before);
    let mut times = Latencies::default();
    while let Some(done) = working.join_next().await {
        times.append(done??);
    }
    Ok((times, cpu))
}

async fn machine_token(place: &Place) -> anyhow::Result<String> {
    let body = form(&[
        ("grant_type", "client_credentials"),
        ("client_id", &place.machine.client),
        ("client_secret", &place.machine.secret),
    ]);
    let mut connection = Connection::open(place.address).await?;
    let answer = connection
        .exchange(&request("POST", "/identity_/connect/token", &[FORM], &body))
        .await?;
    let token = answer.json(200)?["access_token"].as_str().map(str::to_owned);
    token.context("a machine gets no token")
}

/// One robot.
async fn work(place: &Place, token: &str, number: u64, ready: Instant, end: Instant) -> anyhow::Result<Latencies> {
    let mut connection = Connection::open(place.address).await?;
    let agent = |name: &str, body: &Value| {
        let headers = [
            format!("authorization: Bearer {token}"),
            "content-type: application/json".to_owned(),
        ];
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        request(
            "POST",
            &format!("/orchestrator_/api/RobotAgent/{name}"),
            &headers,
            &body.to_string(),
        )
    };
    let installation = job_key(number + 1_000_000);
    let connect = json!({
        "installationId": installation, "hostName": format!("host-{number}"), "serviceUserName": "robot", "version": "1.0.0",
        "platform": "Linux", "runtimes": ["command"], "holds": []
    });
    let session = connection.exchange(&agent("Connect", &connect)).await?.json(200)?;
    let poll = json!({
        "session": session["session"], "epoch": session["epoch"], "waitSeconds": 25, "known": [], "stopping": []
    });
    let poll = agent("Poll", &poll);
    let mut waiting = Connection::open(place.address).await?;
    let polling = tokio::spawn(async move {
        loop {
            let answer = waiting.exchange(&poll).await?;
            ensure!(answer.status == 200, "a poll gets {}: {}", answer.status, answer.text());
        }
        #[expect(unreachable_code, reason = "says what the task gives")]
        Ok::<(), anyhow::Error>(())
    });
    let mut times = Latencies::default();
    let mut beat = 0_u64;
    let mut item = None;
    let mut next = Instant::now();
    while next < end {
        tokio::time::sleep_until(next.into()).await;
        let message = message(place, number, beat, &mut item);
        let begin = Instant::now();
        let answer = connection.exchange(&message).await?;
        let took = begin.elapsed();
        ensure!(answer.status / 100 == 2, "{}: {}", answer.status, answer.text());
        if beat % 5 == 3 && answer.status == 200 {
            item = answer.json(200)?["Id"].as_i64();
        }
        if begin >= ready {
            times.add(took);
        }
        beat += 1;
        next += BEAT;
    }
    ensure!(!polling.is_finished(), "its poll ended: {:?}", polling.await);
    polling.abort();
    Ok(times)
}

/// The next thing a robot says.
fn message(place: &Place, number: u64, beat: u64, item: &mut Option<i64>) -> Vec<u8> {
    let call = |path: &str, body: &Value| post(path, &place.token, place.folder, body);
    let get = |path: &str| {
        let headers = api_headers(&place.token, Some(place.folder));
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        request("GET", path, &headers, "")
    };
    match (beat % 5, item.take()) {
        (0, _) => {
            let line = entry(&job_key(number % JOBS), usize::try_from(beat).unwrap_or_default(), 0).to_string();
            call("/api/Logs/SubmitLogs", &json!([line]))
        }
        (2, _) => call(
            "/odata/Queues/UiPathODataSvc.AddQueueItem",
            &json!({ "itemData": { "Name": "Work", "SpecificContent": { "InvoiceNumber": beat, "Supplier": number } } }),
        ),
        (3, _) => call(
            "/odata/Queues/UiPathODataSvc.StartTransaction",
            &json!({ "transactionData": { "Name": "Work" } }),
        ),
        (4, Some(item)) => call(
            &format!("/odata/Queues({item})/UiPathODataSvc.SetTransactionResult"),
            &json!({ "transactionResult": { "IsSuccessful": true } }),
        ),
        _ => get(&format!(
            "/odata/Assets?$top=1&$filter={}",
            encode("Name eq 'endpoint'")
        )),
    }
}

/// A connection that waits for each answer, without a thread of its own.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::new(),
        })
    }

    async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<Answer> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if let Some(head) = Head::parse(&self.buffer)?
                && self.buffer.len() >= head.end
            {
                return Ok(Answer {
                    status: head.status,
                    body: self.buffer[head.body..head.end].to_vec(),
                });
            }
            ensure!(
                self.stream.read_buf(&mut self.buffer).await? > 0,
                "the connection ended"
            );
        }
    }
}
