//! One's own tokens. `GET /console/{org}/me/tokens`, `POST /console/{org}/me/tokens/{token}/revoke`

use context::Error;
use http::Method;
use maud::html;
use ui::{Confirm, Grid, GridQuery, MenuItem, Row, link_button};
use web::{Operation, Request, Response, page};

use super::{OWN, SHOWN_SCOPES, TITLE, ends, own_path, used, user};
use crate::Identity;
use crate::console::csrf;
use crate::personal_tokens::{PersonalToken, service};

pub fn operation() -> Operation {
    Operation::page(Method::GET, "/{org}/me/tokens", "PersonalTokenPages_List").handler(handle)
}

pub fn revoke_operation() -> Operation {
    Operation::page(
        Method::POST,
        "/{org}/me/tokens/{token}/revoke",
        "PersonalTokenPages_Revoke",
    )
    .takes_form()
    .handler(revoke)
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let (organization, user, path) = (cx.organization()?, user(&cx)?, own_path(&cx)?);
    let identity = cx.state::<Identity>()?;
    identity.flush_usage().await?;
    let tokens = cx
        .store()
        .read(move |tx| service::list(&mut tx.organization(organization), user))
        .await?;
    let csrf = csrf(&cx)?;
    let add = link_button("Generate token", &format!("{path}/add"))
        .primary()
        .icon("plus");
    let any = !tokens.is_empty();
    let row = |token: &PersonalToken| {
        let own = format!("{path}/{}", token.id);
        let confirm = Confirm::new(
            &format!("Revoke “{}”?", token.description),
            "Programs that use it are refused within a minute. This cannot be undone.",
            "Revoke",
        );
        let mut menu = Vec::new();
        if token.expires_at > cx.ctx.now {
            menu.push(MenuItem::link("Regenerate", "refresh", &own));
        }
        menu.push(MenuItem::delete("Revoke", &format!("{own}/revoke"), csrf, confirm));
        Row::new(&token.id.to_string(), &token.description)
            .cell(&token.description)
            .cell(ui::chips(&token.scopes.0, SHOWN_SCOPES))
            .cell(ui::time(&token.created_at.to_string()))
            .cell(ends(token, cx.ctx.now))
            .cell(used(token))
            .menu(menu)
    };
    let grid = Grid::new("tokens", TITLE, &GridQuery::parse(&path, ""))
        .column("Description")
        .column("Scopes")
        .column("Created")
        .column("Expires")
        .column("Last used")
        .rows(tokens.iter().map(row))
        .empty(ui::empty_state(
            "token",
            "No personal access token",
            "A token lets a program call the APIs as you, within its scopes and your own permissions.",
            html! { (add) },
        ))
        .api("GET", "/identity_/api/ReferenceToken");
    let content = html! {
        (ui::page_header(TITLE, "For programs that act as you. For anything that should outlive your account, register an external application.",
            html! { @if any { (add) } }))
        (grid.render())
    };
    page::render(&cx, TITLE, OWN, content).await
}

async fn revoke(cx: Request) -> Result<Response, Error> {
    let (organization, user, id) = (cx.organization()?, user(&cx)?, cx.guid("token")?);
    cx.state::<Identity>()?
        .revoke_personal_tokens(&cx.ctx, organization, Some(user), vec![id])
        .await?;
    page::done(&own_path(&cx)?, "The token was revoked.")
}
