//! Other versions for processes, and deleting them, one or several at a time.

use access::console::numbers;
use context::{Error, check_length};
use http::Method;
use web::{Folder, Operation, Request, Response, page};

use super::{asked, list_path};
use crate::processes::service::By;
use crate::processes::versions::{self, Wanted};
use crate::processes::{Processes, service};

pub fn operations() -> Vec<Operation> {
    let form = |path, id, permission, summary| {
        Operation::page(Method::POST, path, id)
            .permission(permission)
            .folder(Folder::Required)
            .summary(summary)
            .takes_form()
    };
    vec![
        form(
            "/{org}/tenants/{tenant}/folders/{folder}/processes/{id}/upgrade",
            "Console_UpgradeProcess",
            "Processes.Edit",
            "Gives a process the latest version of its package.",
        )
        .handler(|request: Request| async move {
            let id = request.integer("id")?;
            change(request, vec![id], Wanted::Latest, true).await
        }),
        form(
            "/{org}/tenants/{tenant}/folders/{folder}/processes/{id}/rollback",
            "Console_RollBackProcess",
            "Processes.Edit",
            "Gives a process the version back that it had before.",
        )
        .handler(|request: Request| async move {
            let id = request.integer("id")?;
            change(request, vec![id], Wanted::Previous, true).await
        }),
        form(
            "/{org}/tenants/{tenant}/folders/{folder}/processes/{id}/version",
            "Console_SetProcessVersion",
            "Processes.Edit",
            "Gives a process a certain version of its package.",
        )
        .handler(|request: Request| async move {
            let id = request.integer("id")?;
            let wanted = Wanted::Certain(page::field(&request.form(), "version").to_owned());
            change(request, vec![id], wanted, true).await
        }),
        form(
            "/{org}/tenants/{tenant}/folders/{folder}/processes/upgrade",
            "Console_UpgradeProcesses",
            "Processes.Edit",
            "Gives the selected processes the latest versions of their packages.",
        )
        .handler(|request: Request| async move {
            let ids = numbers(&request.form(), "id");
            change(request, ids, Wanted::Latest, false).await
        }),
        form(
            "/{org}/tenants/{tenant}/folders/{folder}/processes/{id}/delete",
            "Console_DeleteProcess",
            "Processes.Delete",
            "Deletes a process.",
        )
        .handler(|request: Request| async move {
            let id = request.integer("id")?;
            remove(request, vec![id]).await
        }),
        form(
            "/{org}/tenants/{tenant}/folders/{folder}/processes/delete",
            "Console_DeleteProcesses",
            "Processes.Delete",
            "Deletes the selected processes.",
        )
        .handler(|request: Request| async move {
            let ids = numbers(&request.form(), "id");
            remove(request, ids).await
        }),
    ]
}

/// All of them, or none.
async fn change(request: Request, ids: Vec<i64>, wanted: Wanted, single: bool) -> Result<Response, Error> {
    check_length("id", &ids)?;
    let (tenant, ctx, asked) = (request.tenant()?.id, request.ctx.clone(), asked(&request)?);
    let count = ids.len();
    let first = ids.first().copied().unwrap_or_default();
    let work = request.store().write(move |tx| {
        let mut last = None;
        for id in &ids {
            let mut scope = tx.tenant(tenant);
            let by = By::Id(*id);
            last = Some(versions::change(&mut scope, &ctx, &asked, by, &wanted, false)?);
        }
        Ok::<_, Error>(last)
    });
    let last = work.await?;
    let base = list_path(&request)?;
    match last {
        Some(release) if single => page::done(
            &format!("{base}/{first}"),
            &format!(
                "Process “{}” has version {} now.",
                release.name, release.package_version
            ),
        ),
        _ => page::done(&base, &format!("{count} process(es) have the latest version now.")),
    }
}

/// All of them, or none.
async fn remove(request: Request, ids: Vec<i64>) -> Result<Response, Error> {
    check_length("id", &ids)?;
    let (tenant, ctx, asked) = (request.tenant()?.id, request.ctx.clone(), asked(&request)?);
    let processes = request.state::<Processes>()?;
    let count = ids.len();
    let work = request.store().write(move |tx| {
        let mut scope = tx.tenant(tenant);
        ids.iter()
            .try_for_each(|id| service::remove(&mut scope, &ctx, &processes, &asked, By::Id(*id)))
    });
    work.await?;
    let message = if count == 1 {
        "The process was deleted.".to_owned()
    } else {
        format!("{count} processes were deleted.")
    };
    page::done(&list_path(&request)?, &message)
}
