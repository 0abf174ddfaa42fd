//! The secrets of a confidential application (reference: identity 1.7).
//! `GET, POST /console/{org}/admin/external-apps/{client}/secrets`, `POST …/secrets/{secret}/delete`

use std::collections::HashMap;

use context::{Error, codes};
use http::Method;
use jiff::Timestamp;
use maud::{Markup, html};
use ui::field::{self, Choice};
use ui::{Confirm, Form, Grid, GridQuery, Row, Tone, button};
use web::{Operation, Request, Response, page};

use super::header::{Tab, header};
use super::{ACTIVE, application_path, load};
use crate::Identity;
use crate::clients::service::{self, Application};
use crate::clients::{ClientSecret, Generated};
use crate::console::{csrf, expiry, field_errors};

/// Longest description, in characters.
const LONGEST_DESCRIPTION: usize = 256;

pub fn operations() -> [Operation; 3] {
    let path = "/{org}/admin/external-apps/{client}/secrets";
    [
        Operation::page(Method::GET, path, "ExternalAppPages_Secrets")
            .administrator()
            .handler(show),
        Operation::page(Method::POST, path, "ExternalAppPages_GenerateSecret")
            .administrator()
            .takes_form()
            .handler(generate),
        Operation::page(
            Method::POST,
            "/{org}/admin/external-apps/{client}/secrets/{secret}/delete",
            "ExternalAppPages_DeleteSecret",
        )
        .administrator()
        .takes_form()
        .handler(delete),
    ]
}

/// What was typed.
#[derive(Debug, Clone, Default)]
struct Input {
    description: String,
    /// `never`, a number of days, or `date`.
    expires: String,
    /// `2027-01-31`
    expires_on: String,
}

impl Input {
    fn read(form: &[(String, String)]) -> Self {
        let text = |name| page::field(form, name).to_owned();
        Self {
            description: text("description"),
            expires: text("expires"),
            expires_on: text("expires_on"),
        }
    }

    fn expiry(&self, now: Timestamp) -> Result<Option<Timestamp>, Error> {
        expiry(&self.expires, &self.expires_on, now)
    }
}

async fn show(cx: Request) -> Result<Response, Error> {
    let application = load(&cx).await?;
    render(&cx, 200, &application, &Input::default(), &[], None).await
}

enum Outcome {
    Generated(Box<Generated>),
    /// Another secret was made since the form was shown: the form was sent twice, or someone else was faster.
    Outdated,
}

async fn generate(cx: Request) -> Result<Response, Error> {
    let (organization, id, ctx) = (cx.organization()?, cx.guid("client")?, cx.ctx.clone());
    let form = cx.form();
    let input = Input::read(&form);
    let newest: i64 = page::field(&form, "newest").parse().unwrap_or_default();
    let outcome = match input.expiry(ctx.now) {
        Ok(expires_at) => {
            let description = input.description.clone();
            let work = move |tx: &mut store::Tx| {
                let scope = &mut tx.organization(organization);
                if newest_of(&service::list_secrets(scope, id)?) > newest {
                    return Ok(Outcome::Outdated);
                }
                service::generate_secret(scope, &ctx, id, &description, expires_at)
                    .map(|generated| Outcome::Generated(Box::new(generated)))
            };
            let outcome = cx.store().write(work).await;
            cx.state::<Identity>()?.clients.forget(id);
            outcome
        }
        Err(error) => Err(error),
    };
    let path = format!("{}/secrets", application_path(&cx, id)?);
    match outcome {
        Ok(Outcome::Generated(generated)) => {
            let application = load(&cx).await?;
            let value = generated.value.expose_str().map_err(Error::internal)?;
            render(&cx, 200, &application, &Input::default(), &[], Some(value)).await
        }
        Ok(Outcome::Outdated) => page::done(
            &path,
            "A secret was generated since this page was opened. Its value was shown once; generate another if it is lost.",
        ),
        Err(error) => {
            let errors = field_errors(error)?;
            let application = load(&cx).await?;
            render(&cx, 400, &application, &input, &errors, None).await
        }
    }
}

async fn delete(cx: Request) -> Result<Response, Error> {
    let (organization, id, secret) = (cx.organization()?, cx.guid("client")?, cx.integer("secret")?);
    cx.state::<Identity>()?
        .delete_secret(&cx.ctx, organization, Some(id), secret)
        .await?;
    page::done(
        &format!("{}/secrets", application_path(&cx, id)?),
        "The secret was deleted. It no longer gets tokens.",
    )
}

