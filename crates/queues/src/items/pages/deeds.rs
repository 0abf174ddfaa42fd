//! What is done to selected items: delete, review, retry, make somebody responsible.

use access::Access;
use context::{Error, Kind};
use http::Method;
use maud::{Markup, html};
use ui::field::{self, Choice};
use ui::{Form, Tone, callout};
use web::{Folder, Operation, Request, Response, page};

use super::add::queue;
use crate::console::{ACTIVE, csrf, queue_path, with_query};
use crate::items::api::change_by;
use crate::items::change::{self, Deed};
use crate::items::input::Versioned;
use crate::items::model::ReviewStatus;
use crate::items::reviewers;
use crate::state::Queues;

const DELETE: &str = "/{org}/tenants/{tenant}/folders/{folder}/queues/{id}/items/delete";
const DELETE_ONE: &str = "/{org}/tenants/{tenant}/folders/{folder}/queues/{id}/items/{item}/delete";
const REVIEW: &str = "/{org}/tenants/{tenant}/folders/{folder}/queues/{id}/items/review";
const REVIEWER: &str = "/{org}/tenants/{tenant}/folders/{folder}/queues/{id}/items/reviewer";
const ASSIGN: &str = "/{org}/tenants/{tenant}/folders/{folder}/queues/{id}/items/assign";

pub fn operations() -> Vec<Operation> {
    let form = |path, id, permission: &str, summary| {
        Operation::page(Method::POST, path, id)
            .permission(permission)
            .folder(Folder::Required)
            .summary(summary)
            .takes_form()
    };
    let (delete, edit) = (
        "Queues.View and Transactions.Delete",
        "Queues.View and Transactions.Edit",
    );
    vec![
        form(
            DELETE,
            "Console_DeleteQueueItems",
            delete,
            "Deletes the selected items.",
        )
        .handler(delete_selected),
        form(DELETE_ONE, "Console_DeleteQueueItem", delete, "Deletes an item.").handler(delete_one),
        form(
            REVIEW,
            "Console_ReviewQueueItems",
            edit,
            "Sets the review status of the selected items.",
        )
        .handler(review),
        form(
            REVIEWER,
            "Console_ChooseReviewer",
            edit,
            "The form that makes somebody responsible for the selected items.",
        )
        .handler(choose),
        form(
            ASSIGN,
            "Console_AssignReviewer",
            edit,
            "Makes somebody responsible for the selected items, or nobody.",
        )
        .handler(assign),
    ]
}

/// The selected items, each as its id, a point and its version.
fn selected(form: &[(String, String)]) -> Vec<Versioned> {
    page::fields(form, "id")
        .into_iter()
        .filter_map(|text| {
            let (id, version) = text.split_once('.').unwrap_or((text, ""));
            Some(Versioned {
                id: id.parse().ok()?,
                row_version: Some(version.to_owned()),
            })
        })
        .collect()
}

async fn delete_selected(request: Request) -> Result<Response, Error> {
    let items = selected(&request.form());
    act(&request, Deed::Delete, items, "deleted").await
}

async fn delete_one(request: Request) -> Result<Response, Error> {
    let item = Versioned {
        id: request.integer("item")?,
        row_version: None,
    };
    act(&request, Deed::Delete, vec![item], "deleted").await
}

async fn review(request: Request) -> Result<Response, Error> {
    let form = request.form();
    let status: ReviewStatus = page::field(&form, "status")
        .parse()
        .map_err(|_| Error::field("status", "Choose a review status."))?;
    let done = match status {
        ReviewStatus::None => "set back",
        ReviewStatus::InReview => "set in review",
        ReviewStatus::Verified => "verified",
        ReviewStatus::Retried => "given another attempt",
    };
    act(&request, Deed::Review(status), selected(&form), done).await
}

