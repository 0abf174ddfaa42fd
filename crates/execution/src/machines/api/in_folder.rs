//! What a folder can run jobs on. `GET /odata/Machines/…GetAssignedMachines(folderId={folderId})`,
//! `GET /odata/Machines/…GetRuntimesForFolder(folderId={folderId})`

use access::{Access, Permit};
use context::Error;
use http::Method;
use odata::{EntityType, Enumeration as _, Kind, Property, Source};
use serde_json::json;
use store::Entity as _;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::SET;
use crate::machines::model::{Machine, RuntimeType};
use crate::machines::read;

/// What opens both: `Machines.View` on the tenant or `Jobs.Create` in the folder.
const NEEDED: &str = "Machines.View or Jobs.Create";

pub fn assigned() -> Operation {
    let path = "/odata/Machines/UiPath.Server.Configuration.OData.GetAssignedMachines(folderId={folderId})";
    Operation::orchestrator(Method::GET, path, "Machines_GetAssignedMachinesByFolderid")
        .summary("Lists the machines that jobs of a folder may use, with `robotId` those that this account may use.")
        .scope("OR.Machines.Read")
        .permission(NEEDED)
        .folder(Folder::InRequest)
        .parameters(&["robotId"])
        .queryable()
        .answers(200, Shape::Collection(Machine::model()))
        .handler(list)
}

pub fn runtimes() -> Operation {
    let path = "/odata/Machines/UiPath.Server.Configuration.OData.GetRuntimesForFolder(folderId={folderId})";
    Operation::orchestrator(Method::GET, path, "Machines_GetRuntimesForFolderByFolderid")
        .summary("Tells how many runtimes of each type a folder has, how many are connected and how many are free.")
        .scope("OR.Machines.Read")
        .permission(NEEDED)
        .folder(Folder::InRequest)
        .queryable()
        .answers(200, Shape::Collection(model()))
        .handler(count)
}

/// `MachineRuntimeDto`. Its rows are made in memory, so the columns exist in name only.
fn model() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "MachineRuntimeDto",
        key: Some("Type"),
        properties: &[
            Property::new("Type", Kind::Enum(RuntimeType::TYPE), Source::Column("type")),
            Property::new("Total", Kind::Int64, Source::Column("total")),
            Property::new("Connected", Kind::Int64, Source::Column("connected")),
            Property::new("Available", Kind::Int64, Source::Column("available")),
        ],
        navigations: &[],
    };
    &MODEL
}

async fn list(request: Request) -> Result<Response, Error> {
    let query = request.odata(Machine::model())?;
    let (tenant, folder) = (request.tenant()?.id, request.integer("folderId")?);
    let robot = request.parse::<i64>("robotId")?;
    Permit::of(&request).check(Some(folder))?;
    let tree = request.state::<Access>()?.tree(tenant).await?;
    let options = query.clone();
    let page = request
        .store()
        .read(move |tx| read::usable(&mut tx.tenant(tenant), &tree, folder, robot, &options))
        .await?;
    reply::collection(&request, SET, Machine::model(), &query, page.items, page.count)
}

async fn count(request: Request) -> Result<Response, Error> {
    let query = request.odata(model())?;
    let (tenant, folder, now) = (request.tenant()?.id, request.integer("folderId")?, request.ctx.now);
    Permit::of(&request).check(Some(folder))?;
    let tree = request.state::<Access>()?.tree(tenant).await?;
    let found = request
        .store()
        .read(move |tx| read::runtimes(&mut tx.tenant(tenant), &tree, folder, now))
        .await?;
    let values = found
        .iter()
        .map(|row| {
            json!({
                "Type": row.runtime.name(), "Total": row.total, "Connected": row.connected, "Available": row.available
            })
        })
        .collect();
    let page = access::rows::page(values, &query)?;
    reply::collection(&request, "MachineRuntimes", model(), &query, page.items, page.count)
}
