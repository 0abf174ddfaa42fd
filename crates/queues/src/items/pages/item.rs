//! One item: what it is, what it carries, what happened to it, and what people say about it.

use std::collections::HashMap;

use access::users::model::TenantUser;
use access::users::robots;
use context::Error;
use http::Method;
use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;
use store::{Entity as _, Scoped, Tenant};
use ui::{Confirm, Form, TimelineEntry, Tone, button, field, link_button, muted};
use web::{Folder, Operation, Request, Response, page};

use super::content::pretty;
use super::list::{question, title, versioned};
use crate::console::{
    self, ACTIVE, ItemRights, csrf, exception_name, moment, priority_chip, queue_path, review_chip, state_chip,
    state_name, state_tone,
};
use crate::items::api::view;
use crate::items::model::{
    EventAction, FolderItem, Item, ItemComment, ItemEvent, ProcessingException, ReviewStatus, Status,
};
use crate::items::no_such_item;
use crate::items::notes;
use crate::items::read::{self, View};
use crate::items::wire::Content;

/// Attempts, events and comments that are shown at most, each.
const MOST: i64 = 200;

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::page(
            Method::GET,
            "/{org}/tenants/{tenant}/folders/{folder}/queues/{id}/items/{item}",
            "Console_QueueItem",
        )
        .permission("Queues.View and Transactions.View")
        .folder(Folder::Required)
        .summary("One item of a queue.")
        .handler(handle),
    ]
}

/// What the page shows.
struct Found {
    item: FolderItem,
    progress: Option<String>,
    content: Content,
    attempts: Vec<FolderItem>,
    events: Vec<Value>,
    comments: Vec<ItemComment>,
    people: HashMap<i64, String>,
    /// Name of the robot that took it.
    robot: Option<String>,
}

async fn handle(request: Request) -> Result<Response, Error> {
    let (tenant, queue, id) = (request.tenant()?.id, request.integer("id")?, request.integer("item")?);
    let (view, now) = (view(&request).await?, request.ctx.now);
    let work = request
        .store()
        .read(move |tx| find(&mut tx.tenant(tenant), &view, queue, id, now));
    let found = work.await?;
    let content = render(&request, &found)?;
    page::render(&request, &title(&found.item), ACTIVE, content).await
}

fn find(scope: &mut Scoped<'_, Tenant>, view: &View, queue: i64, id: i64, now: Timestamp) -> Result<Found, Error> {
    let item = read::row(scope, view, id)?;
    if item.queue_id != queue {
        return Err(no_such_item());
    }
    let newest = [("$orderby", "Id desc".to_owned()), ("$top", MOST.to_string())];
    let query = console::query(&newest, ItemEvent::model(), now)?;
    let people: Vec<i64> = [item.reviewer_id, item.created_by].into_iter().flatten().collect();
    let people = scope.get_many::<TenantUser>(&people)?;
    let attempts = read::attempts(scope, &item, MOST)?;
    let robot = robots::by_ids(scope, item.robot_id.as_slice())?.pop();
    Ok(Found {
        progress: read::progress(view, &item)?,
        content: read::content(scope, view, &item)?,
        events: notes::of_chain::<ItemEvent>(scope, view, id, &query)?.items,
        comments: notes::comments(scope, &attempts, MOST)?,
        attempts,
        people: people.into_iter().map(|user| (user.id, user.user_name)).collect(),
        robot: robot.map(|robot| robot.name),
        item,
    })
}

