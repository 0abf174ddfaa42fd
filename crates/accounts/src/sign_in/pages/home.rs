//! Where a person starts: the organization's home, or the host's. `GET /console`

use context::Error;
use http::Method;
use web::{Operation, Request, Response, Shape};

use super::go;
use crate::organizations::HOST;
use crate::state::Accounts;

pub fn operation() -> Operation {
    Operation::page(Method::GET, "/", "Console_Start")
        .summary("Leads to the home of the signed-in person's organization.")
        .answers(303, Shape::Nothing)
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let organization = request.ctx.caller.organization.unwrap_or(HOST);
    go(
        &request
            .state::<Accounts>()?
            .require_organization(organization)
            .await?
            .home(),
        &[],
    )
}
