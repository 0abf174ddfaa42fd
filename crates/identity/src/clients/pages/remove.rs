//! Deletes, disables and enables an application. `POST /console/{org}/admin/external-apps/{client}/delete`, `…/disable`, `…/enable`

use context::Error;
use http::Method;
use web::{Operation, Request, Response, page};

use super::{application_path, list_path};
use crate::Identity;

pub fn operations() -> [Operation; 3] {
    let post = |path, id| Operation::page(Method::POST, path, id).administrator().takes_form();
    [
        post("/{org}/admin/external-apps/{client}/delete", "ExternalAppPages_Delete").handler(delete),
        post(
            "/{org}/admin/external-apps/{client}/disable",
            "ExternalAppPages_Disable",
        )
        .handler(|cx| switch(cx, false)),
        post("/{org}/admin/external-apps/{client}/enable", "ExternalAppPages_Enable").handler(|cx| switch(cx, true)),
    ]
}

async fn delete(cx: Request) -> Result<Response, Error> {
    let (organization, id) = (cx.organization()?, cx.guid("client")?);
    let identity = cx.state::<Identity>()?;
    let name = identity.application(organization, id).await?.client.name;
    identity.delete_application(&cx.ctx, organization, id).await?;
    page::done(&list_path(&cx)?, &format!("“{name}” was deleted."))
}

async fn switch(cx: Request, enabled: bool) -> Result<Response, Error> {
    let (organization, id) = (cx.organization()?, cx.guid("client")?);
    cx.state::<Identity>()?
        .set_application_enabled(&cx.ctx, organization, id, enabled)
        .await?;
    let message = if enabled {
        "The application is enabled."
    } else {
        "The application is disabled."
    };
    page::done(&application_path(&cx, id)?, message)
}
