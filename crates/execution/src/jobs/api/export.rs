//! Asks for a file of jobs. `POST /odata/Jobs/…Export`

use access::exports::{self, Criteria, Export};
use context::Error;
use http::Method;
use store::Entity as _;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::view;
use crate::jobs::export;
use crate::jobs::model::Job;

/// Answers at once; the file is made in the background.
pub fn operation() -> Operation {
    Operation::orchestrator(
        Method::POST,
        "/odata/Jobs/UiPath.Server.Configuration.OData.Export",
        "Jobs_Export",
    )
    .summary("Asks for a CSV file of the jobs that meet $filter.")
    .scope("OR.Jobs.Write")
    .permission("Jobs.View")
    .folder(Folder::Required)
    .queryable()
    .answers(200, Shape::Entity(Export::model()))
    .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let criteria = Criteria::of(&request, Job::model())?;
    let (tenant, view) = (request.tenant()?.id, view(&request).await?);
    let ctx = request.ctx.clone();
    let export = request
        .store()
        .write(move |tx| {
            let wanted = export::wanted(criteria.clone(), &view.folders)?;
            exports::request(&mut tx.tenant(tenant), &ctx, wanted)
        })
        .await?;
    reply::entity(
        &request,
        200,
        "Exports",
        Export::model(),
        None,
        access::rows::published(&export),
    )
}
