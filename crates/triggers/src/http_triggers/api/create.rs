//! Makes an API trigger. `POST /odata/HttpTriggers`

use access::sealing::Sealer;
use context::Error;
use http::Method;
use store::Entity as _;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::SET;
use crate::http_triggers::input::HttpTriggerInput;
use crate::http_triggers::model::HttpTrigger;
use crate::http_triggers::service;

pub fn operation() -> Operation {
    Operation::orchestrator(Method::POST, "/odata/HttpTriggers", "HttpTriggers_Post")
        .summary("Makes an API trigger in a folder.")
        .scope("OR.Jobs.Write")
        .permission("Schedules.Create")
        .folder(Folder::Required)
        .takes_entity(HttpTrigger::model())
        .answers(201, Shape::Entity(HttpTrigger::model()))
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let draft = request.json::<HttpTriggerInput>()?.check()?;
    let (tenant, folder, ctx) = (request.tenant()?.id, request.folder()?.clone(), request.ctx.clone());
    let sealer = Sealer::of(&request).await?;
    let trigger = request
        .store()
        .write(move |tx| {
            let mut scope = tx.tenant(tenant);
            let key = service::create(&mut scope, &ctx, &sealer, &folder, &draft)?;
            service::get(&mut scope, &folder, key)
        })
        .await?;
    reply::entity(&request, 201, SET, HttpTrigger::model(), None, trigger)
}
