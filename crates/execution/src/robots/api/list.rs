//! Lists of robots. `GET /odata/Robots`, `GET /odata/Robots({key})`, `…FindAllAcrossFolders`, `…GetConfiguredRobots`,
//! `…GetFolderRobots(folderId={folderId},machineId={machineId})`, `…GetRobotsFromFolder(folderId={folderId})`,
//! `…GetRobotsForProcess(processId='{processId}')`, `…GetUsernames`, `…GetMachineNameToLicenseKeyMappings`

use access::users::model::TenantUser;
use access::users::robots::UserRobot;
use access::{Access, Permit};
use context::Error;
use http::Method;
use odata::EntityType;
use serde_json::json;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::{SET, names};
use crate::machines::model::Machine;
use crate::robots::model::{extended, from_folder, pair, robot};
use crate::robots::read::{self, Of};

fn get(path: &'static str, id: &'static str) -> Operation {
    Operation::orchestrator(Method::GET, path, id)
        .scope("OR.Robots.Read")
        .queryable()
}

pub fn operations() -> Vec<Operation> {
    vec![
        get("/odata/Robots", "Robots_Get")
            .summary("Lists the robots that count in a folder; without one, those of the tenant.")
            .permission("Robots.View")
            .folder(Folder::Optional)
            .answers(200, Shape::Collection(robot()))
            .handler(|request: Request| async move {
                let of = chosen(&request);
                list(request, of, robot(), |_| true).await
            }),
        get("/odata/Robots({key})", "Robots_GetById")
            .summary("Gets a robot.")
            .permission("Robots.View")
            .folder(Folder::Optional)
            .answers(200, Shape::Entity(robot()))
            .handler(one),
        get(
            "/odata/Robots/UiPath.Server.Configuration.OData.FindAllAcrossFolders",
            "Robots_FindAllAcrossFolders",
        )
        .summary("Lists the robots of the tenant with their accounts.")
        .permission("Robots.View or Users.View or Machines.Create or Machines.Edit")
        .folder(Folder::Optional)
        .answers(200, Shape::Collection(extended()))
        .handler(|request| list(request, Of::Tenant, extended(), |_| true)),
        get(
            "/odata/Robots/UiPath.Server.Configuration.OData.GetConfiguredRobots",
            "Robots_GetConfiguredRobots",
        )
        .summary("Lists the unattended robots that can open a session of the operating system.")
        .permission("Robots.View or (Robots.View and Users.View)")
        .folder(Folder::Optional)
        .answers(200, Shape::Collection(extended()))
        .handler(configured),
        get(
            "/odata/Robots/UiPath.Server.Configuration.OData.GetFolderRobots(folderId={folderId},machineId={machineId})",
            "Robots_GetFolderRobotsByFolderidAndMachineid",
        )
        .summary("Lists the robots that count in a folder and may use a machine there.")
        .permission("SubFolders.View or Units.View or Jobs.Create")
        .folder(Folder::InRequest)
        .answers(200, Shape::Collection(extended()))
        .handler(|request: Request| async move {
            let (folder, machine) = (request.integer("folderId")?, request.integer("machineId")?);
            Permit::of(&request).check(Some(folder))?;
            let of = Of::Folder {
                folder,
                machine: Some(machine),
            };
            list(request, of, extended(), |_| true).await
        }),
        get(
            "/odata/Robots/UiPath.Server.Configuration.OData.GetRobotsFromFolder(folderId={folderId})",
            "Robots_GetRobotsFromFolderByFolderid",
        )
        .summary("Lists the robots that count in a folder, with `machineId` those that may use this machine.")
        .permission("SubFolders.View or Units.View or Jobs.Create or Users.View")
        .folder(Folder::InRequest)
        .parameters(&["machineId"])
        .answers(200, Shape::Collection(from_folder()))
        .handler(|request: Request| async move {
            let folder = request.integer("folderId")?;
            Permit::of(&request).check(Some(folder))?;
            let machine = request.parse::<i64>("machineId")?;
            list(request, Of::Folder { folder, machine }, from_folder(), |_| true).await
        }),
        get(
            "/odata/Robots/UiPath.Server.Configuration.OData.GetRobotsForProcess(processId='{processId}')",
            "Robots_GetRobotsForProcessByProcessid",
        )
        .summary("Lists the robots that can run a process: in modern folders, all of the folder.")
        .permission("Robots.View and Environments.View and Processes.View")
        .folder(Folder::Optional)
        .answers(200, Shape::Collection(robot()))
        .handler(|request: Request| async move {
            if request.chosen_folder().is_none() {
                Permit::of(&request).reach_somewhere()?;
            }
            let of = chosen(&request);
            list(request, of, robot(), |found| !found.attended && found.enabled).await
        }),
        get(
            "/odata/Robots/UiPath.Server.Configuration.OData.GetUsernames",
            "Robots_GetUsernames",
        )
        .summary("Lists the accounts of operating systems that robots run under.")
        .permission("Robots.View")
        .folder(Folder::Optional)
        .answers(200, Shape::Media("application/json"))
        .handler(user_names),
        get(
            "/odata/Robots/UiPath.Server.Configuration.OData.GetMachineNameToLicenseKeyMappings",
            "Robots_GetMachineNameToLicenseKeyMappings",
        )
        .summary("Lists the names of machines with their license keys.")
        .permission("Robots.Create and Machines.View")
        .folder(Folder::Optional)
        .answers(200, Shape::Collection(pair()))
        .handler(license_keys),
    ]
}

