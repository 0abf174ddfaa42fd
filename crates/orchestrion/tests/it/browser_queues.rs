//! A piece of work in a real browser: added, processed by a program, reviewed and retried through the pages.

use serde_json::json;
use testkit::Server;
use testkit::chromium::Chromium;

use crate::browser_support::{self, says};
use crate::queues_support::Queues;

fn list(queues: &Queues<'_>) -> String {
    format!("/console/default/tenants/Default/folders/{}/queues", queues.folder)
}

#[track_caller]
fn look(browser: &Chromium<'_>, name: &str) {
    browser_support::look(browser, &format!("queues-{name}"));
}

/// Opens an item of the queue by its reference.
fn open_item(browser: &Chromium<'_>, page: &str, reference: &str) {
    browser.open(page);
    browser.find_text("#items a.row-link", reference).click();
    browser.wait("location.pathname.includes('/items/')");
}

#[test]
fn an_item_is_added_processed_reviewed_and_retried() {
    let server = Server::start();
    let Some(browser) = server.chromium() else { return };
    let queues = Queues::of(&server);
    browser.sign_in();
    browser.complaints();

    // The queue.
    browser.open(&list(&queues));
    look(&browser, "none");
    browser.find_text("main a", "Add queue").click();
    browser.find("[name=name]").keys("Invoices");
    browser.find("[name=description]").keys("Invoices that came by mail");
    browser.find("[name=sla]").keys("120");
    look(&browser, "form");
    browser.find_text("main button[type=submit]", "Create").click();
    says(&browser, "Queue “Invoices” was added.");
    look(&browser, "empty");
    let page = browser.path();

    // Work: by hand, and from a file that the browser reads.
    browser.find_text("main a", "Add item").click();
    browser.find("[name=reference]").keys("INV-1");
    browser.find("[name=name-0]").keys("Customer");
    browser.find("[name=value-0]").keys("Contoso <b>Ltd</b>");
    look(&browser, "add");
    browser.find_text("main button[type=submit]", "Add").click();
    says(&browser, "The item was added.");
    let file = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
    std::fs::write(
        file.path(),
        "Reference,Priority,Customer\nINV-2,High,Fabrikam\nINV-3,Urgent,Adventure\n",
    )
    .unwrap();
    browser.find_text("main a", "Upload items").click();
    browser.find("[type=file]").keys(&file.path().display().to_string());
    browser.wait("document.querySelector('[name=csv]').value.includes('Fabrikam')");
    look(&browser, "upload");
    browser.find_text("main button[type=submit]", "Upload").click();
    says(&browser, "1 of 2 rows were added. 1 could not be added:");
    look(&browser, "uploaded");

    // A program takes both; one goes well.
    for result in [
        json!({ "IsSuccessful": true, "Output": { "Booked": true } }),
        json!({ "IsSuccessful": false, "ProcessingException": {
            "Reason": "The customer <i>Contoso</i> is unknown", "Details": "at Book.xaml: line 12\nat Main.xaml", "Type": "BusinessException"
        } }),
    ] {
        let taken = queues.start("Invoices");
        server.clock.advance(75);
        queues.try_finish(&taken["Id"], &result).expect(200);
    }
    browser.open(&list(&queues));
    look(&browser, "list");
    browser.open(&page);
    look(&browser, "items");
    browser.find(".filter-chips [href*='state=Failed']").click();
    browser.wait("document.querySelectorAll('#items tbody tr').length === 1");
    assert!(browser.find("#items tbody").text().contains("INV-1"));

    // Somebody looks into it: the selected row is set in review, and a reviewer is made responsible.
    browser.find("#items tbody [data-row]").click();
    look(&browser, "selected");
    browser.find_text("#items .bulk button", "In review").click();
    says(&browser, "The item was set in review.");
    assert!(
        browser
            .run("return location.search", &[])
            .as_str()
            .unwrap()
            .contains("state=Failed"),
        "the filter stays"
    );
    browser.find("#items tbody [data-row]").click();
    browser.find_text("#items .bulk button", "Reviewer…").click();
    browser.find("[name=reviewer] option:nth-child(2)").click();
    look(&browser, "reviewer");
    browser.find_text("main button[type=submit]", "Assign").click();
    says(&browser, "The item was assigned.");

    open_item(&browser, &page, "INV-1");
    says(&browser, "The customer <i>Contoso</i> is unknown");
    browser
        .find("[name=text]")
        .keys("Contoso was added to the master data.");
    browser.find_text("#comments button", "Add comment").click();
    says(&browser, "Contoso was added to the master data.");
    look(&browser, "item");
    browser.find_text("main button", "Retry").click();
    says(&browser, "There is a newer attempt");
    look(&browser, "retried");

    // The new attempt is processed like any other.
    let taken = queues.start("Invoices");
    assert_eq!(taken["Reference"], "INV-1");
    queues.succeed(&taken["Id"]);
    browser.open(&format!("{page}/overview"));
    look(&browser, "overview");
    browser.open(&page);
    let successful = browser.find(".filter-chips [href*='state=Successful']").text();
    assert_eq!(successful.replace(char::is_whitespace, ""), "Successful2");
}

#[test]
fn an_open_page_shows_what_others_do() {
    let server = Server::start();
    let Some(browser) = server.chromium() else { return };
    let queues = Queues::of(&server);
    let id = queues.queue("Letters");
    browser.sign_in();
    browser.complaints();
    browser.open(&format!("{}/{id}", list(&queues)));
    says(&browser, "No items in this queue");
    browser.wait("performance.getEntriesByType('resource').length > 0");
    queues.add(&json!({ "Name": "Letters", "Reference": "L-1" }));
    says(&browser, "L-1");
    // What comes right after is not told of, and seen all the same.
    server.clock.advance(2);
    queues.add(&json!({ "Name": "Letters", "Reference": "L-2" }));
    queues.add(&json!({ "Name": "Letters", "Reference": "L-3" }));
    says(&browser, "L-3");
    assert_eq!(browser.all("#items tbody tr").len(), 3);
    // A selection stays until it is used.
    browser.find("#items tbody [data-row]").click();
    server.clock.advance(2);
    queues.add(&json!({ "Name": "Letters", "Reference": "L-4" }));
    browser.wait("document.querySelector('#live-items').dataset.soon");
    assert_eq!(browser.all("#items tbody [data-row]:checked").len(), 1);
    browser.find_text("#items .bulk button", "Clear").click();
    browser.run("document.activeElement.blur()", &[]);
    says(&browser, "L-4");
    let complaints = browser.complaints();
    assert!(complaints.is_empty(), "{complaints:?}");
}
