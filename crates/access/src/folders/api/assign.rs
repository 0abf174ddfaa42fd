//! Assigns accounts to folders. `POST /odata/Folders/…AssignUsers`, `…AssignDomainUser`, `…AssignDirectoryUser`

use context::Error;
use http::Method;
use serde::Deserialize;
use web::{Folder as FolderRule, Operation, Request, Response, Shape, reply};

use crate::directory::{self, Name};
use crate::folders::members::{self, FolderRoles};
use crate::permit::Permit;
use crate::users::model::UserType;
use crate::users::service as users;

const EDIT: &str = "Units.Edit or SubFolders.Edit";

pub fn users() -> Operation {
    let path = "/odata/Folders/UiPath.Server.Configuration.OData.AssignUsers";
    Operation::orchestrator(Method::POST, path, "Folders_AssignUsers")
        .summary("Assigns users of the tenant to folders; their roles in each of the folders are replaced.")
        .scope("OR.Folders.Write")
        .permission(EDIT)
        .folder(FolderRule::InRequest)
        .takes::<UsersRequest>("FolderAssignUsersRequest")
        .answers(204, Shape::Nothing)
        .handler(assign_users)
}

pub fn domain_user() -> Operation {
    let path = "/odata/Folders/UiPath.Server.Configuration.OData.AssignDomainUser";
    directory_operation(path, "Folders_AssignDomainUser")
}

pub fn directory_user() -> Operation {
    let path = "/odata/Folders/UiPath.Server.Configuration.OData.AssignDirectoryUser";
    directory_operation(path, "Folders_AssignDirectoryUser")
}

fn directory_operation(path: &'static str, id: &'static str) -> Operation {
    Operation::orchestrator(Method::POST, path, id)
        .summary("Takes an account of the directory into the tenant and assigns it to folders.")
        .scope("OR.Folders.Write")
        .permission(EDIT)
        .folder(FolderRule::InRequest)
        .takes::<DirectoryRequest>("FolderAssignDomainUserRequest")
        .answers(204, Shape::Nothing)
        .handler(assign_principal)
}

#[derive(schemars::JsonSchema)]
#[expect(dead_code, reason = "the shape of the body; its one member is read by name")]
struct UsersRequest {
    assignments: Users,
}

#[derive(Deserialize, schemars::JsonSchema, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Users {
    user_ids: Vec<i64>,
    roles_per_folder: Vec<FolderRoles>,
}

#[derive(schemars::JsonSchema)]
#[expect(dead_code, reason = "the shape of the body; its one member is read by name")]
struct DirectoryRequest {
    assignment: Principal,
}

#[derive(Deserialize, schemars::JsonSchema, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Principal {
    /// Ignored: an installation has one directory.
    domain: Option<String>,
    user_name: Option<String>,
    directory_identifier: Option<String>,
    user_type: Option<String>,
    roles_per_folder: Vec<FolderRoles>,
}

async fn assign_users(cx: Request) -> Result<Response, Error> {
    let body: Users = cx.action("assignments")?;
    let (permit, tenant, ctx) = (Permit::of(&cx), cx.tenant()?.id, cx.ctx.clone());
    cx.store()
        .write(move |tx| {
            let mut scope = tx.tenant(tenant);
            let assigned = users::find_all(&mut scope, &body.user_ids)?;
            members::assign(&mut scope, &ctx, &permit, &assigned, &body.roles_per_folder)
        })
        .await?;
    reply::no_content()
}

async fn assign_principal(cx: Request) -> Result<Response, Error> {
    let body: Principal = cx.action("assignment")?;
    let name = read_name(
        body.directory_identifier.as_deref(),
        body.user_name,
        body.user_type.as_deref(),
    )?;
    let (permit, tenant, ctx) = (Permit::of(&cx), cx.tenant()?.clone(), cx.ctx.clone());
    let places = body.roles_per_folder;
    cx.store()
        .write(move |tx| {
            let principal = directory::resolve(tx, tenant.organization, &name)?;
            let mut scope = tx.tenant(tenant.id);
            context::check_length("RolesPerFolder", &places)?;
            // The right is looked at before the account is taken in.
            for place in &places {
                crate::folders::service::find(&mut scope, &permit, crate::folders::service::By::Id(place.folder_id))?;
            }
            let user = users::import(&mut scope, &ctx, &principal)?;
            members::assign(&mut scope, &ctx, &permit, &[user], &places)
        })
        .await?;
    reply::no_content()
}

/// How a request names an account of the directory.
pub(crate) fn read_name(
    identifier: Option<&str>,
    user_name: Option<String>,
    kind: Option<&str>,
) -> Result<Name, Error> {
    let unknown = |_| Error::field("UserType", "There is no such user type.");
    let kind = kind.map(str::parse::<UserType>).transpose().map_err(unknown)?;
    let identifier = identifier.map(str::trim).filter(|text| !text.is_empty());
    // Identifiers are sometimes written `<kind>|<guid>`.
    let guid = |text: &str| text.rsplit('|').next().unwrap_or(text).parse();
    let malformed = |_| Error::field("DirectoryIdentifier", "The directory identifier must be a GUID.");
    let identifier = identifier.map(guid).transpose().map_err(malformed)?;
    Ok(Name {
        identifier,
        user_name,
        kind,
    })
}
