//! The form of a new or existing asset.

use access::console::csrf;
use access::users::service as users;
use context::{Error, Kind};
use http::Method;
use maud::{Markup, html};
use odata::Query;
use store::Entity as _;
use ui::field::{self, Choice, Field};
use ui::{Form, Tone, callout};
use web::{Folder, Operation, Request, Response, page};

use super::entry::{Entry, ValueEntry};
use super::list::TYPES;
use super::{ACTIVE, list_path, may};
use crate::assets::input::{LONGEST_DESCRIPTION, LONGEST_NAME};
use crate::assets::model::FolderAsset;
use crate::assets::sealing::Sealer;
use crate::assets::{read, service};

const NEW: &str = "/{org}/tenants/{tenant}/folders/{folder}/assets/new";
const ONE: &str = "/{org}/tenants/{tenant}/folders/{folder}/assets/{id}";
/// Text values make for long forms: the longest text, each character as three escaped bytes of a percent sign and two
/// digits, and room for the rest.
const LARGEST_FORM: usize = 16 << 20;

/// Types with a part that is sealed, as conditions on controls name them.
const SEALED: &str = "Credential|WindowsCredential|Secret";

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
            "Console_NewAsset",
            "Assets.Create",
            "The form for a new asset.",
        )
        .handler(show_new),
        form(NEW, "Console_CreateAsset", "Assets.Create", "Adds an asset.").handler(create),
        page(Method::GET, ONE, "Console_Asset", "Assets.View", "One asset.").handler(show),
        form(ONE, "Console_SaveAsset", "Assets.Edit", "Changes an asset.").handler(save),
    ]
}

async fn show_new(request: Request) -> Result<Response, Error> {
    render(&request, None, &Entry::empty(), None).await
}

async fn show(request: Request) -> Result<Response, Error> {
    let (tenant, folder, id) = (request.tenant()?.id, request.folder()?.id, request.integer("id")?);
    let options = [("$expand".to_owned(), "UserValues".to_owned())];
    let query = Query::parse(&options, FolderAsset::model(), &odata::Limits::DEFAULT, request.ctx.now);
    let query = query.map_err(Error::internal)?;
    let asset = request
        .store()
        .read(move |tx| read::by_id(&mut tx.tenant(tenant), folder, id, &query))
        .await?;
    render(&request, Some(id), &Entry::of_asset(&asset), None).await
}

async fn create(request: Request) -> Result<Response, Error> {
    let entry = Entry::posted(&request.form());
    let outcome = write(&request, None, &entry).await;
    finish(&request, None, &entry, outcome, "was added").await
}

async fn save(request: Request) -> Result<Response, Error> {
    let entry = Entry::posted(&request.form());
    let id = request.integer("id")?;
    let outcome = write(&request, Some(id), &entry).await;
    finish(&request, Some(id), &entry, outcome, "was saved").await
}

async fn write(request: &Request, id: Option<i64>, entry: &Entry) -> Result<(), Error> {
    let input = entry.to_input()?;
    let (tenant, folder, ctx) = (request.tenant()?.id, request.folder()?.id, request.ctx.clone());
    let sealer = Sealer::of(request).await?;
    let written = request.store().write(move |tx| {
        let mut scope = tx.tenant(tenant);
        match id {
            Some(id) => service::replace(&mut scope, &ctx, &sealer, folder, id, &input),
            None => service::create(&mut scope, &ctx, &sealer, folder, &input).map(|_| ()),
        }
    });
    written.await
}

/// Goes back to the list, or shows the form again with what is wrong.
async fn finish(
    request: &Request,
    id: Option<i64>,
    entry: &Entry,
    outcome: Result<(), Error>,
    done: &str,
) -> Result<Response, Error> {
    match outcome {
        Ok(()) => page::done(&list_path(request)?, &format!("Asset “{}” {done}.", entry.name)),
        Err(error) if matches!(error.kind, Kind::Invalid | Kind::Conflict) => {
            render(request, id, entry, Some(&error)).await
        }
        Err(error) => Err(error),
    }
}

async fn render(request: &Request, id: Option<i64>, entry: &Entry, error: Option<&Error>) -> Result<Response, Error> {
    let tenant = request.tenant()?.id;
    let writable = id.is_none() || may(request, "Assets.Edit")?;
    // Who may only look at assets is not shown who else is in the tenant.
    let known = if writable {
        request
            .store()
            .read(move |tx| users::offered(&mut tx.tenant(tenant)))
            .await?
    } else {
        Vec::new()
    };
    let title = if id.is_some() { entry.name.as_str() } else { "Add asset" };
    let errors = errors(entry, error);
    let content = html! {
        (ui::page_header(title, "", html! {}))
        @if !writable { (callout(Tone::Info, html! { "You may look at this asset but not change it." })) }
        (form(request, id, entry, &errors, &known, writable)?)
    };
    let status = match error.map(|error| error.kind) {
        None => 200,
        Some(Kind::Conflict) => 409,
        Some(_) => 400,
    };
    page::render_with(request, status, title, ACTIVE, content).await
}

