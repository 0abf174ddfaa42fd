//! What tests in a real browser share.

use serde_json::Value;
use testkit::chromium::{Chromium, pictures};

/// Leaves pictures of the page where they are wanted; it must not be wider than a narrow screen, and nothing may complain.
#[track_caller]
pub fn look(browser: &Chromium<'_>, name: &str) {
    browser.resize(320, 640);
    let script = "return document.documentElement.scrollWidth - innerWidth";
    let wider = browser.run(script, &[]).as_i64().unwrap_or_default();
    assert!(wider <= 0, "{name} is {wider} pixels wider than 320");
    if let Some(directory) = pictures() {
        for (width, dark) in [(1280, false), (1280, true), (375, false), (375, true)] {
            browser.prefer_dark(dark);
            browser.resize(width, 800);
            let theme = if dark { "dark" } else { "light" };
            browser.screenshot(&directory.join(format!("{name}-{width}-{theme}.png")));
        }
        browser.prefer_dark(false);
    }
    browser.resize(1280, 900);
    let toasts = browser.run("return document.querySelector('.toast.danger')?.textContent", &[]);
    assert!(toasts.is_null(), "{name}: {toasts}");
    let complaints = browser.complaints();
    assert!(complaints.is_empty(), "{name}: {complaints:?}");
}

#[track_caller]
pub fn says(browser: &Chromium<'_>, text: &str) {
    browser.wait(&format!("document.body.innerText.includes({})", Value::from(text)));
}
