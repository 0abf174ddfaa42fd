//! Makes a machine. `POST /odata/Machines`

use context::Error;
use http::Method;
use serde_json::Value;
use store::Entity as _;
use web::{Operation, Request, Response, Shape, reply};

use super::SET;
use crate::machines::input::MachineInput;
use crate::machines::model::Machine;
use crate::machines::{read, service};

/// The answer has `LicenseKey`, the client id of its hosts, and `ClientSecret`, which is shown this once.
pub fn operation() -> Operation {
    Operation::orchestrator(Method::POST, "/odata/Machines", "Machines_Post")
        .summary("Makes a machine. The answer holds the only copy of its first client secret.")
        .scope("OR.Machines.Write")
        .permission("Machines.Create")
        .takes_entity(Machine::model())
        .answers(201, Shape::Entity(Machine::model()))
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let draft = request.json::<MachineInput>()?.check()?;
    let (tenant, ctx) = (request.tenant()?.clone(), request.ctx.clone());
    let (mut value, key, secret) = request
        .store()
        .write(move |tx| {
            let (machine, generated) = service::create(tx, &ctx, &tenant, &draft)?;
            let key = machine.license_key;
            let value = read::one(&mut tx.tenant(tenant.id), machine)?;
            Ok::<_, Error>((value, key, generated.value))
        })
        .await?;
    super::forget(&request, &[key])?;
    value["ClientSecret"] = Value::from(secret.expose_str().map_err(Error::internal)?);
    reply::entity(&request, 201, SET, Machine::model(), None, value)
}
