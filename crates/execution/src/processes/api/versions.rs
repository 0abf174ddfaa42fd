//! Other package versions for a process.
//!
//! `POST /odata/Releases({key})/…UpdateToLatestPackageVersion`, `…UpdateToSpecificPackageVersion`, `…RollbackToPreviousReleaseVersion`,
//! the same by GUID, and `…UpdateByKey`. Those by id answer the id, those by GUID the GUID.

use context::Error;
use http::Method;
use serde::Deserialize;
use serde_json::json;
use web::{Folder, Operation, Reply, Request, Response, Shape, reply};

use super::asked;
use crate::processes::service::By;
use crate::processes::versions::{self, ByKey, Wanted};

const MERGE: &str = "mergePackageTags";

/// Contract schema `ReleasesUpdateToSpecificPackageVersionRequest`.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Certain {
    package_version: String,
}

pub fn operations() -> Vec<Operation> {
    vec![
        one(
            "/odata/Releases({key})/UiPath.Server.Configuration.OData.UpdateToLatestPackageVersion",
            "Releases_UpdateToLatestPackageVersionById",
            "Gives a process the latest version of its package.",
        )
        .parameters(&[MERGE])
        .handler(|request| by_id(request, Wanted::Latest)),
        one(
            "/odata/Releases({key})/UiPath.Server.Configuration.OData.RollbackToPreviousReleaseVersion",
            "Releases_RollbackToPreviousReleaseVersionById",
            "Gives a process the version back that it had before.",
        )
        .parameters(&[MERGE])
        .handler(|request| by_id(request, Wanted::Previous)),
        one(
            "/odata/Releases({key})/UiPath.Server.Configuration.OData.UpdateToSpecificPackageVersion",
            "Releases_UpdateToSpecificPackageVersionById",
            "Gives a process a certain version of its package.",
        )
        .takes::<Certain>("ReleasesUpdateToSpecificPackageVersionRequest")
        .handler(|request: Request| async move {
            let wanted = certain(&request)?;
            by_id(request, wanted).await
        }),
        one(
            "/odata/Releases/UiPath.Server.Configuration.OData.UpdateToLatestPackageVersionByKey(identifier={identifier})",
            "Releases_UpdateToLatestPackageVersionByKeyByIdentifier",
            "Gives a process the latest version of its package.",
        )
        .parameters(&[MERGE])
        .handler(|request| by_guid(request, Wanted::Latest)),
        one(
            "/odata/Releases/UiPath.Server.Configuration.OData.RollbackToPreviousReleaseVersionByKey(identifier={identifier})",
            "Releases_RollbackToPreviousReleaseVersionByKeyByIdentifier",
            "Gives a process the version back that it had before.",
        )
        .parameters(&[MERGE])
        .handler(|request| by_guid(request, Wanted::Previous)),
        one(
            "/odata/Releases/UiPath.Server.Configuration.OData.UpdateToSpecificPackageVersionByKey(identifier={identifier})",
            "Releases_UpdateToSpecificPackageVersionByKeyByIdentifier",
            "Gives a process a certain version of its package.",
        )
        .takes::<Certain>("ReleasesUpdateToSpecificPackageVersionRequest")
        .handler(|request: Request| async move {
            let wanted = certain(&request)?;
            by_guid(request, wanted).await
        }),
        declare(
            "/odata/Releases/UiPath.Server.Configuration.OData.UpdateByKey",
            "Releases_UpdateByKey",
            "Changes version, entry point and arguments of a process, those that are given.",
        )
        .takes::<ByKey>("ReleasesUpdateByKeyRequest")
        .answers(200, Shape::Nothing)
        .handler(update_by_key),
    ]
}

fn declare(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::orchestrator(Method::POST, path, id)
        .summary(summary)
        .scope("OR.Execution.Write")
        .permission("Processes.Edit")
        .folder(Folder::Optional)
}

fn one(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    declare(path, id, summary).answers(200, Shape::Media("application/json"))
}

fn certain(request: &Request) -> Result<Wanted, Error> {
    let body: Certain = request.json()?;
    let version = body.package_version.trim().to_owned();
    if version.is_empty() {
        return Err(Error::field("packageVersion", "packageVersion is required."));
    }
    Ok(Wanted::Certain(version))
}

async fn by_id(request: Request, wanted: Wanted) -> Result<Response, Error> {
    let id = request.integer("key")?;
    change(&request, By::Id(id), wanted).await?;
    reply::value(&request, "Edm.Int64", json!(id))
}

async fn by_guid(request: Request, wanted: Wanted) -> Result<Response, Error> {
    let key = request.guid("identifier")?;
    change(&request, By::Key(key), wanted).await?;
    reply::value(&request, "Edm.Guid", json!(key))
}

async fn change(request: &Request, by: By<'static>, wanted: Wanted) -> Result<(), Error> {
    let merge = request.parse(MERGE)?.unwrap_or(false);
    let (tenant, ctx, asked) = (request.tenant()?.id, request.ctx.clone(), asked(request));
    let work = request
        .store()
        .write(move |tx| versions::change(&mut tx.tenant(tenant), &ctx, &asked, by, &wanted, merge));
    work.await.map(|_| ())
}

async fn update_by_key(request: Request) -> Result<Response, Error> {
    let body: ByKey = request.json()?;
    let (tenant, ctx, asked) = (request.tenant()?.id, request.ctx.clone(), asked(&request));
    request
        .store()
        .write(move |tx| versions::update_by_key(&mut tx.tenant(tenant), &ctx, &asked, &body))
        .await?;
    Reply::ok().empty()
}
