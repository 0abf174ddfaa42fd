//! The files of jobs: packages on their way to robots, and what suspended jobs keep.

use blobs::{Blobs, Stored, garbage};
use context::{Ctx, Error};
use http::Method;
use packages::Packages;
use robot_protocol::{Attempt, EPOCH_HEADER, SESSION_HEADER, SessionRef};
use store::{Scoped, Tenant, params};
use uuid::Uuid;
use web::{Operation, Reply, Request, Response, Shape, reply};

use super::api::calling;
use super::service;
use crate::attachments::{media, service as attachments};
use crate::jobs::model::Job;

/// Bytes that a suspended job keeps, at most.
const LONGEST_STATE: usize = 512 << 20;
/// Where it lies in the object storage.
const STATE_AREA: &str = "job-states";
const BYTES: &str = "application/octet-stream";

/// All operations.
pub fn operations() -> Vec<Operation> {
    vec![package(), put_state(), get_state(), put_file(), get_file(), put_media()]
}

/// The session that the headers of a call name.
pub(super) fn session_of(request: &Request) -> Result<SessionRef, Error> {
    let header = |name: &'static str| {
        request
            .header(name)
            .map(str::trim)
            .ok_or_else(|| Error::field(name, format!("The header {name} is required.")))
    };
    let session = Uuid::parse_str(header(SESSION_HEADER)?)
        .map_err(|_| Error::field(SESSION_HEADER, format!("{SESSION_HEADER} must be a GUID.")))?;
    let epoch = header(EPOCH_HEADER)?
        .parse()
        .map_err(|_| Error::field(EPOCH_HEADER, format!("{EPOCH_HEADER} must be a number.")))?;
    Ok(SessionRef { session, epoch })
}

/// Stores the body of a call for the job of its path, which the calling session must have taken on, and has it kept.
async fn take<T, F>(request: &Request, area: &str, largest: u64, keep: F) -> Result<T, Error>
where
    T: Send + 'static,
    F: Fn(&mut Scoped<'_, Tenant>, &Ctx, &Job, &Stored) -> Result<T, Error> + Send + 'static,
{
    let (by, key) = (session_of(request)?, request.guid("job")?);
    let (tenant, ctx) = (request.tenant()?.id, request.ctx.clone());
    let accepted = move |scope: &mut Scoped<'_, Tenant>, ctx: &Ctx| {
        let job = held(scope, ctx, by, key)?;
        if job.accepted {
            Ok(job)
        } else {
            Err(service::not_yours())
        }
    };
    let now = ctx.clone();
    // Asked before, so that nothing is stored for those who may not.
    request
        .store()
        .write_locking(move |tx| accepted(&mut tx.tenant(tenant), &now).map(|_| ()))
        .await?;
    let blobs = request.state::<Blobs>()?;
    let mut body = request.take_body()?;
    let stored = blobs.put_new(&ctx, area, &mut body, largest).await?;
    let (now, file) = (ctx.clone(), stored.clone());
    let kept = request
        .store()
        .write_locking(move |tx| {
            let mut scope = tx.tenant(tenant);
            let job = accepted(&mut scope, &now)?;
            keep(&mut scope, &now, &job, &file)
        })
        .await;
    if kept.is_err() {
        blobs.give_up(&ctx, stored.key).await?;
    }
    kept
}

/// The job of the path, which the calling session holds.
pub(super) fn held(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, by: SessionRef, job: Uuid) -> Result<Job, Error> {
    let session = service::session(scope, ctx, by)?;
    let found = scope.find_one::<Job>("key = ? and session_id = ?", params![job, session.id])?;
    let attempt = found.ok_or_else(service::not_yours)?.attempt;
    service::held(scope, &session, Attempt { job, attempt })
}

fn package() -> Operation {
    calling(Method::GET, "/api/RobotAgent/Package/{job}", "RobotAgent_GetPackage")
        .summary("The package of a job that is assigned to the session, as it was uploaded.")
        .answers(200, Shape::Media(BYTES))
        .handler(handle_package)
}

async fn handle_package(request: Request) -> Result<Response, Error> {
    let (by, job) = (session_of(&request)?, request.guid("job")?);
    let (tenant, ctx) = (request.tenant()?.id, request.ctx.clone());
    let version = request
        .store()
        .write_locking(move |tx| {
            let mut scope = tx.tenant(tenant);
            let job = held(&mut scope, &ctx, by, job)?;
            service::package_version(&mut scope, &job)
        })
        .await?;
    let version = version.ok_or_else(|| {
        Error::missing(
            context::codes::PACKAGE_NOT_FOUND,
            "The package version of the job is not in its feed any more.",
        )
    })?;
    let found = request.state::<Packages>()?.open(&version).await?;
    found.reply(Reply::ok(), BYTES)
}

