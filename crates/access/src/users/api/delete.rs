//! Takes a user out of the tenant. `DELETE /odata/Users({key})`

use context::Error;
use http::Method;
use web::{Operation, Request, Response, Shape, reply};

use crate::users::service;

pub fn operation() -> Operation {
    Operation::orchestrator(Method::DELETE, "/odata/Users({key})", "Users_DeleteById")
        .summary("Removes a user from the tenant with all its roles and folders. The directory keeps the account.")
        .scope("OR.Users.Write")
        .permission("Users.Delete")
        .answers(204, Shape::Nothing)
        .handler(handle)
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let (tenant, ctx, id) = (cx.tenant()?.id, cx.ctx.clone(), cx.integer("key")?);
    cx.store()
        .write(move |tx| service::delete(&mut tx.tenant(tenant), &ctx, id))
        .await?;
    reply::no_content()
}
