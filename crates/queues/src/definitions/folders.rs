//! Queues as contents of folders, for those who delete folders.

use access::audit::{self, Action, Component, Entry};
use access::folders::contents::Contents;
use context::{Ctx, Error};
use serde_json::json;
use store::{Scoped, Tenant, params};

use super::model::Queue;
use super::service::{delete, folders_of, save, unlink};

#[derive(Debug)]
pub(super) struct InFolders;

impl Contents for InFolders {
    fn kind(&self) -> &'static str {
        "Queues"
    }

    fn count(&self, scope: &mut Scoped<'_, Tenant>, folders: &[i64]) -> Result<i64, Error> {
        let sql = format!(
            "select count(distinct queue_id) from queue_folders where {{scope}} and folder_id in ({})",
            access::rows::integers(folders)
        );
        let row = scope.row(&sql, params![])?;
        Ok(row.map_or(Ok(0), |row| row.get(0))?)
    }

    fn remove(&self, scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, folders: &[i64]) -> Result<(), Error> {
        let sql = format!(
            "select distinct queue_id from queue_folders where {{scope}} and folder_id in ({}) order by queue_id",
            access::rows::integers(folders)
        );
        let ids: Vec<i64> = scope
            .rows(&sql, params![])?
            .iter()
            .map(|row| row.get(0))
            .collect::<store::Result<_>>()?;
        for id in ids {
            let Some(mut queue) = scope.lock::<Queue>(id)? else {
                continue;
            };
            let (gone, left): (Vec<i64>, Vec<i64>) = folders_of(scope, id)?
                .into_iter()
                .partition(|folder| folders.contains(folder));
            if left.is_empty() {
                delete(scope, ctx, &queue)?;
                continue;
            }
            for folder in &gone {
                unlink(scope, *folder, id)?;
            }
            let entry = Entry::new(Component::Queues, Action::Unassign, "queue", id, &queue.name)
                .text(format!("removed queue {} from a folder", queue.name))
                .parameters(json!({ "key": id, "ToRemoveFolderIds": gone }));
            audit::record(scope, ctx, entry)?;
            save(scope, &mut queue)?;
        }
        Ok(())
    }
}
