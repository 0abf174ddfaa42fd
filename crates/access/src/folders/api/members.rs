//! Who has access to folders. `GET /odata/Folders/…GetUsersForFolder(…)`, `…GetAllRolesForUser(…)`, `…GetUsersToAssign(…)`

use context::Error;
use http::Method;
use odata::{EntityType, Kind, Property, Source};
use serde_json::json;
use store::Entity as _;
use web::{Folder as FolderRule, Operation, Request, Response, Shape, reply};

use crate::Access;
use crate::directory::object_type;
use crate::folders::members::{self, Search};
use crate::folders::navigation::Window;
use crate::permit::{Permit, VIEW_FOLDERS};
use crate::rows;
use crate::users::model::{TenantUser, UserType};
use crate::users::service as users;

/// `UserRolesDto`. Its rows are made in memory, so the columns exist in name only.
fn model() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "UserRolesDto",
        key: Some("Id"),
        properties: &[
            Property::new("Id", Kind::Int64, Source::Column("id")),
            Property::new("HasAlertsEnabled", Kind::Boolean, Source::Column("has_alerts")),
        ],
        navigations: &[
            odata::Navigation {
                name: "UserEntity",
                target: user_entity,
                collection: false,
                join: Some(IN_MEMORY),
            },
            odata::Navigation {
                name: "Roles",
                target: simple_role,
                collection: true,
                join: None,
            },
        ],
    };
    &MODEL
}

/// Paths through the navigation property are followed in memory, so there is no table to name.
const IN_MEMORY: odata::Join = odata::Join {
    table: "",
    alias: "",
    on: "",
};

fn user_entity() -> &'static EntityType {
    use odata::Enumeration as _;
    static MODEL: EntityType = EntityType {
        name: "UserEntityDto",
        key: Some("Id"),
        properties: &[
            Property::new("Id", Kind::Int64, Source::Column("id")),
            Property::new("UserName", Kind::String, Source::Column("user_name")),
            Property::new("FullName", Kind::String, Source::Column("full_name")),
            Property::new("EmailAddress", Kind::String, Source::Column("email")),
            Property::new("Type", Kind::Enum(UserType::TYPE), Source::Column("user_type")),
            Property::new("IsInherited", Kind::Boolean, Source::Column("is_inherited")),
        ],
        navigations: &[],
    };
    &MODEL
}

fn simple_role() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "SimpleRoleDto",
        key: Some("Id"),
        properties: &[],
        navigations: &[],
    };
    &MODEL
}

/// What opens the list of a folder's users.
pub const LIST_MEMBERS: &str = "Units.View or SubFolders.View or Assets.Create or Assets.Edit";

pub fn of_folder() -> Operation {
    let path = "/odata/Folders/UiPath.Server.Configuration.OData.GetUsersForFolder(key={key},includeInherited={includeInherited})";
    Operation::orchestrator(Method::GET, path, "Folders_GetUsersForFolderByKeyAndIncludeinherited")
        .summary("Lists the accounts assigned to a folder with their roles, those of its ancestors where asked for.")
        .scope("OR.Folders.Read")
        .permission(LIST_MEMBERS)
        .folder(FolderRule::InRequest)
        .parameters(&["includeAlertsEnabled"])
        .queryable()
        .answers(200, Shape::Collection(model()))
        .handler(list_members)
}

async fn list_members(cx: Request) -> Result<Response, Error> {
    let (folder, inherited) = (cx.integer("key")?, cx.boolean("includeInherited")?);
    let query = cx.odata(model())?;
    let with_alerts = cx.parse::<bool>("includeAlertsEnabled")?.unwrap_or(false);
    let (permit, tenant) = (Permit::of(&cx), cx.tenant()?.id);
    let tree = cx.state::<Access>()?.tree(tenant).await?;
    let (folder, found) = cx
        .store()
        .read(move |tx| members::of_folder(&mut tx.tenant(tenant), &permit, folder, inherited))
        .await?;
    let values = found
        .iter()
        .map(|member| members::to_value(&tree, &folder, member, with_alerts))
        .collect();
    let page = rows::page(values, &query)?;
    // The members that matter are navigation properties, but clients read them whether they expand them or not.
    let mut shown = query.clone();
    if shown.selection.expand.is_empty() {
        shown = odata::Query::new(bare());
    }
    reply::collection(&cx, "UserRoles", shown.entity, &shown, page.items, page.count)
}

