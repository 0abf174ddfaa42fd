//! Recordings. `GET /odata/ExecutionMedia`, `GET /odata/ExecutionMedia({key})`, `POST /odata/ExecutionMedia/…DeleteMediaByJobId` and
//! `GET /odata/ExecutionMedia/…DownloadMediaByJobId(jobId={jobId})`

use access::rows::published;
use blobs::Blobs;
use context::{Error, codes};
use http::Method;
use serde::Deserialize;
use store::Entity as _;
use web::reply::attachment as to_be_saved;
use web::{Folder, Operation, Reply, Request, Response, Shape, reply};

use super::{MEDIA_SET, asked};
use crate::attachments::media as service;
use crate::attachments::model::Media;

const ZIP: &str = "application/zip";

pub fn list() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/ExecutionMedia", "ExecutionMedia_Get")
        .summary("Lists what robots recorded before faults.")
        .scope("OR.Monitoring.Read")
        .permission("ExecutionMedia.View")
        .folder(Folder::Optional)
        .queryable()
        .answers(200, Shape::Collection(Media::model()))
        .handler(handle_list)
}

async fn handle_list(request: Request) -> Result<Response, Error> {
    let query = request.odata(Media::model())?;
    let (tenant, (permit, folder)) = (request.tenant()?.id, asked(&request));
    let options = query.clone();
    let page = request
        .store()
        .read(move |tx| service::list(&mut tx.tenant(tenant), &permit, folder, &options))
        .await?;
    reply::collection(&request, MEDIA_SET, Media::model(), &query, page.items, page.count)
}

pub fn get() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/ExecutionMedia({key})", "ExecutionMedia_GetById")
        .summary("Gets what is known of a recording.")
        .scope("OR.Monitoring.Read")
        .permission("ExecutionMedia.View")
        .folder(Folder::Optional)
        .queryable()
        .answers(200, Shape::Entity(Media::model()))
        .handler(handle_get)
}

async fn handle_get(request: Request) -> Result<Response, Error> {
    let query = request.odata(Media::model())?;
    let (tenant, id, (permit, folder)) = (request.tenant()?.id, request.integer("key")?, asked(&request));
    let media = request
        .store()
        .read(move |tx| service::by_id(&mut tx.tenant(tenant), &permit, folder, id))
        .await?;
    reply::entity(
        &request,
        200,
        MEDIA_SET,
        Media::model(),
        Some(&query),
        published(&media),
    )
}

/// Contract schema `ExecutionMediaDeleteMediaByJobIdRequest`.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Body {
    job_id: i64,
}

pub fn delete() -> Operation {
    Operation::orchestrator(
        Method::POST,
        "/odata/ExecutionMedia/UiPath.Server.Configuration.OData.DeleteMediaByJobId",
        "ExecutionMedia_DeleteMediaByJobId",
    )
    .summary("Deletes what was recorded of a job.")
    .scope("OR.Monitoring.Write")
    .permission("ExecutionMedia.Delete")
    .folder(Folder::Optional)
    .takes::<Body>("ExecutionMediaDeleteMediaByJobIdRequest")
    .answers(204, Shape::Nothing)
    .handler(handle_delete)
}

async fn handle_delete(request: Request) -> Result<Response, Error> {
    let body: Body = request.json()?;
    let (tenant, ctx, (permit, folder)) = (request.tenant()?.id, request.ctx.clone(), asked(&request));
    request
        .store()
        .write(move |tx| service::remove(&mut tx.tenant(tenant), &ctx, &permit, folder, body.job_id))
        .await?;
    reply::no_content()
}

pub fn download() -> Operation {
    Operation::orchestrator(
        Method::GET,
        "/odata/ExecutionMedia/UiPath.Server.Configuration.OData.DownloadMediaByJobId(jobId={jobId})",
        "ExecutionMedia_DownloadMediaByJobId",
    )
    .summary("Gets what was recorded of a job: a ZIP file with pictures.")
    .scope("OR.Monitoring.Read")
    .permission("ExecutionMedia.View")
    .folder(Folder::Optional)
    .answers(200, Shape::Media(ZIP))
    .handler(handle_download)
}

async fn handle_download(request: Request) -> Result<Response, Error> {
    let (tenant, job, (permit, folder)) = (request.tenant()?.id, request.integer("jobId")?, asked(&request));
    let media = request
        .store()
        .read(move |tx| service::of_job(&mut tx.tenant(tenant), &permit, folder, job))
        .await?;
    let content = request.state::<Blobs>()?.get(&media.blob, None).await?;
    let content = content.ok_or_else(|| {
        Error::missing(
            codes::ITEM_NOT_FOUND,
            "The content of the execution media is not available.",
        )
    })?;
    let reply = Reply::ok().header("content-disposition", &to_be_saved(&media.name));
    content.reply(reply, ZIP)
}
