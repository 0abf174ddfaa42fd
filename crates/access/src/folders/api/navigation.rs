//! The tree as one caller sees it. `GET /api/Folders/GetAllForCurrentUser`, `GET /api/FoldersNavigation/…`

use context::{Error, Reach};
use http::Method;
use std::sync::Arc;
use web::{Access as AccessRule, Operation, Reply, Request, Response, Shape};

use super::members::roles_for;
use crate::Access;
use crate::folders::model::FolderType;
use crate::folders::navigation::{self, Window};
use crate::folders::tree::Tree;
use crate::permit::{Permit, VIEW_FOLDERS, no_such_folder, requirement};

/// Rows of one page of the navigation operations at most.
const PAGE: usize = 100;
/// Rows of one page of `GetAllForCurrentUser` at most.
const LONG_PAGE: usize = 1000;

pub fn operations() -> Vec<Operation> {
    let person = |path, id| {
        Operation::orchestrator(Method::GET, path, id)
            .access(AccessRule::PersonOnly)
            .answers(200, Shape::Media("application/json"))
    };
    vec![
        Operation::orchestrator(
            Method::GET,
            "/api/Folders/GetAllForCurrentUser",
            "Folders_GetAllForCurrentUser",
        )
        .summary("The folders the caller is assigned to, itself or through groups, and those below them.")
        .scope("OR.Folders.Read")
        .parameters(&["take", "skip"])
        .answers(200, Shape::Media("application/json"))
        .handler(current),
        person(
            "/api/FoldersNavigation/GetAllFoldersForCurrentUser",
            "FoldersNavigation_GetAllFoldersForCurrentUser",
        )
        .summary("The whole visible tree as a flat list.")
        .handler(all),
        person(
            "/api/FoldersNavigation/GetFolderNavigationContextForCurrentUser",
            "FoldersNavigation_GetFolderNavigationContextForCurrentUser",
        )
        .summary("One level of the visible tree.")
        .parameters(&["skip", "take", "folderId"])
        .handler(level),
        person(
            "/api/FoldersNavigation/GetFoldersForCurrentUser",
            "FoldersNavigation_GetFoldersForCurrentUser",
        )
        .summary("Visible folders by a part of their name.")
        .parameters(&["skip", "take", "searchText", "folderTypes"])
        .handler(search),
        person(
            "/api/FoldersNavigation/GetAllRolesForUser",
            "FoldersNavigation_GetAllRolesForUser",
        )
        .summary("Tells the roles of an account on the tenant and on folders, those of its groups included.")
        .permission(VIEW_FOLDERS)
        .folder(web::Folder::InRequest)
        .parameters(&["username", "type", "skip", "take", "searchText"])
        .handler(roles),
    ]
}

/// The tree as far as a caller sees it.
struct Seen {
    tree: Arc<Tree>,
    reach: Reach,
    /// The folders that the caller is assigned to one by one.
    own: Vec<i64>,
}

/// The folders that assignments open to the caller: the scope of a token opens none of them here.
async fn own(cx: &Request) -> Result<Seen, Error> {
    let access = cx.state::<Access>()?;
    let tenant = cx.tenant()?;
    let rights = access.rights(&cx.ctx.caller, tenant).await?;
    Ok(Seen {
        tree: access.tree(tenant.id).await?,
        reach: rights.assigned(),
        own: rights.assigned_itself(),
    })
}

/// Like [`own`], with the folders that may be viewed without being assigned to them.
async fn visible(cx: &Request) -> Result<Seen, Error> {
    let seen = own(cx).await?;
    let reach = match (cx.rights.reach(&requirement(VIEW_FOLDERS)?), seen.reach) {
        (Reach::All, _) | (_, Reach::All) => Reach::All,
        (Reach::Only(mut viewed), Reach::Only(assigned)) => {
            viewed.extend(assigned);
            viewed.sort_unstable();
            viewed.dedup();
            Reach::Only(viewed)
        }
    };
    Ok(Seen { reach, ..seen })
}

async fn current(cx: Request) -> Result<Response, Error> {
    let window = Window::of(&cx, LONG_PAGE)?;
    let seen = own(&cx).await?;
    Reply::ok().json(&navigation::current(&seen.tree, &seen.reach, &seen.own, window))
}

async fn all(cx: Request) -> Result<Response, Error> {
    let seen = visible(&cx).await?;
    Reply::ok().json(&navigation::all(&seen.tree, &seen.reach, &seen.own))
}

async fn level(cx: Request) -> Result<Response, Error> {
    let window = Window::of(&cx, PAGE)?;
    let folder = cx.parse::<i64>("folderId")?.filter(|id| *id != 0);
    let seen = visible(&cx).await?;
    let level = navigation::level(&seen.tree, &seen.reach, &seen.own, folder, window).ok_or_else(no_such_folder)?;
    Reply::ok().json(&level)
}

async fn search(cx: Request) -> Result<Response, Error> {
    let window = Window::of(&cx, PAGE)?;
    let types = cx
        .parameters("folderTypes")
        .flat_map(|text| text.split(','))
        .map(|text| {
            text.trim()
                .parse::<FolderType>()
                .map_err(|_| Error::field("folderTypes", "There is no such folder type."))
        });
    let types = types.collect::<Result<Vec<_>, _>>()?;
    let seen = visible(&cx).await?;
    Reply::ok().json(&navigation::search(
        &seen.tree,
        &seen.reach,
        &seen.own,
        cx.parameter("searchText"),
        &types,
        window,
    ))
}

async fn roles(cx: Request) -> Result<Response, Error> {
    let window = Window::of(&cx, PAGE)?;
    let name = cx
        .parameter("username")
        .ok_or_else(|| Error::field("username", "The user name is required."))?;
    Reply::ok().json(&roles_for(&cx, name.to_owned(), window, Permit::of(&cx)).await?)
}
