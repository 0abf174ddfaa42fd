//! A real browser: headless Chromium, driven by the WebDriver protocol (W3C WebDriver 2) through Debian's chromedriver.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use http::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{ADMIN_PASSWORD, Server, require};

const DRIVER: &str = "/usr/bin/chromedriver";
const BROWSER: &str = "/usr/bin/chromium";
/// How long something may take to appear.
const PATIENCE: Duration = Duration::from_secs(15);
/// The member under which WebDriver writes references to elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Keys that have no character (W3C WebDriver 2, section 17.4.2).
pub mod key {
    pub const TAB: &str = "\u{E004}";
    pub const ENTER: &str = "\u{E007}";
    /// Ends all modifiers that were pressed before.
    pub const NULL: &str = "\u{E000}";
    pub const SHIFT: &str = "\u{E008}";
    pub const ESCAPE: &str = "\u{E00C}";
    pub const SPACE: &str = " ";
    pub const RIGHT: &str = "\u{E014}";
    pub const DOWN: &str = "\u{E015}";
}

/// A browser window with a profile of its own. Closed when dropped.
pub struct Chromium<'a> {
    server: &'a Server,
    driver: Child,
    /// `http://127.0.0.1:<port>/session/<id>`
    session: String,
    /// Held open: the driver writes to it.
    _output: BufReader<ChildStdout>,
    _profile: TempDir,
}

/// Something on the page.
pub struct Element<'b> {
    browser: &'b Chromium<'b>,
    id: String,
}

impl Server {
    /// A real browser on this server; `None` (and a visible line) where Chromium or its driver is not installed.
    ///
    /// # Panics
    /// When it does not start.
    pub fn chromium(&self) -> Option<Chromium<'_>> {
        Chromium::start(self)
    }
}