fn render(request: &Request, found: &Found) -> Result<Markup, Error> {
    let item = &found.item;
    let rights = ItemRights::of(request)?;
    let queue = queue_path(request, item.queue_id)?;
    let path = format!("{queue}/items/{}", item.id);
    let csrf = csrf(request);
    let newest = found.attempts.first().filter(|newest| newest.id != item.id);
    Ok(html! {
        (ui::page_header(&title(item), "", html! { (link_button("All items", &queue).icon("left")) (actions(item, &queue, &path, csrf, rights)) }))
        (ui::stack(html! {
        @if let Some(newest) = newest {
            (ui::callout(Tone::Info, html! { "There is a newer attempt: " a href={ (queue) "/items/" (newest.id) } { "item " (newest.id) } ", " (state_name(newest.status).to_lowercase()) "." }))
        }
        @if item.exception_type.is_some() { (ui::card("Exception", html! {}, exception(item, found.content.exception.as_ref()))) }
        @if rights.edit && matches!(item.status, Status::Failed | Status::Abandoned) && item.review_status != ReviewStatus::Retried {
            (ui::card("Review", html! {}, review(item, &queue, csrf)))
        }
        (ui::card("Details", html! {}, details(found)))
        (ui::card("Data", html! {}, data(&found.content)))
        @if found.attempts.len() > 1 { (ui::card("Attempts", html! {}, attempts(found, &queue))) }
        div id="comments" { (ui::card("Comments", html! {}, comments(request, found, &path, csrf, rights))) }
        (ui::card("History", html! {}, history(found)))
        }))
        (ui::api_hint("GET", &format!("/odata/QueueItems({})", item.id)))
        (console::api_folder(request)?)
    })
}

fn actions(item: &FolderItem, queue: &str, path: &str, csrf: &str, rights: ItemRights) -> Markup {
    let erasable = matches!(item.status, Status::Successful | Status::Retried | Status::Deleted);
    let deletable = !matches!(item.status, Status::InProgress | Status::Deleted);
    let erase = Confirm::new(
        "Erase the content of this item?",
        "The item stays, without what it was to be processed with. This cannot be undone.",
        "Erase",
    );
    html! {
        @if rights.rewrite && item.status == Status::New { (link_button("Edit", &format!("{path}/edit")).icon("edit")) }
        @if rights.rewrite && erasable {
            (ui::form(csrf, &format!("{path}/erase"), html! {
                (field::hidden("version", &Item::row_version(item.version)))
                (button("Erase content").confirm(erase))
            }))
        }
        @if rights.delete && deletable {
            (ui::form(csrf, &format!("{queue}/items/delete"), html! {
                (field::hidden("id", &versioned(item)))
                (button("Delete").danger().icon("trash").confirm(question(&title(item))))
            }))
        }
    }
}

fn exception(item: &FolderItem, told: Option<&ProcessingException>) -> Markup {
    let text = |text: Option<&String>| match text {
        Some(text) if !text.is_empty() => html! { p.long-text { (text) } },
        _ => muted("–"),
    };
    let details = told
        .and_then(|told| told.details.as_ref())
        .filter(|text| !text.is_empty());
    let image = told.and_then(|told| told.associated_image_file_path.as_ref());
    let mut lines = vec![
        (
            "Type",
            html! { @if let Some(of) = item.exception_type { (exception_name(of)) } },
        ),
        ("Reason", text(told.and_then(|told| told.reason.as_ref()))),
    ];
    if image.is_some() {
        lines.push(("Screenshot", text(image)));
    }
    if let Some(told) = told {
        lines.push(("Raised", ui::time(&told.creation_time.to_string())));
    }
    html! {
        (ui::definitions(&lines))
        @if let Some(details) = details { details { summary { "Details" } (ui::snippet(details)) } }
    }
}

/// What people can do about a failure.
fn review(item: &FolderItem, queue: &str, csrf: &str) -> Markup {
    let here = format!("?from={}", item.id);
    let mark = |label: &str, status: ReviewStatus| button(label).name("status", &status.to_string());
    let buttons = [
        ("Set in review", ReviewStatus::InReview),
        ("Verify", ReviewStatus::Verified),
        ("Reset review", ReviewStatus::None),
    ];
    html! {
        p { (review_chip(item.review_status)) }
        (ui::form(csrf, &format!("{queue}/items/review{here}"), html! {
            (field::hidden("id", &versioned(item)))
            div.form-actions {
                @if item.review_status != ReviewStatus::Verified { (mark("Retry", ReviewStatus::Retried).primary().icon("refresh")) }
                @for (label, status) in buttons { @if status != item.review_status { (mark(label, status)) } }
                (button("Assign reviewer").icon("user").action(&format!("{queue}/items/reviewer{here}")))
            }
        }))
    }
}

