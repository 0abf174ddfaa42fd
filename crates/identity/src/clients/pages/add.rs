//! Registers an application (reference: identity 1.3). `GET, POST /console/{org}/admin/external-apps/add`
//!
//! The answer to the form shows App ID and secret once. The id of the new application is derived from the session and a
//! value of the form, so sending the same form again (a reload) finds the application instead of making a second one.

use context::Error;
use http::Method;
use maud::html;
use ui::Form;
use uuid::Uuid;
use web::{Operation, Request, Response, page};

use super::form::{Input, Mode};
use super::header::type_name;
use super::{ACTIVE, application_path, list_path};
use crate::clients::service::{self, Created};
use crate::clients::{Client, Creation};
use crate::console::{csrf, field_errors};

const TITLE: &str = "Add application";

pub fn operations() -> [Operation; 2] {
    let path = "/{org}/admin/external-apps/add";
    [
        Operation::page(Method::GET, path, "ExternalAppPages_Add")
            .administrator()
            .handler(show),
        Operation::page(Method::POST, path, "ExternalAppPages_Create")
            .administrator()
            .takes_form()
            .handler(create),
    ]
}

async fn show(cx: Request) -> Result<Response, Error> {
    let once = cx.ctx.token(16);
    render(&cx, 200, &Input::empty(), &once, &[]).await
}

enum Outcome {
    Created(Box<Created>),
    /// The same form was sent before.
    Known,
}

async fn create(cx: Request) -> Result<Response, Error> {
    let form = cx.form();
    let (input, once) = (Input::read(&form), page::field(&form, "once").to_owned());
    let (organization, ctx) = (cx.organization()?, cx.ctx.clone());
    let id = derived_id(&cx, &once)?;
    let outcome = match input.changes() {
        Ok(changes) => {
            let creation = Creation {
                confidential: input.confidential,
                with_secret: true,
                changes,
            };
            let typed = input.clone();
            let work = move |tx: &mut store::Tx| {
                let scope = &mut tx.organization(organization);
                if scope.get::<Client>(id)?.is_some() {
                    return Ok(Outcome::Known);
                }
                typed.check_name(scope, None)?;
                service::insert(scope, &ctx, id, &creation, None).map(|created| Outcome::Created(Box::new(created)))
            };
            cx.store().write(work).await
        }
        Err(error) => Err(error),
    };
    match outcome {
        Ok(Outcome::Created(created)) => registered(&cx, &created).await,
        Ok(Outcome::Known) => {
            let message =
                "This application is registered already. Its secret was shown once; generate another if it is lost.";
            page::done(&application_path(&cx, id)?, message)
        }
        Err(error) => render(&cx, 400, &input, &once, &field_errors(error)?).await,
    }
}

async fn render(
    cx: &Request,
    status: u16,
    input: &Input,
    once: &str,
    errors: &[(String, String)],
) -> Result<Response, Error> {
    let list = list_path(cx)?;
    let form = Form::new(csrf(cx)?, &format!("{list}/add"))
        .id("application")
        .errors(errors)
        .submit("Add")
        .cancel(&list);
    let content = html! {
        (ui::page_header(TITLE, "Gives a program an identity of its own. You get its App ID, and for a confidential application a secret.", html! {}))
        (form.render(html! {
            (ui::field::hidden("once", once))
            (input.fields(Mode::Add, errors))
        }))
        (ui::api_hint("POST", "/identity_/api/ExternalClient"))
    };
    page::render_with(cx, status, TITLE, ACTIVE, content).await
}

/// The one-time dialog.
async fn registered(cx: &Request, created: &Created) -> Result<Response, Error> {
    let client = &created.application.client;
    let id = client.id.to_string();
    let secret = created
        .secret
        .as_ref()
        .map(vault::Secret::expose_str)
        .transpose()
        .map_err(Error::internal)?;
    let mut values = vec![("App ID", id.as_str())];
    values.extend(secret.map(|secret| ("App Secret", secret)));
    let note = if secret.is_some() {
        "Copy the secret now and store it where the program finds it. It is not shown again; if it is lost, generate a new one."
    } else {
        "This application has no secret: it signs people in with the authorization code flow and PKCE."
    };
    let next = format!("{}/connection", application_path(cx, client.id)?);
    let content = html! {
        (ui::page_header(&client.name, type_name(client.confidential), html! {}))
        p { "The application is registered. " a href=(next) { "Connection details" } " has everything its developer needs." }
        (ui::secret_dialog(&format!("“{}” is registered", client.name), note, &values, &next))
    };
    page::render(cx, &client.name, ACTIVE, content).await
}

/// A version 8 GUID (RFC 9562 section 5.8) that nobody outside this session can choose.
fn derived_id(cx: &Request, once: &str) -> Result<Uuid, Error> {
    let session = cx.ctx.caller.session.as_ref().ok_or_else(Error::unauthenticated)?;
    if once.is_empty() {
        return Ok(cx.ctx.id());
    }
    let digest = vault::hash_secret(&format!("external application {} {} {once}", session.id, session.csrf));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Ok(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}
