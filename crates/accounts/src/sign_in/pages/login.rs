//! Sign-in with organization, user name and password. `GET|POST /web/login`, also `/ui/account/login`
//!
//! Whatever is wrong, the answer is the same sentence after the same time: neither tells which accounts exist.

use std::sync::Arc;

use context::Error;
use http::Method;
use maud::html;
use ui::{Form, field};
use vault::Secret;
use web::page::field as value_of;
use web::{Access, Operation, Request, Response, Shape};

use super::{forgery, go, page};
use crate::seed::FIRST_ORGANIZATION;
use crate::sessions::session_cookie;
use crate::sign_in::service::{self, Attempt, Outcome};
use crate::sign_in::{own_path, with_query};
use crate::state::{Accounts, OrganizationState};
use crate::users::{User, service as users};

const REFUSED: &str = "Sign-in did not succeed. Check organization, user name and password.";
/// Longest password that is looked at, in bytes.
const LONGEST_PASSWORD: usize = 4096;

pub fn operations() -> [Operation; 4] {
    let show = |path, id| {
        Operation::identity(Method::GET, path, id)
            .summary("The sign-in page.")
            .access(Access::Optional)
            .parameters(&["returnUrl", "organization"])
            .answers(200, Shape::Media("text/html"))
            .handler(show)
    };
    let submit = |path, id| {
        Operation::identity(Method::POST, path, id)
            .summary("Signs in and leads on to returnUrl.")
            .access(Access::Optional)
            .body_limit(64 << 10)
            .takes_form()
            .answers(303, Shape::Nothing)
            .handler(submit)
    };
    [
        show("/web/login", "Interactive_Login"),
        show("/ui/account/login", "Interactive_AccountLogin"),
        submit("/web/login", "Interactive_SubmitLogin"),
        submit("/ui/account/login", "Interactive_SubmitAccountLogin"),
    ]
}

/// What the form shows.
#[derive(Default)]
struct Shown<'a> {
    organization: &'a str,
    user_name: &'a str,
    return_url: &'a str,
    refused: bool,
}

async fn show(request: Request) -> Result<Response, Error> {
    let return_url = request.parameter("returnUrl").and_then(own_path).unwrap_or_default();
    let hinted = organization_hint(&request, return_url).await?;
    let user_name = hint(return_url, "login_hint").unwrap_or_default();
    let shown = Shown {
        organization: hinted.as_deref().unwrap_or(FIRST_ORGANIZATION),
        user_name: user_name.get(..256).unwrap_or(&user_name),
        return_url,
        refused: false,
    };
    render(&request, 200, &shown)
}

fn render(request: &Request, status: u16, shown: &Shown<'_>) -> Result<Response, Error> {
    let token = forgery::token(request);
    let action = format!("{}/web/login", request.layout.base);
    let form = Form::new(&token.value, &action).unguarded().submit("Sign in");
    let form = if shown.refused { form.error("", REFUSED) } else { form };
    let focus_password = !shown.user_name.is_empty();
    let user_name = field::text("username", "User name or e-mail")
        .value(shown.user_name)
        .autocomplete("username")
        .required();
    let password = field::password("password", "Password")
        .autocomplete("current-password")
        .required();
    let content = html! {
        @if request.ctx.caller.session.is_some() {
            p.muted { "You are signed in as " b { (request.ctx.caller.name) } ". Signing in again takes the place of that session." }
        }
        (form.render(html! {
            (field::hidden("returnUrl", shown.return_url))
            (field::text("organization", "Organization").value(shown.organization).autocomplete("organization").required())
            @if focus_password { (user_name) (password.autofocus()) } @else { (user_name.autofocus()) (password) }
        }))
    };
    page(status, "Sign in", token.cookie.as_slice(), content)
}

