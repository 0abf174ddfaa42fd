//! Linked things as contents of folders, for those who delete folders.

use std::marker::PhantomData;
use std::sync::Arc;

use context::{Ctx, Error};
use serde_json::json;
use store::{Scoped, Tenant, params};

use super::{Linked, folders_of, unlink};
use crate::audit::{self, Action, Entry};
use crate::folders::contents::Contents;
use crate::rows;

struct InFolders<T>(PhantomData<fn() -> T>);

/// Things of a kind as contents of folders. A folder that goes takes those with it that are in no other folder, whatever
/// [`Linked::LAST`] says about sharing.
pub fn contents<T: Linked>() -> Arc<dyn Contents> {
    Arc::new(InFolders::<T>(PhantomData))
}

impl<T: Linked> Contents for InFolders<T> {
    fn kind(&self) -> &'static str {
        T::KIND
    }

    fn count(&self, scope: &mut Scoped<'_, Tenant>, folders: &[i64]) -> Result<i64, Error> {
        let sql = format!(
            "select count(distinct {}) from {} where {{scope}} and folder_id in ({})",
            T::ID_COLUMN,
            T::LINKS,
            rows::integers(folders)
        );
        let row = scope.row(&sql, params![])?;
        Ok(row.map_or(Ok(0), |row| row.get(0))?)
    }

    fn remove(&self, scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, folders: &[i64]) -> Result<(), Error> {
        let sql = format!(
            "select distinct {id} from {} where {{scope}} and folder_id in ({}) order by {id}",
            T::LINKS,
            rows::integers(folders),
            id = T::ID_COLUMN
        );
        let ids: Vec<i64> = scope
            .rows(&sql, params![])?
            .iter()
            .map(|row| row.get(0))
            .collect::<store::Result<_>>()?;
        for id in ids {
            let Some(thing) = scope.lock::<T>(id)? else { continue };
            let (gone, left): (Vec<i64>, Vec<i64>) = folders_of::<T>(scope, id)?
                .into_iter()
                .partition(|folder| folders.contains(folder));
            if left.is_empty() {
                thing.delete(scope, ctx)?;
                continue;
            }
            for folder in &gone {
                unlink::<T>(scope, *folder, id)?;
            }
            let entry = Entry::new(T::COMPONENT, Action::Unassign, T::NOUN, id, thing.name())
                .text(format!("removed {} {} from a folder", T::NOUN, thing.name()))
                .parameters(json!({ "key": id, "ToRemoveFolderIds": gone }));
            audit::record(scope, ctx, entry)?;
            thing.moved(scope, ctx)?;
        }
        Ok(())
    }
}
