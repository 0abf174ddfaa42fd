//! Looks at the queue of a trigger now. `POST /odata/ProcessSchedules({key})/…Activate`

use context::Error;
use http::Method;
use web::{Folder, Operation, Reply, Request, Response, Shape};

use crate::schedules::{fire, service};

pub fn operation() -> Operation {
    Operation::orchestrator(
        Method::POST,
        "/odata/ProcessSchedules({key})/UiPath.Server.Configuration.OData.Activate",
        "ProcessSchedules_ActivateById",
    )
    .summary("Starts the jobs that the items of a queue trigger's queue call for, now.")
    .scope("OR.Jobs.Write")
    .permission("Schedules.Edit")
    .folder(Folder::Required)
    .answers(200, Shape::Nothing)
    .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let (tenant, folder, id) = (request.tenant()?.id, request.folder()?.id, request.integer("key")?);
    let ctx = request.ctx.clone();
    request
        .store()
        .write_locking(move |tx| {
            let mut scope = tx.tenant(tenant);
            let schedule = service::find(&mut scope, folder, id)?;
            fire::activate(&mut scope, &ctx, schedule)
        })
        .await?;
    Reply::ok().empty()
}