impl<'a> Chromium<'a> {
    fn start(server: &'a Server) -> Option<Self> {
        for program in [DRIVER, BROWSER] {
            if !Path::new(program).exists() {
                require::skipped(
                    "Chromium",
                    &format!("{program} was not found (packages chromium, chromium-driver)"),
                );
                return None;
            }
        }
        let profile = tempfile::tempdir().expect("a temporary directory");
        let mut driver = Command::new(DRIVER)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let mut output = BufReader::new(driver.stdout.take().expect("its output"));
        let mut line = String::new();
        let port = loop {
            line.clear();
            assert!(
                output.read_line(&mut line).is_ok_and(|length| length > 0),
                "chromedriver stopped early"
            );
            if let Some((_, rest)) = line.split_once("started successfully on port ") {
                break rest.trim().trim_end_matches('.').to_owned();
            }
        };
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--force-prefers-reduced-motion",
            "--hide-scrollbars",
            "--window-size=1280,900",
        ];
        let mut arguments: Vec<String> = arguments.map(str::to_owned).to_vec();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let capabilities = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "timeouts": { "script": 15_000, "pageLoad": 30_000, "implicit": 0 },
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": { "binary": BROWSER, "args": arguments }
        } } });
        let mut browser = Self {
            server,
            driver,
            session: format!("http://127.0.0.1:{port}/session"),
            _output: output,
            _profile: profile,
        };
        let session = browser.command(Method::POST, "", &capabilities);
        browser.session = format!(
            "{}/{}",
            browser.session,
            session["sessionId"].as_str().expect("a session")
        );
        Some(browser)
    }

    /// Signs in as the organization's first administrator.
    pub fn sign_in(&self) {
        self.sign_in_as("default", "admin", ADMIN_PASSWORD);
    }

    /// Signs in by the form.
    pub fn sign_in_as(&self, organization: &str, user: &str, password: &str) {
        self.open("/identity/web/login");
        self.run("document.querySelector('[name=organization]').value = ''", &[]);
        self.find("[name=organization]").keys(organization);
        self.find("[name=username]").keys(user);
        self.find("[name=password]").keys(password);
        self.find("main button[type=submit]:not([data-reveal])").click();
        self.wait("document.readyState === 'complete' && !location.pathname.endsWith('/login')");
    }

    /// Opens an address of the server and waits until it is loaded.
    pub fn open(&self, path: &str) {
        let address = if path.starts_with("http") {
            path.to_owned()
        } else {
            self.server.base() + path
        };
        self.command(Method::POST, "/url", &json!({ "url": address }));
    }

    /// Path and query of the page.
    pub fn path(&self) -> String {
        let address = self.command(Method::GET, "/url", &Value::Null);
        let address = address.as_str().unwrap_or_default();
        address.strip_prefix(&self.server.base()).unwrap_or(address).to_owned()
    }

    pub fn reload(&self) {
        self.command(Method::POST, "/refresh", &json!({}));
    }

    /// The first element that a CSS selector finds, once there is one.
    ///
    /// # Panics
    /// When none appears in time.
    #[track_caller]
    pub fn find(&self, selector: &str) -> Element<'_> {
        let started = Instant::now();
        loop {
            if let Some(found) = self.all(selector).into_iter().next() {
                return found;
            }
            assert!(
                started.elapsed() < PATIENCE,
                "no {selector} on {}: {}",
                self.path(),
                self.text()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// All elements that a CSS selector finds now.
    pub fn all(&self, selector: &str) -> Vec<Element<'_>> {
        let found = self.command(
            Method::POST,
            "/elements",
            &json!({ "using": "css selector", "value": selector }),
        );
        let ids = found
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|one| one[ELEMENT].as_str());
        ids.map(|id| Element {
            browser: self,
            id: id.to_owned(),
        })
        .collect()
    }

    /// The first element of a selector whose text, trimmed, is this.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn find_text(&self, selector: &str, text: &str) -> Element<'_> {
        let script = "return [...document.querySelectorAll(arguments[0])].find((one) => one.textContent.trim() === arguments[1])";
        let found = self.run(script, &[json!(selector), json!(text)]);
        let id = found[ELEMENT].as_str();
        let id = id.unwrap_or_else(|| panic!("no {selector} with the text {text} on {}: {}", self.path(), self.text()));
        Element {
            browser: self,
            id: id.to_owned(),
        }
    }

    /// The element that has the focus.
    pub fn active(&self) -> Element<'_> {
        let found = self.command(Method::GET, "/element/active", &Value::Null);
        Element {
            browser: self,
            id: found[ELEMENT].as_str().expect("an active element").to_owned(),
        }
    }

    /// Presses keys wherever the focus is.
    pub fn press(&self, keys: &str) {
        self.active().keys(keys);
    }

    /// The visible text of the page.
    pub fn text(&self) -> String {
        self.run("return document.body.innerText", &[])
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// Runs a script in the page and answers its result.
    pub fn run(&self, script: &str, arguments: &[Value]) -> Value {
        self.command(
            Method::POST,
            "/execute/sync",
            &json!({ "script": script, "args": arguments }),
        )
    }

    /// Waits until an expression is true in the page.
    ///
    /// # Panics
    /// When it does not become so in time.
    #[track_caller]
    pub fn wait(&self, expression: &str) {
        let started = Instant::now();
        while self.run(&format!("return !!({expression})"), &[]) != Value::Bool(true) {
            assert!(
                started.elapsed() < PATIENCE,
                "{expression} stayed false on {}: {}",
                self.path(),
                self.text()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Answers the dialog of the page before a destructive act.
    pub fn confirm(&self) {
        self.wait("document.querySelector('#confirm[open]')");
        self.find("#confirm-yes").click();
    }

    /// Width and height of the page's area, in CSS pixels; narrower than a window can be.
    pub fn resize(&self, width: u32, height: u32) {
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false }),
        );
    }

    /// What the system asks for: light or dark.
    pub fn prefer_dark(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] });
        self.devtools("Emulation.setEmulatedMedia", features);
    }

    /// What the page put on the clipboard.
    pub fn clipboard(&self) -> String {
        let permissions =
            json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "origin": self.server.base() });
        self.devtools("Browser.grantPermissions", permissions);
        let script = "const done = arguments[arguments.length - 1]; navigator.clipboard.readText().then(done, (error) => done(`${error}`))";
        let read = self.command(Method::POST, "/execute/async", &json!({ "script": script, "args": [] }));
        read.as_str().unwrap_or_default().to_owned()
    }

    /// A picture of the whole page, as PNG.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub fn screenshot(&self, file: &Path) {
        let picture = self.devtools(
            "Page.captureScreenshot",
            json!({ "format": "png", "captureBeyondViewport": true }),
        );
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(picture["data"].as_str().unwrap_or_default())
            .expect("base64");
        std::fs::write(file, bytes).expect("the picture can be written");
    }

    /// Errors and warnings of the page since the last look: failed scripts, refused resources, violations of the
    /// Content-Security-Policy.
    pub fn complaints(&self) -> Vec<String> {
        let entries = self.command(Method::POST, "/se/log", &json!({ "type": "browser" }));
        let bad = |entry: &&Value| matches!(entry["level"].as_str(), Some("SEVERE" | "WARNING"));
        let text = |entry: &Value| entry["message"].as_str().unwrap_or_default().to_owned();
        entries.as_array().into_iter().flatten().filter(bad).map(text).collect()
    }

    /// A command of the Chrome DevTools protocol.
    fn devtools(&self, name: &str, parameters: Value) -> Value {
        self.command(
            Method::POST,
            "/goog/cdp/execute",
            &json!({ "cmd": name, "params": parameters }),
        )
    }

    #[track_caller]
    fn command(&self, method: Method, path: &str, body: &Value) -> Value {
        let call = self.server.call(method, &format!("{}{path}", self.session));
        let answer = if body.is_null() {
            call.send()
        } else {
            call.json(body).send()
        };
        assert!(answer.status.is_success(), "{path} {body}: {}", answer.text());
        answer.json()["value"].take()
    }
}

