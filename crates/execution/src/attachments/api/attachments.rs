//! Attachments themselves. `GET`, `POST /odata/Attachments` and `GET`, `DELETE /odata/Attachments({key})`

use access::rows::published;
use blobs::Blobs;
use context::Error;
use http::Method;
use serde::Deserialize;
use store::Entity as _;
use uuid::Uuid;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::{SET, asked, reading, writing};
use crate::attachments::model::Attachment;
use crate::attachments::service::{self, AREA, New};

pub fn list() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/Attachments", "Attachments_Get")
        .summary(
            "Lists the attachments that were made in a folder, or in all folders in which the caller may see files.",
        )
        .scope("OR.Folders.Read")
        .permission("BlobFiles.View")
        .folder(Folder::Optional)
        .queryable()
        .answers(200, Shape::Collection(Attachment::model()))
        .handler(handle_list)
}

async fn handle_list(request: Request) -> Result<Response, Error> {
    let query = request.odata(Attachment::model())?;
    let (tenant, (permit, folder)) = (request.tenant()?.id, asked(&request));
    let options = query.clone();
    let page = request
        .store()
        .read(move |tx| service::list(&mut tx.tenant(tenant), &permit, folder, &options))
        .await?;
    reply::collection(&request, SET, Attachment::model(), &query, page.items, page.count)
}

/// `AttachmentDto`, as far as a client decides it, with what links it to a job at once.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Body {
    name: Option<String>,
    job_key: Option<Uuid>,
    attachment_category: Option<String>,
}

pub fn create() -> Operation {
    Operation::orchestrator(Method::POST, "/odata/Attachments", "Attachments_Post")
        .summary("Makes an attachment, and tells where its content is to be put. JobKey links it with a job.")
        .scope("OR.Folders.Write")
        .permission("BlobFiles.Create or Jobs.Create")
        .folder(Folder::Optional)
        .takes_entity(Attachment::model())
        .answers(201, Shape::Entity(Attachment::model()))
        .handler(handle_create)
}

async fn handle_create(request: Request) -> Result<Response, Error> {
    let body: Body = request.json()?;
    let (name, category) = service::check(body.name, body.attachment_category)?;
    let (permit, folder) = asked(&request);
    let new = New {
        name,
        folder,
        job: body.job_key,
        category,
        blob: Blobs::new_key(&request.ctx, AREA),
    };
    let (tenant, ctx) = (request.tenant()?.id, request.ctx.clone());
    let attachment = request
        .store()
        .write(move |tx| service::create(&mut tx.tenant(tenant), &ctx, &permit, &new))
        .await?;
    let mut value = published(&attachment);
    value["BlobFileAccess"] = writing(&request, &attachment)?;
    reply::entity(&request, 201, SET, Attachment::model(), None, value)
}

pub fn get() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/Attachments({key})", "Attachments_GetById")
        .summary("Gets an attachment, with where its content can be fetched.")
        .scope("OR.Folders.Read")
        .permission("BlobFiles.View")
        .folder(Folder::Optional)
        .queryable()
        .answers(200, Shape::Entity(Attachment::model()))
        .handler(handle_get)
}

async fn handle_get(request: Request) -> Result<Response, Error> {
    let query = request.odata(Attachment::model())?;
    let attachment = find(&request, "key").await?;
    let mut value = published(&attachment);
    value["BlobFileAccess"] = reading(&request, &attachment)?;
    reply::entity(&request, 200, SET, Attachment::model(), Some(&query), value)
}

/// The attachment that the path names.
pub(super) async fn find(request: &Request, argument: &'static str) -> Result<Attachment, Error> {
    let (tenant, ctx, (permit, folder)) = (request.tenant()?.id, request.ctx.clone(), asked(request));
    let id = request.guid(argument)?;
    let work = request
        .store()
        .read(move |tx| service::find(&mut tx.tenant(tenant), &ctx, &permit, folder, id));
    work.await
}

pub fn delete() -> Operation {
    Operation::orchestrator(Method::DELETE, "/odata/Attachments({key})", "Attachments_DeleteById")
        .summary("Deletes an attachment, with its content and its links to jobs.")
        .scope("OR.Folders.Write")
        .permission("BlobFiles.Delete")
        .folder(Folder::Optional)
        .answers(204, Shape::Nothing)
        .handler(handle_delete)
}

async fn handle_delete(request: Request) -> Result<Response, Error> {
    let (tenant, ctx, (permit, folder)) = (request.tenant()?.id, request.ctx.clone(), asked(&request));
    let id = request.guid("key")?;
    request
        .store()
        .write(move |tx| service::remove(&mut tx.tenant(tenant), &ctx, &permit, folder, id))
        .await?;
    reply::no_content()
}
