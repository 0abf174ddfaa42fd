//! Takes an account from a folder. `POST /odata/Folders({key})/…RemoveUserFromFolder`, `…RemoveUserFromFolderByKey`

use context::Error;
use http::Method;
use serde::Deserialize;
use uuid::Uuid;
use web::{Folder as FolderRule, Operation, Request, Response, Shape, reply};

use crate::folders::service::{self, By};
use crate::permit::Permit;
use crate::roles::assignments;
use crate::users::service as users;

const EDIT: &str = "Units.Edit or SubFolders.Edit";

pub fn by_id() -> Operation {
    let path = "/odata/Folders({key})/UiPath.Server.Configuration.OData.RemoveUserFromFolder";
    Operation::orchestrator(Method::POST, path, "Folders_RemoveUserFromFolderById")
        .summary("Removes an account's own assignment from a folder.")
        .scope("OR.Folders.Write")
        .permission(EDIT)
        .folder(FolderRule::InRequest)
        .takes::<ById>("RemoveUserFromFolderRequest")
        .answers(204, Shape::Nothing)
        .handler(|cx: Request| async move {
            let body: ById = cx.json()?;
            remove(cx, Account::Id(body.user_id)).await
        })
}

pub fn by_key() -> Operation {
    let path = "/odata/Folders({key})/UiPath.Server.Configuration.OData.RemoveUserFromFolderByKey";
    Operation::orchestrator(Method::POST, path, "Folders_RemoveUserFromFolderByKey")
        .summary("Removes an account's own assignment from a folder.")
        .scope("OR.Folders.Write")
        .permission(EDIT)
        .folder(FolderRule::InRequest)
        .takes::<ByKey>("RemoveUserByKeyFromFolderRequest")
        .answers(204, Shape::Nothing)
        .handler(|cx: Request| async move {
            let body: ByKey = cx.json()?;
            remove(cx, Account::Key(body.user_key)).await
        })
}

#[derive(Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ById {
    user_id: i64,
}

#[derive(Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ByKey {
    user_key: Uuid,
}

#[derive(Clone, Copy)]
enum Account {
    Id(i64),
    Key(Uuid),
}

async fn remove(cx: Request, account: Account) -> Result<Response, Error> {
    let folder = cx.integer("key")?;
    let (permit, tenant, ctx) = (Permit::of(&cx), cx.tenant()?.id, cx.ctx.clone());
    cx.store()
        .write(move |tx| {
            let mut scope = tx.tenant(tenant);
            let folder = service::find(&mut scope, &permit, By::Id(folder))?;
            let user = match account {
                Account::Id(id) => users::find(&mut scope, id)?,
                Account::Key(key) => users::by_key(&mut scope, key)?,
            };
            assignments::remove_from_folder(&mut scope, &ctx, &user, &folder)
        })
        .await?;
    reply::no_content()
}
