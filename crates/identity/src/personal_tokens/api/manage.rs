//! Making, renewing and revoking tokens. `POST /api/ReferenceToken`, `GET`, `PUT` and `DELETE
//! /api/ReferenceToken/{id}`, `DELETE /api/ReferenceToken`, `DELETE /api/ReferenceToken/Revoke`

use context::Error;
use http::Method;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;
use web::{Access, Operation, Reply, Request, Response, Shape, reply};

use super::dto;
use crate::Identity;
use crate::clients::parse_time;
use crate::personal_tokens::service::{self, Issued, NewToken};

pub(super) fn operations() -> Vec<Operation> {
    let declare = |method: Method, path: &'static str, id: &'static str, summary: &'static str| {
        Operation::identity(method, path, id)
            .summary(summary)
            .access(Access::PersonOnly)
    };
    let token = || Shape::Json {
        name: "ReferenceToken",
        schema: super::schema(),
    };
    let body = |name: &'static str, required: &[&str]| Shape::Json {
        name,
        schema: json!({
            "type": "object", "required": required,
            "properties": {
                "description": { "type": "string", "maxLength": 256 },
                "expirationTime": { "type": "string", "format": "date-time" },
                "scopes": { "type": "array", "items": { "type": "string" } }
            }
        }),
    };
    vec![
        declare(
            Method::POST,
            "/api/ReferenceToken",
            "ReferenceToken_Create",
            "Makes a personal access token.",
        )
        .takes_shape(body("NewReferenceToken", &["description", "expirationTime", "scopes"]))
        .answers(201, token())
        .handler(create),
        declare(
            Method::GET,
            "/api/ReferenceToken/{id}",
            "ReferenceToken_Get",
            "Returns one of the caller's tokens.",
        )
        .answers(200, token())
        .handler(get),
        declare(
            Method::PUT,
            "/api/ReferenceToken/{id}",
            "ReferenceToken_Regenerate",
            "Gives a token a new value and expiry.",
        )
        .takes_shape(body("ReferenceTokenRenewal", &["expirationTime"]))
        .answers(200, token())
        .handler(regenerate),
        declare(
            Method::DELETE,
            "/api/ReferenceToken/{id}",
            "ReferenceToken_Delete",
            "Revokes a token.",
        )
        .answers(204, Shape::Nothing)
        .handler(delete),
        declare(
            Method::DELETE,
            "/api/ReferenceToken",
            "ReferenceToken_DeleteMany",
            "Revokes several tokens.",
        )
        .answers(204, Shape::Nothing)
        .handler(delete_many),
        declare(
            Method::DELETE,
            "/api/ReferenceToken/Revoke",
            "ReferenceToken_Revoke",
            "Revokes a token by its value.",
        )
        .answers(204, Shape::Nothing)
        .handler(revoke),
    ]
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Body {
    name: Option<String>,
    description: Option<String>,
    expiration_time: Option<String>,
    expiry_time: Option<String>,
    expiration: Option<String>,
    scopes: Vec<String>,
}

impl Body {
    fn expires_at(&self) -> Result<Timestamp, Error> {
        let given = self
            .expiration_time
            .as_ref()
            .or(self.expiry_time.as_ref())
            .or(self.expiration.as_ref());
        let wrong = || Error::field("expirationTime", "Invalid expiration: an ISO 8601 time is needed.");
        given.and_then(|text| parse_time(text.trim())).ok_or_else(wrong)
    }
}

/// Organization and user of the caller.
pub(super) fn owner(cx: &Request) -> Result<(Uuid, Uuid), Error> {
    Ok((cx.organization()?, cx.ctx.caller.user().ok_or_else(Error::forbidden)?))
}

/// An administrator may revoke anyone's token; everyone else their own.
async fn reach(cx: &Request) -> Result<(Uuid, Option<Uuid>), Error> {
    let (organization, user) = owner(cx)?;
    let administrates = cx.app.gatekeeper().is_administrator(&cx.ctx.caller).await?;
    Ok((organization, (!administrates).then_some(user)))
}

fn issued(status: u16, issued: &Issued) -> Result<Response, Error> {
    let mut value = dto(&issued.token);
    if let Value::Object(members) = &mut value {
        members.insert(
            "token".to_owned(),
            json!(issued.value.expose_str().map_err(Error::internal)?),
        );
    }
    Reply::new(status).header("cache-control", "no-store").json(&value)
}

async fn create(cx: Request) -> Result<Response, Error> {
    let (organization, user) = owner(&cx)?;
    let body: Body = cx.json()?;
    let new = NewToken {
        expires_at: body.expires_at()?,
        description: body.description.or(body.name).unwrap_or_default(),
        scopes: body.scopes,
    };
    let made = cx
        .state::<Identity>()?
        .create_personal_token(&cx.ctx, organization, user, new)
        .await?;
    issued(201, &made)
}

async fn get(cx: Request) -> Result<Response, Error> {
    let ((organization, user), id) = (owner(&cx)?, cx.guid("id")?);
    let token = cx
        .store()
        .read(move |tx| service::get(&mut tx.organization(organization), Some(user), id))
        .await?;
    Reply::ok().json(&dto(&token))
}

async fn regenerate(cx: Request) -> Result<Response, Error> {
    let ((organization, user), id) = (owner(&cx)?, cx.guid("id")?);
    let expires_at = cx.json::<Body>()?.expires_at()?;
    let made = cx
        .state::<Identity>()?
        .regenerate_personal_token(&cx.ctx, organization, user, id, expires_at)
        .await?;
    issued(200, &made)
}

async fn delete(cx: Request) -> Result<Response, Error> {
    let ((organization, user), id) = (reach(&cx).await?, cx.guid("id")?);
    cx.state::<Identity>()?
        .revoke_personal_tokens(&cx.ctx, organization, user, vec![id])
        .await?;
    reply::no_content()
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Ids {
    ids: Vec<Uuid>,
}

async fn delete_many(cx: Request) -> Result<Response, Error> {
    let (organization, user) = reach(&cx).await?;
    let mut ids: Vec<Uuid> = cx.parameters("id").filter_map(|text| text.parse().ok()).collect();
    if !cx.body.is_empty() {
        ids.extend(cx.json::<Ids>()?.ids);
    }
    if ids.is_empty() || ids.len() > 100 {
        return Err(Error::field("ids", "Between 1 and 100 tokens must be named."));
    }
    cx.state::<Identity>()?
        .revoke_personal_tokens(&cx.ctx, organization, user, ids)
        .await?;
    reply::no_content()
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ByValue {
    token: String,
}

async fn revoke(cx: Request) -> Result<Response, Error> {
    let (organization, user) = reach(&cx).await?;
    let value = cx.json::<ByValue>()?.token;
    let (ctx, identity) = (cx.ctx.clone(), cx.state::<Identity>()?);
    let revoked =
        move |tx: &mut store::Tx| service::revoke_value(&mut tx.organization(organization), &ctx, user, &value);
    cx.store().write(revoked).await?;
    identity.forget_personal_tokens();
    reply::no_content()
}
