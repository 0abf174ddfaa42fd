//! What is in a folder. `GET /odata/Folders/…GetEntitiesSummary(folderId={folderId})`, `GET /api/PackageFeeds/GetFolderFeed`

use context::Error;
use http::Method;
use serde_json::{Map, Value};
use web::{Folder as FolderRule, Operation, Reply, Request, Response, Shape};

use crate::Access;
use crate::folders::model::FeedType;
use crate::folders::service::{self, By};
use crate::permit::{Permit, VIEW_FOLDERS};

pub fn operation() -> Operation {
    let path = "/odata/Folders/UiPath.Server.Configuration.OData.GetEntitiesSummary(folderId={folderId})";
    Operation::orchestrator(Method::GET, path, "Folders_GetEntitiesSummary")
        .summary("Counts what is in a folder and below it, by kind.")
        .scope("OR.Folders.Read")
        .permission(VIEW_FOLDERS)
        .folder(FolderRule::InRequest)
        .parameters(&["includeShared"])
        .answers(200, Shape::Media("application/json"))
        .handler(handle)
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let folder = cx.integer("folderId")?;
    let contents = cx.state::<Access>()?.contents.all();
    let (permit, tenant) = (Permit::of(&cx), cx.tenant()?.id);
    let counts = cx
        .store()
        .read(move |tx| service::summary(&mut tx.tenant(tenant), &permit, &contents, folder))
        .await?;
    let members: Map<String, Value> = counts
        .into_iter()
        .map(|(kind, count)| (format!("{kind}Count"), Value::from(count)))
        .collect();
    let context = cx.context_url("UiPath.Server.Configuration.OData.EntitiesSummaryDto");
    Reply::ok().odata(&odata::envelope::entity(&context, Value::Object(members)))
}

pub fn feed() -> Operation {
    Operation::orchestrator(
        Method::GET,
        "/api/PackageFeeds/GetFolderFeed",
        "PackageFeeds_GetFolderFeed",
    )
    .summary("The GUID of the package feed a folder has for itself; null when it uses the feed of the tenant.")
    .scope("OR.Execution.Read")
    .parameters(&["folderId"])
    .answers(200, Shape::Media("application/json"))
    .handler(feed_of)
}

/// The feed of a hierarchy is known by the GUID of its root folder.
async fn feed_of(cx: Request) -> Result<Response, Error> {
    let id = cx
        .parse("folderId")?
        .ok_or_else(|| Error::field("folderId", "The id of the folder is required."))?;
    let (permit, tenant) = (Permit::of(&cx), cx.tenant()?.id);
    let folder = cx
        .store()
        .read(move |tx| service::view(&mut tx.tenant(tenant), &permit, By::Id(id)))
        .await?;
    let tree = cx.state::<Access>()?.tree(tenant).await?;
    let root = folder.ids().next().and_then(|root| tree.get(root));
    let feed = root
        .filter(|_| folder.feed_type == FeedType::FolderHierarchy)
        .map(|root| root.key.to_string());
    Reply::ok().json(&feed)
}
