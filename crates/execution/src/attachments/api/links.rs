//! Which attachments a job has. `GET /api/JobAttachments/GetByJobKey?jobKey=` and `POST /api/JobAttachments/Post`: not in the contract,
//! and with members in camel case.

use access::audit::{self, Action, Component, Entry};
use context::Error;
use http::Method;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;
use web::{Folder, Operation, Reply, Request, Response, Shape};

use super::asked;
use crate::attachments::links;
use crate::attachments::service::{self, find, job_of};

pub fn by_job() -> Operation {
    Operation::orchestrator(
        Method::GET,
        "/api/JobAttachments/GetByJobKey",
        "JobAttachments_GetByJobKey",
    )
    .summary("Lists the attachments of a job.")
    .scope("OR.Jobs.Read")
    .scope("OR.Folders.Read")
    .permission("Jobs.View")
    .folder(Folder::Optional)
    .parameters(&["jobKey"])
    .answers(200, Shape::Media("application/json"))
    .handler(handle_list)
}

async fn handle_list(request: Request) -> Result<Response, Error> {
    let key = request.parse::<Uuid>("jobKey")?;
    let key = key.ok_or_else(|| Error::field("jobKey", "jobKey is required."))?;
    let (tenant, (permit, folder)) = (request.tenant()?.id, asked(&request));
    let shown = request
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant);
            let job = job_of(&mut scope, &permit, folder, key)?;
            links::of_job(&mut scope, &job)
        })
        .await?;
    Reply::ok().json(&shown)
}

/// `JobAttachmentDto`, as far as a client decides it.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Body {
    attachment_id: Uuid,
    job_key: Uuid,
    #[serde(default)]
    category: Option<String>,
}

pub fn create() -> Operation {
    Operation::orchestrator(Method::POST, "/api/JobAttachments/Post", "JobAttachments_Post")
        .summary("Links an attachment with a job.")
        .scope("OR.Jobs.Write")
        .scope("OR.Folders.Write")
        .permission("BlobFiles.Create or Jobs.Create")
        .folder(Folder::Optional)
        .takes::<Body>("JobAttachmentDto")
        .answers(201, Shape::Media("application/json"))
        .handler(handle_create)
}

async fn handle_create(request: Request) -> Result<Response, Error> {
    let body: Body = request.json()?;
    let (_, category) = service::check(Some("-".to_owned()), body.category)?;
    let (tenant, ctx, (permit, folder)) = (request.tenant()?.id, request.ctx.clone(), asked(&request));
    let link = request
        .store()
        .write(move |tx| {
            let mut scope = tx.tenant(tenant);
            let job = job_of(&mut scope, &permit, folder, body.job_key)?;
            // Linking shows the file to everybody in the folder of the job: only who has it may do so.
            let attachment = find(&mut scope, &ctx, &permit, None, body.attachment_id)?;
            let link = links::link(&mut scope, &ctx, &job, &attachment, category.clone())?;
            let entry = Entry::new(
                Component::JobAttachments,
                Action::Associate,
                "attachment",
                None,
                &attachment.name,
            )
            .text(format!("linked attachment {} with job {}", attachment.name, job.key))
            .parameters(json!({ "attachmentId": attachment.id, "jobKey": job.key, "category": category }));
            audit::record(&mut scope, &ctx, entry)?;
            Ok::<_, Error>(links::on_the_wire(&link, &attachment))
        })
        .await?;
    Reply::new(201).json(&link)
}
