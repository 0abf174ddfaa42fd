//! The content of an attachment. `GET /odata/Attachments/…DownloadAttachmentFile(id={guid})`: not in the contract.

use blobs::Blobs;
use context::Error;
use http::Method;
use web::reply::attachment as to_be_saved;
use web::{Folder, Operation, Reply, Request, Response, Shape};

use super::attachments::find;
use crate::attachments::service::no_such;

const FILE: &str = "application/octet-stream";

pub fn operation() -> Operation {
    Operation::orchestrator(
        Method::GET,
        "/odata/Attachments/UiPath.Server.Configuration.OData.DownloadAttachmentFile(id={id})",
        "Attachments_DownloadAttachmentFileById",
    )
    .summary("Gets the content of an attachment.")
    .scope("OR.Folders.Read")
    .permission("BlobFiles.View")
    .folder(Folder::Optional)
    .answers(200, Shape::Media(FILE))
    .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let attachment = find(&request, "id").await?;
    let content = request.state::<Blobs>()?.get(&attachment.blob, None).await?;
    let content = content.ok_or_else(|| no_such(attachment.id))?;
    let reply = Reply::ok().header("content-disposition", &to_be_saved(&attachment.name));
    content.reply(reply, FILE)
}
