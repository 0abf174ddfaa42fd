//! Deletes a user. `DELETE /api/User/{userId}`

use context::Error;
use http::Method;
use web::{Operation, Request, Response, Shape, reply};

use crate::users::service;

pub fn operation() -> Operation {
    Operation::identity(Method::DELETE, "/api/User/{userId}", "User_Delete")
        .summary("Deletes a user; nobody can delete oneself or the last administrator.")
        .scope("PM.User.Write")
        .administrator()
        .answers(204, Shape::Nothing)
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let (organization, id, ctx) = (request.organization()?, request.guid("userId")?, request.ctx.clone());
    request
        .store()
        .write(move |tx| service::delete(&mut tx.organization(organization), &ctx, id))
        .await?;
    reply::no_content()
}