impl Drop for Chromium<'_> {
    fn drop(&mut self) {
        // Ending the session ends the browser; the driver is ours to end. A failing test drops this while it panics.
        let started = self.session.contains("/session/");
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            if started {
                self.server.call(Method::DELETE, &self.session).send();
            }
        }));
        drop(ended);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Element<'_> {
    /// Scrolls to it and clicks it.
    #[track_caller]
    pub fn click(&self) {
        let centre = "arguments[0].scrollIntoView({ block: 'center', inline: 'nearest' })";
        self.browser.run(centre, &[json!({ ELEMENT: self.id })]);
        self.post("click", &json!({}));
    }

    /// Types text, or presses keys of [`key`].
    #[track_caller]
    pub fn keys(&self, text: &str) {
        self.post("value", &json!({ "text": text }));
    }

    /// Its visible text.
    pub fn text(&self) -> String {
        self.read("text").as_str().unwrap_or_default().to_owned()
    }

    /// An attribute as written; empty when absent.
    pub fn attribute(&self, name: &str) -> String {
        self.read(&format!("attribute/{name}"))
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// A property of the element, for instance `value` or `checked`.
    pub fn property(&self, name: &str) -> Value {
        self.read(&format!("property/{name}"))
    }

    pub fn is_visible(&self) -> bool {
        self.read("displayed") == Value::Bool(true)
    }

    #[track_caller]
    fn post(&self, what: &str, body: &Value) -> Value {
        self.browser
            .command(Method::POST, &format!("/element/{}/{what}", self.id), body)
    }

    fn read(&self, what: &str) -> Value {
        self.browser
            .command(Method::GET, &format!("/element/{}/{what}", self.id), &Value::Null)
    }
}

/// Where pictures of pages are wanted (`ORCHESTRION_SCREENSHOTS`), if they are.
pub fn pictures() -> Option<PathBuf> {
    std::env::var_os("ORCHESTRION_SCREENSHOTS").map(PathBuf::from)
}
