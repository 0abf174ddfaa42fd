//! The form of a new or existing queue.

use context::Error;
use http::Method;
use maud::{Markup, html};
use store::Entity as _;
use ui::Form;
use ui::field::{self, Choice};
use web::{Folder, Operation, Request, Response, page};

use super::entry::{CONTROLS, Entry};
use super::head::{self, Tab};
use super::list::seen;
use crate::console::{self, ACTIVE, can_be_mended, csrf, list_path, queue_path, status_of};
use crate::definitions::input::{LONGEST_DESCRIPTION, LONGEST_NAME, LONGEST_SLA_MINUTES, MOST_RETRIES};
use crate::definitions::model::FolderQueue;
use crate::definitions::{read, service};

const NEW: &str = "/{org}/tenants/{tenant}/folders/{folder}/queues/new";
const ONE: &str = "/{org}/tenants/{tenant}/folders/{folder}/queues/{id}/edit";
/// Room for three of the longest schemas, each character as three escaped bytes of a percent sign and two digits.
const LARGEST_FORM: usize = 8 << 20;

pub fn operations() -> Vec<Operation> {
    let page = |method, path, id, permission, summary| {
        Operation::page(method, path, id)
            .permission(permission)
            .folder(Folder::Required)
            .summary(summary)
    };
    let form = |path, id, permission, summary| {
        page(Method::POST, path, id, permission, summary)
            .takes_form()
            .body_limit(LARGEST_FORM)
    };
    vec![
        page(
            Method::GET,
            NEW,
            "Console_NewQueue",
            "Queues.Create",
            "The form for a new queue.",
        )
        .handler(show_new),
        form(NEW, "Console_CreateQueue", "Queues.Create", "Makes a queue.").handler(create),
        page(
            Method::GET,
            ONE,
            "Console_QueueSettings",
            "Queues.Edit",
            "The settings of a queue.",
        )
        .handler(show),
        form(
            ONE,
            "Console_SaveQueue",
            "Queues.Edit",
            "Changes the settings of a queue.",
        )
        .handler(save),
    ]
}

async fn show_new(request: Request) -> Result<Response, Error> {
    render(&request, None, &Entry::empty(), None).await
}

async fn show(request: Request) -> Result<Response, Error> {
    let (tenant, id) = (request.tenant()?.id, request.integer("id")?);
    let (seen, query) = (
        seen(&request)?,
        console::query(&[], FolderQueue::model(), request.ctx.now)?,
    );
    let queue = request
        .store()
        .read(move |tx| read::by_id(&mut tx.tenant(tenant), &seen, id, &query))
        .await?;
    render(&request, Some(id), &Entry::of_queue(&queue), None).await
}

async fn create(request: Request) -> Result<Response, Error> {
    let entry = Entry::posted(&request.form());
    let outcome = write(&request, None, &entry).await;
    finish(&request, None, &entry, outcome).await
}

async fn save(request: Request) -> Result<Response, Error> {
    let entry = Entry::posted(&request.form());
    let id = request.integer("id")?;
    let outcome = write(&request, Some(id), &entry).await;
    finish(&request, Some(id), &entry, outcome).await
}

async fn write(request: &Request, id: Option<i64>, entry: &Entry) -> Result<i64, Error> {
    let draft = entry.to_input(id.is_none())?.check()?;
    let (tenant, folder, ctx) = (request.tenant()?.id, request.folder()?.id, request.ctx.clone());
    let written = request.store().write(move |tx| {
        let mut scope = tx.tenant(tenant);
        match id {
            Some(id) => service::replace(&mut scope, &ctx, folder, id, &draft).map(|()| id),
            None => service::create(&mut scope, &ctx, folder, &draft),
        }
    });
    written.await
}

/// Goes to the queue, or shows the form again with what is wrong.
async fn finish(
    request: &Request,
    id: Option<i64>,
    entry: &Entry,
    outcome: Result<i64, Error>,
) -> Result<Response, Error> {
    let done = if id.is_some() { "saved" } else { "added" };
    match outcome {
        Ok(id) => page::done(
            &queue_path(request, id)?,
            &format!("Queue “{}” was {done}.", entry.name),
        ),
        Err(error) if can_be_mended(&error) => render(request, id, entry, Some(&error)).await,
        Err(error) => Err(error),
    }
}

async fn render(request: &Request, id: Option<i64>, entry: &Entry, error: Option<&Error>) -> Result<Response, Error> {
    let errors = console::errors(error, &CONTROLS);
    let mut entry = entry.clone();
    let head = match id {
        None => ui::page_header("Add queue", "", html! {}),
        Some(id) => {
            let (tenant, seen, now) = (request.tenant()?.id, seen(request)?, request.ctx.now);
            let queue = request
                .store()
                .read(move |tx| head::queue(&mut tx.tenant(tenant), &seen, id, now))
                .await?;
            // What cannot change is not in the form that was posted.
            entry.unique = queue["EnforceUniqueReference"] == true;
            entry.encrypted = queue["Encrypted"] == true;
            head::render(request, &queue, Tab::Settings)?
        }
    };
    let base = list_path(request)?;
    let content = html! { (head) (form(csrf(request), &base, id, &entry, &errors)) };
    let title = if id.is_some() { entry.name.as_str() } else { "Add queue" };
    page::render_with(request, status_of(error), title, ACTIVE, content).await
}

