//! Which machines folders use. `GET /odata/Folders/…GetMachinesForFolder(key={key})`, `POST …AssignMachines`,
//! `POST /odata/Folders({key})/…RemoveMachinesFromFolder`, `POST …UpdateMachinesToFolderAssociations`,
//! `POST …ToggleFolderMachineInherit`, `GET …GetSubfoldersWithAssignedMachine`, `GET …GetMoveFolderMachinesChanges`

use std::sync::LazyLock;

use access::folders::model::Folder;
use access::folders::service::to_value;
use access::{Access, Permit, no_such_folder};
use context::Error;
use http::Method;
use odata::{EntityType, Kind, Property, Source};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use store::Entity as _;
use web::{Folder as FolderRule, Operation, Reply, Request, Response, Shape, reply};

use crate::machines::model::Machine;
use crate::machines::{folders, read};

const VIEW: &str = "Units.View or SubFolders.View";
const EDIT: &str = "Units.Edit or SubFolders.Edit";

/// `MachineFolderDto`: a machine with how it stands to a folder. Its rows are made in memory.
fn model() -> &'static EntityType {
    static MODEL: LazyLock<EntityType> = LazyLock::new(|| {
        let row = Machine::model();
        let more = [
            Property::new("IsAssignedToFolder", Kind::Boolean, Source::Column("direct")),
            Property::new("HasMachineRobots", Kind::Boolean, Source::Column("has_robots")),
            Property::new("IsInherited", Kind::Boolean, Source::Column("inherited")),
            Property::new("PropagateToSubFolders", Kind::Boolean, Source::Column("handed_down")),
            Property::new(
                "InheritedFromFolderName",
                Kind::String,
                Source::Column("inherited_from"),
            ),
        ];
        let properties: Vec<Property> = row.properties.iter().cloned().chain(more).collect();
        EntityType {
            name: "MachineFolderDto",
            key: row.key,
            properties: Vec::leak(properties),
            navigations: row.navigations,
        }
    });
    &MODEL
}

pub fn machines() -> Operation {
    let path = "/odata/Folders/UiPath.Server.Configuration.OData.GetMachinesForFolder(key={key})";
    Operation::orchestrator(Method::GET, path, "Folders_GetMachinesForFolderByKey")
        .summary("Lists the machines of the tenant with how each stands to a folder: assigned, inherited or neither.")
        .scope("OR.Folders.Read")
        .permission(VIEW)
        .folder(FolderRule::InRequest)
        .queryable()
        .answers(200, Shape::Collection(model()))
        .handler(list)
}

async fn list(request: Request) -> Result<Response, Error> {
    let query = request.odata(model())?;
    let (tenant, folder) = (request.tenant()?.id, request.integer("key")?);
    Permit::of(&request).check(Some(folder))?;
    let tree = request.state::<Access>()?.tree(tenant).await?;
    if tree.get(folder).is_none() {
        return Err(no_such_folder());
    }
    let rows = request
        .store()
        .read(move |tx| read::of_folder(&mut tx.tenant(tenant), &tree, folder))
        .await?;
    let page = access::rows::page(rows, &query)?;
    reply::collection(&request, super::SET, model(), &query, page.items, page.count)
}

/// An operation that changes which machines folders use.
fn changing(path: &'static str, id: &'static str) -> Operation {
    Operation::orchestrator(Method::POST, path, id)
        .scope("OR.Folders.Write")
        .permission(EDIT)
        .folder(FolderRule::InRequest)
        .answers(204, Shape::Nothing)
}

pub fn assign() -> Operation {
    let path = "/odata/Folders/UiPath.Server.Configuration.OData.AssignMachines";
    changing(path, "Folders_AssignMachines")
        .summary("Assigns machines to folders; what is assigned already stays.")
        .takes::<AssignRequest>("FolderAssignMachinesRequest")
        .handler(|request: Request| async move {
            let wanted: Assignments = request.action("assignments")?;
            change(request, wanted.folder_ids, wanted.machine_ids, Vec::new()).await
        })
}

