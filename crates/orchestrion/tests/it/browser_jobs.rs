//! A job in a real browser: started by the form that its process asks for, watched while it runs on the real robot, and started by
//! triggers; and the pages around it.

use serde_json::json;
use testkit::Server;
use testkit::chromium::Chromium;

use crate::browser_support::{self, says};
use crate::jobs_support::{Place, Robot};
use crate::packages_support::{Package, publish, python_package};
use crate::queues_support::{self, Queues};

#[track_caller]
fn look(browser: &Chromium<'_>, name: &str) {
    browser_support::look(browser, &format!("jobs-{name}"));
}

/// A package whose job greets, waits for a file, and ends.
fn greeter(go: &std::path::Path) -> Package {
    let script = format!(
        "echo \"greeting $(cat $UIPATH_INPUT_FILE)\"\nuntil [ -e {} ]; do sleep 0.05; done\necho 'it may go on'\necho 'a warning' >&2\n\
         printf '{{\"greeting\": \"hello\"}}' > $UIPATH_OUTPUT_FILE\n",
        go.display()
    );
    let input = json!({
        "type": "object", "required": ["name"], "properties": {
            "name": { "type": "string", "description": "Who is greeted" }, "loud": { "type": "boolean" },
            "times": { "type": "integer", "default": 1 },
        }
    });
    let entry = json!({ "filePath": "main", "uniqueId": "6f1c6d4e-53a7-4f2e-9d0a-6f4b6c1f3a11", "type": "process",
        "input": input, "output": { "type": "object", "properties": { "greeting": { "type": "string" } } } });
    Package::new("greeter", "1.0.0")
        .json(
            "content/operate.json",
            &json!({ "main": "main", "contentType": "process", "targetFramework": "Portable", "targetRuntime": "command",
                "command": ["sh", "main.sh"] }),
        )
        .json("content/entry-points.json", &json!({ "entryPoints": [entry] }))
        .part("content/main.sh", script)
}

#[test]
fn a_job_is_started_watched_and_repeated_by_triggers() {
    let server = Server::start();
    let Some(browser) = server.chromium() else { return };
    let data = tempfile::tempdir().unwrap();
    let go = data.path().join("go");
    publish(&server, &greeter(&go));
    publish(&server, &python_package("calc", "1.0.0"));
    let place = Place::of(&server, "greeter");
    Queues::of(&server).queue("Orders");
    let folder = format!("/console/default/tenants/Default/folders/{}", place.folder);
    let _robot = Robot::run(&place, &data.path().join("robot"), &["--runtimes", "command"]);
    browser.sign_in();
    browser.complaints();

    for (name, path) in [
        ("home", String::new()),
        ("processes", "/processes".to_owned()),
        ("none", "/jobs".to_owned()),
        ("folder-machines", "/machines".to_owned()),
        ("no-triggers", "/triggers".to_owned()),
    ] {
        browser.open(&format!("{folder}{path}"));
        look(&browser, name);
    }

    // The form has a field for each argument of the entry point.
    browser.open(&format!("{folder}/jobs/new"));
    browser.find_text("main button", "Continue").click();
    browser.wait("document.querySelector('[name=\"arg.name\"]')");
    look(&browser, "start");
    browser.find("[name='arg.name']").keys("Ada");
    browser.find_text("main button[type=submit]", "Start").click();
    says(&browser, "The job was started.");

    // Its lines arrive while it runs, without the page being loaded again.
    browser.run("window.stays = true", &[]);
    says(&browser, "greeting {\"name\":\"Ada\"}");
    look(&browser, "running");
    std::fs::write(&go, "").unwrap();
    says(&browser, "it may go on");
    says(&browser, "Successful");
    says(&browser, "hello");
    assert_eq!(
        browser.run("return window.stays", &[]),
        true,
        "the page is the same one"
    );
    look(&browser, "done");
    browser.open(&format!("{folder}/jobs"));
    says(&browser, "Successful");
    look(&browser, "list");

    // A trigger shows when it fires before it is made, and after.
    browser.open(&format!("{folder}/triggers/new?kind=time"));
    look(&browser, "choose-process");
    browser.find_text("main button", "Continue").click();
    browser.wait("document.querySelectorAll('#firings time').length === 10");
    let cron = browser.find("[name=StartProcessCron]");
    cron.keys("\u{8}".repeat(40).as_str());
    cron.keys("0 0/5 * ? * *");
    browser.find("[name='arg.name']").keys("Bob");
    browser.find_text("main button", "Show firings").click();
    browser.wait("document.querySelectorAll('#firings time').length === 10 && document.querySelector('[name=StartProcessCron]').value.startsWith('0 0/5')");
    look(&browser, "trigger-form");
    browser.find_text("main button[type=submit]", "Create").click();
    says(&browser, "was saved");
    look(&browser, "triggers");
    // Its time comes: a job of it is in the list.
    let made = server
        .get("/odata/ProcessSchedules")
        .bearer(&place.token)
        .folder(place.folder);
    let made = made.send().expect(200).json()["value"][0].clone();
    let next: jiff::Timestamp = made["StartProcessNextOccurrence"].as_str().unwrap().parse().unwrap();
    let now = server.app.clock().now();
    server.clock.advance(next.as_second() - now.as_second());
    queues_support::look(&server, "triggers");
    browser.open(&format!("{folder}/jobs"));
    browser.wait("document.querySelectorAll('#jobs tbody tr').length === 2");
    browser.open(&format!("{folder}/triggers/new?kind=queue"));
    browser.find_text("main button", "Continue").click();
    browser.wait("document.querySelector('[name=QueueDefinitionId]')");
    look(&browser, "queue-trigger-form");
    browser.open(&format!("{folder}/triggers/api/new"));
    browser.find_text("main button", "Continue").click();
    browser.wait("document.querySelector('[name=Slug]')");
    look(&browser, "api-trigger-form");
    browser.find_text("main button[type=submit]", "Create").click();
    says(&browser, "was saved");
    look(&browser, "api-triggers");

    // The machine with its host, and what is around.
    let tenant = "/console/default/tenants/Default";
    browser.open(&format!("{tenant}/machines"));
    look(&browser, "machines");
    browser.find("#machines a.row-link").click();
    says(&browser, "Last heard");
    look(&browser, "machine");
    for (name, path) in [
        ("machine-form", format!("{tenant}/machines/new")),
        ("logs", format!("{folder}/logs")),
        ("packages", format!("{tenant}/packages")),
        ("tenant", tenant.to_owned()),
        ("monitoring", format!("{folder}/monitoring")),
    ] {
        browser.open(&path);
        look(&browser, name);
    }
}
