//! Everyone's tokens, for administrators. `GET /console/{org}/admin/tokens`, `POST /console/{org}/admin/tokens/revoke`

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use context::Error;
use http::Method;
use maud::html;
use ui::field::Choice;
use ui::{Confirm, Grid, GridQuery, MenuItem, Row, button};
use uuid::Uuid;
use web::{Operation, Request, Response, page};

use super::{ORGANIZATION, SHOWN_SCOPES, TITLE, ends, used};
use crate::Identity;
use crate::console::{csrf, encode};
use crate::personal_tokens::{PersonalToken, service};

pub fn operations() -> [Operation; 3] {
    let post = |path, id| Operation::page(Method::POST, path, id).administrator().takes_form();
    [
        Operation::page(Method::GET, "/{org}/admin/tokens", "OrganizationTokenPages_List")
            .administrator()
            .handler(handle),
        post("/{org}/admin/tokens/revoke", "OrganizationTokenPages_RevokeSelected").handler(revoke_selected),
        post("/{org}/admin/tokens/{token}/revoke", "OrganizationTokenPages_Revoke").handler(revoke_one),
    ]
}

fn list_path(cx: &Request) -> Result<String, Error> {
    Ok(format!("/console/{}/admin/tokens", encode(&cx.text("org")?)))
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let (organization, path, now) = (cx.organization()?, list_path(&cx)?, cx.ctx.now);
    let query = GridQuery::parse(&path, cx.parts.uri.query().unwrap_or_default());
    cx.state::<Identity>()?.flush_usage().await?;
    let (mut tokens, owners) = cx
        .store()
        .read(move |tx| {
            let scope = &mut tx.organization(organization);
            let tokens = service::list_all(scope)?;
            let mut owners: HashMap<Uuid, String> = HashMap::new();
            for token in &tokens {
                if let Entry::Vacant(entry) = owners.entry(token.user_id) {
                    let owner = accounts::users::service::find(scope, token.user_id)?;
                    entry.insert(owner.map_or_else(String::new, |owner| owner.user_name));
                }
            }
            Ok::<_, Error>((tokens, owners))
        })
        .await?;
    let owner = |token: &PersonalToken| owners.get(&token.user_id).map_or("", String::as_str);
    let text = store::fold(&query.search);
    tokens.retain(|token| {
        let state = query
            .filter("state")
            .is_none_or(|wanted| (wanted == "expired") == (token.expires_at <= now));
        let found = store::fold(&token.description).contains(&text) || store::fold(owner(token)).contains(&text);
        state && found
    });
    match query.sort_in(&["owner", "expires", "used"]) {
        Some(("owner", false)) => tokens.sort_by(|a, b| owner(a).cmp(owner(b))),
        Some(("owner", true)) => tokens.sort_by(|a, b| owner(b).cmp(owner(a))),
        Some(("expires", false)) => tokens.sort_by_key(|token| token.expires_at),
        Some(("expires", true)) => tokens.sort_by_key(|token| std::cmp::Reverse(token.expires_at)),
        Some(("used", false)) => tokens.sort_by_key(|token| token.last_used_at),
        Some(_) => tokens.sort_by_key(|token| std::cmp::Reverse(token.last_used_at)),
        None => {}
    }
    let total = tokens.len() as u64;
    let csrf = csrf(&cx)?;
    let explanation = "Programs that use it are refused within a minute. This cannot be undone.";
    let row = |token: &PersonalToken| {
        let confirm = Confirm::new(
            &format!("Revoke “{}” of {}?", token.description, owner(token)),
            explanation,
            "Revoke",
        );
        Row::new(&token.id.to_string(), &token.description)
            .cell(owner(token))
            .cell(&token.description)
            .cell(ui::chips(&token.scopes.0, SHOWN_SCOPES))
            .cell(ui::time(&token.created_at.to_string()))
            .cell(ends(token, now))
            .cell(used(token))
            .menu(vec![MenuItem::delete(
                "Revoke",
                &format!("{path}/{}/revoke", token.id),
                csrf,
                confirm,
            )])
    };
    let revoke = button("Revoke").danger().icon("trash").small().confirm(Confirm::new(
        "Revoke the selected tokens?",
        "Programs that use them are refused within a minute. This cannot be undone.",
        "Revoke",
    ));
    let grid = Grid::new("tokens", TITLE, &query)
        .sorted("Owner", "owner")
        .column("Description")
        .column("Scopes")
        .column("Created")
        .sorted("Expires", "expires")
        .sorted("Last used", "used")
        .search("Owner or description")
        .filter(
            "state",
            "State",
            vec![Choice::new("valid", "Valid"), Choice::new("expired", "Expired")],
        )
        .bulk(csrf, &format!("{path}/revoke"), vec![revoke])
        .rows(
            tokens
                .iter()
                .skip(query.skip() as usize)
                .take(query.size as usize)
                .map(row),
        )
        .total(total)
        .empty(ui::empty_state(
            "token",
            "No personal access tokens",
            "Nobody in this organization has made one.",
            html! {},
        ))
        .api(
            "GET",
            &format!("/identity_/api/ReferenceToken/partition/{organization}"),
        );
    let content = html! {
        (ui::page_header(TITLE, "Tokens with which programs act as people of this organization.", html! {}))
        (grid.render())
    };
    page::render(&cx, TITLE, ORGANIZATION, content).await
}

async fn revoke_selected(cx: Request) -> Result<Response, Error> {
    let form = cx.form();
    let ids = page::fields(&form, "id")
        .into_iter()
        .filter_map(|id| Uuid::parse_str(id).ok())
        .collect();
    revoke(&cx, ids).await
}

async fn revoke_one(cx: Request) -> Result<Response, Error> {
    let id = cx.guid("token")?;
    revoke(&cx, vec![id]).await
}

async fn revoke(cx: &Request, ids: Vec<Uuid>) -> Result<Response, Error> {
    let count = ids.len();
    cx.state::<Identity>()?
        .revoke_personal_tokens(&cx.ctx, cx.organization()?, None, ids)
        .await?;
    let message = if count == 1 {
        "The token was revoked.".to_owned()
    } else {
        format!("{count} tokens were revoked.")
    };
    page::done(&list_path(cx)?, &message)
}
