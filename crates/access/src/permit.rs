//! The right to do one operation, carried into services so that looking a row up and checking the right to it are one
//! call.

use context::{Error, Reach, Requirement, Rights, codes};
use web::Request;

/// What a caller needs, and what it has, in one tenant.
#[derive(Debug, Clone)]
pub struct Permit {
    rights: Rights,
    requirement: Requirement,
}

impl Permit {
    /// The requirement of the operation that is being served.
    pub fn of(request: &Request) -> Self {
        Self {
            rights: request.rights.clone(),
            requirement: request.operation.requirement.clone(),
        }
    }

    /// The caller's rights with a requirement of their own: `Units.View or SubFolders.View`.
    pub fn requiring(request: &Request, expression: &str) -> Result<Self, Error> {
        Ok(Self {
            rights: request.rights.clone(),
            requirement: requirement(expression)?,
        })
    }

    /// The server's own right to everything.
    pub fn everything() -> Self {
        Self {
            rights: Rights::Everything,
            requirement: Requirement::Nothing,
        }
    }

    /// The same rights with another requirement.
    pub fn with(&self, expression: &str) -> Result<Self, Error> {
        Ok(Self {
            rights: self.rights.clone(),
            requirement: requirement(expression)?,
        })
    }

    /// Whether the requirement is met in a folder, or on the tenant where none is given.
    pub fn holds(&self, folder: Option<i64>) -> bool {
        self.rights.allow(&self.requirement, folder)
    }

    /// Fails where the requirement is not met: 404 in a folder the caller may not even know of, else 403.
    pub fn check(&self, folder: Option<i64>) -> Result<(), Error> {
        match folder {
            _ if self.holds(folder) => Ok(()),
            Some(id) if !self.sees(id) => Err(no_such_folder()),
            _ => Err(Error::forbidden()),
        }
    }

    /// Whether the caller may know that the folder exists.
    pub fn sees(&self, folder: i64) -> bool {
        let view = requirement(VIEW_FOLDERS).is_ok_and(|view| self.rights.allow(&view, Some(folder)));
        view || self.rights.is_assigned(folder)
    }

    /// The folders in which the requirement is met.
    pub fn reach(&self) -> Reach {
        self.rights.reach(&self.requirement)
    }

    /// [`reach`](Self::reach), for lists that name no folder.
    ///
    /// # Errors
    /// 403 when the requirement is met nowhere.
    pub fn reach_somewhere(&self) -> Result<Reach, Error> {
        match self.reach() {
            Reach::Only(folders) if folders.is_empty() => Err(Error::forbidden()),
            reach => Ok(reach),
        }
    }

    /// The folder that a request names, else all folders in which the requirement is met.
    ///
    /// # Errors
    /// 403 when there is none.
    pub fn folders_of(&self, request: &Request) -> Result<Reach, Error> {
        match request.chosen_folder() {
            Some(folder) => Ok(Reach::Only(vec![folder.id])),
            None => self.reach_somewhere(),
        }
    }

    /// The folders the caller is assigned to one by one, see [`Rights::assigned_itself`].
    pub fn assigned_itself(&self) -> Vec<i64> {
        self.rights.assigned_itself()
    }

    /// The folders the caller is assigned to.
    pub fn assigned(&self) -> Reach {
        self.rights.assigned()
    }
}

/// What opens a folder to the eye.
pub const VIEW_FOLDERS: &str = "Units.View or SubFolders.View";

/// Reads a requirement that is written in the program.
pub(crate) fn requirement(expression: &str) -> Result<Requirement, Error> {
    Requirement::parse(expression).map_err(Error::internal)
}

/// 404 for a folder that does not exist, or that the caller may not know of; the two look the same.
pub fn no_such_folder() -> Error {
    Error::missing(
        codes::INVALID_ORGANIZATION_UNIT,
        "Folder does not exist or the user does not have access to the folder.",
    )
}
