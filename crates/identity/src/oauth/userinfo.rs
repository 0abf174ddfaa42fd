//! Claims about the user behind a token (OpenID Connect Core section 5.3). `GET` and `POST /connect/userinfo`

use context::Error;
use http::Method;
use serde_json::{Value, json};
use web::{Access, Operation, Reply, Request, Response, Shape};

use super::claims;
use super::refusal::no_store;
use crate::Identity;
use crate::scopes::OPENID;

pub(super) fn operations() -> Vec<Operation> {
    let declare = |method: Method, id: &'static str| {
        Operation::identity(method, "/connect/userinfo", id)
            .summary("Returns claims about the user behind an access token with the scope openid.")
            .access(Access::Anonymous)
            .answers(
                200,
                Shape::Json {
                    name: "UserInfo",
                    schema: json!({ "type": "object" }),
                },
            )
            .handler(handle)
    };
    vec![
        declare(Method::GET, "UserInfo_Get"),
        declare(Method::POST, "UserInfo_Post"),
    ]
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let identity = cx.state::<Identity>()?;
    let token = cx.header("authorization").and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
    });
    let Some(token) = token else { return challenge(401, "") };
    let verified = identity
        .access_token(&cx.app.settings().origins, &token, cx.ctx.now)
        .await?;
    let Some(access) = verified else {
        return challenge(
            401,
            ",error=\"invalid_token\",error_description=\"The access token expired\"",
        );
    };
    let Some(user) = access.user.filter(|_| access.scopes.contains(OPENID)) else {
        return challenge(403, ",error=\"insufficient_scope\",scope=\"openid\"");
    };
    let organization = access.organization;
    let found = cx
        .store()
        .read(move |tx| accounts::users::service::find(&mut tx.organization(organization), user))
        .await?;
    let Some(found) = found else {
        return challenge(
            401,
            ",error=\"invalid_token\",error_description=\"The access token expired\"",
        );
    };
    let mut members = claims::profile(&found, &|name| access.scopes.contains(name));
    members.insert("sub".to_owned(), json!(user));
    no_store(Reply::ok()).json(&Value::Object(members))
}

fn challenge(status: u16, error: &str) -> Result<Response, Error> {
    no_store(Reply::new(status))
        .header("www-authenticate", &format!("Bearer realm=\"IdentityServer\"{error}"))
        .empty()
}
