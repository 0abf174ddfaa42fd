//! The catalogue for whoever registers an application. `GET /api/ExternalApiResource`

use context::Error;
use http::Method;
use serde_json::{Value, json};
use web::{Operation, Reply, Request, Response, Shape};

use super::{Resource, Scope, catalogue};

pub fn operation() -> Operation {
    Operation::identity(Method::GET, "/api/ExternalApiResource", "ExternalApiResource_GetAll")
        .summary("Lists the APIs and the scopes that external applications can register.")
        .answers(
            200,
            Shape::Json {
                name: "ExternalApiResources",
                schema: json!({ "type": "array" }),
            },
        )
        .handler(handle)
}

async fn handle(_: Request) -> Result<Response, Error> {
    let resources: Vec<Value> = catalogue().resources.iter().map(resource).collect();
    Reply::ok().json(&resources)
}

fn resource(resource: &Resource) -> Value {
    let scope = |scope: &Scope| {
        json!({
            "name": scope.name, "displayName": scope.display_name, "description": scope.description,
            "type": scope.catalogue_type()
        })
    };
    json!({
        "name": resource.name, "displayName": resource.display_name, "description": resource.description,
        "scopes": resource.scopes.iter().map(scope).collect::<Vec<_>>()
    })
}
