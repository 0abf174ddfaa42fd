//! Files of a job: its attachments, and what was recorded before a fault.

use access::Permit;
use access::console::moment;
use blobs::Blobs;
use context::{Error, codes};
use http::Method;
use maud::{Markup, html};
use store::{Scoped, Tenant, params};
use ui::{link_button, muted};
use uuid::Uuid;
use web::{Folder, Operation, Reply, Request, Response, reply};

use super::job::find_row;
use crate::attachments::model::{Attachment, Link, Media};
use crate::attachments::{media, service};
use crate::jobs::model::Job;

const FILE: &str = "/{org}/tenants/{tenant}/folders/{folder}/jobs/{job}/files/{file}";
const MEDIA: &str = "/{org}/tenants/{tenant}/folders/{folder}/jobs/{job}/media";
/// What a visitor needs to have the content of a file, and that of a recording.
const SEES_FILES: &str = "Jobs.View and BlobFiles.View";
const SEES_MEDIA: &str = "Jobs.View and ExecutionMedia.View";
/// Files that are shown at most.
const MOST: i64 = 200;

pub fn operations() -> Vec<Operation> {
    let page = |path, id, permission: &str, summary| {
        Operation::page(Method::GET, path, id)
            .permission(permission)
            .folder(Folder::Required)
            .summary(summary)
    };
    vec![
        page(
            FILE,
            "Console_JobFile",
            SEES_FILES,
            "The content of an attachment of a job.",
        )
        .handler(handle_file),
        page(
            MEDIA,
            "Console_JobMedia",
            SEES_MEDIA,
            "What the robot of a job recorded before a fault.",
        )
        .handler(handle_media),
    ]
}

/// The attachments and the recording of a job.
#[derive(Debug, Default)]
pub struct Files {
    attachments: Vec<(Link, Attachment)>,
    media: Option<Media>,
}

impl Files {
    pub fn of(scope: &mut Scoped<'_, Tenant>, job: &Job) -> Result<Self, Error> {
        let links = scope.find::<Link>(
            &format!("job_id = ? order by created_at, id limit {MOST}"),
            params![job.id],
        )?;
        let ids: Vec<Uuid> = links.iter().map(|link| link.attachment_id).collect();
        let mut attachments = scope.get_many::<Attachment>(&ids)?;
        let attachments = links.into_iter().filter_map(|link| {
            let at = attachments.iter().position(|known| known.id == link.attachment_id)?;
            Some((link, attachments.swap_remove(at)))
        });
        Ok(Self {
            attachments: attachments.collect(),
            media: scope.find_one::<Media>("job_id = ?", params![job.id])?,
        })
    }

    pub fn is_empty(&self) -> bool {
        self.attachments.is_empty() && self.media.is_none()
    }

    /// `path` is the address of the job.
    pub fn render(&self, request: &Request, path: &str) -> Result<Markup, Error> {
        let may = |permission: &str| access::console::may(request, permission, Some(request.folder()?.id));
        let (files, recordings) = (may(SEES_FILES)?, may(SEES_MEDIA)?);
        Ok(html! {
            @if let Some(media) = &self.media {
                p {
                    "The robot recorded what happened before the fault, " (moment(Some(media.created_at))) ". "
                    @if recordings { (link_button("Download recording", &format!("{path}/media")).small().icon("download")) }
                }
            }
            @if !self.attachments.is_empty() {
                div.grid { div.table-box tabindex="0" role="region" aria-label="Attachments" {
                    table.table role="table" {
                        thead { tr { th scope="col" { "Name" } th scope="col" { "Category" } th scope="col" { "Added" } th scope="col" { "Id" } } }
                        tbody {
                            @for (link, attachment) in &self.attachments {
                                tr role="row" {
                                    td.lead-cell role="cell" data-label="Name" {
                                        @if files { a.row-link href={ (path) "/files/" (attachment.id) } { (attachment.name) } }
                                        @else { b { (attachment.name) } }
                                    }
                                    td role="cell" data-label="Category" {
                                        @match &link.category { Some(category) => (category), None => (muted("–")) }
                                    }
                                    td role="cell" data-label="Added" { (moment(Some(link.created_at))) }
                                    td role="cell" data-label="Id" { (ui::copyable(&attachment.id.to_string())) }
                                }
                            }
                        }
                    }
                } }
            }
        })
    }
}

async fn handle_file(request: Request) -> Result<Response, Error> {
    let (tenant, folder) = (request.tenant()?.id, request.folder()?.id);
    let (key, file) = (request.guid("job")?, request.guid("file")?);
    let attachment = request
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant);
            let job = find_row(&mut scope, folder, key)?;
            service::of_job(&mut scope, &job, file)
        })
        .await?;
    send(&request, &attachment.blob, &attachment.name, "application/octet-stream").await
}

async fn handle_media(request: Request) -> Result<Response, Error> {
    let (tenant, folder, key) = (request.tenant()?.id, request.folder()?.id, request.guid("job")?);
    let permit = Permit::of(&request);
    let found = request
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant);
            let job = find_row(&mut scope, folder, key)?;
            media::of_job(&mut scope, &permit, Some(folder), job.id)
        })
        .await?;
    send(&request, &found.blob, &found.name, "application/zip").await
}

/// Answers with a file that is to be saved, never shown.
async fn send(request: &Request, blob: &str, name: &str, content_type: &str) -> Result<Response, Error> {
    let content = request.state::<Blobs>()?.get(blob, None).await?;
    let content =
        content.ok_or_else(|| Error::missing(codes::ITEM_NOT_FOUND, "The content of the file is not there."))?;
    let reply = Reply::ok()
        .header("content-disposition", &reply::attachment(name))
        .header("cache-control", "no-store");
    content.reply(reply, content_type)
}
