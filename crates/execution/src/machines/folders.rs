//! In which folders machines are used: assigned to the folder itself, or to an ancestor that hands them down (reference: access 2.3).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use access::Permit;
use access::audit::{self, Action, Component, Entry};
use access::folders::contents::Contents;
use access::folders::model::Folder;
use access::folders::service::{self as folders, By};
use access::folders::tree::Tree;
use access::rows::integers;
use context::{Ctx, Error, MOST_LISTED, check_length};
use serde_json::json;
use store::{Scoped, Tenant, params};

use super::model::{Machine, MachineFolder};
use super::service::told;

/// The machines that jobs of a folder may use, by name.
pub fn of_folder(scope: &mut Scoped<'_, Tenant>, tree: &Tree, folder: i64) -> Result<Vec<Machine>, Error> {
    let Some(folder) = tree.get(folder) else {
        return Ok(Vec::new());
    };
    let condition = format!("id in ({}) order by name_folded, id", usable_in(folder));
    Ok(scope.find::<Machine>(&condition, Vec::new())?)
}

/// SQL for the ids of the machines that jobs of a folder may use.
pub(super) fn usable_in(folder: &Folder) -> String {
    let above: Vec<i64> = folder.ids().filter(|id| *id != folder.id).collect();
    let inherited = if above.is_empty() {
        String::new()
    } else {
        format!(" or (f.folder_id in ({}) and f.inherited_below)", integers(&above))
    };
    format!(
        "select f.machine_id from machine_folders f where f.folder_id = {}{inherited}",
        folder.id
    )
}

/// The folders whose jobs may use a machine, in the order of the tree.
pub fn folders_of(scope: &mut Scoped<'_, Tenant>, tree: &Tree, machine: i64) -> Result<Vec<i64>, Error> {
    let assigned = scope.find::<MachineFolder>("machine_id = ?", params![machine])?;
    let mut found = BTreeSet::new();
    for place in &assigned {
        if place.inherited_below {
            found.extend(tree.subtree(place.folder_id).iter().map(|below| below.id));
        } else if tree.get(place.folder_id).is_some() {
            found.insert(place.folder_id);
        }
    }
    let in_order = tree.in_order().into_iter().map(|folder| folder.id);
    Ok(in_order.filter(|id| found.contains(id)).collect())
}

/// How a machine stands to a folder.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// Assigned to the folder itself.
    pub direct: bool,
    /// The own assignment is handed down.
    pub handed_down: bool,
    /// Name of the nearest folder above that hands it down.
    pub inherited_from: Option<String>,
}

impl Standing {
    /// Whether jobs of the folder may use it.
    pub fn is_usable(&self) -> bool {
        self.direct || self.inherited_from.is_some()
    }
}

/// How machines stand to a folder, by id; those that are not usable there are missing.
pub fn standings(
    scope: &mut Scoped<'_, Tenant>,
    tree: &Tree,
    folder: &Folder,
) -> Result<HashMap<i64, Standing>, Error> {
    let lineage: Vec<i64> = folder.ids().collect();
    let condition = format!("folder_id in ({})", integers(&lineage));
    let mut found: HashMap<i64, Standing> = HashMap::new();
    let mut nearest: HashMap<i64, usize> = HashMap::new();
    for place in scope.find::<MachineFolder>(&condition, Vec::new())? {
        if place.folder_id == folder.id {
            let standing = found.entry(place.machine_id).or_default();
            standing.direct = true;
            standing.handed_down = place.inherited_below;
            continue;
        }
        let depth = lineage.iter().position(|id| *id == place.folder_id);
        let (Some(depth), true) = (depth, place.inherited_below) else {
            continue;
        };
        if nearest.get(&place.machine_id).is_none_or(|known| *known < depth) {
            nearest.insert(place.machine_id, depth);
            found.entry(place.machine_id).or_default().inherited_from =
                tree.get(place.folder_id).map(|above| above.display_name.clone());
        }
    }
    Ok(found)
}

