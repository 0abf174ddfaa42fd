//! Accounts of operating systems. `GET /odata/Sessions/…GetUsernames`

use context::Error;
use http::Method;
use web::{Operation, Request, Response, Shape};

use crate::robots::api::names;
use crate::sessions::read;

pub fn operation() -> Operation {
    let path = "/odata/Sessions/UiPath.Server.Configuration.OData.GetUsernames";
    Operation::orchestrator(Method::GET, path, "Sessions_GetUsernames")
        .summary("Lists the accounts of operating systems that robots of the tenant run under.")
        .scope("OR.Robots.Read")
        .permission("Robots.View or Users.View")
        .queryable()
        .answers(200, Shape::Media("application/json"))
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let tenant = request.tenant()?.id;
    let found = request
        .store()
        .read(move |tx| read::user_names(&mut tx.tenant(tenant)))
        .await?;
    names(&request, found)
}
