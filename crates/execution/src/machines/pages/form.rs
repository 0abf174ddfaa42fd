//! The form of a new or existing machine. `GET` and `POST …/machines/new`, `…/machines/{id}/edit`

use access::console::{Errors, csrf, mendable};
use access::tags;
use context::{Error, Kind, codes};
use http::Method;
use maud::{Markup, html};
use serde_json::{Value, json};
use ui::Form;
use ui::field::{self, Choice};
use web::page::{field as posted, fields};
use web::{Operation, Request, Response, page};

use super::list::SLOTS;
use super::{ACTIVE, list_path};
use crate::machines::input::{LONGEST_DESCRIPTION, LONGEST_NAME, MOST_SLOTS, MachineInput};
use crate::machines::{api, read, service};

const NEW: &str = "/{org}/tenants/{tenant}/machines/new";
const ONE: &str = "/{org}/tenants/{tenant}/machines/{id}/edit";

pub fn operations() -> Vec<Operation> {
    let page = |method, path, id, permission, summary| {
        Operation::page(method, path, id)
            .permission(permission)
            .summary(summary)
    };
    let (create, edit) = ("Machines.Create", "Machines.View and Machines.Edit");
    vec![
        page(
            Method::GET,
            NEW,
            "Console_NewMachine",
            create,
            "The form for a new machine.",
        )
        .handler(show_new),
        page(
            Method::POST,
            NEW,
            "Console_CreateMachine",
            create,
            "Makes a machine and shows its first secret.",
        )
        .takes_form()
        .handler(create_new),
        page(
            Method::GET,
            ONE,
            "Console_MachineSettings",
            edit,
            "The form of a machine.",
        )
        .handler(show),
        page(Method::POST, ONE, "Console_SaveMachine", edit, "Changes a machine.")
            .takes_form()
            .handler(save),
    ]
}

async fn show_new(request: Request) -> Result<Response, Error> {
    let body = json!({ "Type": "Template", "UnattendedSlots": 1 });
    render(&request, None, &body, &Errors::new(), 200).await
}

async fn show(request: Request) -> Result<Response, Error> {
    let body = existing(&request).await?;
    render(&request, Some(request.integer("id")?), &body, &Errors::new(), 200).await
}

async fn existing(request: &Request) -> Result<Value, Error> {
    let (tenant, id) = (request.tenant()?.id, request.integer("id")?);
    let work = request.store().read(move |tx| read::by_id(&mut tx.tenant(tenant), id));
    work.await
}

/// What the form says, over what is there, and the controls whose text is no number.
fn read_form(request: &Request, mut body: Value) -> (Value, Errors) {
    let form = request.form();
    let mut errors = Errors::new();
    for name in ["Name", "Description"] {
        body[name] = json!(posted(&form, name));
    }
    if body["Id"].is_null() {
        body["Type"] = json!(posted(&form, "Type"));
    }
    for (name, _) in SLOTS {
        match posted(&form, name) {
            "" => body[name] = json!(0),
            text => match text.parse::<i32>() {
                Ok(number) => body[name] = json!(number),
                Err(_) => errors.push((name.to_owned(), "It must be a whole number.".to_owned())),
            },
        }
    }
    let tags = fields(&form, "Tags")
        .into_iter()
        .map(str::trim)
        .filter(|tag| !tag.is_empty());
    body["Tags"] = json!(tags.map(tags::of_text).collect::<Vec<_>>());
    // What the form does not show stays as it is.
    body["RobotUsers"] = Value::Null;
    body["UpdatePolicy"] = Value::Null;
    (body, errors)
}

fn by_control(error: Error) -> Result<Errors, Error> {
    match error.code {
        codes::NAME_ALREADY_USED => Ok(vec![("Name".to_owned(), error.message)]),
        codes::INVALID_SLOTS => Ok(vec![("UnattendedSlots".to_owned(), error.message)]),
        _ => mendable(error),
    }
}

fn status_of(error: &Error) -> u16 {
    if error.kind == Kind::Conflict { 409 } else { 400 }
}

