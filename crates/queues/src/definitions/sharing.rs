//! Queues as things that several folders share (reference: queues 3.3).

use access::audit::Component;
use access::folders::links::{Last, Linked, Sharing};
use context::{Ctx, Error};
use serde::Deserialize;
use store::{Scoped, Tenant};

use super::model::Queue;
use super::service;

/// Contract schema `QueueFoldersShareDto`.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct QueueFolders {
    #[serde(rename = "QueueIds")]
    queues: Vec<i64>,
    #[serde(rename = "ToAddFolderIds")]
    add: Vec<i64>,
    #[serde(rename = "ToRemoveFolderIds")]
    remove: Vec<i64>,
}

impl From<QueueFolders> for Sharing {
    fn from(body: QueueFolders) -> Self {
        Self {
            ids: body.queues,
            add: body.add,
            remove: body.remove,
        }
    }
}

impl Linked for Queue {
    const KIND: &'static str = "Queues";
    const TITLE: &'static str = "Queue";
    const NOUN: &'static str = "queue";
    const PERMISSIONS: &'static str = "Queues";
    const LINKS: &'static str = "queue_folders";
    const ID_COLUMN: &'static str = "queue_id";
    const PRESENT: &'static str = "deleted_at is null";
    const IDS: &'static str = "QueueIds";
    const TOPIC: &'static str = "queues";
    const COMPONENT: Component = Component::Queues;
    const LAST: Last = Last::Stays;

    type Body = QueueFolders;

    fn name(&self) -> &str {
        &self.name
    }

    /// What was checked while the queue was in other folders is checked again.
    fn moved(&self, scope: &mut Scoped<'_, Tenant>, _ctx: &Ctx) -> Result<(), Error> {
        service::save(scope, &mut self.clone())
    }

    fn delete(&self, scope: &mut Scoped<'_, Tenant>, ctx: &Ctx) -> Result<(), Error> {
        service::delete(scope, ctx, self)
    }
}
