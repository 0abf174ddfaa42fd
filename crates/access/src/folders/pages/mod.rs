//! Console pages of folders.

mod accounts;
mod assign;
mod create;
mod home;
mod list;
mod remove;
mod settings;

use context::Error;
use web::{Area, NavigationEntry, Operation, Request};

use super::model::Folder;
use crate::Access;
use crate::permit::{Permit, VIEW_FOLDERS, no_such_folder, requirement};

pub(crate) fn operations() -> Vec<Operation> {
    let mut all = vec![list::operation(), home::operation()];
    all.extend(create::operations());
    all.extend(settings::operations());
    all.extend(remove::operations());
    all.extend(accounts::operations());
    all.extend(assign::operations());
    all
}

pub(crate) fn navigation() -> Result<Vec<NavigationEntry>, Error> {
    let entry = |area, name, title, icon, path, expression: &str| {
        Ok::<_, Error>(NavigationEntry {
            area,
            name,
            title,
            icon,
            path,
            requirement: requirement(expression)?,
        })
    };
    Ok(vec![
        entry(
            Area::Tenant,
            list::ACTIVE,
            "Folders",
            "folders",
            "/folders",
            VIEW_FOLDERS,
        )?,
        entry(Area::Folder, home::ACTIVE, "Overview", "folder", "", "")?,
        entry(
            Area::Folder,
            accounts::ACTIVE,
            "Accounts",
            "users",
            "/access",
            VIEW_FOLDERS,
        )?,
        entry(
            Area::Folder,
            settings::ACTIVE,
            "Folder settings",
            "settings",
            "/settings",
            settings::NEEDED,
        )?,
    ])
}

/// The folder in the address, if the visitor may see it.
pub(super) async fn load(cx: &Request) -> Result<Folder, Error> {
    let id = cx.integer("folder")?;
    let tree = cx.state::<Access>()?.tree(cx.tenant()?.id).await?;
    tree.get(id)
        .filter(|folder| Permit::of(cx).sees(folder.id))
        .cloned()
        .ok_or_else(no_such_folder)
}
