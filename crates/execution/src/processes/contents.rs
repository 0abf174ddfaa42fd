//! Processes as contents of folders, for those who delete folders.

use std::sync::Arc;

use access::folders::contents::Contents;
use access::rows::integers;
use context::{Ctx, Error};
use store::{Scoped, Tenant, params};

use super::model::Release;
use super::service::delete;
use super::state::Processes;

pub(super) struct InFolders(pub Arc<Processes>);

impl Contents for InFolders {
    fn kind(&self) -> &'static str {
        "Processes"
    }

    fn count(&self, scope: &mut Scoped<'_, Tenant>, folders: &[i64]) -> Result<i64, Error> {
        Ok(scope.count::<Release>(&format!("folder_id in ({})", integers(folders)), params![])?)
    }

    fn remove(&self, scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, folders: &[i64]) -> Result<(), Error> {
        let condition = format!("folder_id in ({}) order by id {{for_update}}", integers(folders));
        for release in scope.find::<Release>(&condition, params![])? {
            for dependents in self.0.dependents() {
                dependents.gone(scope, ctx, &release)?;
            }
            delete(scope, ctx, &release)?;
        }
        Ok(())
    }
}
