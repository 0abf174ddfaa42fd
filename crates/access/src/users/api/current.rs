//! The caller as the tenant knows it. `GET /odata/Users/…GetCurrentUser`, `…GetCurrentUserExtended`, `…GetCurrentPermissions`

use context::{Error, Permission};
use http::Method;
use serde_json::{Value, json};
use store::Entity as _;
use web::{Access as AccessRule, Folder as FolderRule, Operation, Reply, Request, Response, Shape, reply};

use super::read::answer;
use crate::Access;
use crate::folders::model::Folder;
use crate::rows;
use crate::users::model::TenantUser;
use crate::users::service;
use crate::workspaces::service as workspaces;

pub fn user() -> Operation {
    let path = "/odata/Users/UiPath.Server.Configuration.OData.GetCurrentUser";
    Operation::orchestrator(Method::GET, path, "Users_GetCurrentUser")
        .summary("The caller's user record; nothing for somebody who is not signed in.")
        .access(AccessRule::Optional)
        .scope("OR.Users.Read")
        .answers(200, Shape::Entity(TenantUser::model()))
        .answers(204, Shape::Nothing)
        .handler(|cx: Request| async move {
            if cx.ctx.caller.is_anonymous() {
                return reply::no_content();
            }
            let value = current(&cx).await?;
            answer(&cx, 200, None, value)
        })
}

pub fn extended() -> Operation {
    let path = "/odata/Users/UiPath.Server.Configuration.OData.GetCurrentUserExtended";
    Operation::orchestrator(Method::GET, path, "Users_GetCurrentUserExtended")
        .summary("The caller's user record together with its personal workspace, which is made if it is to have one.")
        .scope("OR.Users.Read")
        .answers(200, Shape::Media("application/json"))
        .handler(|cx: Request| async move {
            let mut value = current(&cx).await?;
            let workspace = workspace(&cx).await?;
            // The misspelled name is the one clients read. The feed of a workspace has the key of its folder.
            value["PersonalWorskpaceFeedId"] = json!(workspace.as_ref().map(|folder| folder.key));
            value["PersonalWorkspace"] = json!(workspace.as_ref().map(rows::published));
            let context = cx.context_url("Users/$entity");
            Reply::ok().odata(&odata::envelope::entity(&context, value))
        })
}

pub fn permissions() -> Operation {
    let path = "/odata/Users/UiPath.Server.Configuration.OData.GetCurrentPermissions";
    Operation::orchestrator(Method::GET, path, "Users_GetCurrentPermissions")
        .summary(
            "Names the permissions the caller has on the tenant, and in the folder of the header where one is given.",
        )
        .scope("OR.Users.Read")
        .folder(FolderRule::Optional)
        .answers(200, Shape::Media("application/json"))
        .handler(list)
}

/// The caller's workspace. One that is to have a workspace and has none gets it now.
async fn workspace(cx: &Request) -> Result<Option<Folder>, Error> {
    let access = cx.state::<Access>()?;
    let tenant = cx.tenant()?.clone();
    let Some(id) = access.user_id(&cx.ctx.caller, &tenant).await? else {
        return Ok(None);
    };
    let home = tenant.clone();
    let (found, entitled) = cx
        .store()
        .read(move |tx| {
            let user = service::find(&mut tx.tenant(home.id), id)?;
            let found = workspaces::of_owner(&mut tx.tenant(home.id), id)?;
            let entitled = found.is_none() && workspaces::is_entitled(tx, home.organization, home.id, &user)?;
            Ok::<_, Error>((found, entitled))
        })
        .await?;
    if found.is_some() || !entitled {
        return Ok(found);
    }
    let ctx = cx.ctx.clone();
    let made = cx.store().write(move |tx| {
        let mut scope = tx.tenant(tenant.id);
        let user = service::find(&mut scope, id)?;
        workspaces::ensure(&mut scope, &ctx, &user)
    });
    made.await.map(Some)
}

/// An application acting as itself is no user.
async fn current(cx: &Request) -> Result<Value, Error> {
    if cx.ctx.caller.application().is_some() {
        return Err(Error::unauthenticated());
    }
    let access = cx.state::<Access>()?;
    let tenant = cx.tenant()?.clone();
    let Some(id) = access.user_id(&cx.ctx.caller, &tenant).await? else {
        return Err(Error::forbidden());
    };
    let home = access.home(&tenant).await?;
    let values = cx
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant.id);
            let user = service::find(&mut scope, id)?;
            service::to_values(&mut scope, &home, vec![user], true)
        })
        .await?;
    Ok(values.into_iter().next().unwrap_or_default())
}

async fn list(cx: Request) -> Result<Response, Error> {
    let held = cx.rights.effective(cx.chosen_folder().map(|folder| folder.id));
    let names: Vec<String> = held.iter().map(Permission::name).collect();
    let user = cx.state::<Access>()?.user_id(&cx.ctx.caller, cx.tenant()?).await?;
    let context = cx.context_url("UiPath.Server.Configuration.OData.UserPermissionsCollection");
    let value = json!({ "UserId": user.unwrap_or_default(), "Permissions": names });
    Reply::ok().odata(&odata::envelope::entity(&context, value))
}