fn chosen(request: &Request) -> Of {
    match request.chosen_folder() {
        Some(folder) => Of::Folder {
            folder: folder.id,
            machine: None,
        },
        None => Of::Tenant,
    }
}

async fn find(request: &Request, of: Of) -> Result<Vec<(UserRobot, TenantUser)>, Error> {
    let tenant = request.tenant()?.id;
    let tree = request.state::<Access>()?.tree(tenant).await?;
    request
        .store()
        .read(move |tx| read::find(&mut tx.tenant(tenant), &tree, of))
        .await
}

async fn list(
    request: Request,
    of: Of,
    model: &'static EntityType,
    keep: fn(&UserRobot) -> bool,
) -> Result<Response, Error> {
    let query = request.odata(model)?;
    let found = find(&request, of).await?;
    let kept = found.iter().filter(|(robot, _)| keep(robot));
    let rows = kept.map(|(robot, user)| read::to_value(robot, user)).collect();
    let page = access::rows::page(rows, &query)?;
    reply::collection(&request, SET, model, &query, page.items, page.count)
}

/// The account of a robot is shown to those who may see accounts.
async fn configured(request: Request) -> Result<Response, Error> {
    if request.odata(extended())?.expands("User") {
        Permit::requiring(&request, "Users.View")?.check(None)?;
    }
    list(request, Of::Tenant, extended(), |robot| {
        !robot.attended && robot.has_credentials()
    })
    .await
}

async fn one(request: Request) -> Result<Response, Error> {
    let query = request.odata(robot())?;
    let (tenant, id) = (request.tenant()?.id, request.integer("key")?);
    let (found, user) = request
        .store()
        .read(move |tx| read::by_id(&mut tx.tenant(tenant), id))
        .await?;
    reply::entity(&request, 200, SET, robot(), Some(&query), read::to_value(&found, &user))
}

async fn user_names(request: Request) -> Result<Response, Error> {
    let found = find(&request, chosen(&request)).await?;
    let mut found: Vec<String> = found.into_iter().filter_map(|(robot, _)| robot.user_name).collect();
    found.sort_by_cached_key(|name| store::fold(name));
    found.dedup();
    names(&request, found)
}

async fn license_keys(request: Request) -> Result<Response, Error> {
    let query = request.odata(pair())?;
    let tenant = request.tenant()?.id;
    let machines = request
        .store()
        .read(move |tx| {
            Ok::<_, Error>(
                tx.tenant(tenant)
                    .find::<Machine>("true order by name_folded, id", Vec::new())?,
            )
        })
        .await?;
    let rows = machines
        .iter()
        .map(|machine| json!({ "Key": machine.name, "Value": machine.license_key }))
        .collect();
    let page = access::rows::page(rows, &query)?;
    reply::collection(
        &request,
        "MachineNameToLicenseKeyMappings",
        pair(),
        &query,
        page.items,
        page.count,
    )
}