fn details(found: &Found) -> Markup {
    let item = &found.item;
    let name = |id: Option<i64>| {
        let id = id?;
        let name = found.people.get(&id).cloned();
        Some(html! { (name.unwrap_or_else(|| format!("User {id}"))) })
    };
    let text = |text: Option<&String>| text.filter(|text| !text.is_empty()).map(|text| html! { (text) });
    let key = |key: Option<uuid::Uuid>| key.map(|key| ui::copyable(&key.to_string()));
    let at = |at: Option<Timestamp>| at.map(|at| moment(Some(at)));
    let micros = item
        .started_at
        .zip(item.ended_at)
        .map(|(started, ended)| ended.as_microsecond() - started.as_microsecond());
    let seconds = |seconds: i32| (seconds > 0).then(|| html! { (console::duration(i64::from(seconds) * 1_000_000)) });
    let number = |number: i32| (number > 0).then(|| html! { (number) });
    let lines = [
        ("Status", Some(state_chip(item.status))),
        (
            "Review",
            (item.review_status != ReviewStatus::None).then(|| review_chip(item.review_status)),
        ),
        ("Reviewer", name(item.reviewer_id)),
        ("Priority", Some(priority_chip(item.priority))),
        ("Reference", text(item.reference.as_ref())),
        ("Progress", text(found.progress.as_ref())),
        ("Deadline", at(item.due_at)),
        ("At risk from", at(item.risk_at)),
        ("Postponed to", at(item.defer_at)),
        ("Added", Some(moment(Some(item.created_at)))),
        ("Added by", name(item.created_by)),
        ("Source", text(item.source.as_ref())),
        ("Started", at(item.started_at)),
        ("Ended", at(item.ended_at)),
        ("Duration", micros.map(|micros| html! { (console::duration(micros)) })),
        ("In earlier attempts", seconds(item.seconds_before)),
        ("Automatic retry", number(item.retry_number)),
        ("Manual retry", number(item.manual_retry_number)),
        ("Encrypted", item.encrypted.then(|| html! { "Yes" })),
        ("Robot", text(found.robot.as_ref())),
        ("Creator job", key(item.creator_job)),
        ("Executor job", key(item.executor_job)),
        ("Parent operation", text(item.parent_operation.as_ref())),
        ("Operation", text(item.operation.as_ref())),
        ("Id", Some(html! { (item.id) })),
        ("Key", key(Some(item.key))),
        (
            "Key of the attempt",
            key(Some(item.unique_key).filter(|unique| *unique != item.key)),
        ),
    ];
    let lines: Vec<(&str, Markup)> = lines
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
    ui::definitions(&lines)
}

fn data(content: &Content) -> Markup {
    let shown = |text: Option<&String>| -> Option<Markup> {
        let members = serde_json::from_str::<serde_json::Map<String, Value>>(text?);
        let text = members.map_or_else(|_| text.cloned().unwrap_or_default(), |members| pretty(&members));
        Some(ui::snippet(&text))
    };
    let parts = [
        ("Specific data", shown(content.specific.as_ref())),
        ("Output", shown(content.output.as_ref())),
        ("Analytics", shown(content.analytics.as_ref())),
    ];
    let panels: Vec<(&str, Markup)> = parts
        .into_iter()
        .filter_map(|(title, part)| Some((title, part?)))
        .collect();
    ui::tabs("data", &panels)
}

