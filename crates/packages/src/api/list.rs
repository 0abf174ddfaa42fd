//! Lists of packages and of their versions. `GET /odata/Processes`, `GET /odata/Processes/…GetProcessVersions(processId='{processId}')`,
//! `GET /odata/Libraries`, `GET /odata/Libraries/…GetVersions(packageId='{packageId}')`

use context::Error;
use http::Method;
use store::Page;
use web::{Operation, Request, Response, Shape, reply};

use super::{LIBRARIES, PROCESSES, Shelf};
use crate::feeds::{self, Deed};
use crate::service;

pub fn operations() -> Vec<Operation> {
    let listing = |shelf: &'static Shelf, path, id| {
        shelf
            .operation(Method::GET, path, id, Deed::View)
            .queryable()
            .answers(200, Shape::Collection((shelf.model)()))
    };
    vec![
        listing(&PROCESSES, "/odata/Processes", "Processes_Get")
            .summary("Lists the packages of a feed, each with its latest version.")
            .parameters(&["searchTerm"])
            .handler(|request| latest(request, &PROCESSES)),
        listing(&LIBRARIES, "/odata/Libraries", "Libraries_Get")
            .summary("Lists the libraries of the tenant, each with its latest version.")
            .parameters(&["searchTerm"])
            .handler(|request| latest(request, &LIBRARIES)),
        listing(
            &PROCESSES,
            "/odata/Processes/UiPath.Server.Configuration.OData.GetProcessVersions(processId='{processId}')",
            "Processes_GetProcessVersionsByProcessid",
        )
        .summary("Lists the versions of a package, the latest first.")
        .handler(|request| versions(request, &PROCESSES, "processId")),
        listing(
            &LIBRARIES,
            "/odata/Libraries/UiPath.Server.Configuration.OData.GetVersions(packageId='{packageId}')",
            "Libraries_GetVersionsByPackageid",
        )
        .summary("Lists the versions of a library, the latest first.")
        .handler(|request| versions(request, &LIBRARIES, "packageId")),
    ]
}

async fn latest(request: Request, shelf: &'static Shelf) -> Result<Response, Error> {
    let query = request.odata((shelf.model)())?;
    let feed = feeds::of_request(&request, shelf.kind, Deed::View).await?;
    let (tenant, options) = (request.tenant()?.id, query.clone());
    let search = request.parameter("searchTerm").map(str::to_owned);
    let work = request.store().read(move |tx| {
        let mut scope = tx.tenant(tenant);
        let page = service::list(&mut scope, &feed, &options, search.as_deref())?;
        let with_entries = options.expands("EntryPoints");
        let items = page
            .items
            .iter()
            .map(|version| shelf.json(&mut scope, version, with_entries))
            .collect::<Result<Vec<_>, _>>()?;
        Ok::<_, Error>(Page {
            items,
            count: page.count,
        })
    });
    let page = work.await?;
    reply::collection(&request, shelf.set, (shelf.model)(), &query, page.items, page.count)
}

async fn versions(request: Request, shelf: &'static Shelf, parameter: &'static str) -> Result<Response, Error> {
    let query = request.odata((shelf.model)())?;
    let feed = feeds::of_request(&request, shelf.kind, Deed::View).await?;
    let (tenant, options) = (request.tenant()?.id, query.clone());
    let id = request.text(parameter)?;
    let work = request.store().read(move |tx| {
        let mut scope = tx.tenant(tenant);
        let (id, _) = service::split_key(&id);
        let page = service::versions(&mut scope, &feed, id, &options)?;
        let with_entries = options.expands("EntryPoints");
        let items = page
            .items
            .iter()
            .map(|version| shelf.json(&mut scope, version, with_entries))
            .collect::<Result<Vec<_>, _>>()?;
        Ok::<_, Error>(Page {
            items,
            count: page.count,
        })
    });
    let page = work.await?;
    reply::collection(&request, shelf.set, (shelf.model)(), &query, page.items, page.count)
}
