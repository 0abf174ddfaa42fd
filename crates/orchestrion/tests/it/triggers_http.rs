//! API triggers: the things themselves, calls in all modes, and callbacks.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc;
use std::time::Duration;

use base64::Engine as _;
use execution::jobs::model::{JobState, SourceType};
use execution::jobs::transition::Event;
use serde_json::{Value, json};
use testkit::{Answer, Server, each_database_at_rest};

use crate::queues_support::look;
use crate::triggers_support::{HTTP, Triggers};

struct World<'a> {
    triggers: Triggers<'a>,
    folder_key: String,
}

fn world(server: &Server) -> World<'_> {
    let triggers = Triggers::of(server);
    let folder = server
        .get(&format!("/odata/Folders({})", triggers.folder))
        .bearer(&triggers.token)
        .send()
        .expect(200)
        .json();
    World {
        folder_key: folder["Key"].as_str().unwrap().to_owned(),
        triggers,
    }
}

impl World<'_> {
    fn body(&self, more: &Value) -> Value {
        let mut body =
            json!({ "Name": "Api", "ReleaseKey": self.triggers.release_key, "Slug": "calc", "Method": "POST" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    }

    fn create(&self, more: &Value) -> Value {
        self.triggers.post(HTTP, &self.body(more)).expect(201).json()
    }

    fn post(&self, slug: &str, body: &Value) -> Answer {
        let path = format!("/orchestrator_/t/{}/{slug}", self.folder_key);
        self.triggers
            .server
            .post(&path)
            .bearer(&self.triggers.token)
            .json(body)
            .send()
    }

    fn get(&self, path: &str) -> Answer {
        self.triggers.server.get(path).bearer(&self.triggers.token).send()
    }
}

/// The path of an address.
fn path(location: &str) -> String {
    url::Url::parse(location).unwrap().path().to_owned()
}

#[test]
fn an_api_trigger_is_made_read_replaced_and_deleted() {
    each_database_at_rest(|server| {
        let world = world(server);
        let made =
            world.create(&json!({ "Tags": [], "MachineRobots": [{}], "Enabled": true, "RuntimeType": "Unattended" }));
        assert_eq!(
            (&made["Type"], &made["Method"], &made["CallingMode"]),
            (&json!("Http"), &json!("Post"), &json!("AsyncRequestReply"))
        );
        assert_eq!((&made["Id"], &made["JobCount"]), (&made["Key"], &json!(1)));
        assert_eq!(
            made["ExternalReference"],
            json!(format!("Post calc {}", world.folder_key))
        );
        let one = format!("{HTTP}({})", made["Id"].as_str().unwrap());
        let triggers = &world.triggers;
        assert_eq!(triggers.get(&one).expect(200).json()["Name"], "Api");
        let listed = triggers
            .get(&format!("{HTTP}?$count=true&$top=5&$filter=Name eq 'api'"))
            .expect(200)
            .json();
        assert_eq!(
            (&listed["@odata.count"], &listed["value"][0]["Id"]),
            (&json!(1), &made["Id"])
        );
        triggers.get(&format!("{HTTP}?$expand=Release")).expect(400);
        triggers
            .put(
                &one,
                &world.body(&json!({ "Name": "Other", "Slug": null, "Method": "Get" })),
            )
            .expect(204);
        let read = triggers.get(&one).expect(200).json();
        assert_eq!(
            (&read["Name"], &read["Slug"], &read["Method"]),
            (&json!("Other"), &json!("Calc"), &json!("Get"))
        );
        let set = |enabled: bool| {
            let body = json!({ "enabled": enabled, "triggerIds": [made["Id"]] });
            triggers
                .post(&format!("{HTTP}/UiPath.Server.Configuration.OData.SetEnabled"), &body)
                .expect(200)
                .json()
        };
        assert_eq!(set(false)["value"], true);
        assert_eq!(triggers.get(&one).expect(200).json()["Enabled"], false);
        triggers.delete(&one).expect(204);
        triggers.get(&one).expect(404);
    });
}

#[test]
fn names_addresses_and_processes_are_checked() {
    each_database_at_rest(|server| {
        let world = world(server);
        world.create(&json!({}));
        let refused = |more: Value| world.triggers.post(HTTP, &world.body(&more));
        assert_eq!(refused(json!({ "Slug": "other" })).expect(409).error_code(), 1001);
        assert_eq!(
            refused(json!({ "Name": "other", "Slug": "CALC" }))
                .expect(409)
                .error_code(),
            1001
        );
        let nowhere = json!({ "Name": "x", "Slug": "x", "ReleaseKey": "4f2c1a39-0f5f-4d8c-8f3a-3c9d5b6a7e10" });
        assert_eq!(refused(nowhere).expect(404).error_code(), 1674);
        assert_eq!(
            refused(json!({ "Name": "x", "Slug": "a b" })).expect(400).error_code(),
            1009
        );
        let callback = json!({ "Name": "x", "Slug": "x", "CallingMode": "AsyncCallback" });
        assert_eq!(refused(callback).expect(400).error_code(), 4807);
        let callback = json!({ "Name": "x", "Slug": "x", "SuccessCallbackUrl": "https://example.com" });
        assert_eq!(refused(callback).expect(400).error_code(), 4806);
        // The same slug with another method is another address.
        world.create(&json!({ "Name": "get", "Method": "Get" }));
    });
}

#[test]
fn a_call_starts_a_job_and_its_answer_is_fetched_later() {
    each_database_at_rest(|server| {
        let world = world(server);
        let made = world.create(&json!({ "InputArguments": "{\"a\":1}" }));
        let called = world.post("CALC", &json!({ "a": 5, "unknown": true })).expect(202);
        let status = path(called.header("location"));
        assert!(
            status.starts_with(&format!("/orchestrator_/t/{}/", world.folder_key)),
            "{status}"
        );
        let jobs = world.triggers.jobs();
        assert_eq!(jobs.len(), 1);
        let job = &jobs[0];
        assert_eq!((job.source_type, job.source.as_str()), (SourceType::HttpTrigger, "Api"));
        assert_eq!(
            job.trigger_key.map(|key| key.to_string()).as_deref(),
            made["Id"].as_str()
        );
        assert_eq!(job.input.as_deref(), Some("{\"a\":5}"));
        assert_eq!(world.get(&status).expect(200).json()["State"], "Pending");
        let output = path(&status_to(&status, "output", server));
        world.get(&output).expect(303);
        // Nobody else is told.
        let stranger = server.register("stranger", true, "", &["OR.Jobs:application"]);
        let (id, secret) = (stranger["id"].as_str().unwrap(), stranger["secret"].as_str().unwrap());
        let token = server.token_of(id, secret, "OR.Jobs");
        assert_eq!(server.get(&status).bearer(&token).send().expect(404).error_code(), 1623);
        server.get(&status).send().expect(401);
        world.triggers.end(job, Event::Succeed, Some("{\"b\":6}"));
        let leads = world.get(&status).expect(303);
        let given = world.get(&path(leads.header("location"))).expect(200);
        assert_eq!(given.json(), json!({ "b": 6 }));
        assert!(given.header("content-type").starts_with("application/json"));
    });
}

/// The address beside that of a status.
fn status_to(status: &str, what: &str, server: &Server) -> String {
    format!("{}{}", server.base(), status.replace("/status/", &format!("/{what}/")))
}

#[test]
fn an_end_without_output_is_told_with_its_code() {
    each_database_at_rest(|server| {
        let world = world(server);
        world.create(&json!({}));
        for (event, code) in [(Event::Fault, 4801), (Event::Stop, 4802)] {
            let called = world.post("calc", &json!({ "a": 1 })).expect(202);
            world.triggers.end_all(event);
            let leads = world.get(&path(called.header("location"))).expect(303);
            assert_eq!(
                world.get(&path(leads.header("location"))).expect(409).error_code(),
                code
            );
        }
    });
}

#[test]
fn calls_that_match_nothing_start_nothing() {
    each_database_at_rest(|server| {
        let world = world(server);
        let made = world.create(&json!({}));
        let other = "4f2c1a39-0f5f-4d8c-8f3a-3c9d5b6a7e10";
        assert_eq!(world.post("nothing", &json!({})).expect(404).error_code(), 1623);
        assert_eq!(
            world
                .get(&format!("/t/{}/calc", world.folder_key))
                .expect(404)
                .error_code(),
            1623
        );
        let elsewhere = server
            .post(&format!("/t/{other}/calc"))
            .bearer(&world.triggers.token)
            .json(&json!({}))
            .send();
        assert_eq!(elsewhere.expect(404).error_code(), 1623);
        let call = |body: &str| {
            let path = format!("/t/{}/calc", world.folder_key);
            server
                .post(&path)
                .bearer(&world.triggers.token)
                .bytes("application/json", body)
                .send()
        };
        for body in ["", "[1]", "{", "7"] {
            let answer = call(body).expect(400);
            assert_eq!(answer.error_code(), 4804, "{body}");
            assert!(answer.text().contains("Could not parse body as json."));
        }
        let reader = server.token("OR.Assets");
        let forbidden = server
            .post(&format!("/t/{}/calc", world.folder_key))
            .bearer(&reader)
            .json(&json!({}))
            .send();
        forbidden.expect(403);
        let body = json!({ "enabled": false, "triggerIds": [made["Id"]] });
        world
            .triggers
            .post(&format!("{HTTP}/UiPath.Server.Configuration.OData.SetEnabled"), &body)
            .expect(200);
        assert_eq!(world.post("calc", &json!({})).expect(404).error_code(), 1623);
        assert!(world.triggers.jobs().is_empty());
    });
}

#[test]
fn a_query_gives_the_arguments_of_a_get_and_a_head_starts_nothing() {
    each_database_at_rest(|server| {
        let world = world(server);
        world.create(&json!({ "Method": "Get", "CallingMode": "FireAndForget" }));
        let path = format!("/t/{}/calc", world.folder_key);
        server
            .call(http::Method::HEAD, &path)
            .bearer(&world.triggers.token)
            .send()
            .expect(405);
        assert!(world.triggers.jobs().is_empty());
        // The process wants a number, and a query has texts only.
        world.get(&format!("{path}?a=5")).expect(400);
        let called = world.get(&path).expect(202);
        assert_eq!(called.header("location"), "");
        assert_eq!(world.triggers.jobs().len(), 1);
    });
}

#[test]
fn a_function_is_called_by_the_names_of_process_and_function() {
    each_database_at_rest(|server| {
        let world = world(server);
        world.create(&json!({ "Slug": "fn/fn", "Name": "function" }));
        world.post("fn/fn", &json!({ "a": 1 })).expect(202);
        // An entry point of the process of a trigger.
        world.create(&json!({}));
        world.post("calc/main", &json!({ "a": 2 })).expect(202);
        assert_eq!(
            world.post("calc/other", &json!({ "a": 2 })).expect(404).error_code(),
            1623
        );
        let jobs = world.triggers.jobs();
        assert_eq!((jobs[0].source.as_str(), jobs[1].source.as_str()), ("function", "Api"));
        assert_eq!(jobs[1].entry_point.as_deref(), Some("main"));
    });
}

#[test]
fn a_long_poll_is_answered_when_the_job_ends() {
    each_database_at_rest(|server| {
        let world = world(server);
        world.create(&json!({ "CallingMode": "LongPolling" }));
        let state = server.app.state::<triggers::Triggers>().unwrap();
        state.hold_for(Duration::from_millis(50));
        let held = world.post("calc", &json!({ "a": 1 })).expect(303);
        let wait = path(held.header("location"));
        assert!(wait.contains("/wait/"), "{wait}");
        assert_eq!(path(world.get(&wait).expect(303).header("location")), wait);
        state.hold_for(Duration::from_secs(20));
        let started = std::time::Instant::now();
        std::thread::scope(|threads| {
            let answer = threads.spawn(|| world.get(&wait));
            std::thread::sleep(Duration::from_millis(200));
            let job = world.triggers.jobs().remove(0);
            world.triggers.end(&job, Event::Succeed, Some("[1,2]"));
            assert_eq!(answer.join().unwrap().expect(200).json(), json!([1, 2]));
        });
        assert!(started.elapsed() < Duration::from_secs(10));
        // One that has ended already is answered at once.
        assert_eq!(world.get(&wait).expect(200).json(), json!([1, 2]));
    });
}

/// A server that takes requests and gives what it got: headers and body. `statuses` are its answers.
fn receiver(statuses: &'static [u16]) -> (String, mpsc::Receiver<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook?x=1", listener.local_addr().unwrap());
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for status in statuses {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut text, mut buffer) = (Vec::new(), [0; 4096]);
            loop {
                let read = stream.read(&mut buffer).unwrap();
                text.extend_from_slice(&buffer[..read]);
                let got = String::from_utf8_lossy(&text).into_owned();
                if let Some((head, body)) = got.split_once("\r\n\r\n") {
                    let head = head.to_ascii_lowercase();
                    let length = head
                        .split("content-length: ")
                        .nth(1)
                        .unwrap()
                        .split("\r\n")
                        .next()
                        .unwrap();
                    if body.len() >= length.parse::<usize>().unwrap() {
                        tell.send((got[..got.find("\r\n\r\n").unwrap()].to_owned(), body.to_owned()))
                            .unwrap();
                        break;
                    }
                }
            }
            let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (url, told)
}

#[test]
fn a_callback_tells_of_the_end_signed_and_again_until_it_is_taken() {
    each_database_at_rest(|server| {
        let world = world(server);
        let access = server.app.state::<access::Access>().unwrap();
        access.allow_private_probes(true);
        let (url, told) = receiver(&[500, 200]);
        let made = world.create(&json!({
            "CallingMode": "AsyncCallback", "CallbackMode": "OnAny", "SuccessCallbackUrl": url, "FailureCallbackUrl": url,
            "Secret": "hush",
        }));
        assert!(!made.to_string().contains("hush"), "{made}");
        let called = world.post("calc", &json!({ "a": 1 })).expect(202);
        assert_eq!(called.header("location"), "");
        look(server, "trigger-callbacks");
        assert!(told.try_recv().is_err());
        let job = world.triggers.jobs().remove(0);
        assert_eq!(job.source_type, SourceType::HttpTriggerCallback);
        world.triggers.end(&job, Event::Succeed, Some("{\"b\":2}"));
        look(server, "trigger-callbacks");
        let (head, body) = told.recv_timeout(Duration::from_secs(10)).unwrap();
        assert!(head.starts_with("POST /hook?x=1 HTTP/1.1"), "{head}");
        let signature = base64::engine::general_purpose::STANDARD.encode(vault::hmac_sha256(b"hush", body.as_bytes()));
        assert!(head.contains(&format!("x-uipath-signature: {signature}")), "{head}");
        let sent: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(
            (&sent["State"], &sent["Output"]),
            (&json!("Successful"), &json!({ "b": 2 }))
        );
        assert_eq!(sent["JobKey"], json!(job.key));
        // Not yet, and then again.
        look(server, "trigger-callbacks");
        assert!(told.try_recv().is_err());
        server.clock.advance(10);
        look(server, "trigger-callbacks");
        assert_eq!(told.recv_timeout(Duration::from_secs(10)).unwrap().1, body);
        server.clock.advance(86_400);
        look(server, "trigger-callbacks");
        assert!(told.try_recv().is_err());
    });
}

#[test]
fn callbacks_do_not_reach_into_the_servers_own_network() {
    each_database_at_rest(|server| {
        let world = world(server);
        let (url, told) = receiver(&[200]);
        let made = world.create(&json!({
            "CallingMode": "AsyncCallback", "CallbackMode": "OnFailure", "FailureCallbackUrl": url,
        }));
        world.post("calc", &json!({ "a": 1 })).expect(202);
        world.triggers.end_all(Event::Fault);
        for _ in 0..12 {
            look(server, "trigger-callbacks");
            server.clock.advance(43_200);
        }
        assert!(told.try_recv().is_err());
        assert_eq!(world.triggers.history(&made), ["TriggerError"]);
        assert_eq!(world.triggers.jobs()[0].state, JobState::Faulted);
    });
}

#[test]
fn jobs_that_keep_faulting_switch_an_api_trigger_off() {
    each_database_at_rest(|server| {
        let world = world(server);
        let made = world.create(&json!({ "ConsecutiveJobFailuresThreshold": 2, "CallingMode": "FireAndForget" }));
        for _ in 0..2 {
            world.post("calc", &json!({ "a": 1 })).expect(202);
            world.triggers.end_all(Event::Fault);
        }
        assert_eq!(world.post("calc", &json!({ "a": 1 })).expect(404).error_code(), 1623);
        let read = world
            .triggers
            .get(&format!("{HTTP}({})", made["Id"].as_str().unwrap()))
            .expect(200)
            .json();
        assert_eq!(read["Enabled"], false);
        assert_eq!(world.triggers.history(&made), ["DisabledJobFailures"]);
        assert_eq!(world.triggers.jobs().len(), 2);
    });
}

#[test]
fn what_cannot_be_started_is_told_and_remembered() {
    each_database_at_rest(|server| {
        let triggers = Triggers::without_robots(server);
        let folder = server
            .get(&format!("/odata/Folders({})", triggers.folder))
            .bearer(&triggers.token)
            .send();
        let world = World {
            folder_key: folder.expect(200).json()["Key"].as_str().unwrap().to_owned(),
            triggers,
        };
        let made = world.create(&json!({}));
        assert_eq!(world.post("calc", &json!({ "a": 1 })).expect(409).error_code(), 1671);
        assert_eq!(world.triggers.history(&made), ["TriggerError"]);
    });
}
