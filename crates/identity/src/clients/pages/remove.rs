//! Deletes, disables and enables an application. `POST /console/{org}/admin/external-apps/{client}/delete`, `…/disable`, `…/enable`

use context::Error;
use http::Method;
use web::{Operation, Request, Response, page};

use super::{application_path, list_path};
use crate::clients::service;

pub fn operations() -> [Operation; 3] {
    let post = |path, id| Operation::page(Method::POST, path, id).administrator().takes_form();
    [
        post("/{org}/admin/external-apps/{client}/delete", "ExternalAppPages_Delete").handler(delete),
        post("/{org}/admin/external-apps/{client}/disable", "ExternalAppPages_Disable").handler(|cx| switch(cx, false)),
        post("/{org}/admin/external-apps/{client}/enable", "ExternalAppPages_Enable").handler(|cx| switch(cx, true)),
    ]
}

async fn delete(cx: Request) -> Result<Response, Error> {
    let (organization, id, ctx) = (cx.organization()?, cx.guid("client")?, cx.ctx.clone());
    let name = cx
        .store()
        .write(move |tx| {
            let scope = &mut tx.organization(organization);
            let name = service::get(scope, id)?.client.name;
            service::delete(scope, &ctx, id)?;
            Ok::<_, Error>(name)
        })
        .await?;
    page::done(&list_path(&cx)?, &format!("“{name}” was deleted."))
}

async fn switch(cx: Request, enabled: bool) -> Result<Response, Error> {
    let (organization, id, ctx) = (cx.organization()?, cx.guid("client")?, cx.ctx.clone());
    cx.store().write(move |tx| service::set_enabled(&mut tx.organization(organization), &ctx, id, enabled)).await?;
    let message = if enabled { "The application is enabled." } else { "The application is disabled." };
    page::done(&application_path(&cx, id)?, message)
}
