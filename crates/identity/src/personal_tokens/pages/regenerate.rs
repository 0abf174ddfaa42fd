//! Gives a token a new value and a new end. `GET, POST /console/{org}/me/tokens/{token}`

use context::{Error, Kind as Fault};
use http::Method;
use maud::html;
use ui::{Form, field};
use web::{Operation, Request, Response, page};

use super::form::{Expires, check_newest, newest, shown_once};
use super::{OWN, TITLE, own_path, user};
use crate::Identity;
use crate::console::{csrf, field_errors};
use crate::personal_tokens::{Issued, service};

pub fn operations() -> [Operation; 2] {
    let path = "/{org}/me/tokens/{token}";
    [
        Operation::page(Method::GET, path, "PersonalTokenPages_Renew").handler(show),
        Operation::page(Method::POST, path, "PersonalTokenPages_Regenerate")
            .takes_form()
            .handler(regenerate),
    ]
}

async fn show(cx: Request) -> Result<Response, Error> {
    render(&cx, 200, &Expires::default(), &[]).await
}

async fn regenerate(cx: Request) -> Result<Response, Error> {
    let form = cx.form();
    let expires = Expires::read(&form);
    let seen = page::field(&form, "newest").parse().unwrap_or_default();
    match issue(&cx, &expires, seen).await {
        Ok(issued) => {
            let list = own_path(&cx)?;
            let content = html! {
                (ui::page_header(TITLE, "", html! {}))
                p { "The token has a new value; the old one is refused within a minute. " a href=(list) { "All your tokens" } }
                (shown_once(&issued, &list)?)
            };
            page::render(&cx, TITLE, OWN, content).await
        }
        Err(error) if error.kind == Fault::Conflict => page::done(
            &own_path(&cx)?,
            "The token was regenerated already. Its value was shown once.",
        ),
        Err(error) => render(&cx, 400, &expires, &field_errors(error)?).await,
    }
}

async fn issue(cx: &Request, expires: &Expires, seen: i64) -> Result<Issued, Error> {
    let (organization, user, id, ctx) = (cx.organization()?, user(cx)?, cx.guid("token")?, cx.ctx.clone());
    let identity = cx.state::<Identity>()?;
    let policy = identity
        .accounts
        .require_organization(organization)
        .await?
        .settings
        .tokens
        .clone();
    let expires_at = expires.at(ctx.now)?;
    let work = move |tx: &mut store::Tx| {
        let scope = &mut tx.organization(organization);
        check_newest(scope, user, seen)?;
        service::regenerate(scope, &ctx, user, id, &policy, expires_at)
    };
    let issued = cx.store().write(work).await?;
    identity.forget_personal_tokens();
    Ok(issued)
}

async fn render(cx: &Request, status: u16, expires: &Expires, errors: &[(String, String)]) -> Result<Response, Error> {
    let (organization, user, id, list) = (cx.organization()?, user(cx)?, cx.guid("token")?, own_path(cx)?);
    let policy = cx
        .state::<Identity>()?
        .accounts
        .require_organization(organization)
        .await?;
    let (token, seen) = cx
        .store()
        .read(move |tx| {
            let scope = &mut tx.organization(organization);
            Ok::<_, Error>((service::get(scope, Some(user), id)?, newest(scope, user)?))
        })
        .await?;
    let form = Form::new(csrf(cx)?, &format!("{list}/{id}"))
        .errors(errors)
        .submit("Regenerate")
        .cancel(&list);
    let content = html! {
        (ui::page_header(&format!("Regenerate “{}”", token.description), "It gets a new value and a new end; its scopes stay.", html! {}))
        (form.render(html! {
            (field::hidden("newest", &seen.to_string()))
            (ui::definitions(&[("Scopes", ui::chips(&token.scopes.0, 20)), ("Expires now", super::ends(&token, cx.ctx.now))]))
            (expires.fields(policy.settings.tokens.longest_days, errors))
        }))
        (ui::api_hint("PUT", &format!("/identity_/api/ReferenceToken/{id}")))
    };
    page::render_with(cx, status, "Regenerate token", OWN, content).await
}
