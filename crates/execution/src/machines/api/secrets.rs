//! Client secrets of machines. `GET` and `POST /api/clientsecrets/{licenseKey}`, `DELETE /api/clientsecrets/{secretId}`. Not in the
//! contract; PowerShell clients call them (reference: clients 3.6).

use context::Error;
use http::Method;
use schemars::JsonSchema;
use serde::Serialize;
use web::{Operation, Reply, Request, Response, Shape, reply};

use crate::machines::service;

const PATH: &str = "/api/clientsecrets/{licenseKey}";

pub fn list() -> Operation {
    Operation::orchestrator(Method::GET, PATH, "ClientSecrets_Get")
        .summary("Lists the client secrets of a machine: when they were made, not what they are.")
        .scope("OR.Machines.Read")
        .permission("Machines.View")
        .answers_json::<Vec<Secret>>(200, "MachineClientSecrets")
        .handler(get)
}

pub fn add() -> Operation {
    Operation::orchestrator(Method::POST, PATH, "ClientSecrets_Post")
        .summary("Makes another client secret for a machine. The answer holds the only copy of its value.")
        .scope("OR.Machines.Write")
        .permission("Machines.Edit")
        .answers_json::<Secret>(201, "MachineClientSecret")
        .handler(post)
}

pub fn remove() -> Operation {
    Operation::orchestrator(Method::DELETE, "/api/clientsecrets/{secretId}", "ClientSecrets_Delete")
        .summary("Deletes a client secret. Tokens that were issued for it are refused from then on.")
        .scope("OR.Machines.Write")
        .permission("Machines.Edit")
        .answers(204, Shape::Nothing)
        .handler(delete)
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "names of the contract")]
struct Secret {
    id: i64,
    /// Only in the answer that made it.
    secret: Option<String>,
    creation_time: String,
}

async fn get(request: Request) -> Result<Response, Error> {
    let (tenant, key) = (request.tenant()?.clone(), request.guid("licenseKey")?);
    let secrets = request
        .store()
        .read(move |tx| service::secrets(tx, &tenant, key))
        .await?;
    let secrets: Vec<Secret> = secrets
        .into_iter()
        .map(|known| Secret {
            id: known.secret.id,
            secret: None,
            creation_time: known.secret.created_at.to_string(),
        })
        .collect();
    Reply::ok().json(&secrets)
}

async fn post(request: Request) -> Result<Response, Error> {
    let (tenant, ctx, key) = (
        request.tenant()?.clone(),
        request.ctx.clone(),
        request.guid("licenseKey")?,
    );
    let generated = request
        .store()
        .write(move |tx| service::add_secret(tx, &ctx, &tenant, key))
        .await?;
    super::forget(&request, &[key])?;
    let secret = Secret {
        id: generated.secret.id,
        secret: Some(generated.value.expose_str().map_err(Error::internal)?.to_owned()),
        creation_time: generated.secret.created_at.to_string(),
    };
    Reply::new(201).json(&secret)
}

async fn delete(request: Request) -> Result<Response, Error> {
    let (tenant, ctx, id) = (
        request.tenant()?.clone(),
        request.ctx.clone(),
        request.integer("secretId")?,
    );
    let client = request
        .store()
        .write(move |tx| service::delete_secret(tx, &ctx, &tenant, id))
        .await?;
    super::forget(&request, &[client])?;
    reply::no_content()
}
