//! Who could run the jobs of a folder (reference: execution 6.1).

use access::folders::model::Folder;
use access::users::robots::UserRobot;
use context::Error;
use store::{Scoped, Tenant, params};

use crate::machines::model::{Machine, RuntimeType};

/// The runtime types that jobs are started with when nobody says which, in this order (reference: execution 5.2).
const PREFERRED: [RuntimeType; 4] = [
    RuntimeType::Unattended,
    RuntimeType::NonProduction,
    RuntimeType::Headless,
    RuntimeType::TestAutomation,
];

/// The machines and robots of a folder, whether anything of them is connected or not.
#[derive(Debug)]
pub struct Fleet {
    pub machines: Vec<Machine>,
    pub robots: Vec<UserRobot>,
}

impl Fleet {
    pub fn of_folder(scope: &mut Scoped<'_, Tenant>, folder: &Folder) -> Result<Self, Error> {
        Ok(Self {
            machines: machines_of(scope, folder)?,
            robots: robots_of(scope, folder)?,
        })
    }

    /// The runtime type of jobs that name none: the first that a machine has slots of.
    pub fn runtime(&self, foreground: bool) -> Option<RuntimeType> {
        PREFERRED
            .into_iter()
            .filter(|runtime| !(foreground && *runtime == RuntimeType::Headless))
            .find(|runtime| self.has_slots(*runtime))
    }

    /// Whether a machine has slots of this type.
    pub fn has_slots(&self, runtime: RuntimeType) -> bool {
        self.machines.iter().any(|machine| machine.slots(runtime) > 0)
    }
}

/// Machines assigned to a folder, or to one above it and meant for those below.
pub fn machines_of(scope: &mut Scoped<'_, Tenant>, folder: &Folder) -> Result<Vec<Machine>, Error> {
    let lineage: Vec<i64> = folder.ids().collect();
    let condition = format!(
        "id in (select l.machine_id from machine_folders l where l.folder_id = ?
                or (l.inherited_below = ? and l.folder_id in ({}))) order by id",
        access::rows::integers(&lineage)
    );
    Ok(scope.find::<Machine>(&condition, params![folder.id, true])?)
}

/// Unattended robots whose account is assigned to a folder or to one above it.
pub fn robots_of(scope: &mut Scoped<'_, Tenant>, folder: &Folder) -> Result<Vec<UserRobot>, Error> {
    let lineage: Vec<i64> = folder.ids().collect();
    let condition = format!(
        "attended = ? and enabled = ? and user_id in (select m.user_id from folder_members m
            join tenant_users u on u.id = m.user_id and u.is_active = ? and u.unattended_session = ?
            where m.folder_id in ({})) order by id",
        access::rows::integers(&lineage)
    );
    Ok(scope.find::<UserRobot>(&condition, params![false, true, true, true])?)
}

/// The folders whose jobs a machine may run.
pub fn folders_of(scope: &mut Scoped<'_, Tenant>, machine: i64) -> Result<Vec<Folder>, Error> {
    let condition = "exists (select 1 from machine_folders l where l.machine_id = ? and (l.folder_id = folders.id
            or (l.inherited_below = ? and folders.lineage like '%/' || cast(l.folder_id as text) || '/%'))) order by id";
    Ok(scope.find::<Folder>(condition, params![machine, true])?)
}