/// Assigns and takes away machines, folder by folder; all or nothing. Assigning twice is the same as once.
///
/// # Errors
/// 404 for a machine or a folder that does not exist; 403 without the right to a folder; 400 beyond 1,000 pairs.
pub fn change(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    permit: &Permit,
    places: &[i64],
    added: &[i64],
    removed: &[i64],
) -> Result<(), Error> {
    for (name, list) in [
        ("FolderIds", places),
        ("AddedMachineIds", added),
        ("RemovedMachineIds", removed),
    ] {
        check_length(name, list)?;
    }
    if places.len().saturating_mul(added.len() + removed.len()) > MOST_LISTED {
        return Err(Error::field(
            "MachineIds",
            format!("At most {MOST_LISTED} assignments can be changed at a time: machines times folders."),
        ));
    }
    let wanted: BTreeSet<i64> = added.iter().chain(removed).copied().collect();
    let ids: Vec<i64> = wanted.into_iter().collect();
    let machines: BTreeMap<i64, Machine> = scope
        .get_many::<Machine>(&ids)?
        .into_iter()
        .map(|machine| (machine.id, machine))
        .collect();
    if let Some(missing) = ids.iter().find(|id| !machines.contains_key(id)) {
        return Err(Error::not_found("Machine", missing));
    }
    let unique: BTreeSet<i64> = places.iter().copied().collect();
    for place in unique {
        let folder = folders::find(scope, permit, By::Id(place))?;
        let assigned = scope.find::<MachineFolder>("folder_id = ?", params![folder.id])?;
        let is_assigned = |id: &i64| assigned.iter().any(|place| place.machine_id == *id);
        let mut done = (Vec::new(), Vec::new());
        for machine in machines.values() {
            if removed.contains(&machine.id) && is_assigned(&machine.id) {
                scope.delete_where::<MachineFolder>(
                    "machine_id = ? and folder_id = ?",
                    params![machine.id, folder.id],
                )?;
                done.1.push(machine);
            } else if added.contains(&machine.id) && !removed.contains(&machine.id) && !is_assigned(&machine.id) {
                scope.insert(&MachineFolder {
                    id: 0,
                    machine_id: machine.id,
                    folder_id: folder.id,
                    inherited_below: false,
                })?;
                done.0.push(machine);
            }
        }
        record(scope, ctx, &folder, Action::Assign, "assigned", &done.0)?;
        record(scope, ctx, &folder, Action::Unassign, "removed", &done.1)?;
    }
    Ok(())
}

fn record(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    folder: &Folder,
    action: Action,
    done: &str,
    machines: &[&Machine],
) -> Result<(), Error> {
    if machines.is_empty() {
        return Ok(());
    }
    let ids: Vec<i64> = machines.iter().map(|machine| machine.id).collect();
    let names: Vec<&str> = machines.iter().map(|machine| machine.name.as_str()).collect();
    let entry = Entry::new(Component::Folders, action, "folder", folder.id, &folder.display_name)
        .parameters(json!({ "folderId": folder.id, "machineIds": ids }))
        .text(format!(
            "{done} machines {} in folder {}",
            context::shortened(&names.join(", "), 1_000),
            folder.path
        ));
    audit::record(scope, ctx, entry)?;
    for id in ids {
        told(scope, id);
    }
    Ok(())
}

/// Hands a machine of a folder down to the folders below, or stops to.
///
/// # Errors
/// 404 when the machine is not assigned to the folder itself; 403 without the right to it, or to a folder below.
pub fn hand_down(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    permit: &Permit,
    folder: i64,
    machine: i64,
    enabled: bool,
) -> Result<(), Error> {
    let folder = folders::find(scope, permit, By::Id(folder))?;
    for below in folders::subtree(scope, &folder)? {
        permit.check(Some(below.id))?;
    }
    let condition = "machine_id = ? and folder_id = ?";
    let place = scope.find_one::<MachineFolder>(condition, params![machine, folder.id])?;
    let mut place = place.ok_or_else(|| Error::not_found("Machine of the folder", machine))?;
    if place.inherited_below == enabled {
        return Ok(());
    }
    place.inherited_below = enabled;
    scope.update(&place)?;
    told(scope, machine);
    let name = super::service::find(scope, machine)?.name;
    let word = if enabled {
        "handed machine"
    } else {
        "stopped handing machine"
    };
    let entry = Entry::new(
        Component::Folders,
        Action::Update,
        "folder",
        folder.id,
        &folder.display_name,
    )
    .parameters(json!({ "MachineId": machine, "FolderId": folder.id, "InheritEnabled": enabled }))
    .text(format!("{word} {name} down from folder {}", folder.path));
    audit::record(scope, ctx, entry)
}