/// [`model`] without navigation properties: everything is shown.
fn bare() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "UserRolesDto",
        key: Some("Id"),
        properties: &[],
        navigations: &[],
    };
    &MODEL
}

pub fn roles_of_user() -> Operation {
    let path = "/odata/Folders/UiPath.Server.Configuration.OData.GetAllRolesForUser(username='{username}',skip={skip},take={take})";
    Operation::orchestrator(Method::GET, path, "Folders_GetAllRolesForUserByUsernameAndSkipAndTake")
        .summary("Tells the roles of an account on the tenant and on folders, those of its groups included.")
        .scope("OR.Folders.Read")
        .permission(VIEW_FOLDERS)
        .folder(FolderRule::InRequest)
        .parameters(&["type", "searchText"])
        .answers(200, Shape::Media("application/json"))
        .handler(|cx: Request| async move {
            let window = Window::checked(cx.integer("skip")?, cx.integer("take")?, 1000)?;
            let user_name = cx.text("username")?;
            let value = roles_for(&cx, user_name, window, Permit::of(&cx)).await?;
            let context = cx.context_url("UiPath.Server.Configuration.OData.UserRoleAssignmentsDto");
            web::Reply::ok().odata(&odata::envelope::entity(&context, value))
        })
}

/// `UserRoleAssignmentsDto` for the account that the request names.
pub(super) async fn roles_for(
    cx: &Request,
    user_name: String,
    window: Window,
    permit: Permit,
) -> Result<serde_json::Value, Error> {
    let kind = match cx.parameter("type") {
        Some(text) => Some(read_kind(text)?),
        None => None,
    };
    let search = Search {
        user_name,
        kind,
        text: cx.parameter("searchText").map(str::to_owned),
        skip: window.skip,
        take: window.take,
    };
    let tenant = cx.tenant()?.clone();
    let tree = cx.state::<Access>()?.tree(tenant.id).await?;
    cx.store()
        .read(move |tx| members::roles_of(tx, &tenant, &permit, &tree, &search))
        .await
}

fn read_kind(text: &str) -> Result<UserType, Error> {
    let kinds = [
        UserType::DirectoryUser,
        UserType::DirectoryGroup,
        UserType::DirectoryRobot,
        UserType::DirectoryExternalApplication,
    ];
    let found = kinds
        .into_iter()
        .find(|kind| object_type(*kind).eq_ignore_ascii_case(text));
    found.ok_or_else(|| Error::field("type", "The type must be User, Group, Robot or ExternalApplication."))
}

pub fn to_assign() -> Operation {
    let path = "/odata/Folders/UiPath.Server.Configuration.OData.GetUsersToAssign(folderId={folderId})";
    Operation::orchestrator(Method::GET, path, "Folders_GetUsersToAssign")
        .summary("Lists the users of the tenant that are not assigned to the folder itself.")
        .scope("OR.Folders.Read")
        .permission("Units.Edit or SubFolders.Edit")
        .folder(FolderRule::InRequest)
        .queryable()
        .answers(200, Shape::Collection(TenantUser::model()))
        .handler(list_others)
}

async fn list_others(cx: Request) -> Result<Response, Error> {
    let folder = cx.integer("folderId")?;
    let query = cx.odata(TenantUser::model())?;
    let (permit, tenant, asked) = (Permit::of(&cx), cx.tenant()?.id, query.clone());
    let page = cx
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant);
            let folder =
                crate::folders::service::find_to_read(&mut scope, &permit, crate::folders::service::By::Id(folder))?;
            let condition = format!(
                "id not in (select m.user_id from folder_members m where m.folder_id = {})",
                folder.id
            );
            users::list(&mut scope, &asked, &condition)
        })
        .await?;
    let page = page.map(|user| {
        json!({
            "Id": user.id, "Key": user.key.to_string(), "UserName": user.user_name, "FullName": user.full_name,
            "EmailAddress": user.email, "Type": rows::name_of(user.user_type)
        })
    });
    reply::collection(&cx, "Users", TenantUser::model(), &query, page.items, page.count)
}
