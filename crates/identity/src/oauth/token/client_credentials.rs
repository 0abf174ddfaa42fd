//! An application or a machine's host asks for itself (RFC 6749 section 4.4). Costs one signature and no look at the database.

use web::Response;

use super::Asked;
use super::response::{self, Tokens};
use crate::clients::Registered;
use crate::oauth::claims;
use crate::oauth::refusal::{Refusal, Told};
use crate::oauth::scope_names;
use crate::scopes::{DEFAULT, Kind, ORCHESTRATOR_USER_ACCESS};

pub(super) async fn grant(asked: &Asked<'_>) -> Result<Response, Refusal> {
    let client = &asked.authenticated.client;
    let Some(organization) = client.organization.filter(|_| client.confidential) else {
        return Err(Told::new("unauthorized_client").into());
    };
    let text = asked.parameters.get("scope");
    let is_machine = client.machine.is_some();
    let scopes = if is_machine {
        of_machine(text)?
    } else {
        scopes(text, client)?
    };
    let ring = asked.identity.rings.get().await?;
    let issuer = crate::issuer(asked.cx);
    let ctx = &asked.cx.ctx;
    let claims = match asked.authenticated.secret.filter(|_| is_machine) {
        Some(secret) => claims::of_machine(ctx, &issuer, client, organization, &scopes, secret),
        None => claims::of_application(ctx, &issuer, client, organization, &scopes),
    };
    let access_token = ring
        .keys
        .sign(asked.identity.options.token_type.name(), &claims)
        .map_err(context::Error::internal)?;
    let tokens = Tokens {
        access_token,
        expires_in: client.access_token_lifetime,
        scopes: &scopes,
        refresh_token: None,
        id_token: None,
    };
    Ok(response::render(tokens)?)
}

/// Hosts have no scopes to choose from: what they may call is made for machines. Both names that robots ask for give the same.
fn of_machine(text: Option<&str>) -> Result<Vec<String>, Told> {
    let names = match text {
        Some(text) => scope_names(text).ok_or(Told::new("invalid_scope"))?,
        None => Vec::new(),
    };
    if names
        .iter()
        .any(|name| ![DEFAULT, ORCHESTRATOR_USER_ACCESS].contains(name))
    {
        return Err(Told::new("invalid_scope"));
    }
    Ok(vec![DEFAULT.to_owned()])
}

fn scopes(text: Option<&str>, client: &Registered) -> Result<Vec<String>, Told> {
    let Some(text) = text else {
        let registered = client.application_scopes.clone();
        return Ok(if registered.is_empty() {
            vec![DEFAULT.to_owned()]
        } else {
            registered
        });
    };
    let names = scope_names(text)
        .filter(|names| !names.is_empty())
        .ok_or(Told::new("invalid_scope"))?;
    for name in &names {
        if *name == DEFAULT || client.has_scope(Kind::Application, name) {
            continue;
        }
        if client.has_scope(Kind::User, name)
            && !crate::scopes::catalogue()
                .identity
                .iter()
                .any(|scope| scope.name == *name)
        {
            let description = format!("Client={} is not allowed to access User scopes", client.id);
            return Err(Told::because("invalid_request", description));
        }
        return Err(Told::new("invalid_scope"));
    }
    Ok(names.into_iter().map(str::to_owned).collect())
}