fn put_state() -> Operation {
    calling(Method::PUT, "/api/RobotAgent/State/{job}", "RobotAgent_PutState")
        .summary("Stores what a job keeps that is about to be suspended.")
        .streams(LONGEST_STATE)
        .answers(204, Shape::Nothing)
        .handler(handle_put_state)
}

async fn handle_put_state(request: Request) -> Result<Response, Error> {
    take(&request, STATE_AREA, LONGEST_STATE as u64, |scope, ctx, job, stored| {
        scope.update_where::<Job>("state_blob = ?", "id = ?", params![&stored.key, job.id])?;
        if let Some(before) = &job.state_blob {
            garbage::release(scope.tx(), before, ctx.now)?;
        }
        garbage::keep(scope.tx(), &stored.key)
    })
    .await?;
    reply::no_content()
}

fn get_state() -> Operation {
    calling(Method::GET, "/api/RobotAgent/State/{job}", "RobotAgent_GetState")
        .summary("What a resumed job kept when it was suspended.")
        .answers(200, Shape::Media(BYTES))
        .handler(handle_get_state)
}

async fn handle_get_state(request: Request) -> Result<Response, Error> {
    let (by, key) = (session_of(&request)?, request.guid("job")?);
    let (tenant, ctx) = (request.tenant()?.id, request.ctx.clone());
    let job = request
        .store()
        .write_locking(move |tx| held(&mut tx.tenant(tenant), &ctx, by, key))
        .await?;
    let nothing = || Error::missing(context::codes::SUSPEND_JOB_STATE_NOT_FOUND, "The job keeps nothing.");
    let blob = job.state_blob.ok_or_else(nothing)?;
    let found = request.state::<Blobs>()?.get(&blob, None).await?;
    found.ok_or_else(nothing)?.reply(Reply::ok(), BYTES)
}

fn put_file() -> Operation {
    calling(Method::PUT, "/api/RobotAgent/File/{job}", "RobotAgent_PutFile")
        .summary("Stores a file as an attachment of a job that the session runs.")
        .parameters(&["name"])
        .streams(usize::try_from(attachments::LARGEST).unwrap_or(usize::MAX))
        .answers_json::<robot_protocol::Stored>(200, "RobotStored")
        .handler(handle_put_file)
}

async fn handle_put_file(request: Request) -> Result<Response, Error> {
    let name = request.parameter("name").unwrap_or_default().to_owned();
    let id = take(
        &request,
        attachments::AREA,
        attachments::LARGEST,
        move |scope, ctx, job, stored| {
            attachments::keep_of_job(scope, ctx, job, &name, None, stored).map(|file| file.id)
        },
    )
    .await?;
    Reply::ok().json(&robot_protocol::Stored { id })
}

fn get_file() -> Operation {
    calling(Method::GET, "/api/RobotAgent/File/{job}/{file}", "RobotAgent_GetFile")
        .summary("The content of an attachment of a job that is assigned to the session.")
        .answers(200, Shape::Media(BYTES))
        .handler(handle_get_file)
}

async fn handle_get_file(request: Request) -> Result<Response, Error> {
    let (by, key, file) = (session_of(&request)?, request.guid("job")?, request.guid("file")?);
    let (tenant, ctx) = (request.tenant()?.id, request.ctx.clone());
    let attachment = request
        .store()
        .write_locking(move |tx| {
            let mut scope = tx.tenant(tenant);
            let job = held(&mut scope, &ctx, by, key)?;
            attachments::of_job(&mut scope, &job, file)
        })
        .await?;
    let found = request.state::<Blobs>()?.get(&attachment.blob, None).await?;
    found
        .ok_or_else(|| attachments::no_such(file))?
        .reply(Reply::ok(), BYTES)
}

fn put_media() -> Operation {
    calling(Method::PUT, "/api/RobotAgent/Media/{job}", "RobotAgent_PutMedia")
        .summary("Stores what was recorded of a job that the session runs: a ZIP file with pictures.")
        .streams(usize::try_from(media::LARGEST).unwrap_or(usize::MAX))
        .answers(204, Shape::Nothing)
        .handler(handle_put_media)
}

async fn handle_put_media(request: Request) -> Result<Response, Error> {
    take(&request, media::AREA, media::LARGEST, |scope, ctx, job, stored| {
        media::keep(scope, ctx, job, stored).map(|_| ())
    })
    .await?;
    reply::no_content()
}