pub fn remove() -> Operation {
    let path = "/odata/Folders({key})/UiPath.Server.Configuration.OData.RemoveMachinesFromFolder";
    changing(path, "Folders_RemoveMachinesFromFolderById")
        .summary("Takes machines from a folder. What ancestors hand down stays.")
        .takes::<RemoveRequest>("RemoveMachinesFromFolderRequest")
        .handler(|request: Request| async move {
            let (folder, machines) = (request.integer("key")?, request.action("machineIds")?);
            change(request, vec![folder], Vec::new(), machines).await
        })
}

pub fn update() -> Operation {
    let path = "/odata/Folders/UiPath.Server.Configuration.OData.UpdateMachinesToFolderAssociations";
    changing(path, "Folders_UpdateMachinesToFolderAssociations")
        .summary("Assigns machines to a folder and takes others away.")
        .takes::<UpdateRequest>("UpdateMachinesToFolderAssociationsRequest")
        .handler(|request: Request| async move {
            let wanted: Associations = request.action("associations")?;
            let (added, removed) = (wanted.added_machine_ids, wanted.removed_machine_ids);
            change(request, vec![wanted.folder_id], added, removed).await
        })
}

async fn change(request: Request, folders: Vec<i64>, added: Vec<i64>, removed: Vec<i64>) -> Result<Response, Error> {
    let (permit, tenant, ctx) = (Permit::of(&request), request.tenant()?.id, request.ctx.clone());
    request
        .store()
        .write(move |tx| folders::change(&mut tx.tenant(tenant), &ctx, &permit, &folders, &added, &removed))
        .await?;
    reply::no_content()
}

pub fn hand_down() -> Operation {
    let path = "/odata/Folders/UiPath.Server.Configuration.OData.ToggleFolderMachineInherit";
    Operation::orchestrator(Method::POST, path, "Folders_ToggleFolderMachineInherit")
        .summary("Hands a machine of a folder down to all folders below it, or stops to.")
        .scope("OR.Folders.Write")
        .permission(EDIT)
        .folder(FolderRule::InRequest)
        .takes::<Inherit>("FolderMachineInheritDto")
        .answers(200, Shape::Nothing)
        .handler(toggle)
}

async fn toggle(request: Request) -> Result<Response, Error> {
    let wanted: Inherit = request.json()?;
    let (permit, tenant, ctx) = (Permit::of(&request), request.tenant()?.id, request.ctx.clone());
    request
        .store()
        .write(move |tx| {
            let scope = &mut tx.tenant(tenant);
            folders::hand_down(
                scope,
                &ctx,
                &permit,
                wanted.folder_id,
                wanted.machine_id,
                wanted.inherit_enabled,
            )
        })
        .await?;
    Reply::ok().empty()
}

pub fn assigned_below() -> Operation {
    let path = "/odata/Folders/UiPath.Server.Configuration.OData.GetSubfoldersWithAssignedMachine";
    Operation::orchestrator(Method::GET, path, "Folders_GetSubfoldersWithAssignedMachine")
        .summary("Lists the folders below `rootFolderId` that `machineId` is assigned to itself.")
        .scope("OR.Folders.Read")
        .permission(VIEW)
        .folder(FolderRule::InRequest)
        .parameters(&["rootFolderId", "machineId"])
        .queryable()
        .answers(200, Shape::Collection(Folder::model()))
        .handler(list_below)
}

async fn list_below(request: Request) -> Result<Response, Error> {
    let query = request.odata(Folder::model())?;
    let (root, machine) = (needed(&request, "rootFolderId")?, needed(&request, "machineId")?);
    let (permit, tenant) = (Permit::of(&request), request.tenant()?.id);
    permit.check(Some(root))?;
    let tree = request.state::<Access>()?.tree(tenant).await?;
    let known = tree.clone();
    let found = request
        .store()
        .read(move |tx| folders::assigned_below(&mut tx.tenant(tenant), &known, root, machine))
        .await?;
    let rows = found
        .into_iter()
        .filter(|id| permit.holds(Some(*id)))
        .filter_map(|id| tree.get(id))
        .map(to_value)
        .collect();
    let page = access::rows::page(rows, &query)?;
    reply::collection(&request, "Folders", Folder::model(), &query, page.items, page.count)
}

