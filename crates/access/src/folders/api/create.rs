//! Makes a folder. `POST /odata/Folders`

use context::Error;
use http::Method;
use serde::Deserialize;
use store::{Entity as _, params};
use uuid::Uuid;
use web::{Folder as FolderRule, Operation, Request, Response, Shape, reply};

use crate::Access;
use crate::folders::model::{FeedType, Folder};
use crate::folders::service::{self, NewFolder};
use crate::permit::{Permit, no_such_folder};
use crate::rows;

pub fn operation() -> Operation {
    Operation::orchestrator(Method::POST, "/odata/Folders", "Folders_Post")
        .summary("Creates a root folder with Units.Create, or a subfolder where SubFolders.Create is held.")
        .scope("OR.Folders.Write")
        .permission("Units.Create or SubFolders.Create")
        .folder(FolderRule::InRequest)
        .takes_entity(Folder::model())
        .answers(201, Shape::Entity(Folder::model()))
        .handler(handle)
}

/// `FolderDto`, as far as a client decides it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Body {
    pub display_name: String,
    pub description: Option<String>,
    pub parent_id: Option<i64>,
    pub parent_key: Option<Uuid>,
    pub feed_type: Option<String>,
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let body: Body = cx.json()?;
    let unknown = |_| Error::field("FeedType", "There is no such feed type.");
    let feed = body
        .feed_type
        .as_deref()
        .map(str::parse::<FeedType>)
        .transpose()
        .map_err(unknown)?;
    let (permit, tenant, ctx) = (Permit::of(&cx), cx.tenant()?.id, cx.ctx.clone());
    let access = cx.state::<Access>()?;
    let folder = access
        .store
        .write(move |tx| {
            let mut scope = tx.tenant(tenant);
            let parent = match (body.parent_id, body.parent_key) {
                (Some(id), _) => Some(id),
                (None, Some(key)) => {
                    let parent = scope.find_one::<Folder>("key = ?", params![key])?;
                    Some(parent.ok_or_else(no_such_folder)?.id)
                }
                (None, None) => None,
            };
            let new = NewFolder {
                display_name: body.display_name.clone(),
                description: body.description.clone(),
                parent,
                own_feed: feed == Some(FeedType::FolderHierarchy),
            };
            service::create(&mut scope, &ctx, &permit, &new)
        })
        .await?;
    reply::entity(&cx, 201, "Folders", Folder::model(), None, rows::published(&folder))
}
