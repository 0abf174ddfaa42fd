//! Things that several folders share: one row each, visible in a folder through a row of a link table (reference: resources 1.4;
//! access 5.2).
//!
//! A kind of thing implements [`Linked`] and has, for nothing more: links and their unique names, [`sharing`] by the rules of
//! rights, the operations in [`api`], its place among the [`contents`] of folders, and, with [`pages::Shown`], the console pages.

pub mod api;
mod inside;
pub mod pages;
pub mod sharing;

use context::{Ctx, Error, Reach, codes};
use odata::{EntityType, Kind, Property, Query, Source};
use serde::de::DeserializeOwned;
use store::{Entity, Page, Scoped, Tenant, Value, params};

use crate::audit::Component;
use crate::rows;

pub use inside::contents;
pub use sharing::{Permits, Sharing};

/// What becomes of a thing that sharing would leave in no folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Last {
    /// It is deleted.
    Deletes,
    /// The call is refused with 409.
    Stays,
}

/// A kind of thing that lies in folders, declared on its entity.
///
/// Its table of links has the columns `tenant_id`, `folder_id`, [`ID_COLUMN`](Self::ID_COLUMN), `name_folded` and those of
/// [`REPEATED`](Self::REPEATED), and a unique index `<LINKS>_name` that keeps names apart within a folder.
pub trait Linked: Entity<Scope = Tenant, Key = i64> {
    /// Name of the kind on the wire of the folder summary: `Assets`.
    const KIND: &'static str;
    /// What one is called where a sentence begins: `Asset`.
    const TITLE: &'static str;
    /// What one is called within a sentence: `asset`. Several have an s behind.
    const NOUN: &'static str;
    /// The resource in the permission catalogue: `Assets`, for `Assets.View` and so on.
    const PERMISSIONS: &'static str;
    /// The table of links: `asset_folders`.
    const LINKS: &'static str;
    /// Its column with the id of the thing: `asset_id`.
    const ID_COLUMN: &'static str;
    /// Further columns of the table of links; [`repeated`](Self::repeated) has their values.
    const REPEATED: &'static [&'static str] = &[];
    /// The condition that rows meet which are not deleted; empty where none is needed.
    const PRESENT: &'static str = "";
    /// The member of [`Body`](Self::Body) that names the things: `AssetIds`.
    const IDS: &'static str;
    /// The topic of the change feed: `assets`.
    const TOPIC: &'static str;
    /// Where the audit log files it.
    const COMPONENT: Component;
    const LAST: Last;

    /// The body of the operation that shares: `AssetFoldersShareDto`.
    type Body: DeserializeOwned + Into<Sharing>;

    fn name(&self) -> &str;

    /// What its links repeat beside the name, for [`REPEATED`](Self::REPEATED). It never changes.
    fn repeated(&self) -> Vec<Value> {
        Vec::new()
    }

    /// Tells those who keep it in memory that its folders changed; the audit record is written already.
    fn moved(&self, scope: &mut Scoped<'_, Tenant>, _ctx: &Ctx) -> Result<(), Error> {
        scope.changed(Self::TOPIC, self.key());
        Ok(())
    }

    /// Deletes it with the links it may still have, its audit record and the word to the change feed.
    fn delete(&self, scope: &mut Scoped<'_, Tenant>, ctx: &Ctx) -> Result<(), Error>;
}

/// 404 for a thing that does not exist, or not here. `id` is what it was asked for by.
pub fn no_such<T: Linked>(id: impl std::fmt::Display) -> Error {
    Error::not_found(T::TITLE, id)
}

/// The thing with this id in a folder, locked.
///
/// # Errors
/// 404 when the folder has no such thing.
pub fn find<T: Linked>(scope: &mut Scoped<'_, Tenant>, folder: i64, id: i64) -> Result<T, Error> {
    let found = scope.lock::<T>(id)?;
    in_folder(scope, folder, id, found)
}

/// Like [`find`], for units of work that only read.
pub fn find_to_read<T: Linked>(scope: &mut Scoped<'_, Tenant>, folder: i64, id: i64) -> Result<T, Error> {
    let found = scope.get::<T>(id)?;
    in_folder(scope, folder, id, found)
}

fn in_folder<T: Linked>(scope: &mut Scoped<'_, Tenant>, folder: i64, id: i64, found: Option<T>) -> Result<T, Error> {
    match found {
        Some(found) if folders_of::<T>(scope, id)?.contains(&folder) => Ok(found),
        _ => Err(no_such::<T>(id)),
    }
}

/// The folders a thing is visible in, by id.
pub fn folders_of<T: Linked>(scope: &mut Scoped<'_, Tenant>, id: i64) -> Result<Vec<i64>, Error> {
    let sql = format!(
        "select folder_id from {} where {{scope}} and {} = ? order by folder_id",
        T::LINKS,
        T::ID_COLUMN
    );
    let rows = scope.rows(&sql, params![id])?;
    Ok(rows.iter().map(|row| row.get(0)).collect::<store::Result<_>>()?)
}

