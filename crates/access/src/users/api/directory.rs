//! Looking principals up in the organization's directory. `GET /api/DirectoryService/…`

use context::Error;
use http::Method;
use serde_json::{Value, json};
use store::params;
use web::{Folder as FolderRule, Operation, Reply, Request, Response, Shape};

use crate::Access;
use crate::directory::{self, Among};
use crate::folders::api::read_name;
use crate::roles::assignments;
use crate::roles::model::{ON_TENANT, Role};
use crate::users::model::{TenantUser, UserType};
use crate::users::service::{self, DOMAIN};

const SEARCH: &str = "Users.View or Units.Edit or SubFolders.Edit";

pub fn operations() -> Vec<Operation> {
    let operation = |path, id| {
        Operation::orchestrator(Method::GET, path, id)
            .scope("OR.Users.Read")
            .permission(SEARCH)
            .folder(FolderRule::InRequest)
            .answers(200, Shape::Media("application/json"))
    };
    vec![
        operation(
            "/api/DirectoryService/SearchForUsersAndGroups",
            "DirectoryService_SearchForUsersAndGroups",
        )
        .summary("Searches the directory by the beginning of a name.")
        .parameters(&["searchContext", "domain", "prefix"])
        .handler(search),
        operation("/api/DirectoryService/GetDomains", "DirectoryService_GetDomains")
            .summary("Names the directories.")
            .handler(|_: Request| async { Reply::ok().json(&json!([{ "name": DOMAIN, "isDefault": true }])) }),
        operation(
            "/api/DirectoryService/GetDomainUserId",
            "DirectoryService_GetDomainUserId",
        )
        .summary("The id of the tenant's user for an account of the directory.")
        .parameters(&["domain", "directoryIdentifier", "userName", "userType"])
        .answers(404, Shape::Media("application/json"))
        .handler(user_id),
        Operation::orchestrator(
            Method::GET,
            "/api/DirectoryService/GetDirectoryPermissions",
            "DirectoryService_GetDirectoryPermissions",
        )
        .summary("Tells which folders and roles a user gets through each of its groups.")
        .scope("OR.Users.Read")
        .permission("Users.View")
        .parameters(&["username", "domain"])
        .answers(200, Shape::Media("application/json"))
        .handler(permissions),
    ]
}

async fn search(cx: Request) -> Result<Response, Error> {
    let unknown = |()| Error::field("searchContext", "There is no such search context.");
    let among = cx
        .parameter("searchContext")
        .unwrap_or("All")
        .parse::<Among>()
        .map_err(unknown)?;
    let prefix = cx.parameter("prefix").unwrap_or_default().trim().to_owned();
    if prefix.is_empty() {
        return Reply::ok().json(&json!([]));
    }
    let organization = cx.tenant()?.organization;
    let found = cx
        .store()
        .read(move |tx| directory::search(tx, organization, among, &prefix))
        .await?;
    let objects: Vec<Value> = found.iter().map(directory::Principal::to_object).collect();
    Reply::ok().json(&objects)
}

async fn user_id(cx: Request) -> Result<Response, Error> {
    let user_name = cx.parameter("userName").map(str::to_owned);
    let name = read_name(cx.parameter("directoryIdentifier"), user_name, cx.parameter("userType"))?;
    let tenant = cx.tenant()?.clone();
    let user = cx
        .store()
        .read(move |tx| {
            let principal = directory::resolve(tx, tenant.organization, &name)?;
            service::by_key(&mut tx.tenant(tenant.id), principal.key)
        })
        .await?;
    Reply::ok().json(&user.id)
}

async fn permissions(cx: Request) -> Result<Response, Error> {
    let user_name = cx.parameter("username").map(str::to_owned);
    let name = read_name(None, user_name, None)?;
    let tenant = cx.tenant()?.clone();
    let tree = cx.state::<Access>()?.tree(tenant.id).await?;
    let rows = cx
        .store()
        .read(move |tx| {
            let user = directory::resolve(tx, tenant.organization, &name)?;
            let groups = directory::groups_of_user(tx, tenant.organization, user.key)?;
            let mut scope = tx.tenant(tenant.id);
            let mut rows = Vec::new();
            for group in groups {
                let Some(group) = scope
                    .find_one::<TenantUser>("key = ? and user_type = ?", params![group, UserType::DirectoryGroup])?
                else {
                    continue;
                };
                let held = assignments::of_users(&mut scope, &[group.id])?;
                let members = assignments::memberships(&mut scope, &[group.id])?;
                let on_tenant: Vec<i64> = held
                    .iter()
                    .filter(|held| held.folder_id == ON_TENANT)
                    .map(|held| held.role_id)
                    .collect();
                let roles: Vec<Value> = scope.get_many::<Role>(&on_tenant)?.iter().map(light).collect();
                let folders: Vec<Value> = members
                    .iter()
                    .filter_map(|member| tree.get(member.folder_id).map(|folder| (member, folder)))
                    .map(|(member, folder)| {
                        json!({
                            "id": member.id, "userId": group.id, "userName": group.user_name,
                            "organizationUnitId": folder.id, "organizationUnitName": folder.display_name
                        })
                    })
                    .collect();
                rows.push(json!({ "directoryGroup": group.user_name, "organizationUnits": folders, "roles": roles }));
            }
            Ok::<_, Error>(rows)
        })
        .await?;
    Reply::ok().json(&rows)
}

/// `LightRoleDto`
fn light(role: &Role) -> Value {
    json!({
        "id": role.id, "name": role.name, "displayName": role.display_name, "groups": role.role_groups,
        "isStatic": role.is_static, "isEditable": role.is_editable
    })
}