/// The subfolders of a folder that a machine is assigned to itself.
pub fn assigned_below(scope: &mut Scoped<'_, Tenant>, tree: &Tree, root: i64, machine: i64) -> Result<Vec<i64>, Error> {
    let assigned = scope.find::<MachineFolder>("machine_id = ?", params![machine])?;
    let below: BTreeSet<i64> = tree
        .subtree(root)
        .iter()
        .map(|folder| folder.id)
        .filter(|id| *id != root)
        .collect();
    Ok(assigned
        .iter()
        .map(|place| place.folder_id)
        .filter(|id| below.contains(id))
        .collect())
}

/// What a machine is to a folder, for previews. Contract enumeration `MoveFolderMachineChangeOldMachineFolderState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    NotAssigned,
    Assigned,
    Inherited,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::NotAssigned => "NotAssigned",
            Self::Assigned => "Assigned",
            Self::Inherited => "Inherited",
        }
    }

    fn of(standing: Option<&Standing>) -> Self {
        match standing {
            Some(standing) if standing.direct => Self::Assigned,
            Some(standing) if standing.inherited_from.is_some() => Self::Inherited,
            _ => Self::NotAssigned,
        }
    }
}

/// The machines that a folder would gain or lose by being moved below another (`None`: to the root), with what they are to it before
/// and after, by name.
pub fn after_move(
    scope: &mut Scoped<'_, Tenant>,
    tree: &Tree,
    folder: i64,
    target: Option<i64>,
) -> Result<Vec<(Machine, State, State)>, Error> {
    let Some(folder) = tree.get(folder) else {
        return Ok(Vec::new());
    };
    let now = standings(scope, tree, folder)?;
    // As it would be: its own assignments, and what the new parent has or is given and hands down.
    let mut then: HashMap<i64, State> = now
        .iter()
        .filter(|(_, standing)| standing.direct)
        .map(|(id, _)| (*id, State::Assigned))
        .collect();
    if let Some(target) = target.and_then(|id| tree.get(id)) {
        for (id, standing) in standings(scope, tree, target)? {
            if standing.handed_down || standing.inherited_from.is_some() {
                then.entry(id).or_insert(State::Inherited);
            }
        }
    }
    let ids: BTreeSet<i64> = now.keys().chain(then.keys()).copied().collect();
    let ids: Vec<i64> = ids.into_iter().collect();
    let mut changes: Vec<(Machine, State, State)> = scope
        .get_many::<Machine>(&ids)?
        .into_iter()
        .map(|machine| {
            let before = State::of(now.get(&machine.id));
            let after = then.get(&machine.id).copied().unwrap_or(State::NotAssigned);
            (machine, before, after)
        })
        .filter(|(_, before, after)| before != after)
        .collect();
    changes.sort_by_cached_key(|(machine, ..)| store::fold(&machine.name));
    Ok(changes)
}

/// Assignments go with their folder. They keep no folder from being deleted: machines are the tenant's.
pub(super) struct Assignments;

impl Contents for Assignments {
    fn kind(&self) -> &'static str {
        "Machines"
    }

    fn count(&self, scope: &mut Scoped<'_, Tenant>, folders: &[i64]) -> Result<i64, Error> {
        let sql = format!(
            "select count(distinct machine_id) from machine_folders where {{scope}} and folder_id in ({})",
            integers(folders)
        );
        let rows = scope.rows(&sql, Vec::new())?;
        Ok(rows.first().map(|row| row.get(0)).transpose()?.unwrap_or(0))
    }

    fn keeps(&self) -> bool {
        false
    }

    fn remove(&self, scope: &mut Scoped<'_, Tenant>, _: &Ctx, folders: &[i64]) -> Result<(), Error> {
        let condition = format!("folder_id in ({})", integers(folders));
        for place in scope.find::<MachineFolder>(&condition, Vec::new())? {
            told(scope, place.machine_id);
        }
        scope.delete_where::<MachineFolder>(&condition, Vec::new())?;
        Ok(())
    }
}
