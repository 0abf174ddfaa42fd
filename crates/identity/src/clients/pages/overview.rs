//! An application: what it is, and the form that changes it. `GET, POST /console/{org}/admin/external-apps/{client}`

use context::Error;
use http::Method;
use jiff::Timestamp;
use maud::{Markup, html};
use ui::Form;
use uuid::Uuid;
use web::{Operation, Request, Response, page};

use super::form::{Input, Mode};
use super::header::{Tab, header};
use super::standing::Standing;
use super::{ACTIVE, application_path, list_path, load};
use crate::Identity;
use crate::clients::service::Application;
use crate::console::{csrf, field_errors};

pub fn operations() -> [Operation; 2] {
    let path = "/{org}/admin/external-apps/{client}";
    [
        Operation::page(Method::GET, path, "ExternalAppPages_Overview")
            .administrator()
            .handler(show),
        Operation::page(Method::POST, path, "ExternalAppPages_Edit")
            .administrator()
            .takes_form()
            .handler(edit),
    ]
}

async fn show(cx: Request) -> Result<Response, Error> {
    let application = load(&cx).await?;
    let input = Input::of(&application.client);
    render(&cx, 200, &application, &input, &[]).await
}

async fn edit(cx: Request) -> Result<Response, Error> {
    let id = cx.guid("client")?;
    let mut input = Input::read(&cx.form());
    match save(&cx, id, &input).await {
        Ok(saved) => page::done(
            &application_path(&cx, id)?,
            &format!("“{}” was saved.", saved.client.name),
        ),
        Err(error) => {
            let errors = field_errors(error)?;
            let application = load(&cx).await?;
            input.confidential = application.client.confidential;
            render(&cx, 400, &application, &input, &errors).await
        }
    }
}

async fn save(cx: &Request, id: Uuid, input: &Input) -> Result<Application, Error> {
    let (organization, typed) = (cx.organization()?, input.clone());
    let changes = input.changes()?;
    cx.store()
        .read(move |tx| typed.check_name(&mut tx.organization(organization), Some(id)))
        .await?;
    cx.state::<Identity>()?
        .update_application(&cx.ctx, organization, id, changes)
        .await
}

async fn render(
    cx: &Request,
    status: u16,
    application: &Application,
    input: &Input,
    errors: &[(String, String)],
) -> Result<Response, Error> {
    let client = &application.client;
    let (organization, id) = (cx.organization()?, client.id);
    let used = cx
        .state::<Identity>()?
        .applications_last_used(organization)
        .await?
        .get(&id)
        .copied();
    let form = Form::new(csrf(cx)?, &application_path(cx, id)?)
        .id("application")
        .errors(errors)
        .submit("Save")
        .cancel(&list_path(cx)?);
    let content = html! {
        (header(cx, client, Tab::Overview)?)
        (facts(application, used, cx.ctx.now))
        (ui::card("Settings", html! {}, form.render(html! {
            (input.fields(Mode::Edit, errors))
            p.muted { "Tokens that were issued before keep their scopes until they expire." }
        })))
        (ui::api_hint("PUT", &format!("/identity_/api/ExternalClient/{organization}/{id}")))
    };
    page::render_with(cx, status, &client.name, ACTIVE, content).await
}

fn facts(application: &Application, used: Option<Timestamp>, now: Timestamp) -> Markup {
    let client = &application.client;
    let standing = Standing::of(application, now);
    let by = if client.created_by.is_empty() {
        String::new()
    } else {
        format!(" by {}", client.created_by)
    };
    ui::card(
        "About",
        html! {},
        ui::definitions(&[
            ("App ID", ui::copyable(&client.id.to_string())),
            ("Status", ui::chip(standing.label(), standing.tone())),
            ("Registered", html! { (ui::time(&client.created_at.to_string())) (by) }),
            ("Last changed", ui::time(&client.modified_at.to_string())),
            (
                "Last used",
                used.map_or_else(|| ui::muted("never"), |at| ui::time(&at.to_string())),
            ),
        ]),
    )
}
