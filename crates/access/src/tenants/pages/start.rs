//! Ways to the right page. `GET /`, `GET /console/{org}`

use context::{Error, codes};
use http::Method;
use web::{Operation, Request, Response, Shape, reply};

use crate::Access;
use crate::console::organization_path;
use crate::frame::segment;

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::root(Method::GET, "/", "Root_Start")
            .summary("Leads to the console.")
            .answers(303, Shape::Nothing)
            .handler(|_: Request| async { reply::see_other("/console") }),
        Operation::page(Method::GET, "/{org}", "Console_Organization")
            .summary("Leads to the home of the organization's first tenant.")
            .answers(303, Shape::Nothing)
            .handler(to_tenant),
    ]
}

async fn to_tenant(cx: Request) -> Result<Response, Error> {
    let path = organization_path(&cx)?;
    match cx.state::<Access>()?.tenant(cx.organization()?, None).await? {
        Some(tenant) => reply::see_other(&format!("{path}/tenants/{}", segment(&tenant.name))),
        None => Err(Error::missing(
            codes::ITEM_NOT_FOUND,
            "This organization has no active tenant.",
        )),
    }
}
