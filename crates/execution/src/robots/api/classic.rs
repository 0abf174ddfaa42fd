//! Classic robots are robots without an account, in classic folders. There are none: what made and changed them is refused.
//! `POST /odata/Robots`, `PUT`, `PATCH` and `DELETE /odata/Robots({key})`, `…DeleteBulk`, `…ConvertToFloating`

use context::{Error, codes};
use http::Method;
use web::{Folder, Operation, Request, Shape};

use crate::robots::model::robot;

pub fn operations() -> Vec<Operation> {
    let change = |method, path, id| {
        refused(
            method,
            path,
            id,
            codes::CANNOT_EDIT_CLASSIC_ENTITIES,
            "Robots are changed with their account.",
        )
        .summary("Refused: robots are changed with their account.")
    };
    vec![
        refused(
            Method::POST,
            "/odata/Robots",
            "Robots_Post",
            codes::CANNOT_CREATE_CLASSIC_ENTITIES,
            "Robots are made with their account.",
        )
        .summary("Refused: robots are made with their account.")
        .permission("Robots.Create or (Robots.Create and Machines.View)")
        .takes_entity(robot()),
        change(Method::PUT, "/odata/Robots({key})", "Robots_PutById")
            .permission("Robots.Edit")
            .takes_entity(robot()),
        change(Method::PATCH, "/odata/Robots({key})", "Robots_PatchById")
            .permission("Robots.Edit")
            .takes_entity(robot()),
        change(Method::DELETE, "/odata/Robots({key})", "Robots_DeleteById").permission("Robots.Delete"),
        change(
            Method::POST,
            "/odata/Robots/UiPath.Server.Configuration.OData.DeleteBulk",
            "Robots_DeleteBulk",
        )
        .permission("Robots.Delete"),
        change(
            Method::POST,
            "/odata/Robots/UiPath.Server.Configuration.OData.ConvertToFloating",
            "Robots_ConvertToFloating",
        )
        .permission("Robots.Edit"),
    ]
}

fn refused(method: Method, path: &'static str, id: &'static str, code: i32, message: &'static str) -> Operation {
    Operation::orchestrator(method, path, id)
        .scope("OR.Robots.Write")
        .folder(Folder::Optional)
        .answers(409, Shape::Nothing)
        .handler(move |_: Request| async move { Err(Error::conflict(code, message)) })
}
