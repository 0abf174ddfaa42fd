//! Linked things as contents of folders, for those who delete folders.

use std::marker::PhantomData;
use std::sync::Arc;

use context::{Ctx, Error};
use store::{Scoped, Tenant, params};

use super::{Linked, folders_of};
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
        let inside = format!(
            "from {} where {{scope}} and folder_id in ({})",
            T::LINKS,
            rows::integers(folders)
        );
        let ids: Vec<i64> = scope
            .rows(&format!("select distinct {} {inside}", T::ID_COLUMN), params![])?
            .iter()
            .map(|row| row.get(0))
            .collect::<store::Result<_>>()?;
        scope.execute(&format!("delete {inside}"), params![])?;
        for id in ids {
            if folders_of::<T>(scope, id)?.is_empty()
                && let Some(thing) = scope.lock::<T>(id)?
            {
                thing.delete(scope, ctx)?;
            } else {
                scope.changed(T::TOPIC, id);
            }
        }
        Ok(())
    }
}