async fn submit(request: Request) -> Result<Response, Error> {
    let form = request.form();
    forgery::check(&request, &form)?;
    let accounts = request.state::<Accounts>()?;
    let ctx = request.ctx.clone();
    let attempted = accounts.throttle.attempt(ctx.address, ctx.now)?;
    let (organization, typed) = (value_of(&form, "organization"), value_of(&form, "username"));
    let return_url = own_path(value_of(&form, "returnUrl")).unwrap_or_default();
    // A password is taken as typed: spaces around it belong to it.
    let password = form
        .iter()
        .find(|(name, _)| name == "password")
        .map_or("", |(_, value)| value.as_str());
    let password = Secret::from(if password.len() > LONGEST_PASSWORD {
        ""
    } else {
        password
    });

    let place = accounts
        .organization(if organization.is_empty() {
            FIRST_ORGANIZATION
        } else {
            organization
        })
        .await?;
    let user = find(&accounts, place.as_ref(), typed).await?;
    let stored = user.as_ref().and_then(|user| user.password.clone());
    let matches = accounts.hashing.verify(password.clone(), stored.clone()).await?;
    let matched = stored.filter(|_| matches);
    let rehashed = match &matched {
        Some(phc) if vault::needs_rehash(phc.as_str()) => Some(accounts.hashing.hash(&ctx, password).await?),
        _ => None,
    };
    let attempt = Attempt {
        organization: place.as_ref().map(|place| (place.id, place.is_active)),
        user: user.map(|user| user.id),
        typed: typed.to_owned(),
        matched,
        rehashed,
        replaces: accounts
            .session(&request)
            .await?
            .map(|session| (session.organization, session.id)),
    };
    let settings = place.as_ref().map(|place| place.settings.clone()).unwrap_or_default();
    let outcome = {
        let ctx = ctx.clone();
        request
            .store()
            .write(move |tx| service::complete(tx, &ctx, &settings, &attempt))
            .await?
    };
    let (Outcome::SignedIn { opened, .. }, Some(place)) = (outcome, place) else {
        let shown = Shown {
            organization,
            user_name: typed,
            return_url,
            refused: true,
        };
        return render(&request, 400, &shown);
    };
    attempted.succeeded();
    let home = place.home();
    let target = if return_url.is_empty() { &home } else { return_url };
    let location = if opened.session.must_change_password {
        with_query(
            &format!("{}/web/password", request.layout.base),
            "returnUrl",
            Some(target),
        )
    } else {
        target.to_owned()
    };
    go(
        &location,
        &[
            session_cookie(&request.origin, &opened.token),
            forgery::clear(&request.origin),
        ],
    )
}

/// The account that was named, if it exists. A missing organization costs a look-up too.
async fn find(accounts: &Accounts, place: Option<&Arc<OrganizationState>>, typed: &str) -> Result<Option<User>, Error> {
    if typed.is_empty() || typed.chars().count() > 256 {
        return Ok(None);
    }
    let (organization, typed) = (place.map_or(uuid::Uuid::nil(), |place| place.id), typed.to_owned());
    accounts
        .store
        .read(move |tx| users::by_login(&mut tx.organization(organization), &typed))
        .await
}

/// The organization the form starts with: named by the address, or by `acr_values` of the authorize request that is waiting
/// (reference: identity 2.4). A name that is not known is not shown.
async fn organization_hint(request: &Request, return_url: &str) -> Result<Option<String>, Error> {
    let acr_values = hint(return_url, "acr_values").unwrap_or_default();
    let of_acr = acr_values.split_whitespace().find_map(|value| {
        let (kind, name) = value.split_once(':')?;
        matches!(kind, "tenant" | "tenantName").then(|| name.to_owned())
    });
    let of_console = return_url
        .strip_prefix("/console/")
        .and_then(|rest| rest.split(['/', '?']).next())
        .map(str::to_owned);
    let accounts = request.state::<Accounts>()?;
    for name in [request.parameter("organization").map(str::to_owned), of_acr, of_console]
        .into_iter()
        .flatten()
    {
        if let Some(organization) = accounts.organization(&name).await? {
            return Ok(Some(organization.url_name.to_string()));
        }
    }
    Ok(None)
}

/// A parameter of the address that sign-in leads back to.
fn hint(return_url: &str, name: &str) -> Option<String> {
    let (_, query) = return_url.split_once('?')?;
    form_urlencoded::parse(query.as_bytes())
        .find(|(given, _)| given == name)
        .map(|(_, value)| value.into_owned())
}