fn form(csrf: &str, base: &str, id: Option<i64>, entry: &Entry, errors: &[(String, String)]) -> Markup {
    let (action, cancel, submit) = match id {
        None => (format!("{base}/new"), base.to_owned(), "Create"),
        Some(id) => (format!("{base}/{id}/edit"), format!("{base}/{id}"), "Save"),
    };
    let form = Form::new(csrf, &action).errors(errors).submit(submit).cancel(&cancel);
    form.render(html! {
        (field::hidden("release", &entry.release))
        (field::text("name", "Name").value(&entry.name).required().max(LONGEST_NAME).error_in(errors))
        (field::textarea("description", "Description", 2).value(&entry.description).max(LONGEST_DESCRIPTION).error_in(errors))
        (fixed(id.is_none(), entry))
        (retries(entry, errors))
        (schemas(entry, errors))
        (sla(entry, errors))
        (retention(entry, errors))
        (field::tokens("tags", "Tags").values(&entry.tags).hint("A label, or a property written as name=value.")
            .max(LONGEST_NAME.max(256) * 2 + 1).error_in(errors))
    })
}

/// What is chosen once.
fn fixed(is_new: bool, entry: &Entry) -> Markup {
    let later = |hint: &str| format!("{hint} Cannot be changed later.");
    html! {
        (field::toggle("unique", "Enforce unique references").on(entry.unique).disabled(!is_new)
            .hint(&later("Every item needs a reference that no other item of the queue has.")))
        (field::toggle("encrypted", "Store in encrypted format").on(entry.encrypted).disabled(!is_new)
            .hint(&later("Content, output and exceptions of items are sealed in the database, and cannot be searched.")))
    }
}

fn retries(entry: &Entry, errors: &[(String, String)]) -> Markup {
    ui::card(
        "Automatic retry",
        html! {},
        html! {
            (field::toggle("retry_failed", "Failed items").on(entry.retry_failed)
                .hint("An item that failed with an application exception gets another attempt."))
            (field::toggle("retry_abandoned", "Abandoned items").on(entry.retry_abandoned)
                .hint("An item that was in progress for more than a day gets another attempt."))
            (field::number("max_retries", "Max # of retries").value(&entry.max_retries).range(0, i64::from(MOST_RETRIES)).error_in(errors))
        },
    )
}

fn schemas(entry: &Entry, errors: &[(String, String)]) -> Markup {
    let area = |name: &str, label: &str, text: &str, hint: &str| {
        field::textarea(name, label, 4)
            .value(text)
            .hint(hint)
            .file(".json,application/json,application/schema+json")
            .wide()
            .error_in(errors)
    };
    let given = [&entry.specific, &entry.output, &entry.analytics];
    let open = given.iter().any(|text| !text.is_empty())
        || errors
            .iter()
            .any(|(control, _)| ["specific", "output", "analytics"].contains(&control.as_str()));
    html! {
        details open[open] {
            summary { "JSON schemas" }
            p.hint { "What items carry must meet the schema. Items that are there already are not checked again." }
            (area("specific", "Specific data", &entry.specific, "Items that do not meet it are refused."))
            (area("output", "Output data", &entry.output, "Transactions that end with other output fail with a business exception."))
            (area("analytics", "Analytics data", &entry.analytics, "As for output data."))
        }
    }
}

fn sla(entry: &Entry, errors: &[(String, String)]) -> Markup {
    let most = i64::from(LONGEST_SLA_MINUTES);
    ui::card(
        "SLA",
        html! {},
        html! {
            (field::number("sla", "SLA in minutes").value(&entry.sla).range(0, most).error_in(errors)
                .hint("Items without a deadline of their own are due so long after they were added; at most 129600, which is 90 days."))
            (field::number("risk", "Risk SLA in minutes").value(&entry.risk).range(0, most).error_in(errors)
                .hint("So long after they were added, items that are not done count as at risk."))
        },
    )
}

fn retention(entry: &Entry, errors: &[(String, String)]) -> Markup {
    let choices = || vec![Choice::new("Delete", "Delete"), Choice::new("None", "Keep")];
    let most = i64::from(access::retention::LONGEST_PERIOD);
    ui::card(
        "Retention",
        html! {},
        html! {
            (field::select("final_action", "Finished items", choices()).value(&entry.final_action).error_in(errors))
            (field::number("final_period", "Delete after days").value(&entry.final_period).range(1, most)
                .show_when("final_action", "Delete").error_in(errors))
            (field::select("stale_action", "New items that nobody takes", choices()).value(&entry.stale_action).error_in(errors))
            (field::number("stale_period", "Delete after days").value(&entry.stale_period).range(1, most)
                .show_when("stale_action", "Delete").error_in(errors))
        },
    )
}
