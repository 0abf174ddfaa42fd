//! What the developer of a program needs to know (reference: identity 1.6). `GET /console/{org}/admin/external-apps/{client}/connection`

use accounts::organizations;
use context::{Error, codes};
use http::Method;
use maud::{Markup, html};
use ui::{Tone, button};
use web::{IdentityPath, Operation, Request, Response, page};

use super::header::{Tab, header, type_name};
use super::{ACTIVE, application_path, load, snippets};
use crate::clients::Client;
use crate::console::encode;
use crate::scopes::{DEFAULT, Kind, OFFLINE_ACCESS};

pub fn operation() -> Operation {
    Operation::page(
        Method::GET,
        "/{org}/admin/external-apps/{client}/connection",
        "ExternalAppPages_Connection",
    )
    .administrator()
    .handler(handle)
}

/// Addresses and names of an application, ready to be handed over.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    pub client: Client,
    /// Scheme, host and port.
    pub base: String,
    pub organization_name: String,
    /// As it stands in addresses.
    pub organization_url_name: String,
    pub organization: String,
    pub tenant_name: String,
    /// `{base}/{organization}/{tenant}`: what the SDKs call the URL.
    pub tenant: String,
    /// Issuer of the tokens.
    pub authority: String,
}

impl Connection {
    pub fn token_endpoint(&self) -> String {
        format!("{}/connect/token", self.authority)
    }

    pub fn authorize_endpoint(&self) -> String {
        format!("{}/connect/authorize", self.authority)
    }

    /// What to ask for as the application itself.
    pub fn application_scope(&self) -> String {
        let names = self.client.scopes(Kind::Application);
        if names.is_empty() {
            DEFAULT.to_owned()
        } else {
            names.join(" ")
        }
    }

    /// What to ask for on behalf of a person: the registered scopes, and leave to refresh.
    pub fn user_scope(&self) -> String {
        let mut names: Vec<&str> = self.client.scopes(Kind::User).iter().map(String::as_str).collect();
        if !names.contains(&OFFLINE_ACCESS) {
            names.push(OFFLINE_ACCESS);
        }
        names.join(" ")
    }

    /// The application may act as itself.
    pub fn acts_as_itself(&self) -> bool {
        self.client.confidential
    }

    /// The application may act for people.
    pub fn acts_for_people(&self) -> bool {
        !self.client.user_scopes.0.is_empty()
    }

    /// Names and values in the order in which they are shown and copied.
    fn lines(&self) -> Vec<(&'static str, String)> {
        let client = &self.client;
        let mut lines = vec![
            ("Application name", client.name.clone()),
            ("Application type", type_name(client.confidential).to_owned()),
            ("App ID (client_id)", client.id.to_string()),
            ("Base address", self.base.clone()),
            ("Organization", self.organization_name.clone()),
            ("Organization in addresses", self.organization_url_name.clone()),
            ("Organization ID", self.organization.clone()),
            ("Tenant address (UIPATH_URL)", self.tenant.clone()),
            ("Authority", self.authority.clone()),
            ("Token endpoint", self.token_endpoint()),
            ("Authorize endpoint", self.authorize_endpoint()),
        ];
        let user = client.scopes(Kind::User).join(" ");
        let application = client.scopes(Kind::Application).join(" ");
        if !user.is_empty() {
            lines.push(("User scopes", user));
        }
        if !application.is_empty() {
            lines.push(("Application scopes", application));
        }
        lines.extend(client.redirect_uris.0.iter().map(|uri| ("Redirect URL", uri.clone())));
        lines
    }
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let application = load(&cx).await?;
    let connection = connection(&cx, application.client).await?;
    let lines = connection.lines();
    let text: Vec<String> = lines.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let shown: Vec<(&str, Markup)> = lines.iter().map(|(name, value)| (*name, ui::copyable(value))).collect();
    let secrets = format!("{}/secrets", application_path(&cx, connection.client.id)?);
    let content = html! {
        (header(&cx, &connection.client, Tab::Connection)?)
        (ui::card("Connection details", html! { (button("Copy all").icon("copy").small().copies(&text.join("\n"))) }, html! {
            (ui::definitions(&shown))
            @if connection.client.confidential {
                p.muted { "The secret is not shown here: it was shown when it was made. " a href=(secrets) { "Generate another" } " if it is lost." }
            }
        }))
        (grants(&connection))
        @if connection.acts_as_itself() {
            (ui::card("Act as the application", html! {}, html! {
                p { "Set " code { "APP_SECRET" } " to the secret of the application, then:" }
                (ui::snippets("as-application", &snippets::as_application(&connection)))
            }))
        }
        @if connection.acts_for_people() {
            (ui::card("Act for a signed-in person", html! {}, html! {
                p { "The person signs in here, and comes back to the redirect URL with a code that is exchanged for tokens." }
                (ui::snippets("for-person", &snippets::for_person(&connection)))
            }))
        }
    };
    page::render(&cx, &connection.client.name, ACTIVE, content).await
}

async fn connection(cx: &Request, client: Client) -> Result<Connection, Error> {
    let id = cx.organization()?;
    let organization = cx
        .store()
        .read(move |tx| organizations::service::get(tx, id))
        .await?
        .ok_or_else(|| Error::missing(codes::ITEM_NOT_FOUND, "The organization does not exist."))?;
    let tenant = cx.app.gatekeeper().tenant(id, None).await?;
    let tenant_name = tenant.map_or_else(|| "DefaultTenant".to_owned(), |tenant| tenant.name.to_string());
    let base = cx.origin.clone();
    Ok(Connection {
        tenant: format!("{base}/{}/{}", encode(&organization.url_name), encode(&tenant_name)),
        authority: format!("{base}{}", IdentityPath::default().path()),
        base,
        organization_name: organization.name,
        organization_url_name: organization.url_name,
        organization: id.to_string(),
        tenant_name,
        client,
    })
}

/// Which grant to use for what (reference: identity 1.1).
fn grants(connection: &Connection) -> Markup {
    let client = &connection.client;
    let itself = !client.application_scopes.0.is_empty();
    ui::card(
        "Which grant to use",
        html! {},
        html! {
            @if connection.acts_as_itself() {
                p {
                    b { "As itself: " } code { "client_credentials" } " with the secret. "
                    @if itself { "Ask for the application scopes: they open every tenant and folder of the organization." }
                    @else { "No application scopes are registered." }
                    " With the scope " code { (DEFAULT) } ", which needs no registration, it may do what its roles on tenants and folders allow."
                }
            }
            @if connection.acts_for_people() {
                p {
                    b { "For a person: " } code { "authorization_code" }
                    @if client.confidential { " with the secret; PKCE is optional and recommended." }
                    @else { " with PKCE (S256), without a secret." }
                    " Ask for the user scopes; the person’s own permissions apply as well."
                }
            } @else if client.confidential {
                p.muted { "No user scopes are registered, so it cannot act for people." }
            } @else {
                (ui::callout(Tone::Warning, html! { "No user scopes are registered: the application cannot ask for anything yet." }))
            }
        },
    )
}
