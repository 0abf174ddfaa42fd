//! Queues by clients that exist already: every call of the Python and TypeScript SDKs, and the programs of `docs/examples/queues`
//! while the server is killed under them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::{CLIENT_ID, CLIENT_SECRET, Server, each_database};

use crate::assets_support::create_folder;
use crate::clients_unchanged::{program, run};
use crate::queues_support::Queues;

/// Makes the queues that the scripts expect.
fn create_queues(server: &Server) -> Queues<'_> {
    let queues = Queues::of(server);
    queues.queue("Plain");
    queues.create(&json!({"Name": "Unique", "EnforceUniqueReference": true}));
    queues
}

#[test]
fn every_call_of_the_python_sdk_about_queues() {
    each_database(|server| {
        let queues = create_queues(server);
        let token = server.token("OR.Folders.Read");
        let folder = format!("/odata/Folders({})", queues.folder);
        let key = server.get(&folder).bearer(&token).send().expect(200).json()["Key"].clone();
        let environment = [
            ("TOKEN", queues.token.as_str()),
            ("FOLDER", "Shared"),
            ("FOLDER_KEY", key.as_str().unwrap()),
            ("UIPATH_ROBOT_KEY", "7b9b2c1e-9a8e-4c3d-8a50-0123456789ab"),
        ];
        let Some(seen) = run(server, "sdk_queues.py", &environment) else {
            return;
        };
        let item = |reference: &str, priority: &str, content: Value| json!({"Reference": reference, "Priority": priority, "Status": "New", "SpecificContent": content});
        let refused = |name: &str, status: u16| {
            assert_eq!(seen[name]["status"], status, "{name}: {}", seen[name]);
        };
        assert_eq!(seen["dict"], item("a", "Normal", json!({"n": 1})));
        let content = json!({"n": 2, "text": "zwölf", "flag": true});
        assert_eq!(seen["model"], item("b", "High", content));
        assert_eq!(seen["async"], item("c", "Normal", json!({})));
        refused("unknown queue", 404);
        refused("unknown folder", 404);
        refused("no reference", 400);

        let failed = |name: &str| {
            let items = seen[name]["FailedItems"].as_array().unwrap();
            let told = items
                .iter()
                .map(|item| (item["Ordinal"].clone(), item["ErrorCode"].clone()));
            assert_eq!(seen[name]["Success"], items.is_empty());
            told.collect::<Vec<_>>()
        };
        let duplicate = |ordinal: i64| (json!(ordinal), json!("DuplicateReference"));
        assert_eq!(failed("all or nothing"), [duplicate(3)]);
        assert_eq!(failed("stop"), [duplicate(3)]);
        assert_eq!(failed("independently"), [duplicate(1), duplicate(2), duplicate(3)]);

        assert_eq!(seen["listed"], json!(["a", "b", "c"]));
        assert_eq!(seen["listed async"], json!(["1", "2", "3"]));
        assert_eq!(seen["listed all"], json!(["1", "2", "3", "a", "b", "c"]));

        let taken = |reference: Value, priority: &str| json!({"Reference": reference, "Status": "InProgress", "Priority": priority});
        assert_eq!(seen["taken"], taken(json!("b"), "High"), "the one with a deadline");
        assert_eq!(seen["taken async"], taken(json!("a"), "Normal"));
        assert_eq!(seen["taken by reference"], taken(json!("c"), "Normal"));
        assert_eq!(seen["none left"], "no content");
        assert_eq!(seen["made and taken"], taken(Value::Null, "High"));
        refused("as a robot", 404);

        for done in ["progress", "progress async", "success", "failure", "postponed"] {
            assert_eq!(seen[done], json!({}), "{done}");
        }
        refused("again", 409);
        refused("unknown item", 404);
        let states = queues.list("$orderby=Id&$filter=QueueDefinition/Name eq 'Plain'", "Status");
        assert_eq!(states, ["Failed", "Successful", "New", "InProgress"]);
    });
}

