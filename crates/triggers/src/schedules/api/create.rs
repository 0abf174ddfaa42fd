//! Makes a trigger in a folder. `POST /odata/ProcessSchedules`

use context::Error;
use http::Method;
use store::Entity as _;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::SET;
use crate::schedules::input::ScheduleInput;
use crate::schedules::model::Schedule;
use crate::schedules::{read, service};

pub fn operation() -> Operation {
    Operation::orchestrator(Method::POST, "/odata/ProcessSchedules", "ProcessSchedules_Post")
        .summary("Makes a time trigger in a folder, or with QueueDefinitionId a queue trigger.")
        .scope("OR.Jobs.Write")
        .permission("Schedules.Create")
        .folder(Folder::Required)
        .takes_entity(Schedule::model())
        .answers(201, Shape::Entity(Schedule::model()))
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let draft = request.json::<ScheduleInput>()?.check()?;
    let (tenant, folder, ctx) = (request.tenant()?.id, request.folder()?.id, request.ctx.clone());
    let schedule = request
        .store()
        .write(move |tx| {
            let mut scope = tx.tenant(tenant);
            let id = service::create(&mut scope, &ctx, folder, &draft)?;
            read::by_id(&mut scope, folder, id)
        })
        .await?;
    reply::entity(&request, 201, SET, Schedule::model(), None, schedule)
}
