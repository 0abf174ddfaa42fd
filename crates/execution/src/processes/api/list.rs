//! Lists of processes. `GET /odata/Releases` and `GET /odata/Releases/…ListReleases`

use access::Permit;
use context::Error;
use http::Method;
use store::Entity as _;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::{SET, tree};
use crate::processes::model::Release;
use crate::processes::read;

/// Of a folder, or of all folders in which the caller may see processes.
pub fn operation() -> Operation {
    listing("/odata/Releases", "Releases_Get").summary(
        "Lists the processes of a folder; without one, those of all folders in which the caller may see processes.",
    )
}

/// The same under the name that newer clients call: not in the contract.
pub fn rows() -> Operation {
    let path = "/odata/Releases/UiPath.Server.Configuration.OData.ListReleases";
    listing(path, "Releases_ListReleases").summary("Lists processes as Releases does.")
}

fn listing(path: &'static str, id: &'static str) -> Operation {
    Operation::orchestrator(Method::GET, path, id)
        .scope("OR.Execution.Read")
        .permission("Processes.View")
        .folder(Folder::Optional)
        .queryable()
        .answers(200, Shape::Collection(Release::model()))
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let query = request.odata(Release::model())?;
    let (tenant, tree, permit) = (request.tenant()?.id, tree(&request).await?, Permit::of(&request));
    let folder = request.chosen_folder().map(|folder| folder.id);
    let options = query.clone();
    let page = request
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant);
            match folder {
                Some(folder) => {
                    permit.check(Some(folder))?;
                    read::in_folder(&mut scope, &tree, folder, &options)
                }
                None => read::across_folders(&mut scope, &tree, &permit, &options),
            }
        })
        .await?;
    reply::collection(&request, SET, Release::model(), &query, page.items, page.count)
}
