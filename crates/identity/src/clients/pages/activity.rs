//! What an application does, and the scopes it does not use.
//! `GET /console/{org}/admin/external-apps/{client}/activity?days=30`, `POST …/activity/remove`

use context::Error;
use http::Method;
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use ui::{Confirm, Form, Grid, GridQuery, Row, Slice, Tone, chip, field};
use web::{Operation, Request, Response, page};

use super::header::{Tab, header};
use super::{ACTIVE, application_path, load};
use crate::Identity;
use crate::clients::{Client, ScopeRef, ScopeUse, UsageReport};
use crate::console::csrf;
use crate::scopes::Kind;

/// Spans to look back over, in days.
const SPANS: [i64; 2] = [30, 90];

pub fn operations() -> [Operation; 2] {
    [
        Operation::page(
            Method::GET,
            "/{org}/admin/external-apps/{client}/activity",
            "ExternalAppPages_Activity",
        )
        .administrator()
        .parameters(&["days"])
        .handler(show),
        Operation::page(
            Method::POST,
            "/{org}/admin/external-apps/{client}/activity/remove",
            "ExternalAppPages_RemoveUnusedScopes",
        )
        .administrator()
        .takes_form()
        .handler(remove),
    ]
}

async fn show(cx: Request) -> Result<Response, Error> {
    let client = load(&cx).await?.client;
    let days = cx
        .parse::<i64>("days")?
        .filter(|days| SPANS.contains(days))
        .unwrap_or(SPANS[0]);
    let report = cx
        .state::<Identity>()?
        .application_usage(cx.organization()?, client.id, days)
        .await?;
    let now = cx.ctx.now;
    let path = format!("{}/activity", application_path(&cx, client.id)?);
    let in_span: i64 = report.per_day.iter().map(|(_, tokens)| tokens).sum();
    let content = html! {
        (header(&cx, &client, Tab::Activity)?)
        (spans(&path, days))
        (ui::tiles(html! {
            (ui::stat("Last used", "", report.last_used_at.map_or_else(|| ui::muted("never"), |at| ui::time(&at.to_string()))))
            (ui::stat(&format!("Tokens in {days} days"), &in_span.to_string(), html! {}))
            (ui::stat("Tokens ever", &report.tokens.to_string(), html! {}))
        }))
        (unused(&client, &report, now, &path, csrf(&cx)?))
        (ui::card("Tokens issued", html! {}, chart(&report)))
        (ui::section("Registered scopes", table(&report, &path)))
    };
    page::render(&cx, &client.name, ACTIVE, content).await
}

fn spans(path: &str, days: i64) -> Markup {
    html! {
        p.muted {
            "Looking back "
            @for (index, span) in SPANS.into_iter().enumerate() {
                @if index > 0 { " · " }
                @if span == days { b aria-current="true" { (span) " days" } } @else { a href={ (path) "?days=" (span) } { (span) " days" } }
            }
        }
    }
}

fn chart(report: &UsageReport) -> Markup {
    let label = |day: i64| {
        let at = Timestamp::from_second(day * 86_400).unwrap_or_default();
        at.strftime("%-d %b").to_string()
    };
    let slices: Vec<Slice> = report
        .per_day
        .iter()
        .map(|(day, tokens)| Slice::new(&label(*day), *tokens as f64))
        .collect();
    ui::bars("Access tokens per day (UTC)", &slices)
}

fn table(report: &UsageReport, path: &str) -> Markup {
    let row = |ScopeUse { scope, last_used_at }: &ScopeUse| {
        Row::new(&scope.name, &scope.name)
            .cell(html! { code { (scope.name) } })
            .cell(if scope.kind == Kind::User {
                "User"
            } else {
                "Application"
            })
            .cell(last_used_at.map_or_else(|| ui::muted("never"), |at| ui::time(&at.to_string())))
    };
    let none = "With OR.Default the application may do what its roles allow.";
    Grid::new("scope-use", "Registered scopes", &GridQuery::parse(path, ""))
        .column("Scope")
        .column("Type")
        .column("Last used")
        .rows(report.scopes.iter().map(row))
        .empty(ui::empty_state("key", "No scopes are registered", none, html! {}))
        .render()
}

/// Scopes that opened nothing in the span, with the button that takes them away.
fn unused(client: &Client, report: &UsageReport, now: Timestamp, path: &str, csrf: &str) -> Markup {
    let unused = report.unused(now);
    let title = format!("Not used for {} days", report.days);
    if unused.is_empty() {
        let text = if report.scopes.is_empty() {
            "No scopes are registered."
        } else {
            "Every registered scope was used."
        };
        return ui::card(
            &title,
            html! { (chip("Nothing to do", Tone::Success)) },
            html! { p { (text) } },
        );
    }
    let since = now
        .saturating_sub(SignedDuration::from_hours(24 * report.days))
        .unwrap_or(Timestamp::MIN);
    let count = unused.len();
    let (noun, them) = if count == 1 {
        ("scope", "it")
    } else {
        ("scopes", "them")
    };
    let button = format!("Remove {count} unused {noun}");
    let confirm = Confirm::new(
        &format!("Remove {count} {noun} from “{}”?", client.name),
        "New tokens do not carry them. Tokens that were issued before keep them until they expire.",
        "Remove",
    );
    let form = Form::new(csrf, &format!("{path}/remove"))
        .unguarded()
        .submit(&button)
        .danger()
        .confirm(confirm);
    ui::card(
        &title,
        html! { (chip(&format!("{count} unused"), Tone::Warning)) },
        html! {
            p { "These " (noun) " opened nothing in the last " (report.days) " days. Without " (them) ", a lost secret does less harm." }
            @if client.created_at > since {
                (ui::callout(Tone::Info, html! { "The application is younger than that: registered " (ui::time(&client.created_at.to_string())) "." }))
            }
            (form.render(html! {
                (field::hidden("days", &report.days.to_string()))
                ul {
                    @for scope in &unused {
                        li { code { (scope.name) } " " span.muted { (scope.kind.name()) " scope" } (field::hidden("scope", &format!("{}:{}", scope.kind.name(), scope.name))) }
                    }
                }
            }))
        },
    )
}

async fn remove(cx: Request) -> Result<Response, Error> {
    let (organization, id) = (cx.organization()?, cx.guid("client")?);
    let form = cx.form();
    let scopes: Vec<ScopeRef> = page::fields(&form, "scope").into_iter().filter_map(scope).collect();
    let count = scopes.len();
    cx.state::<Identity>()?
        .remove_scopes(&cx.ctx, organization, id, scopes)
        .await?;
    let days = if page::field(&form, "days") == "90" { 90 } else { 30 };
    let path = format!("{}/activity?days={days}", application_path(&cx, id)?);
    let noun = if count == 1 { "scope was" } else { "scopes were" };
    page::done(&path, &format!("{count} {noun} removed."))
}

/// `application:OR.Assets`
fn scope(text: &str) -> Option<ScopeRef> {
    match text.split_once(':')? {
        ("user", name) => Some(ScopeRef::user(name)),
        ("application", name) => Some(ScopeRef::application(name)),
        _ => None,
    }
}
