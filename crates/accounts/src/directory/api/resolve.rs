//! Principals by their exact names. `POST /api/Directory/BulkResolveByName/{partitionGlobalId}`

use context::Error;
use http::Method;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use web::{Operation, Reply, Request, Response};

use crate::directory::service::{self, Kind};
use crate::rest::partition;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Command {
    #[serde(default)]
    entity_names: Vec<String>,
    #[serde(default)]
    entity_type: Value,
}

pub fn operation() -> Operation {
    Operation::identity(
        Method::POST,
        "/api/Directory/BulkResolveByName/{partitionGlobalId}",
        "Directory_BulkResolveByName",
    )
    .summary("Users, groups or applications by name; names that are not known are left out.")
    .takes::<Command>("BulkResolveByNameCommand")
    .answers_json::<Map<String, Value>>(200, "DirectoryEntitiesByName")
    .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let organization = partition(&request, Some(request.guid("partitionGlobalId")?))?;
    let command: Command = request.json()?;
    if let Err(error) = service::check_names(&command.entity_names) {
        return refuse(&error.message);
    }
    let kind = match &command.entity_type {
        Value::String(text) => kind_of(text),
        Value::Number(number) => kind_of(&number.to_string()),
        Value::Null => Some(Kind::User),
        _ => None,
    };
    let Some(kind) = kind else {
        return refuse("The entity type must be user, group or application.");
    };
    let found = request.store().read(move |tx| {
        let mut scope = tx.organization(organization);
        let mut entities = Map::new();
        for name in command.entity_names {
            if let Some(entry) = service::by_name(&mut scope, kind, &name)? {
                entities.insert(name, entry.to_json());
            }
        }
        Ok::<_, Error>(entities)
    });
    Reply::ok().json(&found.await?)
}

fn kind_of(text: &str) -> Option<Kind> {
    match text.to_ascii_lowercase().as_str() {
        "user" | "0" => Some(Kind::User),
        "group" | "1" => Some(Kind::Group),
        "application" | "5" => Some(Kind::Application),
        _ => None,
    }
}

/// The directory's own error shape (reference: identity 4.3).
fn refuse(message: &str) -> Result<Response, Error> {
    Reply::new(400).json(&json!({ "StatusCode": 400, "StatusDescription": "Bad Request", "Message": message }))
}
