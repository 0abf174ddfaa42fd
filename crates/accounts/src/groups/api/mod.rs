//! `/api/Group` (reference: identity 4.1).

mod create;
mod delete;
mod read;
mod update;

use context::Error;
use serde_json::{Value, json};
use store::Scoped;
use web::Operation;

use super::Group;
use crate::directory;

pub(crate) fn operations() -> Vec<Operation> {
    let [list, get] = read::operations();
    let [delete, bulk_delete] = delete::operations();
    vec![list, get, create::operation(), update::operation(), delete, bulk_delete]
}

/// Contract schema `GroupDto`.
fn dto(scope: &mut Scoped<'_, store::Organization>, group: &Group) -> Result<Value, Error> {
    let members = directory::service::members_of(scope, group.id)?;
    Ok(json!({
        "id": group.id, "name": group.name, "displayName": group.display_name, "type": group.kind,
        "creationTime": group.created_at, "lastModificationTime": group.modified_at,
        "members": members.iter().map(directory::service::Entry::to_json).collect::<Vec<_>>(),
    }))
}
