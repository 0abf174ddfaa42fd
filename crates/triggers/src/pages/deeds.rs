//! Switching triggers on and off, and deleting them, one or several at a time.

use access::console::numbers;
use context::{Error, check_length};
use http::Method;
use web::{Folder, Operation, Request, Response, page};

use super::list_path;
use crate::schedules::{fire, service};

/// What is done to triggers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Enable,
    Disable,
    Delete,
}

pub fn operations() -> Vec<Operation> {
    let form = |path: &'static str, id, permission, summary, deed| {
        Operation::page(Method::POST, path, id)
            .permission(permission)
            .folder(Folder::Required)
            .summary(summary)
            .takes_form()
            .handler(move |request: Request| async move {
                // The address names one of them, or the form those that were selected.
                let ids = if path.contains("{id}") {
                    vec![request.integer("id")?]
                } else {
                    numbers(&request.form(), "id")
                };
                act(request, ids, deed).await
            })
    };
    let edit = "Schedules.Edit";
    let delete = "Schedules.Delete";
    vec![
        Operation::page(
            Method::POST,
            "/{org}/tenants/{tenant}/folders/{folder}/triggers/{id}/start",
            "Console_StartTrigger",
        )
        .permission("Schedules.View and Schedules.Edit and Jobs.Create")
        .folder(Folder::Required)
        .summary("Starts the jobs of a trigger now.")
        .takes_form()
        .handler(start),
        form(
            "/{org}/tenants/{tenant}/folders/{folder}/triggers/{id}/enable",
            "Console_EnableTrigger",
            edit,
            "Switches a trigger on.",
            Deed::Enable,
        ),
        form(
            "/{org}/tenants/{tenant}/folders/{folder}/triggers/{id}/disable",
            "Console_DisableTrigger",
            edit,
            "Switches a trigger off.",
            Deed::Disable,
        ),
        form(
            "/{org}/tenants/{tenant}/folders/{folder}/triggers/{id}/delete",
            "Console_DeleteTrigger",
            delete,
            "Deletes a trigger.",
            Deed::Delete,
        ),
        form(
            "/{org}/tenants/{tenant}/folders/{folder}/triggers/enable",
            "Console_EnableTriggers",
            edit,
            "Switches the selected triggers on.",
            Deed::Enable,
        ),
        form(
            "/{org}/tenants/{tenant}/folders/{folder}/triggers/disable",
            "Console_DisableTriggers",
            edit,
            "Switches the selected triggers off.",
            Deed::Disable,
        ),
        form(
            "/{org}/tenants/{tenant}/folders/{folder}/triggers/delete",
            "Console_DeleteTriggers",
            delete,
            "Deletes the selected triggers.",
            Deed::Delete,
        ),
    ]
}

async fn start(request: Request) -> Result<Response, Error> {
    let (tenant, folder, id) = (request.tenant()?.id, request.folder()?.id, request.integer("id")?);
    let ctx = request.ctx.clone();
    let work = request.store().write_locking(move |tx| {
        let mut scope = tx.tenant(tenant);
        let schedule = service::find(&mut scope, folder, id)?;
        if schedule.is_of_queue() {
            fire::activate(&mut scope, &ctx, schedule).map(|()| None)
        } else {
            fire::start_now(&mut scope, &ctx, &schedule).map(Some)
        }
    });
    let said = match work.await? {
        Some(count) => format!("{count} job(s) were started."),
        None => "The queue was looked at.".to_owned(),
    };
    page::done(&list_path(&request)?, &said)
}

/// All of them, or none.
async fn act(request: Request, ids: Vec<i64>, deed: Deed) -> Result<Response, Error> {
    check_length("id", &ids)?;
    let (tenant, folder, ctx) = (request.tenant()?.id, request.folder()?.id, request.ctx.clone());
    let count = ids.len();
    let work = request.store().write(move |tx| {
        let mut scope = tx.tenant(tenant);
        ids.iter().try_for_each(|id| match deed {
            Deed::Enable => service::set_enabled(&mut scope, &ctx, folder, *id, true),
            Deed::Disable => service::set_enabled(&mut scope, &ctx, folder, *id, false),
            Deed::Delete => service::remove(&mut scope, &ctx, folder, *id),
        })
    });
    work.await?;
    let what = if count == 1 {
        "The trigger was".to_owned()
    } else {
        format!("{count} triggers were")
    };
    let done = match deed {
        Deed::Enable => "enabled",
        Deed::Disable => "disabled",
        Deed::Delete => "deleted",
    };
    page::done(&list_path(&request)?, &format!("{what} {done}."))
}
