//! Replaces a trigger. `PUT /odata/ProcessSchedules({key})`

use context::Error;
use http::Method;
use store::Entity as _;
use web::{Folder, Operation, Request, Response, Shape, reply};

use crate::schedules::input::ScheduleInput;
use crate::schedules::model::Schedule;
use crate::schedules::service;

pub fn operation() -> Operation {
    Operation::orchestrator(
        Method::PUT,
        "/odata/ProcessSchedules({key})",
        "ProcessSchedules_PutById",
    )
    .summary("Replaces a trigger; what the request leaves out gets its default.")
    .scope("OR.Jobs.Write")
    .permission("Schedules.Edit")
    .folder(Folder::Required)
    .takes_entity(Schedule::model())
    .answers(204, Shape::Nothing)
    .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let id = request.integer("key")?;
    let draft = request.json::<ScheduleInput>()?.check()?;
    let (tenant, folder, ctx) = (request.tenant()?.id, request.folder()?.id, request.ctx.clone());
    request
        .store()
        .write(move |tx| service::replace(&mut tx.tenant(tenant), &ctx, folder, id, &draft))
        .await?;
    reply::no_content()
}