async fn create_new(request: Request) -> Result<Response, Error> {
    let (body, errors) = read_form(&request, json!({}));
    if !errors.is_empty() {
        return render(&request, None, &body, &errors, 400).await;
    }
    let draft = web::bind::<MachineInput>(body.clone()).and_then(MachineInput::check);
    let (tenant, ctx) = (request.tenant()?.clone(), request.ctx.clone());
    let made = match draft {
        Ok(draft) => {
            let work = request
                .store()
                .write(move |tx| service::create(tx, &ctx, &tenant, &draft));
            work.await
        }
        Err(error) => Err(error),
    };
    let (machine, generated) = match made {
        Ok(made) => made,
        Err(error) => {
            let status = status_of(&error);
            return render(&request, None, &body, &by_control(error)?, status).await;
        }
    };
    api::forget(&request, &[machine.license_key])?;
    let (id, secret) = (machine.license_key.to_string(), generated.value);
    let values = [
        ("Client id", id.as_str()),
        ("Client secret", secret.expose_str().map_err(Error::internal)?),
    ];
    let next = format!("{}/{}", list_path(&request)?, machine.id);
    let note = "Copy the secret now and store it where the robots find it. It is not shown again.";
    let content = html! {
        (ui::page_header(&machine.name, "", html! {}))
        (ui::secret_dialog(&format!("“{}” was added", machine.name), note, &values, &next))
    };
    page::render(&request, &machine.name, ACTIVE, content).await
}

async fn save(request: Request) -> Result<Response, Error> {
    let id = request.integer("id")?;
    let (body, errors) = read_form(&request, existing(&request).await?);
    if !errors.is_empty() {
        return render(&request, Some(id), &body, &errors, 400).await;
    }
    let draft = web::bind::<MachineInput>(body.clone()).and_then(MachineInput::check);
    let (tenant, ctx) = (request.tenant()?.clone(), request.ctx.clone());
    let saved = match draft {
        Ok(draft) => {
            let work = request
                .store()
                .write(move |tx| service::replace(tx, &ctx, &tenant, id, &draft));
            work.await
        }
        Err(error) => Err(error),
    };
    match saved {
        Ok(machine) => {
            api::forget(&request, &[machine.license_key])?;
            let next = format!("{}/{id}", list_path(&request)?);
            page::done(&next, &format!("Machine “{}” was saved.", machine.name))
        }
        Err(error) => {
            let status = status_of(&error);
            render(&request, Some(id), &body, &by_control(error)?, status).await
        }
    }
}

async fn render(
    request: &Request,
    id: Option<i64>,
    body: &Value,
    errors: &Errors,
    status: u16,
) -> Result<Response, Error> {
    let base = list_path(request)?;
    let (title, action, back) = match id {
        Some(id) => ("Edit machine", format!("{base}/{id}/edit"), format!("{base}/{id}")),
        None => ("Add machine", format!("{base}/new"), base.clone()),
    };
    let content = html! {
        (ui::page_header(title, "", html! {}))
        (Form::new(csrf(request), &action).errors(errors).cancel(&back)
            .submit(if id.is_some() { "Save" } else { "Create" })
            .render(controls(id.is_some(), body, errors)))
    };
    page::render_with(request, status, title, ACTIVE, content).await
}

fn controls(is_there: bool, body: &Value, errors: &Errors) -> Markup {
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let kinds = vec![
        Choice::new("Template", "Template: any number of hosts, each with these slots"),
        Choice::new("Standard", "One host, which has the name of the machine"),
    ];
    let tags: Vec<String> = body["Tags"]
        .as_array()
        .into_iter()
        .flatten()
        .map(tags::text_of)
        .collect();
    html! {
        (field::text("Name", "Name").value(text("Name")).required().max(LONGEST_NAME).error_in(errors))
        (field::textarea("Description", "Description", 2).value(text("Description")).max(LONGEST_DESCRIPTION).error_in(errors))
        @if !is_there { (field::select("Type", "Kind", kinds).value(text("Type")).error_in(errors)) }
        (ui::card("Slots", html! {}, html! {
            p.hint { "Jobs that one host runs at the same time, by the runtime that they ask for. Most need unattended slots only." }
            @for (name, label) in SLOTS {
                (field::number(name, label).range(0, i64::from(MOST_SLOTS)).value(&body[name].as_i64().unwrap_or(0).to_string()).error_in(errors))
            }
        }))
        (field::tokens("Tags", "Tags").values(tags).hint("A label, or a property written as name=value.").max(513).error_in(errors))
    }
}
