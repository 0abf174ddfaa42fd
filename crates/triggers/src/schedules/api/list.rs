//! The triggers of a folder. `GET /odata/ProcessSchedules`

use context::Error;
use http::Method;
use store::Entity as _;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::SET;
use crate::schedules::model::Schedule;
use crate::schedules::read;

pub fn operation() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/ProcessSchedules", "ProcessSchedules_Get")
        .summary("Lists the time and queue triggers of a folder.")
        .scope("OR.Jobs.Read")
        .permission("Schedules.View")
        .folder(Folder::Required)
        .queryable()
        .answers(200, Shape::Collection(Schedule::model()))
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let query = request.odata(Schedule::model())?;
    let (tenant, folder) = (request.tenant()?.id, request.folder()?.id);
    let options = query.clone();
    let page = request
        .store()
        .read(move |tx| read::in_folder(&mut tx.tenant(tenant), folder, &options))
        .await?;
    reply::collection(&request, SET, Schedule::model(), &query, page.items, page.count)
}
