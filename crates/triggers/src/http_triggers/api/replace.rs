//! Replaces an API trigger. `PUT /odata/HttpTriggers({guid})`

use access::sealing::Sealer;
use context::Error;
use http::Method;
use store::Entity as _;
use web::{Folder, Operation, Request, Response, Shape, reply};

use crate::http_triggers::input::HttpTriggerInput;
use crate::http_triggers::model::HttpTrigger;
use crate::http_triggers::service;

pub fn operation() -> Operation {
    Operation::orchestrator(Method::PUT, "/odata/HttpTriggers({key})", "HttpTriggers_PutById")
        .summary("Replaces an API trigger; a secret that is left out stays.")
        .scope("OR.Jobs.Write")
        .permission("Schedules.Edit")
        .folder(Folder::Required)
        .takes_entity(HttpTrigger::model())
        .answers(204, Shape::Nothing)
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let key = request.guid("key")?;
    let draft = request.json::<HttpTriggerInput>()?.check()?;
    let (tenant, folder, ctx) = (request.tenant()?.id, request.folder()?.clone(), request.ctx.clone());
    let sealer = Sealer::of(&request).await?;
    request
        .store()
        .write(move |tx| service::replace(&mut tx.tenant(tenant), &ctx, &sealer, &folder, key, &draft))
        .await?;
    reply::no_content()
}
