//! `uipath auth`, unchanged: its own local page, our sign-in in a real browser, a cross-origin exchange of the code.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use testkit::{Server, require};

use crate::clients_unchanged::{create_assets, installed, run};

/// Ends the client when a test fails before it came to its end.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _already_over = self.0.kill();
        let _already_over = self.0.wait();
    }
}

#[test]
fn the_command_line_signs_a_person_in_and_works_with_folders_and_assets() {
    let server = Server::start();
    let program = installed().join("venv/bin/uipath");
    if !program.exists() {
        require::skipped("uipath auth", "run crates/orchestrion/tests/clients/install first");
        return;
    }
    let Some(browser) = server.chromium() else { return };
    create_assets(&server);
    let place = tempfile::tempdir().unwrap();
    let (opener, asked) = (place.path().join("open"), place.path().join("asked"));
    // Python's `webbrowser` starts what BROWSER names: here a script that writes the address down.
    fs::write(
        &opener,
        format!(
            "#!/bin/sh\nprintf %s \"$1\" > '{}.part' && mv '{0}.part' '{0}'\n",
            asked.display()
        ),
    )
    .unwrap();
    fs::set_permissions(&opener, fs::Permissions::from_mode(0o755)).unwrap();
    let child = Command::new(program)
        .args(["auth", "--force"])
        .current_dir(place.path())
        .env("BROWSER", format!("{} %s", opener.display()))
        .env("UIPATH_URL", server.base())
        .env("UIPATH_TELEMETRY_ENABLED", "false")
        .env("NO_PROXY", "127.0.0.1,localhost")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut client = Running(child);
    let address = wait_for(|| fs::read_to_string(&asked).ok(), "the address to open");
    browser.sign_in();
    browser.open(&address);
    let status = wait_for(|| client.0.try_wait().unwrap(), "the end of `uipath auth`");
    assert!(status.success(), "{status}: {}", browser.text());

    let written = fs::read_to_string(place.path().join(".env")).unwrap();
    let value = |name: &str| {
        written
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(value("UIPATH_URL="), format!("{}/default/Default", server.base()));
    assert_eq!(value("UIPATH_ORGANIZATION_ID="), server.organization());
    let token = value("UIPATH_ACCESS_TOKEN=");
    let seen = run(&server, "sdk_assets.py", &[("TOKEN", &token), ("FOLDER", "Shared")]).unwrap();
    assert!(seen["folder_key"].is_string(), "{seen}");
    assert_eq!(seen["text"], "hello");
}

/// Looks every 50 ms, for a minute at most.
fn wait_for<T>(mut look: impl FnMut() -> Option<T>, what: &str) -> T {
    for _ in 0..1200 {
        if let Some(found) = look() {
            return found;
        }
        sleep(Duration::from_millis(50));
    }
    panic!("waited a minute for {what}");
}
