//! The form of a new or existing calendar, with its days as a file has them.

use access::console::{csrf, may, mendable};
use context::{Error, Kind};
use http::Method;
use maud::{Markup, html};
use ui::field::{self, Choice};
use ui::{Form, Tone, callout};
use web::page::field;
use web::{Operation, Request, Response, page};

use super::{ACTIVE, list_path};
use crate::calendars::days;
use crate::calendars::service::{self, CalendarInput, LONGEST_NAME};
use crate::zones;

const NEW: &str = "/{org}/tenants/{tenant}/calendars/new";
const ONE: &str = "/{org}/tenants/{tenant}/calendars/{id}";

/// What the form holds.
#[derive(Debug, Default)]
struct Entry {
    name: String,
    zone: String,
    days: String,
}

pub fn operations() -> Vec<Operation> {
    let page = |method, path, id, permission, summary| {
        Operation::page(method, path, id)
            .permission(permission)
            .summary(summary)
    };
    vec![
        page(
            Method::GET,
            NEW,
            "Console_NewCalendar",
            "Settings.Create",
            "The form for a new calendar.",
        )
        .handler(show_new),
        page(
            Method::POST,
            NEW,
            "Console_CreateCalendar",
            "Settings.Create",
            "Adds a calendar.",
        )
        .takes_form()
        .handler(create),
        page(Method::GET, ONE, "Console_Calendar", "Settings.View", "One calendar.").handler(show),
        page(
            Method::POST,
            ONE,
            "Console_SaveCalendar",
            "Settings.Edit",
            "Changes a calendar.",
        )
        .takes_form()
        .handler(save),
    ]
}

async fn show_new(request: Request) -> Result<Response, Error> {
    render(&request, None, &Entry::default(), None).await
}

async fn show(request: Request) -> Result<Response, Error> {
    let (tenant, id) = (request.tenant()?.id, request.integer("id")?);
    let entry = request
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant);
            let calendar = service::find(&mut scope, id)?;
            let days: Vec<String> = service::days_of(&mut scope, id)?
                .into_iter()
                .filter_map(|number| days::day(number).map(|day| day.to_string()))
                .collect();
            Ok::<_, Error>(Entry {
                name: calendar.name,
                zone: calendar.time_zone.unwrap_or_default(),
                days: days.join("\n"),
            })
        })
        .await?;
    render(&request, Some(id), &entry, None).await
}

async fn create(request: Request) -> Result<Response, Error> {
    let entry = posted(&request);
    let outcome = write(&request, None, &entry).await;
    finish(&request, None, &entry, outcome).await
}

async fn save(request: Request) -> Result<Response, Error> {
    let entry = posted(&request);
    let id = request.integer("id")?;
    let outcome = write(&request, Some(id), &entry).await;
    finish(&request, Some(id), &entry, outcome).await
}

fn posted(request: &Request) -> Entry {
    let form = request.form();
    Entry {
        name: field(&form, "name").to_owned(),
        zone: field(&form, "zone").to_owned(),
        days: field(&form, "days").replace("\r\n", "\n"),
    }
}

async fn write(request: &Request, id: Option<i64>, entry: &Entry) -> Result<(), Error> {
    let read = days::of_file(&entry.days).map_err(|reason| Error::field("ExcludedDates", reason))?;
    let input = CalendarInput {
        id,
        name: Some(entry.name.clone()),
        time_zone_id: Some(entry.zone.clone()),
        excluded_dates: Some(read.into_iter().filter_map(days::wire).collect()),
    };
    let draft = input.check()?;
    let (tenant, ctx) = (request.tenant()?.id, request.ctx.clone());
    let written = request.store().write(move |tx| {
        let mut scope = tx.tenant(tenant);
        match id {
            Some(id) => service::replace(&mut scope, &ctx, id, &draft),
            None => service::create(&mut scope, &ctx, &draft).map(|_| ()),
        }
    });
    written.await
}

async fn finish(
    request: &Request,
    id: Option<i64>,
    entry: &Entry,
    outcome: Result<(), Error>,
) -> Result<Response, Error> {
    match outcome {
        Ok(()) => page::done(&list_path(request)?, &format!("Calendar “{}” was saved.", entry.name)),
        Err(error) if matches!(error.kind, Kind::Invalid | Kind::Conflict) => {
            render(request, id, entry, Some(error)).await
        }
        Err(error) => Err(error),
    }
}

async fn render(request: &Request, id: Option<i64>, entry: &Entry, error: Option<Error>) -> Result<Response, Error> {
    let writable = id.is_none() || may(request, "Settings.Edit", None)?;
    let status = match error.as_ref().map(|error| error.kind) {
        None => 200,
        Some(Kind::Conflict) => 409,
        Some(_) => 400,
    };
    let errors: Vec<(String, String)> = match error {
        Some(error) if error.code == context::codes::NAME_ALREADY_USED => vec![("name".to_owned(), error.message)],
        Some(error) => mendable(error)?
            .into_iter()
            .map(|(member, message)| (control(&member).to_owned(), message))
            .collect(),
        None => Vec::new(),
    };
    let title = if id.is_some() {
        entry.name.as_str()
    } else {
        "Add calendar"
    };
    let content = html! {
        (ui::page_header(title, "Triggers that use it start nothing on these days.", html! {}))
        @if !writable { (callout(Tone::Info, html! { "You may look at this calendar but not change it." })) }
        (form(request, id, entry, &errors, writable)?)
    };
    page::render_with(request, status, title, ACTIVE, content).await
}

fn control(member: &str) -> &'static str {
    match member {
        "Name" => "name",
        "TimeZoneId" => "zone",
        member if member.starts_with("ExcludedDates") => "days",
        _ => "",
    }
}

fn form(
    request: &Request,
    id: Option<i64>,
    entry: &Entry,
    errors: &[(String, String)],
    writable: bool,
) -> Result<Markup, Error> {
    let base = list_path(request)?;
    let action = id.map_or_else(|| format!("{base}/new"), |id| format!("{base}/{id}"));
    let mut form = Form::new(csrf(request), &action).errors(errors).cancel(&base);
    if writable {
        form = form.submit(if id.is_some() { "Save" } else { "Create" });
    }
    Ok(form.render(html! {
        (field::text("name", "Name").value(&entry.name).required().max(LONGEST_NAME).error_in(errors))
        (field::select("zone", "Time zone", zone_choices(&entry.zone, Some("That of the trigger"))).value(&entry.zone)
            .hint("With a time zone, only triggers of the same one can use the calendar.").error_in(errors))
        (field::textarea("days", "Days", 12).value(&entry.days).file(".csv,text/csv,text/plain").wide().error_in(errors)
            .hint("One to a line: 2026-12-25, 2026/12/25 or 2026 12 25. A file with a column ExcludedDate replaces what is here."))
    }))
}

/// The time zones that a form offers: those of Windows, and the chosen one where it is none of them.
pub fn zone_choices(chosen: &str, none: Option<&str>) -> Vec<Choice> {
    let mut choices: Vec<Choice> = none.map(|label| Choice::new("", label)).into_iter().collect();
    choices.push(Choice::new("UTC", "UTC"));
    for (windows, iana) in zones::WINDOWS {
        choices.push(Choice::new(windows, &format!("{windows} ({iana})")));
    }
    if !choices.iter().any(|choice| choice.value == chosen) {
        choices.push(Choice::new(chosen, chosen));
    }
    choices
}