/// What is wrong, by control.
fn errors(entry: &Entry, error: Option<&Error>) -> Vec<(String, String)> {
    let Some(error) = error else { return Vec::new() };
    if error.code == context::codes::NAME_ALREADY_USED {
        return vec![("name".to_owned(), error.message.clone())];
    }
    if error.code == context::codes::CREDENTIAL_PASSWORD_REQUIRED {
        let control = if entry.of == "Secret" { "secret" } else { "password" };
        return vec![(control.to_owned(), error.message.clone())];
    }
    if error.fields.is_empty() {
        return vec![(String::new(), error.message.clone())];
    }
    error
        .fields
        .iter()
        .map(|field| (entry.control(&field.name), field.message.clone()))
        .collect()
}

fn form(
    request: &Request,
    id: Option<i64>,
    entry: &Entry,
    errors: &[(String, String)],
    known: &[(i64, String)],
    writable: bool,
) -> Result<Markup, Error> {
    let base = list_path(request)?;
    let action = id.map_or_else(|| format!("{base}/new"), |id| format!("{base}/{id}"));
    let mut form = Form::new(csrf(request), &action).errors(errors).cancel(&base);
    if writable {
        form = form.submit(if id.is_some() { "Save" } else { "Create" });
    }
    Ok(form.render(html! {
        (field::text("name", "Asset name").value(&entry.name).required().max(LONGEST_NAME).error_in(errors))
        (type_field(id, entry).error_in(errors))
        (field::textarea("description", "Description", 2).value(&entry.description).max(LONGEST_DESCRIPTION).error_in(errors))
        (field::text("store", "Credential store").value("Built-in store").disabled(true)
            .hint("Values are sealed in this installation’s database.")
            .show_when("type", SEALED))
        (field::toggle("direct", "Allow reading the value through the API").on(entry.direct)
            .hint("Without this only robots get the value in clear.")
            .show_when("type", SEALED))
        (field::toggle("global", "Global value").on(entry.global)
            .hint("The value for every account that has none of its own."))
        div data-show-when="global=true" {
            (ui::card("Value", html! {}, value_fields("", &entry.default, id.is_some(), errors)))
        }
        (account_rows(entry, errors, known, id.is_some()))
        (field::tokens("tags", "Tags").values(&entry.tags).hint("A label, or a property written as name=value.")
            .max(LONGEST_NAME * 2 + 1).error_in(errors))
    }))
}

fn type_field(id: Option<i64>, entry: &Entry) -> Field {
    if id.is_none() {
        let choices = TYPES.iter().map(|of| Choice::new(of, of)).collect();
        return field::select("type", "Type", choices)
            .value(&entry.of)
            .hint("Cannot be changed later.");
    }
    field::select("type", "Type", vec![Choice::new(&entry.of, &entry.of)])
        .value(&entry.of)
        .readonly()
}

/// The controls of one value; which of them are shown depends on the type.
fn value_fields(row: &str, value: &ValueEntry, stored: bool, errors: &[(String, String)]) -> Markup {
    let name = |control: &str| format!("{control}{row}");
    let keep = if stored {
        "Leave empty to keep what is stored."
    } else {
        "Write-only: it is never shown again."
    };
    let flags = vec![Choice::new("true", "True"), Choice::new("false", "False")];
    let flag = if value.flag == "true" { "true" } else { "false" };
    html! {
        (field::textarea(&name("text"), "Text", 3).value(&value.text)
            .show_when("type", "Text|DBConnectionString|HttpConnectionString").error_in(errors))
        (field::radio(&name("flag"), "True or false", flags).value(flag).show_when("type", "Bool").error_in(errors))
        (field::number(&name("number"), "Number").value(&value.number).range(i64::from(i32::MIN), i64::from(i32::MAX))
            .show_when("type", "Integer").error_in(errors))
        (field::text(&name("username"), "Username").value(&value.username).max(512).autocomplete("off")
            .show_when("type", "Credential|WindowsCredential").error_in(errors))
        (field::password(&name("password"), "Password").hint(keep).max(25_000)
            .show_when("type", "Credential|WindowsCredential").error_in(errors))
        (field::password(&name("secret"), "Secret").hint(keep).max(25_000).show_when("type", "Secret").error_in(errors))
        @if !value.external_name.is_empty() {
            (field::text(&name("external"), "External name").value(&value.external_name).max(450)
                .show_when("type", SEALED).error_in(errors))
        }
    }
}

fn account_rows(entry: &Entry, errors: &[(String, String)], known: &[(i64, String)], stored: bool) -> Markup {
    html! {
        details open[entry.accounts.iter().any(|row| !row.account.is_empty())] {
            summary { "Values per account" }
            p.hint { "An account with a value of its own gets that one. Without a global value at least one is needed. Save and open the asset again for more rows." }
            @for (index, row) in entry.accounts.iter().enumerate() {
                @let end = format!("-{index}");
                @let content = html! {
                    (field::select(&format!("account{end}"), "Account", choices(row, known)).value(&row.account).error_in(errors))
                    (value_fields(&end, row, stored && !row.account.is_empty(), errors))
                };
                (ui::card(&format!("Account {}", index + 1), html! {}, content))
            }
        }
    }
}

/// All accounts that can be chosen; the one that is chosen is among them even when there are too many to offer.
fn choices(row: &ValueEntry, known: &[(i64, String)]) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", "None")];
    choices.extend(known.iter().map(|(id, name)| Choice::new(&id.to_string(), name)));
    if !choices.iter().any(|choice| choice.value == row.account) {
        let name = if row.account_name.is_empty() {
            format!("Account {}", row.account)
        } else {
            row.account_name.clone()
        };
        choices.push(Choice::new(&row.account, &name));
    }
    choices
}
