//! Lists of sessions. `GET /odata/Sessions`, `GET /odata/Sessions/…GetGlobalSessions`, `…GetMachineSessions(key={key})`,
//! `…GetMachineSessionRuntimes`, `…GetMachineSessionRuntimesByFolderId(folderId={folderId})`

use access::{Access, Permit};
use context::Error;
use http::Method;
use store::Entity as _;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::SET;
use crate::machines::model::RuntimeType;
use crate::sessions::model::{Session, SessionRuntime};
use crate::sessions::read::{self, Of};

/// Of the machines that jobs of the folder may use; without a folder, of all.
pub fn of_folder() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/Sessions", "Sessions_Get")
        .summary("Lists the sessions that jobs of a folder may run on; without one, all of the tenant.")
        .scope("OR.Robots.Read")
        .permission("Robots.View")
        .folder(Folder::Optional)
        .queryable()
        .answers(200, Shape::Collection(Session::model()))
        .handler(|request: Request| async move {
            let of = match request.chosen_folder() {
                Some(folder) => Of::Folder {
                    folder: folder.id,
                    robot: None,
                },
                None => Of::Tenant,
            };
            list(request, of).await
        })
}

pub fn global() -> Operation {
    let path = "/odata/Sessions/UiPath.Server.Configuration.OData.GetGlobalSessions";
    Operation::orchestrator(Method::GET, path, "Sessions_GetGlobalSessions")
        .summary("Lists the sessions of the tenant.")
        .scope("OR.Robots.Read")
        .permission("Robots.View or Users.View or Machines.Create or Machines.Edit")
        .queryable()
        .answers(200, Shape::Collection(Session::model()))
        .handler(|request| list(request, Of::Tenant))
}

pub fn of_machine() -> Operation {
    let path = "/odata/Sessions/UiPath.Server.Configuration.OData.GetMachineSessions(key={key})";
    Operation::orchestrator(Method::GET, path, "Sessions_GetMachineSessionsByKey")
        .summary("Lists the sessions of a machine.")
        .scope("OR.Robots.Read")
        .permission("Machines.View")
        .queryable()
        .answers(200, Shape::Collection(Session::model()))
        .handler(|request: Request| async move {
            let machine = request.integer("key")?;
            list(request, Of::Machine(machine)).await
        })
}

pub fn runtimes() -> Operation {
    let path = "/odata/Sessions/UiPath.Server.Configuration.OData.GetMachineSessionRuntimes";
    Operation::orchestrator(Method::GET, path, "Sessions_GetMachineSessionRuntimes")
        .summary("Lists what the sessions of the tenant offer: a row per session and runtime type.")
        .scope("OR.Robots.Read")
        .permission("Machines.View")
        .parameters(&["runtimeType"])
        .queryable()
        .answers(200, Shape::Collection(SessionRuntime::model()))
        .handler(|request| list_runtimes(request, Of::Tenant))
}

pub fn runtimes_of_folder() -> Operation {
    let path =
        "/odata/Sessions/UiPath.Server.Configuration.OData.GetMachineSessionRuntimesByFolderId(folderId={folderId})";
    Operation::orchestrator(Method::GET, path, "Sessions_GetMachineSessionRuntimesByFolderId")
        .summary("Lists what the sessions offer that jobs of a folder may run on, with `robotId` as this account.")
        .scope("OR.Robots.Read")
        .permission("Machines.View or Jobs.Create")
        .folder(Folder::InRequest)
        .parameters(&["robotId", "runtimeType"])
        .queryable()
        .answers(200, Shape::Collection(SessionRuntime::model()))
        .handler(|request: Request| async move {
            let folder = request.integer("folderId")?;
            Permit::of(&request).check(Some(folder))?;
            let robot = request.parse::<i64>("robotId")?;
            list_runtimes(request, Of::Folder { folder, robot }).await
        })
}

async fn list(request: Request, of: Of) -> Result<Response, Error> {
    let query = request.odata(Session::model())?;
    let (tenant, now, options) = (request.tenant()?.id, request.ctx.now, query.clone());
    let tree = request.state::<Access>()?.tree(tenant).await?;
    let page = request
        .store()
        .read(move |tx| read::list(&mut tx.tenant(tenant), &tree, &of, &options, now))
        .await?;
    reply::collection(&request, SET, Session::model(), &query, page.items, page.count)
}

async fn list_runtimes(request: Request, of: Of) -> Result<Response, Error> {
    let model = SessionRuntime::model();
    let query = request.odata(model)?;
    let runtime = request
        .parameter("runtimeType")
        .map(str::parse::<RuntimeType>)
        .transpose()
        .map_err(|_| Error::field("runtimeType", "There is no such runtime type."))?;
    let (tenant, now, options) = (request.tenant()?.id, request.ctx.now, query.clone());
    let tree = request.state::<Access>()?.tree(tenant).await?;
    let page = request
        .store()
        .read(move |tx| read::runtimes(&mut tx.tenant(tenant), &tree, &of, runtime, &options, now))
        .await?;
    reply::collection(
        &request,
        "MachineSessionRuntimes",
        model,
        &query,
        page.items,
        page.count,
    )
}
