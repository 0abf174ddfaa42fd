//! What is done to a machine, its secrets and its hosts by buttons.

use context::Error;
use http::Method;
use maud::html;
use web::{Operation, Request, Response, page};

use super::{ACTIVE, list_path, machine};
use crate::machines::{api, service};
use crate::sessions::model::MaintenanceMode;
use crate::sessions::service as sessions;

pub fn operations() -> Vec<Operation> {
    let form = |path, id, permission, summary| {
        Operation::page(Method::POST, path, id)
            .permission(permission)
            .summary(summary)
            .takes_form()
    };
    let edit = "Machines.View and Machines.Edit";
    vec![
        form(
            "/{org}/tenants/{tenant}/machines/{id}/delete",
            "Console_DeleteMachine",
            "Machines.Delete",
            "Deletes a machine.",
        )
        .handler(remove),
        form(
            "/{org}/tenants/{tenant}/machines/{id}/secrets",
            "Console_AddMachineSecret",
            edit,
            "Makes another secret and shows it.",
        )
        .handler(add_secret),
        form(
            "/{org}/tenants/{tenant}/machines/{id}/secrets/{secret}/delete",
            "Console_DeleteMachineSecret",
            edit,
            "Deletes a secret.",
        )
        .handler(delete_secret),
        form(
            "/{org}/tenants/{tenant}/machines/{id}/hosts/{host}/maintain",
            "Console_MaintainHost",
            edit,
            "Gives a host no more jobs.",
        )
        .handler(|request| maintain(request, MaintenanceMode::Enabled)),
        form(
            "/{org}/tenants/{tenant}/machines/{id}/hosts/{host}/resume",
            "Console_ResumeHost",
            edit,
            "Gives a host jobs again.",
        )
        .handler(|request| maintain(request, MaintenanceMode::Default)),
        form(
            "/{org}/tenants/{tenant}/machines/{id}/hosts/{host}/forget",
            "Console_ForgetHost",
            edit,
            "Forgets a host that is gone.",
        )
        .handler(forget),
    ]
}

async fn remove(request: Request) -> Result<Response, Error> {
    let (tenant, ctx, id) = (request.tenant()?.clone(), request.ctx.clone(), request.integer("id")?);
    let gone = request
        .store()
        .write(move |tx| service::delete(tx, &ctx, &tenant, &[id]))
        .await?;
    api::forget(&request, &gone)?;
    page::done(&list_path(&request)?, "The machine was deleted.")
}

async fn add_secret(request: Request) -> Result<Response, Error> {
    let (tenant, ctx, id) = (request.tenant()?.clone(), request.ctx.clone(), request.integer("id")?);
    let work = request.store().write(move |tx| {
        let machine = service::find(&mut tx.tenant(tenant.id), id)?;
        let generated = service::add_secret(tx, &ctx, &tenant, machine.license_key)?;
        Ok::<_, Error>((machine.license_key, generated.value))
    });
    let (key, secret) = work.await?;
    api::forget(&request, &[key])?;
    let found = machine::find(&request).await?;
    let (name, next) = (
        found.machine["Name"].as_str().unwrap_or_default(),
        format!("{}/{id}", list_path(&request)?),
    );
    let id = key.to_string();
    let values = [
        ("Client id", id.as_str()),
        ("Client secret", secret.expose_str().map_err(Error::internal)?),
    ];
    let note = "Copy the secret now and store it where the robots find it. It is not shown again.";
    let content = html! {
        (machine::render(&request, &found)?)
        (ui::secret_dialog("New secret", note, &values, &next))
    };
    page::render(&request, name, ACTIVE, content).await
}

async fn delete_secret(request: Request) -> Result<Response, Error> {
    let (tenant, ctx, id, secret) = (
        request.tenant()?.clone(),
        request.ctx.clone(),
        request.integer("id")?,
        request.integer("secret")?,
    );
    let client = request
        .store()
        .write(move |tx| service::delete_secret(tx, &ctx, &tenant, secret))
        .await?;
    api::forget(&request, &[client])?;
    page::done(&format!("{}/{id}", list_path(&request)?), "The secret was deleted.")
}

async fn maintain(request: Request, mode: MaintenanceMode) -> Result<Response, Error> {
    let (tenant, ctx, id, host) = (
        request.tenant()?.id,
        request.ctx.clone(),
        request.integer("id")?,
        request.integer("host")?,
    );
    let work = request.store().write_locking(move |tx| {
        let mut scope = tx.tenant(tenant);
        of_machine(&mut scope, id, host)?;
        sessions::set_maintenance(&mut scope, &ctx, host, mode, None)
    });
    work.await?;
    let done = match mode {
        MaintenanceMode::Enabled => "The host gets no more jobs.",
        MaintenanceMode::Default => "The host gets jobs again.",
    };
    page::done(&format!("{}/{id}", list_path(&request)?), done)
}

async fn forget(request: Request) -> Result<Response, Error> {
    let (tenant, ctx, id, host) = (
        request.tenant()?.id,
        request.ctx.clone(),
        request.integer("id")?,
        request.integer("host")?,
    );
    let work = request.store().write_locking(move |tx| {
        let mut scope = tx.tenant(tenant);
        of_machine(&mut scope, id, host)?;
        sessions::delete_inactive(&mut scope, &ctx, &[host])
    });
    work.await?;
    page::done(&format!("{}/{id}", list_path(&request)?), "The host was forgotten.")
}

/// # Errors
/// 404 for a host of another machine.
fn of_machine(scope: &mut store::Scoped<'_, store::Tenant>, machine: i64, host: i64) -> Result<(), Error> {
    if sessions::find(scope, host)?.machine_id == machine {
        return Ok(());
    }
    Err(Error::not_found("Host", host))
}
