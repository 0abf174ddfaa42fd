//! The folder tree as navigation shows it to one caller (reference: access 2.4).

use context::{Error, Reach, codes};
use serde_json::{Value, json};
use web::Request;

use super::members::simple;
use super::model::{Folder, FolderType};
use super::tree::Tree;
use crate::rows;

/// A page of a list: how many rows to leave out and how many to show.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    pub skip: usize,
    pub take: usize,
}

impl Window {
    /// Reads `skip` and `take`.
    ///
    /// # Errors
    /// 400, code 1009, when `take` is not between 0 and `most`.
    pub fn of(request: &Request, most: usize) -> Result<Self, Error> {
        let take = request.parse::<i64>("take")?.unwrap_or(most.min(100) as i64);
        let skip = request.parse::<i64>("skip")?.unwrap_or(0);
        Self::checked(skip, take, most)
    }

    /// Checks the values of `skip` and `take`.
    pub fn checked(skip: i64, take: i64, most: usize) -> Result<Self, Error> {
        let take = usize::try_from(take).ok().filter(|take| *take <= most).ok_or_else(|| {
            Error::invalid(
                codes::INVALID_ARGUMENT,
                format!("The field take must be between 0 and {most}."),
            )
        })?;
        let skip = usize::try_from(skip)
            .map_err(|_| Error::invalid(codes::INVALID_ARGUMENT, "The field skip must not be negative."))?;
        Ok(Self { skip, take })
    }

    fn cut<T>(self, rows: Vec<T>) -> Vec<T> {
        rows.into_iter().skip(self.skip).take(self.take).collect()
    }
}

/// Folders below which a person may look, with everything needed to draw the tree: `ExtendedFolderDto` rows.
pub fn all(tree: &Tree, reach: &Reach, own: &[i64]) -> Vec<Value> {
    tree.visible(reach, own)
        .into_iter()
        .map(|(folder, selectable)| extended(tree, reach, folder, selectable))
        .collect()
}

/// One level of the tree: the direct children of a folder (or the root folders) that lead somewhere, and the way up.
/// `None` when the folder does not exist or may not be seen.
pub fn level(tree: &Tree, reach: &Reach, own: &[i64], folder: Option<i64>, window: Window) -> Option<Value> {
    let visible = tree.visible(reach, own);
    let here = match folder {
        Some(id) => Some(visible.iter().find(|(folder, _)| folder.id == id).copied()?),
        None => None,
    };
    let children: Vec<Value> = visible
        .iter()
        .filter(|(child, _)| child.parent_id == folder)
        .map(|(child, selectable)| extended(tree, reach, child, *selectable))
        .collect();
    let count = children.len();
    Some(json!({
        "Id": here.map_or(0, |(folder, _)| folder.id),
        "DisplayName": here.map(|(folder, _)| folder.display_name.as_str()),
        "IsSelectable": here.is_some_and(|(_, selectable)| selectable),
        "IsPersonal": here.is_some_and(|(folder, _)| folder.is_personal),
        "ProvisionType": here.map(|(folder, _)| rows::name_of(folder.provision_type)),
        "Ancestors": here.map_or_else(Vec::new, |(folder, _)| tree.ancestors(folder.id).into_iter().map(simple).collect()),
        "ChildrenPage": window.cut(children),
        "ChildrenCount": count,
    }))
}

/// Folders whose name contains a text: `PathAwareFolderDto` rows in an envelope.
pub fn search(
    tree: &Tree,
    reach: &Reach,
    own: &[i64],
    text: Option<&str>,
    types: &[FolderType],
    window: Window,
) -> Value {
    let text = text.map(|text| odata::fold(text.trim_matches('/'))).unwrap_or_default();
    let fits = |folder: &Folder| {
        let name = if text.contains('/') {
            &folder.path
        } else {
            &folder.display_name
        };
        (types.is_empty() || types.contains(&folder.folder_type)) && odata::fold(name).contains(&text)
    };
    let found: Vec<Value> = selectable(tree, reach, own)
        .filter(|folder| fits(folder))
        .map(|folder| {
            let mut value = rows::published(folder);
            value["FolderPath"] = Value::from(folder.path.as_str());
            value
        })
        .collect();
    let count = found.len();
    json!({ "PageItems": window.cut(found), "Count": count })
}

/// The folders a caller is assigned to: `CurrentUserFolderDto` rows in an envelope.
pub fn current(tree: &Tree, reach: &Reach, own: &[i64], window: Window) -> Value {
    let found: Vec<&Folder> = selectable(tree, reach, own).collect();
    let count = found.len();
    let items: Vec<Value> = window
        .cut(found)
        .into_iter()
        .map(|folder| {
            json!({
                "Key": folder.key.to_string(),
                "DisplayName": folder.display_name,
                "FullyQualifiedName": folder.path,
                "Description": folder.description,
                "FolderType": rows::name_of(folder.folder_type),
                "ParentId": folder.parent_id,
                "ParentKey": folder.parent_key.map(|key| key.to_string()),
                "Id": folder.id,
            })
        })
        .collect();
    json!({ "PageItems": items, "Count": count })
}

fn selectable<'a>(tree: &'a Tree, reach: &Reach, own: &[i64]) -> impl Iterator<Item = &'a Folder> {
    tree.visible(reach, own)
        .into_iter()
        .filter(|(_, selectable)| *selectable)
        .map(|(folder, _)| folder)
}

fn extended(tree: &Tree, reach: &Reach, folder: &Folder, selectable: bool) -> Value {
    let mut value = rows::published(folder);
    value["IsSelectable"] = Value::from(selectable);
    value["HasChildren"] = match reach {
        Reach::All => Value::from(tree.has_children(folder.id)),
        Reach::Only(_) if selectable => Value::from(tree.has_children(folder.id)),
        // An ancestor is shown because something below it is.
        Reach::Only(_) => Value::from(true),
    };
    value["Level"] = Value::from(folder.depth);
    value
}