/// Does a deed to items, and tells at the place it was started from what came of it.
async fn act(request: &Request, deed: Deed, items: Vec<Versioned>, done: &str) -> Result<Response, Error> {
    let tenant = request.tenant()?.id;
    let total = items.len();
    let (change, shared) = (change_by(request).await?, request.state::<Queues>()?.shared.clone());
    let work = request
        .store()
        .write_locking(move |tx| change::bulk(&mut tx.tenant(tenant), &shared, &change, deed, &items));
    let failed = work.await?;
    let message = match (failed.first(), total) {
        (_, 0) => "No item was selected.".to_owned(),
        (None, 1) => format!("The item was {done}."),
        (None, _) => format!("{total} items were {done}."),
        (Some((_, error)), 1) => error.message.clone(),
        (Some((id, error)), _) => {
            let changed = total - failed.len();
            format!("{changed} of {total} items were {done}. Item {id}: {}", error.message)
        }
    };
    page::done(&back(request)?, &message)
}

/// The list as it was, or the page of the item that the deed was started from.
fn back(request: &Request) -> Result<String, Error> {
    let path = queue_path(request, request.integer("id")?)?;
    Ok(match request.parse::<i64>("from")? {
        Some(item) => format!("{path}/items/{item}"),
        None => with_query(request, &path),
    })
}

async fn choose(request: Request) -> Result<Response, Error> {
    let form = request.form();
    show(&request, &page::fields(&form, "id"), None).await
}

async fn assign(request: Request) -> Result<Response, Error> {
    let form = request.form();
    let items = selected(&form);
    let user = match page::field(&form, "reviewer") {
        "" => None,
        id => Some(
            id.parse()
                .map_err(|_| Error::field("reviewer", "Choose a reviewer, or nobody."))?,
        ),
    };
    if let Some(user) = user {
        let (tenant, folder) = (request.tenant()?.clone(), request.folder()?.id);
        let tree = request.state::<Access>()?.tree(tenant.id).await?;
        let checked = request
            .store()
            .read(move |tx| reviewers::check(tx, &tenant, &tree, folder, user))
            .await;
        match checked {
            Err(error) if error.kind == Kind::Invalid => {
                return show(&request, &page::fields(&form, "id"), Some(&error)).await;
            }
            other => other?,
        }
    }
    let done = if user.is_some() {
        "assigned"
    } else {
        "taken from their reviewer"
    };
    act(&request, Deed::Assign(user), items, done).await
}

/// The form that makes somebody responsible.
async fn show(request: &Request, ids: &[&str], error: Option<&Error>) -> Result<Response, Error> {
    let queue = queue(request).await?;
    let (tenant, folder) = (request.tenant()?.clone(), request.folder()?.id);
    let tree = request.state::<Access>()?.tree(tenant.id).await?;
    let users = request
        .store()
        .read(move |tx| reviewers::of_folder(tx, &tenant, &tree, folder))
        .await?;
    let mut choices = vec![Choice::new("", "Nobody")];
    choices.extend(
        users
            .iter()
            .map(|user| Choice::new(&user.id.to_string(), &user.user_name)),
    );
    let path = queue_path(request, request.integer("id")?)?;
    let mut form = Form::new(csrf(request), &with_query(request, &format!("{path}/items/assign")))
        .submit("Assign")
        .cancel(&back(request)?);
    if let Some(error) = error {
        form = form.error("reviewer", &error.message);
    }
    let name = queue["Name"].as_str().unwrap_or_default();
    let content: Markup = html! {
        (ui::page_header("Assign reviewer", &format!("Who looks into {} item(s) of queue {name}.", ids.len()), html! {}))
        (callout(Tone::Info, html! { "Only failed and abandoned items have a reviewer; others that were selected stay as they are." }))
        (form.render(html! {
            @for id in ids { (field::hidden("id", id)) }
            (field::select("reviewer", "Reviewer", choices).hint("People who may edit items of this folder."))
        }))
    };
    let status = if error.is_some() { 400 } else { 200 };
    page::render_with(request, status, "Assign reviewer", ACTIVE, content).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selected_item_carries_the_version_that_was_seen() {
        let form: Vec<(String, String)> = [("id", "7.AAAAAAAAAAE="), ("id", "x.y"), ("other", "8.z"), ("id", "9")]
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let found: Vec<(i64, Option<String>)> = selected(&form)
            .into_iter()
            .map(|item| (item.id, item.row_version))
            .collect();
        assert_eq!(found, [(7, Some("AAAAAAAAAAE=".to_owned())), (9, Some(String::new()))]);
    }
}
