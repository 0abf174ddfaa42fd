//! The content of a version. `GET /odata/Processes/…DownloadPackage(key='{key}')`, `GET /odata/Libraries/…DownloadPackage(key='{key}')`

use context::Error;
use http::Method;
use web::reply::attachment;
use web::{Operation, Reply, Request, Response, Shape};

use super::{LIBRARIES, PROCESSES, Shelf};
use crate::Packages;
use crate::feeds::{self, Deed};
use crate::model::PackageVersion;
use crate::service;

pub fn operations() -> Vec<Operation> {
    let sending = |shelf: &'static Shelf, path, id| {
        shelf
            .operation(Method::GET, path, id, Deed::View)
            .answers(200, Shape::Media("application/octet-stream"))
    };
    vec![
        sending(
            &PROCESSES,
            "/odata/Processes/UiPath.Server.Configuration.OData.DownloadPackage(key='{key}')",
            "Processes_DownloadPackageByKey",
        )
        .summary("The file of a package version.")
        .handler(|request| handle(request, &PROCESSES)),
        sending(
            &LIBRARIES,
            "/odata/Libraries/UiPath.Server.Configuration.OData.DownloadPackage(key='{key}')",
            "Libraries_DownloadPackageByKey",
        )
        .summary("The file of a library version.")
        .handler(|request| handle(request, &LIBRARIES)),
    ]
}

async fn handle(request: Request, shelf: &'static Shelf) -> Result<Response, Error> {
    let feed = feeds::of_request(&request, shelf.kind, Deed::View).await?;
    let (tenant, key) = (request.tenant()?.id, request.text("key")?);
    let version = request
        .store()
        .read(move |tx| service::by_key(&mut tx.tenant(tenant), &feed, &key))
        .await?;
    send(&request, &version).await
}

/// Answers with the file of a version.
pub(crate) async fn send(request: &Request, version: &PackageVersion) -> Result<Response, Error> {
    let found = request.state::<Packages>()?.open(version).await?;
    let name = format!("{}.{}.nupkg", version.package_id, version.version);
    let reply = Reply::ok().header("content-disposition", &attachment(&name));
    found.reply(reply, "application/octet-stream")
}
