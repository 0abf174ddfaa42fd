//! The history of a trigger. `GET /odata/TriggerLogs/…GetByTriggerKey(triggerKey={guid})`; not in the contract.

use context::Error;
use http::Method;
use store::Entity as _;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::LOGS;
use crate::schedules::history;
use crate::schedules::model::TriggerLog;

pub fn operation() -> Operation {
    Operation::orchestrator(
        Method::GET,
        "/odata/TriggerLogs/UiPath.Server.Configuration.OData.GetByTriggerKey(triggerKey={triggerKey})",
        "TriggerLogs_GetByTriggerKeyByTriggerkey",
    )
    .summary("Lists when a trigger of a folder could not start its jobs, newest first, for 30 days.")
    .scope("OR.Jobs.Read")
    .permission("Schedules.View")
    .folder(Folder::Required)
    .queryable()
    .answers(200, Shape::Collection(TriggerLog::model()))
    .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let query = request.odata(TriggerLog::model())?;
    let (tenant, folder, key) = (request.tenant()?.id, request.folder()?.id, request.guid("triggerKey")?);
    let options = query.clone();
    let page = request
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant);
            crate::exists_in(&mut scope, folder, key)?;
            history::list(&mut scope, key, &options)
        })
        .await?;
    reply::collection(&request, LOGS, TriggerLog::model(), &query, page.items, page.count)
}
