//! Deletes a secret. `DELETE /api/ExternalClient/{partitionGlobalId}/secrets/{secretId}`

use context::Error;
use http::Method;
use web::{Operation, Request, Response, Shape, reply};

use crate::Identity;

pub fn operation() -> Operation {
    let path = "/api/ExternalClient/{partitionGlobalId}/secrets/{secretId}";
    Operation::identity(Method::DELETE, path, "ExternalClient_DeleteSecret")
        .summary("Deletes a secret of an external application; whoever uses it is refused from then on.")
        .scope("PM.OAuthApp.Write")
        .scope("PM.OAuthAppSecret.Write")
        .administrator()
        .answers(204, Shape::Nothing)
        .handler(handle)
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let (organization, id) = (cx.organization()?, cx.integer("secretId")?);
    cx.state::<Identity>()?
        .delete_secret(&cx.ctx, organization, None, id)
        .await?;
    reply::no_content()
}