#[test]
fn the_name_of_a_queue_finds_its_items_in_any_case_and_those_of_no_other() {
    each_database(|server| {
        let queues = create_queues(server);
        queues.queue("It's");
        for name in ["Plain", "Unique", "It's"] {
            queues.add(&json!({"Name": name, "Reference": name}));
        }
        let found = |filter: &str| queues.list(&format!("$filter={filter}"), "Reference");
        assert_eq!(found("QueueDefinitionName eq 'plain'"), ["Plain"]);
        assert_eq!(found("QueueDefinition/Name eq 'plain'"), ["Plain"]);
        assert_eq!(found("'It''s' eq QueueDefinitionName"), ["It's"]);
        assert_eq!(found("QueueDefinitionName eq 'Plain' and Status eq 'New'"), ["Plain"]);
        assert_eq!(
            found("QueueDefinitionName eq 'Plain' or QueueDefinitionName eq 'Unique'"),
            ["Unique", "Plain"]
        );
        assert!(found("QueueDefinitionName eq 'None'").is_empty());
        assert_eq!(
            queues.list("$orderby=QueueDefinitionName", "Reference"),
            ["It's", "Plain", "Unique"]
        );
        let page = queues
            .get("/odata/QueueItems?$count=true&$filter=QueueDefinitionName eq 'Plain'")
            .expect(200);
        assert_eq!(page.json()["@odata.count"], 1);
    });
}

#[test]
fn every_call_of_the_typescript_sdk_about_queues() {
    each_database(|server| {
        let queues = create_queues(server);
        let folder = queues.folder.to_string();
        let environment = [("TOKEN", queues.token.as_str()), ("FOLDER_ID", &folder)];
        let Some(seen) = run(server, "sdk_queues.mjs", &environment) else {
            return;
        };
        assert_eq!(seen["all"], json!(["Plain", "Unique"]));
        assert_eq!(seen["filtered"], json!(["Unique"]));
        assert_eq!(seen["page"], json!(["Plain"]));
        assert_eq!((&seen["more"], &seen["total"]), (&json!(true), &json!(2)));
        assert_eq!(seen["next"], json!(["Unique"]));
        assert_eq!(seen["jumped"], json!(["Unique"]));
        assert_eq!(seen["unique"]["name"], "Unique");
        assert_eq!(seen["unique"]["enforceUniqueReference"], true);
        assert!(seen["unique"]["createdTime"].is_string(), "{}", seen["unique"]);
        assert_eq!(seen["selected"]["name"], "Unique");
        assert_eq!(seen["missing"], 404);
    });
}

#[test]
fn the_typescript_sdk_lists_the_queues_of_all_folders() {
    each_database(|server| {
        let queues = create_queues(server);
        queues.in_folder(create_folder(server, "Other")).queue("Elsewhere");
        let Some(seen) = run(server, "sdk_queues_everywhere.mjs", &[("TOKEN", &queues.token)]) else {
            return;
        };
        assert_eq!(seen["all"], json!(["Elsewhere", "Plain", "Unique"]));
        assert_eq!((&seen["some"], &seen["total"]), (&json!(2), &json!(3)));
    });
}

/// Items that the dispatcher adds.
const COUNT: usize = 300;
/// How often the server is killed.
const KILLS: usize = 4;
/// When something hangs; a run takes seconds.
const LONGEST: Duration = Duration::from_secs(240);

/// What a program printed, or that it ended.
enum Told {
    Line(String),
    Ended,
}

/// The server as a process of its own, on the same port after every start.
struct Process<'a> {
    child: Child,
    address: SocketAddr,
    data: &'a Path,
    database: Option<String>,
}

impl<'a> Process<'a> {
    fn start(data: &'a Path, database: Option<String>) -> Self {
        static NUMBER: AtomicU16 = AtomicU16::new(0);
        // Ports that the system gives away by itself could be taken while the server is down.
        let first = 20_000 + (std::process::id() % 10_000) as u16 + 500 * NUMBER.fetch_add(1, Ordering::Relaxed);
        let mut ports = (first..32_000).map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        let address = ports.find(|address| TcpListener::bind(address).is_ok()).unwrap();
        let child = Self::spawn(address, data, database.as_deref());
        let process = Self {
            child,
            address,
            data,
            database,
        };
        process.wait_until_ready();
        process
    }

