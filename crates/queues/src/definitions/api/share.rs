//! Sharing between folders. `POST /odata/QueueDefinitions/…ShareToFolders` and
//! `GET /odata/QueueDefinitions/…GetFoldersForQueue(id={id})`

use access::folders::links::{accessible_folders, api};
use http::Method;
use web::{Folder, Operation, Shape};

use crate::definitions::model::Queue;
use crate::definitions::sharing::QueueFolders;

/// Adds queues to folders and takes them out of folders. Rights are checked per folder.
pub fn operation() -> Operation {
    Operation::orchestrator(
        Method::POST,
        "/odata/QueueDefinitions/UiPath.Server.Configuration.OData.ShareToFolders",
        "QueueDefinitions_ShareToFolders",
    )
    .summary("Adds queues to folders and takes them out of folders, but never out of all: all of it, or nothing.")
    .scope("OR.Queues.Write")
    .folder(Folder::InRequest)
    .takes::<QueueFolders>("QueueFoldersShareDto")
    .answers(204, Shape::Nothing)
    .handler(api::share::<Queue>)
}

/// Where a queue is shared.
pub fn folders_for() -> Operation {
    Operation::orchestrator(
        Method::GET,
        "/odata/QueueDefinitions/UiPath.Server.Configuration.OData.GetFoldersForQueue(id={id})",
        "QueueDefinitions_GetFoldersForQueueById",
    )
    .summary("Tells in which folders a queue is, as far as the caller may see, and in how many.")
    .scope("OR.Queues.Read")
    .folder(Folder::InRequest)
    .queryable()
    .answers(200, Shape::Entity(accessible_folders()))
    .handler(api::folders_for::<Queue>)
}