fn newest_of(secrets: &[ClientSecret]) -> i64 {
    secrets.iter().map(|secret| secret.id).max().unwrap_or_default()
}

async fn render(
    cx: &Request,
    status: u16,
    application: &Application,
    input: &Input,
    errors: &[(String, String)],
    generated: Option<&str>,
) -> Result<Response, Error> {
    let client = &application.client;
    if !client.confidential {
        return Err(Error::missing(
            codes::ITEM_NOT_FOUND,
            "Non-confidential applications have no secrets.",
        ));
    }
    let path = format!("{}/secrets", application_path(cx, client.id)?);
    let csrf = csrf(cx)?;
    let used = cx
        .state::<Identity>()?
        .application_usage(cx.organization()?, client.id, 1)
        .await?
        .secrets;
    let now = cx.ctx.now;
    let id = client.id.to_string();
    let content = html! {
        (header(cx, client, Tab::Secrets)?)
        (table(application, &used, &path, csrf, now))
        (ui::card("Generate a secret", html! {}, html! {
            p { "Several secrets work side by side: generate the new one, hand it over, then delete the old one." }
            (form(csrf, &path, newest_of(&application.secrets), input, errors))
        }))
        (ui::api_hint("POST", "/identity_/api/ExternalClient/GenerateSecret"))
        @if let Some(value) = generated {
            (ui::secret_dialog("New secret", "Copy the secret now and store it where the program finds it. It is not shown again.",
                &[("App ID", &id), ("App Secret", value)], &path))
        }
    };
    page::render_with(cx, status, &client.name, ACTIVE, content).await
}

fn table(application: &Application, used: &HashMap<i64, Timestamp>, path: &str, csrf: &str, now: Timestamp) -> Markup {
    let secrets = &application.secrets;
    let living = secrets.iter().filter(|secret| !secret.is_expired(now)).count();
    let row = |secret: &ClientSecret| {
        let expired = secret.is_expired(now);
        let name = if secret.description.is_empty() {
            "First secret"
        } else {
            &secret.description
        };
        let consequence = if expired {
            "It has expired already."
        } else if living == 1 {
            "It is the only secret that works: the application gets no more tokens until you generate another."
        } else {
            "Programs that use it get no more tokens."
        };
        let confirm = Confirm::delete(name).explain(consequence);
        Row::new(&secret.id.to_string(), name)
            .cell(name)
            .cell(ui::time(&secret.created_at.to_string()))
            .cell(html! {
                @match secret.expires_at {
                    Some(_) if expired => (ui::chip("Expired", Tone::Danger)),
                    Some(at) => (ui::time(&at.to_string())),
                    None => (ui::muted("never")),
                }
            })
            .cell(
                used.get(&secret.id)
                    .map_or_else(|| ui::muted("never"), |at| ui::time(&at.to_string())),
            )
            .cell(ui::form(
                csrf,
                &format!("{path}/{}/delete", secret.id),
                html! {
                    (button(&format!("Delete {name}")).icon("trash").icon_only().quiet().small().confirm(confirm))
                },
            ))
    };
    Grid::new("secrets", "Secrets", &GridQuery::parse(path, ""))
        .column("Description")
        .column("Created")
        .column("Expires")
        .column("Last used")
        .column("Delete")
        .rows(secrets.iter().map(row))
        .empty(ui::empty_state(
            "key",
            "No secret",
            "Without a secret the application gets no tokens. Generate one below.",
            html! {},
        ))
        .render()
}

fn form(csrf: &str, path: &str, newest: i64, input: &Input, errors: &[(String, String)]) -> Markup {
    let chosen = if input.expires.is_empty() {
        "180"
    } else {
        &input.expires
    };
    let choices = vec![
        Choice::new("30", "After 30 days"),
        Choice::new("90", "After 90 days"),
        Choice::new("180", "After 180 days"),
        Choice::new("365", "After a year"),
        Choice::new("date", "On a day of your choice"),
        Choice::new("never", "Never"),
    ];
    Form::new(csrf, path).id("generate").errors(errors).submit("Generate secret").unguarded().render(html! {
        (field::hidden("newest", &newest.to_string()))
        (field::text("description", "Description").value(&input.description).max(LONGEST_DESCRIPTION).autocomplete("off")
            .placeholder("Production server").error_in(errors))
        (field::select("expires", "Expires", choices).value(chosen).error_in(errors))
        (field::date("expires_on", "Last day (UTC)").value(&input.expires_on).show_when("expires", "date"))
    })
}