pub fn changes() -> Operation {
    let path = "/odata/Folders/UiPath.Server.Configuration.OData.GetMoveFolderMachinesChanges";
    Operation::orchestrator(Method::GET, path, "Folders_GetMoveFolderMachinesChanges")
        .summary("Tells which machines `folderId` would gain or lose by a move below `targetParentId`, or to the root.")
        .scope("OR.Folders.Read")
        .permission("(SubFolders.Delete) and (Units.Create or SubFolders.Create) and (Units.Edit or SubFolders.Edit)")
        .folder(FolderRule::InRequest)
        .parameters(&["folderId", "targetParentId"])
        .queryable()
        .answers(200, Shape::Collection(change_model()))
        .handler(list_changes)
}

/// `MoveFolderMachineChange`
fn change_model() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "MoveFolderMachineChange",
        key: Some("MachineId"),
        properties: &[
            Property::new("MachineId", Kind::Int64, Source::Column("machine_id")),
            Property::new("MachineName", Kind::String, Source::Column("name")),
            Property::new("OldMachineFolderState", Kind::String, Source::Column("old")),
            Property::new("NewMachineFolderState", Kind::String, Source::Column("new")),
        ],
        navigations: &[],
    };
    &MODEL
}

async fn list_changes(request: Request) -> Result<Response, Error> {
    let query = request.odata(change_model())?;
    let folder = needed(&request, "folderId")?;
    // Clients write 0 for the root.
    let target = request.parse::<i64>("targetParentId")?.filter(|id| *id != 0);
    let (permit, tenant) = (Permit::of(&request), request.tenant()?.id);
    permit.check(Some(folder))?;
    if let Some(target) = target {
        permit.with("Units.Create or SubFolders.Create")?.check(Some(target))?;
    }
    let tree = request.state::<Access>()?.tree(tenant).await?;
    if tree.get(folder).is_none() || target.is_some_and(|target| tree.get(target).is_none()) {
        return Err(no_such_folder());
    }
    let found = request
        .store()
        .read(move |tx| folders::after_move(&mut tx.tenant(tenant), &tree, folder, target))
        .await?;
    let rows = found
        .iter()
        .map(|(machine, before, after)| {
            json!({
                "MachineId": machine.id, "MachineName": machine.name,
                "OldMachineFolderState": before.name(), "NewMachineFolderState": after.name()
            })
        })
        .collect();
    let page = access::rows::page(rows, &query)?;
    reply::collection(
        &request,
        "MoveFolderMachineChanges",
        change_model(),
        &query,
        page.items,
        page.count,
    )
}

fn needed(request: &Request, name: &'static str) -> Result<i64, Error> {
    let given = request.parse::<i64>(name)?;
    given.ok_or_else(|| Error::field(name, format!("{name} is required.")))
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "says what the body looks like")]
struct AssignRequest {
    assignments: Assignments,
}

/// `MachineAssignmentsDto`
#[derive(Deserialize, JsonSchema, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Assignments {
    machine_ids: Vec<i64>,
    folder_ids: Vec<i64>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "says what the body looks like")]
struct RemoveRequest {
    machine_ids: Vec<i64>,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "says what the body looks like")]
struct UpdateRequest {
    associations: Associations,
}

/// `MachinesFolderAssociationsDto`
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
struct Associations {
    folder_id: i64,
    #[serde(default)]
    added_machine_ids: Vec<i64>,
    #[serde(default)]
    removed_machine_ids: Vec<i64>,
}

/// `FolderMachineInheritDto`
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
#[expect(clippy::struct_field_names, reason = "names of the contract")]
struct Inherit {
    machine_id: i64,
    folder_id: i64,
    inherit_enabled: bool,
}
