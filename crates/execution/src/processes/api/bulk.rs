//! The latest version for several processes. `POST /odata/Releases/…UpdateToLatestPackageVersionBulk` and `…BulkByKey`
//!
//! Each process is updated or not for itself: what failed is told, and the answer is 200 all the same.

use context::{Error, Kind, check_length};
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;
use web::{Folder, Operation, Reply, Request, Response, Shape};

use super::asked;
use crate::processes::service::By;
use crate::processes::versions::{self, Wanted};

/// Processes that one unit of work updates.
const AT_A_TIME: usize = 50;

/// Contract schema `ReleasesUpdateToLatestPackageVersionBulkRequest`.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Ids {
    release_ids: Vec<i64>,
    #[serde(default)]
    merge_package_tags: Option<bool>,
}

/// Contract schema `ReleasesUpdateToLatestPackageVersionBulkRequestByKey`.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Keys {
    release_keys: Vec<Uuid>,
    #[serde(default)]
    merge_package_tags: Option<bool>,
}

pub fn by_id() -> Operation {
    let path = "/odata/Releases/UiPath.Server.Configuration.OData.UpdateToLatestPackageVersionBulk";
    declare(path, "Releases_UpdateToLatestPackageVersionBulk")
        .takes::<Ids>("ReleasesUpdateToLatestPackageVersionBulkRequest")
        .handler(|request: Request| async move {
            let body: Ids = request.json()?;
            check_length("releaseIds", &body.release_ids)?;
            let all: Vec<By<'static>> = body.release_ids.into_iter().map(By::Id).collect();
            let failed = update(&request, all, body.merge_package_tags.unwrap_or(false)).await?;
            answer(&request, "BulkOperationResponseDtoOfInt64", &failed)
        })
}

pub fn by_key() -> Operation {
    let path = "/odata/Releases/UiPath.Server.Configuration.OData.UpdateToLatestPackageVersionBulkByKey";
    declare(path, "Releases_UpdateToLatestPackageVersionBulkByKey")
        .takes::<Keys>("ReleasesUpdateToLatestPackageVersionBulkRequestByKey")
        .handler(|request: Request| async move {
            let body: Keys = request.json()?;
            check_length("releaseKeys", &body.release_keys)?;
            let all: Vec<By<'static>> = body.release_keys.into_iter().map(By::Key).collect();
            let failed = update(&request, all, body.merge_package_tags.unwrap_or(false)).await?;
            answer(&request, "BulkOperationResponseDtoOfGuid", &failed)
        })
}

fn declare(path: &'static str, id: &'static str) -> Operation {
    Operation::orchestrator(Method::POST, path, id)
        .summary("Gives several processes the latest versions of their packages, and tells which could not be updated.")
        .scope("OR.Execution.Write")
        .permission("Processes.Edit")
        .folder(Folder::Optional)
        .answers(200, Shape::Media("application/json"))
}

/// Updates the processes and answers those that could not be, each with the reason.
async fn update(request: &Request, all: Vec<By<'static>>, merge: bool) -> Result<Vec<(Value, String)>, Error> {
    let (tenant, ctx, asked) = (request.tenant()?.id, request.ctx.clone(), asked(request));
    let mut failed = Vec::new();
    for some in all.chunks(AT_A_TIME) {
        let (some, ctx, asked) = (some.to_vec(), ctx.clone(), asked.clone());
        let work = request.store().write(move |tx| {
            let mut failed = Vec::new();
            for by in &some {
                let done = tx.attempt(|tx| {
                    let mut scope = tx.tenant(tenant);
                    versions::change(&mut scope, &ctx, &asked, *by, &Wanted::Latest, merge)
                });
                match done {
                    Ok(_) => {}
                    Err(error) if error.kind == Kind::Internal => return Err(error),
                    Err(error) => failed.push((named(*by), error.message)),
                }
            }
            Ok::<_, Error>(failed)
        });
        failed.extend(work.await?);
    }
    Ok(failed)
}

fn named(by: By<'_>) -> Value {
    match by {
        By::Id(id) => json!(id),
        By::Key(key) => json!(key),
        By::Name(name) => json!(name),
    }
}

fn answer(request: &Request, of: &str, failed: &[(Value, String)]) -> Result<Response, Error> {
    let reasons: Vec<&str> = failed.iter().take(5).map(|(_, reason)| reason.as_str()).collect();
    let items: Vec<&Value> = failed.iter().map(|(item, _)| item).collect();
    let context = request.context_url(&format!("UiPath.Server.Configuration.OData.{of}"));
    let value = json!({ "Success": failed.is_empty(), "Message": reasons.join(" "), "FailedItems": items });
    Reply::ok().odata(&odata::envelope::entity(&context, value))
}