fn attempts(found: &Found, queue: &str) -> Markup {
    html! {
        div.grid { div.table-box tabindex="0" role="region" aria-label="Attempts" {
            table.table role="table" {
                thead { tr { th scope="col" { "Item" } th scope="col" { "Status" } th scope="col" { "Added" } th scope="col" { "Started" } th scope="col" { "Ended" } } }
                tbody {
                    @for attempt in &found.attempts {
                        tr role="row" {
                            td.lead-cell role="cell" data-label="Item" {
                                @if attempt.id == found.item.id { b { (attempt.id) } " (this one)" }
                                @else { a.row-link href={ (queue) "/items/" (attempt.id) } { (attempt.id) } }
                            }
                            td role="cell" data-label="Status" { (state_chip(attempt.status)) }
                            td role="cell" data-label="Added" { (moment(Some(attempt.created_at))) }
                            td role="cell" data-label="Started" { (moment(attempt.started_at)) }
                            td role="cell" data-label="Ended" { (moment(attempt.ended_at)) }
                        }
                    }
                }
            }
        } }
    }
}

fn comments(request: &Request, found: &Found, path: &str, csrf: &str, rights: ItemRights) -> Markup {
    let me = request.ctx.caller.principal_id();
    let area = |name: &str, label: &str, text: &str| field::textarea(name, label, 2).value(text).max(512).wide();
    html! {
        @if found.comments.is_empty() { p.muted { "Nobody has commented on this item." } }
        @for comment in &found.comments {
            @let own = Some(comment.author) == me;
            @let at = format!("{path}/comments/{}", comment.id);
            article.comment {
                p.muted { b { (comment.user_name) } " · " (ui::time(&comment.created_at.to_string()))
                    @if comment.item_id != found.item.id { " · on attempt " (comment.item_id) } }
                p.long-text { (comment.text) }
                @if rights.edit && (own || rights.delete) {
                    div.comment-actions {
                        @if own {
                            details { summary { "Edit" }
                                (Form::new(csrf, &at).submit("Save").render(html! { (area(&format!("text-{}", comment.id), "Comment", &comment.text)) }))
                            }
                        }
                        (ui::form(csrf, &format!("{at}/delete"), html! {
                            (button("Delete").small().quiet().confirm(Confirm::new("Delete this comment?", "This cannot be undone.", "Delete")))
                        }))
                    }
                }
            }
        }
        @if rights.edit {
            (Form::new(csrf, &format!("{path}/comments")).submit("Add comment").render(html! { (area("text", "New comment", "")) }))
        }
    }
}

fn history(found: &Found) -> Markup {
    let entries: Vec<TimelineEntry> = found.events.iter().map(|event| entry(event, &found.item)).collect();
    html! {
        @if entries.is_empty() { p.muted { "Nothing was written down about this item." } }
        (ui::timeline(&entries))
    }
}

fn entry(event: &Value, item: &FolderItem) -> TimelineEntry {
    let text = |member: &str| event[member].as_str().unwrap_or_default();
    let status: Status = text("Status").parse().unwrap_or(Status::New);
    let action: EventAction = text("Action").parse().unwrap_or(EventAction::Edit);
    let attempt = event["QueueItemId"].as_i64().unwrap_or_default();
    let title = match action {
        EventAction::Create => "Added",
        EventAction::Edit => "Edited",
        EventAction::Delete => "Deleted",
        EventAction::Status => state_name(status),
        EventAction::Retry => "Given another attempt",
    };
    let review: ReviewStatus = text("ReviewStatus").parse().unwrap_or(ReviewStatus::None);
    let tone = if action == EventAction::Status {
        state_tone(status)
    } else {
        Tone::Neutral
    };
    let mut details = Vec::new();
    match (text("UserName"), text("ExternalClientId")) {
        ("", "") => {}
        ("", application) => details.push(format!("application {application}")),
        (user, _) => details.push(user.to_owned()),
    }
    if attempt != item.id {
        details.push(format!("attempt {attempt}"));
    }
    if !text("ReviewerUserName").is_empty() {
        details.push(format!("reviewer {}", text("ReviewerUserName")));
    }
    TimelineEntry {
        time: text("Timestamp").to_owned(),
        title: html! {
            b { (title) }
            @if action == EventAction::Edit && review != ReviewStatus::None { " " (review_chip(review)) }
            @if !text("Data").is_empty() { p.muted.long-text { (context::shortened(text("Data"), 300)) } }
        },
        detail: details.join(" · "),
        tone,
    }
}
