//! `ReferenceToken` of the identity API. A person manages tokens; tokens do not manage tokens.

mod list;
mod manage;
mod organization;

use serde_json::{Value, json};
use web::Operation;

use super::model::PersonalToken;

pub(super) fn operations() -> Vec<Operation> {
    let mut operations = vec![list::operation(), organization::operation()];
    operations.extend(manage::operations());
    operations
}

/// A token as it is shown; `token`, its value, only right after it was made.
fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "id": { "type": "string", "format": "uuid" }, "userId": { "type": "string", "format": "uuid" },
            "name": { "type": "string" }, "description": { "type": "string" },
            "scopes": { "type": "array", "items": { "type": "string" } },
            "creationTime": { "type": "string", "format": "date-time" },
            "expirationTime": { "type": "string", "format": "date-time" },
            "lastUsedTime": { "type": "string", "format": "date-time", "nullable": true },
            "token": { "type": "string" }
        }
    })
}

/// A token without its value.
fn dto(token: &PersonalToken) -> Value {
    json!({
        "id": token.id,
        "userId": token.user_id,
        "name": token.description,
        "description": token.description,
        "scopes": token.scopes.0,
        "creationTime": token.created_at.to_string(),
        "expirationTime": token.expires_at.to_string(),
        "lastUsedTime": token.last_used_at.map(|at| at.to_string()),
    })
}