/// Makes a thing visible in a folder.
///
/// # Errors
/// 409 when another one has the name there.
pub fn link<T: Linked>(scope: &mut Scoped<'_, Tenant>, folder: i64, thing: &T) -> Result<(), Error> {
    let mut columns = vec!["folder_id", T::ID_COLUMN, "name_folded"];
    columns.extend(T::REPEATED);
    let mut values = params![folder, thing.key(), store::fold(thing.name())];
    values.extend(thing.repeated());
    let sql = format!(
        "insert into {} ({{scope_column}}, {}) values ({{scope_value}}, {})",
        T::LINKS,
        columns.join(", "),
        vec!["?"; columns.len()].join(", ")
    );
    let linked = scope.execute(&sql, values);
    linked.map(|_| ()).map_err(|error| taken::<T>(error, thing.name()))
}

/// Takes a thing out of a folder; says whether it was there.
pub fn unlink<T: Linked>(scope: &mut Scoped<'_, Tenant>, folder: i64, id: i64) -> Result<bool, Error> {
    let sql = format!(
        "delete from {} where {{scope}} and folder_id = ? and {} = ?",
        T::LINKS,
        T::ID_COLUMN
    );
    Ok(scope.execute(&sql, params![folder, id])? > 0)
}

/// Takes a thing out of all its folders.
pub fn unlink_all<T: Linked>(scope: &mut Scoped<'_, Tenant>, id: i64) -> Result<(), Error> {
    let sql = format!("delete from {} where {{scope}} and {} = ?", T::LINKS, T::ID_COLUMN);
    scope.execute(&sql, params![id])?;
    Ok(())
}

/// Gives the links the new name of a thing.
///
/// # Errors
/// 409 when another one has the name in one of its folders.
pub fn rename<T: Linked>(scope: &mut Scoped<'_, Tenant>, thing: &T) -> Result<(), Error> {
    let sql = format!(
        "update {} set name_folded = ? where {{scope}} and {} = ?",
        T::LINKS,
        T::ID_COLUMN
    );
    let renamed = scope.execute(&sql, params![store::fold(thing.name()), thing.key()]);
    renamed.map(|_| ()).map_err(|error| taken::<T>(error, thing.name()))
}

fn taken<T: Linked>(error: store::Error, name: &str) -> Error {
    if error.is_unique(&format!("{}_name", T::LINKS)) {
        return Error::conflict(
            codes::NAME_ALREADY_USED,
            format!("{} with the name '{name}' exists already in this folder.", one::<T>()),
        );
    }
    error.into()
}

/// One of a kind, where a sentence begins: `An asset`, `A queue`.
fn one<T: Linked>() -> String {
    let article = if T::NOUN.starts_with(['a', 'e', 'i', 'o']) {
        "An"
    } else {
        "A"
    };
    format!("{article} {}", T::NOUN)
}

/// The things of all folders in which the caller may see them, each once, without those that are in the folder `except`.
pub fn across<T: Linked>(
    scope: &mut Scoped<'_, Tenant>,
    permits: &Permits<T>,
    except: Option<i64>,
    query: &Query,
) -> Result<Page<T>, Error> {
    let (table, links, id) = (T::TABLE, T::LINKS, T::ID_COLUMN);
    let mut conditions = Vec::new();
    let mut values = Vec::new();
    if !T::PRESENT.is_empty() {
        conditions.push(T::PRESENT.to_owned());
    }
    if let Reach::Only(folders) = permits.view.reach() {
        let folders = if folders.is_empty() {
            "-1".to_owned()
        } else {
            rows::integers(&folders)
        };
        conditions.push(format!(
            "exists (select 1 from {links} l where l.{id} = {table}.id and l.folder_id in ({folders}))"
        ));
    }
    if let Some(folder) = except {
        conditions.push(format!(
            "not exists (select 1 from {links} x where x.{id} = {table}.id and x.folder_id = ?)"
        ));
        values.extend(params![folder]);
    }
    Ok(scope.list::<T>(query, &conditions.join(" and "), values)?)
}

/// The model of `AccessibleFoldersDto`: where something is shared, as far as the caller may see.
pub fn accessible_folders() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "AccessibleFoldersDto",
        key: None,
        properties: &[
            Property::computed("AccessibleFolders", Kind::Collection(&Kind::Complex(simple_folder))),
            Property::new("TotalFoldersCount", Kind::Int32, Source::Computed),
        ],
        navigations: &[],
    };
    &MODEL
}

fn simple_folder() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "SimpleFolderDto",
        key: Some("Id"),
        properties: &[
            Property::computed("DisplayName", Kind::String),
            Property::computed("FullyQualifiedName", Kind::String),
            Property::computed("Key", Kind::Guid),
            Property::computed("Id", Kind::Int64),
        ],
        navigations: &[],
    };
    &MODEL
}
