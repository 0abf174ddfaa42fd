//! Processes: from which packages, with which arguments, which version, and how long their jobs stay.

use serde_json::{Value, json};
use testkit::{Answer, Server, each_database};

use crate::packages_support::{publish, python_package};

const NAMESPACE: &str = "UiPath.Server.Configuration.OData";

struct Processes<'a> {
    server: &'a Server,
    token: String,
    folder: i64,
}

impl<'a> Processes<'a> {
    fn of(server: &'a Server) -> Self {
        Self {
            server,
            token: server.token("OR.Execution"),
            folder: server.shared_folder(),
        }
    }

    fn get(&self, path: &str) -> Answer {
        self.server.get(path).bearer(&self.token).folder(self.folder).send()
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        let call = self.server.post(path).bearer(&self.token).folder(self.folder);
        call.json(body).send()
    }

    fn create(&self, more: &Value) -> Answer {
        let mut body = json!({ "Name": "Calc", "ProcessKey": "calc", "ProcessVersion": "1.0.0" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.post("/odata/Releases", &body)
    }

    fn patch(&self, release: &Value, body: &Value) -> Answer {
        let path = format!("/odata/Releases({})", release["Id"]);
        let call = self.server.patch(&path).bearer(&self.token).folder(self.folder);
        call.json(body).send()
    }

    #[track_caller]
    fn read(&self, release: &Value) -> Value {
        self.get(&format!("/odata/Releases({})", release["Id"]))
            .expect(200)
            .json()
    }

    fn version(&self, release: &Value, action: &str, body: &Value) -> Answer {
        self.post(
            &format!("/odata/Releases({})/{NAMESPACE}.{action}", release["Id"]),
            body,
        )
    }
}

#[test]
fn a_process_is_made_of_a_package_that_is_there() {
    each_database(|server| {
        publish(server, &python_package("calc", "1.0.0"));
        let processes = Processes::of(server);
        let made = processes.create(&json!({ "Description": "adds" })).expect(201).json();
        let read = processes.read(&made);
        assert_eq!(
            (&read["ProcessKey"], &read["ProcessVersion"], &read["Description"]),
            (&json!("calc"), &json!("1.0.0"), &json!("adds"))
        );
        assert!(read["Arguments"]["Input"].as_str().unwrap().contains('a'), "{read}");
        let codes: Vec<_> = [
            json!({}),
            json!({ "Name": "Other", "ProcessKey": "unknown" }),
            json!({ "Name": "Other", "ProcessVersion": "9.0.0" }),
        ]
        .iter()
        .map(|more| processes.create(more).status.as_u16())
        .collect();
        assert_eq!(codes, [409, 404, 404]);
        for (more, named) in [
            (json!({ "Name": "" }), "Name"),
            (json!({ "Name": "x".repeat(256) }), "Name"),
            (json!({ "ProcessKey": Value::Null }), "ProcessKey"),
            (json!({ "InputArguments": "[1" }), "InputArguments"),
            (json!({ "InputArguments": "{\"a\":\"text\"}" }), "/a"),
            (json!({ "SpecificPriorityValue": 101 }), "SpecificPriorityValue"),
            (json!({ "JobPriority": "Highest" }), "JobPriority"),
            (json!({ "EntryPointPath": "nowhere" }), "nowhere"),
            (
                json!({ "RetentionAction": "Delete", "RetentionPeriod": 181 }),
                "RetentionPeriod",
            ),
        ] {
            let mut body = json!({ "Name": "Other" });
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let refused = processes.create(&body);
            assert!(
                [400, 404].contains(&refused.status.as_u16()),
                "{body} {}",
                refused.text()
            );
            assert!(refused.text().contains(named), "{named}: {}", refused.text());
        }
        assert_eq!(
            processes.get("/odata/Releases?$count=true").expect(200).json()["@odata.count"],
            1
        );
    });
}

#[test]
fn versions_go_forward_and_back() {
    each_database(|server| {
        for version in ["1.0.0", "1.1.0", "2.0.0"] {
            publish(server, &python_package("calc", version));
        }
        let processes = Processes::of(server);
        let made = processes.create(&json!({})).expect(201).json();
        let version = || processes.read(&made)["ProcessVersion"].clone();
        let latest = || processes.read(&made)["IsLatestVersion"].clone();
        assert_eq!(latest(), false);
        processes
            .version(&made, "RollbackToPreviousReleaseVersion", &json!({}))
            .expect(409);
        processes
            .version(
                &made,
                "UpdateToSpecificPackageVersion",
                &json!({ "packageVersion": "1.1.0" }),
            )
            .expect(200);
        assert_eq!(version(), "1.1.0");
        processes
            .version(
                &made,
                "UpdateToSpecificPackageVersion",
                &json!({ "packageVersion": "7.0.0" }),
            )
            .expect(404);
        processes
            .version(&made, "UpdateToSpecificPackageVersion", &json!({}))
            .expect(400);
        processes
            .version(&made, "UpdateToLatestPackageVersion", &json!({}))
            .expect(200);
        assert_eq!((version(), latest()), (json!("2.0.0"), json!(true)));
        processes
            .version(&made, "RollbackToPreviousReleaseVersion", &json!({}))
            .expect(200);
        assert_eq!(version(), "1.1.0");
        let by_key = format!(
            "/odata/Releases/{NAMESPACE}.UpdateToLatestPackageVersionByKey(identifier={})",
            made["Key"].as_str().unwrap()
        );
        processes.post(&by_key, &json!({})).expect(200);
        assert_eq!(version(), "2.0.0");
        let bulk = format!("/odata/Releases/{NAMESPACE}.UpdateToLatestPackageVersionBulk");
        processes
            .post(&bulk, &json!({ "releaseIds": [made["Id"]] }))
            .expect(200);
        // The history is what a process says of itself when it is asked for.
        let path = format!("/odata/Releases({})?$expand=ReleaseVersions", made["Id"]);
        let history = processes.get(&path).expect(200).json();
        assert_eq!(history["ReleaseVersions"].as_array().unwrap().len(), 5, "{history}");
    });
}

#[test]
fn members_that_are_not_given_stay() {
    each_database(|server| {
        publish(server, &python_package("calc", "1.0.0"));
        let processes = Processes::of(server);
        let made = processes
            .create(&json!({ "Description": "adds", "InputArguments": "{\"a\":1}", "JobPriority": "High" }))
            .expect(201)
            .json();
        processes.patch(&made, &json!({ "Name": "Sum" })).expect(200);
        let read = processes.read(&made);
        assert_eq!(
            (
                &read["Name"],
                &read["Description"],
                &read["InputArguments"],
                &read["JobPriority"]
            ),
            (&json!("Sum"), &json!("adds"), &json!("{\"a\":1}"), &json!("High"))
        );
        processes
            .patch(&made, &json!({ "InputArguments": "{\"a\":true}" }))
            .expect(400);
        processes.patch(&json!({ "Id": 4711 }), &json!({})).expect(404);
        // Somebody without the right to it.
        let other = server.token("OR.Execution.Read");
        let path = format!("/odata/Releases({})", made["Id"]);
        let refused = server.patch(&path).bearer(&other).folder(processes.folder);
        refused.json(&json!({ "Name": "Mine" })).send().expect(403);
        assert_eq!(processes.read(&made)["Name"], "Sum");
    });
}

#[test]
fn how_long_jobs_stay_is_said_by_their_process() {
    each_database(|server| {
        publish(server, &python_package("calc", "1.0.0"));
        let processes = Processes::of(server);
        let made = processes.create(&json!({})).expect(201).json();
        let path = format!("/odata/ReleaseRetention({})", made["Id"]);
        let read = || processes.get(&path).expect(200).json();
        assert_eq!((&read()["Action"], &read()["Period"]), (&json!("Delete"), &json!(30)));
        let put = |body: &Value| {
            let call = server.put(&path).bearer(&processes.token).folder(processes.folder);
            call.json(body).send()
        };
        put(&json!({ "ReleaseId": made["Id"], "Action": "Delete", "Period": 7, "Type": "Final" })).expect(200);
        assert_eq!(read()["Period"], 7);
        let stale = processes.get(&format!("{path}?retentionType=Stale")).expect(200).json();
        assert_eq!(stale["Period"], 180);
        put(&json!({ "ReleaseId": made["Id"], "Action": "Delete", "Period": 0, "Type": "Final" })).expect(400);
        put(&json!({ "ReleaseId": 4711, "Action": "Delete", "Period": 7, "Type": "Final" })).expect(400);
        assert_eq!(read()["Period"], 7);
        let call = server.delete(&path).bearer(&processes.token).folder(processes.folder);
        call.send().expect(204);
        assert_eq!(read()["Period"], 30);
    });
}
