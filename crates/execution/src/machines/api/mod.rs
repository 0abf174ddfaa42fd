//! Operations of the tag Machines, those of the tag Folders that are about machines, and client secrets, which the contract does not
//! name.

mod change;
mod create;
mod delete;
mod folder;
mod in_folder;
mod read;
mod secrets;

use context::Error;
use identity::Identity;
use uuid::Uuid;
use web::{Operation, Request};

/// Name of the entity set.
pub const SET: &str = "Machines";

/// All operations.
pub fn operations() -> Vec<Operation> {
    vec![
        read::list(),
        read::get(),
        create::operation(),
        change::replace(),
        change::patch(),
        delete::one(),
        delete::bulk(),
        in_folder::assigned(),
        in_folder::runtimes(),
        secrets::list(),
        secrets::add(),
        secrets::remove(),
        folder::machines(),
        folder::assign(),
        folder::remove(),
        folder::update(),
        folder::hand_down(),
        folder::assigned_below(),
        folder::changes(),
    ]
}

/// What this node knows of the clients of machines is no longer true.
pub(super) fn forget(request: &Request, clients: &[Uuid]) -> Result<(), Error> {
    let identity = request.state::<Identity>()?;
    for client in clients {
        identity.forget_machine(*client);
    }
    Ok(())
}
