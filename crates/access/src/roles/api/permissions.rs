//! What roles can grant, and what of it the caller has. `GET /odata/Permissions`

use context::{Error, PermissionSet};
use http::Method;
use web::{Access as AccessRule, Operation, Request, Response, Shape, reply};

use crate::roles::catalogue;
use crate::rows;

pub fn operation() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/Permissions", "Permissions_Get")
        .summary("Lists the permission catalogue with what the caller holds on the tenant or everywhere.")
        .access(AccessRule::Optional)
        .queryable()
        .answers(200, Shape::Collection(catalogue::model()))
        .handler(handle)
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let query = cx.odata(catalogue::model())?;
    let held = if cx.ctx.caller.is_anonymous() {
        PermissionSet::EMPTY
    } else {
        cx.rights.effective(None)
    };
    let page = rows::page(catalogue::rows(&held), &query)?;
    reply::collection(&cx, "Permissions", catalogue::model(), &query, page.items, page.count)
}
