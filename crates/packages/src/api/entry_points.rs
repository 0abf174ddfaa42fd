//! What is known about one version. `GET /odata/Processes/…GetArguments(key='{key}')`, and, beside the contract, `…GetProcessVersion`,
//! `…GetPackageMainEntryPoint`, `…GetPackageEntryPoints` and `…GetPackageEntryPointsV2`

use context::{Error, codes};
use http::Method;
use serde_json::{Value, json};
use store::Entity as _;
use web::{Folder, Operation, Reply, Request, Response, Shape, reply};

use super::PROCESSES;
use crate::feeds::{self, Deed};
use crate::model::{EntryPoint, PackageVersion};
use crate::{service, wire};

pub fn operations() -> Vec<Operation> {
    let reading = |path, id| PROCESSES.operation(Method::GET, path, id, Deed::View).queryable();
    vec![
        Operation::orchestrator(
            Method::GET,
            "/odata/Processes/UiPath.Server.Configuration.OData.GetArguments(key='{key}')",
            "Processes_GetArgumentsByKey",
        )
        .summary("The arguments of the main entry point of a version.")
        .scope("OR.Execution.Read")
        .permission("Packages.View")
        .folder(Folder::InRequest)
        .parameters(&["feedId"])
        .queryable()
        .answers(200, Shape::Entity(wire::arguments()))
        .handler(arguments),
        reading(
            "/odata/Processes/UiPath.Server.Configuration.OData.GetProcessVersion(key='{key}')",
            "Processes_GetProcessVersionByKey",
        )
        .summary("A version of a package, with its entry points.")
        .answers(200, Shape::Entity(PackageVersion::model()))
        .handler(version),
        reading(
            "/odata/Processes/UiPath.Server.Configuration.OData.GetPackageMainEntryPoint(key='{key}')",
            "Processes_GetPackageMainEntryPointByKey",
        )
        .summary("The main entry point of a version.")
        .answers(200, Shape::Entity(EntryPoint::model()))
        .handler(main),
        reading(
            "/odata/Processes/UiPath.Server.Configuration.OData.GetPackageEntryPoints(key='{key}')",
            "Processes_GetPackageEntryPointsByKey",
        )
        .summary("The entry points of a version, the main one first.")
        .answers(200, Shape::Collection(EntryPoint::model()))
        .handler(all),
        reading(
            "/odata/Processes/UiPath.Server.Configuration.OData.GetPackageEntryPointsV2(key='{key}')",
            "Processes_GetPackageEntryPointsV2ByKey",
        )
        .summary("The entry points of a version, as GetPackageEntryPoints lists them.")
        .answers(200, Shape::Collection(EntryPoint::model()))
        .handler(all),
    ]
}

/// The version of the request's key.
async fn found(request: &Request) -> Result<PackageVersion, Error> {
    let feed = feeds::of_request(request, PROCESSES.kind, Deed::View).await?;
    let (tenant, key) = (request.tenant()?.id, request.text("key")?);
    request
        .store()
        .read(move |tx| service::by_key(&mut tx.tenant(tenant), &feed, &key))
        .await
}

async fn entries(request: &Request) -> Result<Vec<EntryPoint>, Error> {
    let (tenant, version) = (request.tenant()?.id, found(request).await?.id);
    request
        .store()
        .read(move |tx| service::entry_points(&mut tx.tenant(tenant), version))
        .await
}

async fn arguments(request: Request) -> Result<Response, Error> {
    let version = found(&request).await?;
    let context = request.context_url("UiPath.Server.Configuration.OData.ArgumentMetadata");
    let value = json!({ "Input": version.input, "Output": version.output });
    Reply::ok().odata(&odata::envelope::entity(&context, value))
}

async fn version(request: Request) -> Result<Response, Error> {
    let query = request.odata(PackageVersion::model())?;
    let (tenant, version) = (request.tenant()?.id, found(&request).await?);
    let value = request
        .store()
        .read(move |tx| PROCESSES.json(&mut tx.tenant(tenant), &version, true))
        .await?;
    // The entry points are always there, expanded or not.
    let entries = value["EntryPoints"].clone();
    let mut value = query.project(PackageVersion::model(), value);
    value["EntryPoints"] = entries;
    let context = request.context_url("Processes/$entity");
    Reply::ok().odata(&odata::envelope::entity(&context, value))
}

async fn main(request: Request) -> Result<Response, Error> {
    let entries = entries(&request).await?;
    let entry = entries
        .first()
        .ok_or_else(|| Error::missing(codes::ITEM_NOT_FOUND, "The package has no entry point."))?;
    let context = request.context_url("UiPath.Server.Configuration.OData.EntryPointDto");
    Reply::ok().odata(&odata::envelope::entity(&context, wire::entry_point_of(entry)))
}

async fn all(request: Request) -> Result<Response, Error> {
    let query = request.odata(EntryPoint::model())?;
    let rows: Vec<Value> = entries(&request).await?.iter().map(wire::entry_point_of).collect();
    let page = access::rows::page(rows, &query)?;
    reply::collection(
        &request,
        "Collection(UiPath.Server.Configuration.OData.EntryPointDto)",
        EntryPoint::model(),
        &query,
        page.items,
        page.count,
    )
}
