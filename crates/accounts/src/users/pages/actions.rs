//! What the row menu does to a user. `POST /console/{org}/admin/accounts/users/{user}/enable|disable|unlock|delete`

use context::Error;
use http::Method;
use web::{Operation, Request, Response, page};

use crate::console::base;
use crate::users::Failure;
use crate::users::service::{self, UserChange};

pub fn operations() -> [Operation; 4] {
    let action = |path, id, summary| {
        Operation::page(Method::POST, path, id)
            .summary(summary)
            .administrator()
            .takes_form()
    };
    [
        action(
            "/{org}/admin/accounts/users/{user}/enable",
            "Console_EnableUser",
            "Lets a user sign in again.",
        )
        .handler(enable),
        action(
            "/{org}/admin/accounts/users/{user}/disable",
            "Console_DisableUser",
            "Keeps a user out.",
        )
        .handler(disable),
        action(
            "/{org}/admin/accounts/users/{user}/unlock",
            "Console_UnlockUser",
            "Ends a lockout.",
        )
        .handler(unlock),
        action(
            "/{org}/admin/accounts/users/{user}/delete",
            "Console_DeleteUser",
            "Deletes a user.",
        )
        .handler(delete),
    ]
}

async fn enable(request: Request) -> Result<Response, Error> {
    set_active(request, true).await
}

async fn disable(request: Request) -> Result<Response, Error> {
    set_active(request, false).await
}

async fn set_active(request: Request, active: bool) -> Result<Response, Error> {
    let (organization, id, ctx) = (request.organization()?, request.guid("user")?, request.ctx.clone());
    let change = UserChange {
        is_active: Some(active),
        ..UserChange::default()
    };
    let updated = request
        .store()
        .write(move |tx| service::update(&mut tx.organization(organization), &ctx, id, change.clone()));
    let user = updated.await.map_err(Failure::into_error)?;
    let what = if active { "enabled" } else { "disabled" };
    page::done(
        &format!("{}/admin/accounts", base(&request)?),
        &format!("User {} was {what}.", user.user_name),
    )
}

async fn unlock(request: Request) -> Result<Response, Error> {
    let (organization, id, ctx) = (request.organization()?, request.guid("user")?, request.ctx.clone());
    request
        .store()
        .write(move |tx| service::unlock(&mut tx.organization(organization), &ctx, id))
        .await?;
    page::done(&format!("{}/admin/accounts", base(&request)?), "The user was unlocked.")
}

async fn delete(request: Request) -> Result<Response, Error> {
    let (organization, id, ctx) = (request.organization()?, request.guid("user")?, request.ctx.clone());
    request
        .store()
        .write(move |tx| service::delete(&mut tx.organization(organization), &ctx, id))
        .await?;
    page::done(&format!("{}/admin/accounts", base(&request)?), "The user was deleted.")
}