    fn spawn(address: SocketAddr, data: &Path, database: Option<&str>) -> Child {
        let log = data.join("server.log");
        let output = fs::File::options().create(true).append(true).open(log).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_orchestrion"));
        command.args(["serve", "--log", "warn", "--listen", &address.to_string()]);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("ORCHESTRION_") {
                command.env_remove(name);
            }
        }
        command
            .env("ORCHESTRION_DATA", data)
            .env("ORCHESTRION_SIGNING_ALGORITHM", "ES256")
            .env("ORCHESTRION_ADMIN_PASSWORD", testkit::ADMIN_PASSWORD)
            .env("ORCHESTRION_BOOTSTRAP_CLIENT_ID", CLIENT_ID)
            .env("ORCHESTRION_BOOTSTRAP_CLIENT_SECRET", CLIENT_SECRET)
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output);
        if let Some(database) = database {
            command.env("ORCHESTRION_DATABASE", database);
        }
        command.spawn().unwrap()
    }

    /// SIGKILL, and a start on the same data.
    fn kill_and_start(&mut self) {
        assert!(self.child.try_wait().unwrap().is_none(), "the server ended by itself");
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = Self::spawn(self.address, self.data, self.database.as_deref());
        self.wait_until_ready();
    }

    fn wait_until_ready(&self) {
        let begin = Instant::now();
        while self
            .ask("GET /api/health/startup", "", "")
            .is_none_or(|(status, _)| status != 200)
        {
            let log = fs::read_to_string(self.data.join("server.log")).unwrap_or_default();
            assert!(begin.elapsed() < LONGEST, "the server does not start: {log}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// One request with lines of header; status and body, or `None` when there is no answer.
    fn ask(&self, line: &str, headers: &str, body: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        let (host, length) = (self.address, body.len());
        let request = format!(
            "{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        );
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    }

    fn token(&self) -> String {
        let body = format!(
            "grant_type=client_credentials&client_id={CLIENT_ID}&client_secret={CLIENT_SECRET}&scope=OR.Queues"
        );
        let form = "Content-Type: application/x-www-form-urlencoded\r\n";
        let (status, answer) = self.ask("POST /identity_/connect/token", form, &body).unwrap();
        assert_eq!(status, 200, "{answer}");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// The rows of a list of the folder `Shared`.
    fn list(&self, token: &str, path: &str) -> Vec<Value> {
        let headers = format!("Authorization: Bearer {token}\r\nX-UIPATH-FolderPath: Shared\r\n");
        let (status, answer) = self.ask(&format!("GET {path}"), &headers, "").unwrap();
        assert_eq!(status, 200, "{answer}");
        let mut answer: Value = serde_json::from_str(&answer).unwrap();
        serde_json::from_value(answer["value"].take()).unwrap()
    }
}

impl Drop for Process<'_> {
    fn drop(&mut self) {
        // Both fail only for a process that has ended.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A program of `docs/examples/queues` that runs; killed when dropped.
struct Running {
    name: &'static str,
    child: Child,
}

impl Running {
    fn start(
        name: &'static str,
        process: &Process<'_>,
        token: &str,
        told: Sender<(usize, Told)>,
        number: usize,
    ) -> Option<Self> {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/queues");
        let mut base = format!("http://{}", process.address);
        if Path::new(name).extension().is_some_and(|extension| extension == "py") {
            base.push_str("/default/Default");
        }
        let mut command = program(&examples.join(name))?;
        let mut child = command
            .env("BASE", base)
            .env("TOKEN", token)
            .env("COUNT", COUNT.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            for line in output.lines() {
                drop(told.send((number, Told::Line(line.unwrap_or_default()))));
            }
            drop(told.send((number, Told::Ended)));
        });
        Some(Self { name, child })
    }

    /// SIGTERM, and the end.
    fn stop(mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").arg(id).status().unwrap().success());
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{} ended with {status}", self.name);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Numbers that differ from run to run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }
}

/// Runs a dispatcher and performers to the end, kills the server on the way, and compares what is there with what they did.
fn work_under_kills(database: Option<String>, names: [&'static str; 4]) {
    let begin = Instant::now();
    let seed = RandomState::new().build_hasher().finish() | 1;
    let mut dice = Dice(seed);
    let data = tempfile::tempdir().unwrap();
    let mut process = Process::start(data.path(), database);
    let token = process.token();
    let (sender, told) = channel();
    let mut running = Vec::new();
    for (number, name) in names.into_iter().enumerate() {
        if number == 1 {
            // The queue is there when the dispatcher has added something.
            next(&told, begin, seed);
        }
        let Some(program) = Running::start(name, &process, &token, sender.clone(), number) else {
            return;
        };
        running.push(program);
    }
    // The first kill meets the dispatcher at work. Each of the others comes when so many items are done, and a moment later.
    let share = COUNT / (KILLS - 1);
    let mut kills: Vec<usize> = (0..KILLS - 1)
        .map(|kill| kill * share + 10 + dice.below(share - 20))
        .collect();
    kills.reverse();
    thread::sleep(Duration::from_millis(dice.below(40) as u64));
    process.kill_and_start();
    let mut done: Vec<String> = Vec::new();
    let mut dispatched = false;
    while done.len() < COUNT || !dispatched {
        match next(&told, begin, seed) {
            (0, Told::Ended) => dispatched = true,
            (number, Told::Ended) => panic!("{} ended (seed {seed})", names[number]),
            (_, Told::Line(line)) => done.extend(line.strip_suffix(" done").map(str::to_owned)),
        }
        if kills.last().is_some_and(|at| *at <= done.len()) {
            kills.pop();
            thread::sleep(Duration::from_millis(dice.below(40) as u64));
            process.kill_and_start();
        }
    }
    assert!(kills.is_empty(), "the server was not killed as often as it should");
    let mut performers = running.into_iter();
    let mut dispatcher = performers.next().unwrap();
    assert!(
        dispatcher.child.wait().unwrap().success(),
        "the dispatcher failed (seed {seed})"
    );
    performers.for_each(Running::stop);

    let expected: BTreeSet<String> = (0..COUNT).map(|number| format!("invoice-{number:05}")).collect();
    let once: BTreeSet<String> = done.iter().cloned().collect();
    assert_eq!(done.len(), COUNT, "an item was worked on twice (seed {seed})");
    assert_eq!(once, expected, "seed {seed}");
    let items = process.list(&token, "/odata/QueueItems?$top=1000&$orderby=Id");
    assert_eq!(items.len(), COUNT, "seed {seed}");
    let mut references = BTreeSet::new();
    for item in &items {
        assert_eq!(item["Status"], "Successful", "seed {seed}: {item}");
        let (booked, amount) = (&item["Output"]["Booked"], &item["SpecificContent"]["Amount"]);
        let difference = booked.as_f64().unwrap() - amount.as_f64().unwrap();
        assert!(difference.abs() < 0.001, "seed {seed}: {item}");
        references.insert(item["Reference"].as_str().unwrap().to_owned());
    }
    assert_eq!(references, expected, "seed {seed}");
    let mut histories: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for event in process.list(&token, "/odata/QueueItemEvents?$top=1000&$orderby=Id") {
        let told = format!(
            "{} {}",
            event["Action"].as_str().unwrap(),
            event["Status"].as_str().unwrap()
        );
        histories
            .entry(event["QueueItemId"].as_i64().unwrap())
            .or_default()
            .push(told);
    }
    assert_eq!(histories.len(), COUNT, "seed {seed}");
    for (id, history) in histories {
        let expected = ["Create New", "Status InProgress", "Status Successful"];
        assert_eq!(history, expected, "item {id} (seed {seed})");
    }
}

fn next(told: &Receiver<(usize, Told)>, begin: Instant, seed: u64) -> (usize, Told) {
    match told.recv_timeout(LONGEST.saturating_sub(begin.elapsed())) {
        Ok(told) => told,
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            panic!("the work does not come to an end (seed {seed})")
        }
    }
}

#[test]
fn a_dispatcher_and_three_performers_outlive_kills_of_the_server_on_sqlite() {
    work_under_kills(None, ["dispatcher.py", "performer.py", "performer.py", "performer.mjs"]);
}

#[test]
fn a_dispatcher_and_three_performers_outlive_kills_of_the_server_on_postgres() {
    let Some(database) = throwaway::postgres::Database::create() else {
        return;
    };
    work_under_kills(
        Some(database.url()),
        ["dispatcher.mjs", "performer.py", "performer.mjs", "performer.mjs"],
    );
}

/// The document of queues.
fn document() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/queues.md")).unwrap()
}

#[test]
fn the_document_links_every_example_and_nothing_that_is_not_there() {
    let (text, docs) = (document(), Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs"));
    let links: BTreeSet<&str> = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', '#']).next())
        .filter(|link| !link.is_empty())
        .collect();
    for link in &links {
        assert!(docs.join(link).exists(), "{link} is not there");
    }
    for example in fs::read_dir(docs.join("examples/queues")).unwrap() {
        let link = format!("examples/queues/{}", example.unwrap().file_name().display());
        assert!(links.contains(link.as_str()), "{link} is not linked");
    }
}

#[test]
fn the_commands_of_the_document_work() {
    each_database(|server| {
        let queues = Queues::of(server);
        let text = document();
        let commands = text.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
        let command = Command::new("bash")
            .args(["-e", "-c", &commands.replace("curl -s", "curl -sS --fail")])
            .env("BASE", server.base())
            .env("TOKEN", &queues.token)
            .env("NO_PROXY", "127.0.0.1")
            .output();
        let Ok(output) = command else {
            testkit::require::skipped("the commands of docs/queues.md", "bash is not installed");
            return;
        };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let item = queues.item(&json!(1));
        assert_eq!(
            (&item["Status"], &item["Output"]),
            (&json!("Successful"), &json!({"Booked": 7}))
        );
    });
}
