//! The caller's own workspace. `GET /odata/PersonalWorkspaces/…GetPersonalWorkspace`

use context::Error;
use http::Method;
use store::Entity as _;
use web::{Access as AccessRule, Operation, Request, Response, Shape, reply};

use super::SET;
use crate::Access;
use crate::workspaces::model::PersonalWorkspace;
use crate::workspaces::service;

pub fn operation() -> Operation {
    let path = "/odata/PersonalWorkspaces/UiPath.Server.Configuration.OData.GetPersonalWorkspace";
    Operation::orchestrator(Method::GET, path, "PersonalWorkspaces_GetPersonalWorkspace")
        .summary("Gets the caller's own personal workspace.")
        .access(AccessRule::PersonOnly)
        .queryable()
        .answers(200, Shape::Entity(PersonalWorkspace::model()))
        .handler(handle)
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let query = cx.odata(PersonalWorkspace::model())?;
    let tenant = cx.tenant()?.clone();
    let user = cx.state::<Access>()?.user_id(&cx.ctx.caller, &tenant).await?;
    let user = user.ok_or_else(Error::forbidden)?;
    let workspace = cx
        .store()
        .read(move |tx| service::own(&mut tx.tenant(tenant.id), user))
        .await?;
    reply::entity(&cx, 200, SET, PersonalWorkspace::model(), Some(&query), workspace)
}
