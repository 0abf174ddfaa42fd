//! The organization's directory as a tenant sees it.

use accounts::directory::service::{self as directory, Entry, Kind};
use accounts::groups::{self, MemberKind};
use context::{Caller, Error, codes};
use serde_json::{Value, json};
use store::Tx;
use uuid::Uuid;

use crate::users::model::{TenantUser, UserType};

/// A principal of the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    pub key: Uuid,
    pub kind: UserType,
    pub user_name: String,
    pub name: Option<String>,
    pub surname: Option<String>,
    pub display_name: String,
    pub email: Option<String>,
}

impl From<Entry> for Principal {
    fn from(entry: Entry) -> Self {
        let kind = match entry.kind {
            Kind::User => UserType::DirectoryUser,
            Kind::Group => UserType::DirectoryGroup,
            Kind::Application => UserType::DirectoryExternalApplication,
        };
        Self {
            key: entry.id,
            kind,
            user_name: entry.name,
            name: entry.first_name,
            surname: entry.last_name,
            display_name: entry.display_name,
            email: entry.email,
        }
    }
}

impl Principal {
    /// `DirectoryObjectDto`
    pub fn to_object(&self) -> Value {
        json!({
            "type": object_type(self.kind),
            "source": "local",
            "domain": crate::users::service::DOMAIN,
            "identifier": self.key.to_string(),
            "identityName": self.user_name,
            "displayName": self.display_name,
        })
    }
}

/// A kind of principal in the words of the directory search.
pub fn object_type(kind: UserType) -> &'static str {
    match kind {
        UserType::User | UserType::DirectoryUser => "User",
        UserType::DirectoryGroup => "Group",
        UserType::Robot | UserType::DirectoryRobot => "Robot",
        UserType::DirectoryExternalApplication => "ExternalApplication",
    }
}

/// The kind of tenant user a caller's own record has; `None` for callers that have none.
fn kind_of(caller: &Caller) -> Option<UserType> {
    match caller.principal {
        context::Principal::User(_) => Some(UserType::DirectoryUser),
        context::Principal::Application(_) => Some(UserType::DirectoryExternalApplication),
        context::Principal::Robot(_) => Some(UserType::DirectoryRobot),
        context::Principal::Machine(_) | context::Principal::Anonymous | context::Principal::System => None,
    }
}

/// Whether two kinds of tenant users stand for the same kind of principal.
pub fn is_same_kind(one: UserType, other: UserType) -> bool {
    object_type(one) == object_type(other)
}

/// Whether a record of a tenant is the caller's own. Its GUID is not enough: it must be of the caller's kind too.
pub fn is_own(caller: &Caller, user: &TenantUser) -> bool {
    Some(user.key) == caller.principal_id() && kind_of(caller).is_some_and(|kind| is_same_kind(kind, user.user_type))
}

/// Whether a record still stands for somebody who can come: the directory knows the principal, as this kind, and a person's
/// account is open.
pub fn is_present(tx: &mut Tx, organization: Uuid, user: &TenantUser) -> Result<bool, Error> {
    let found = by_key(tx, organization, user.key)?;
    if !found.is_some_and(|principal| is_same_kind(principal.kind, user.user_type)) {
        return Ok(false);
    }
    if !is_same_kind(user.user_type, UserType::DirectoryUser) {
        return Ok(true);
    }
    let account = accounts::users::service::find(&mut tx.organization(organization), user.key)?;
    Ok(account.is_some_and(|account| account.is_active))
}

/// The principal with this GUID.
pub fn by_key(tx: &mut Tx, organization: Uuid, key: Uuid) -> Result<Option<Principal>, Error> {
    Ok(directory::by_id(&mut tx.organization(organization), key)?.map(Principal::from))
}

/// How a request names a principal.
#[derive(Debug, Clone, Default)]
pub struct Name {
    pub identifier: Option<Uuid>,
    pub user_name: Option<String>,
    pub kind: Option<UserType>,
}

/// The principal a request names: by GUID, else by kind and name.
///
/// # Errors
/// 400 when it is named by nothing usable, 404 when the directory does not know it.
pub fn resolve(tx: &mut Tx, organization: Uuid, name: &Name) -> Result<Principal, Error> {
    let unknown = || {
        Error::missing(
            codes::INVALID_USER,
            "The directory knows no such account, group or application.",
        )
    };
    if let Some(key) = name.identifier {
        let found = by_key(tx, organization, key)?.ok_or_else(unknown)?;
        return match name.kind {
            Some(kind) if !is_same_kind(kind, found.kind) => Err(unknown()),
            _ => Ok(found),
        };
    }
    let kind = match name.kind.unwrap_or(UserType::DirectoryUser) {
        UserType::User | UserType::DirectoryUser => Kind::User,
        UserType::DirectoryGroup => Kind::Group,
        UserType::Robot | UserType::DirectoryRobot | UserType::DirectoryExternalApplication => {
            return Err(Error::field(
                "DirectoryIdentifier",
                "The directory identifier is required for this kind of account.",
            ));
        }
    };
    let Some(text) = name.user_name.as_deref().map(str::trim).filter(|text| !text.is_empty()) else {
        return Err(Error::field(
            "UserName",
            "A user name or a directory identifier is required.",
        ));
    };
    // Older clients write DOMAIN\name.
    let text = text.rsplit_once('\\').map_or(text, |(_, name)| name);
    directory::by_name(&mut tx.organization(organization), kind, text)?
        .map(Principal::from)
        .ok_or_else(unknown)
}

/// What a search looks among.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Among {
    All,
    Users,
    Groups,
    Robots,
    ExternalApplications,
}

impl std::str::FromStr for Among {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(match text.to_ascii_lowercase().as_str() {
            "all" | "0" => Self::All,
            "users" | "1" => Self::Users,
            "groups" | "2" => Self::Groups,
            "robots" | "3" => Self::Robots,
            "externalapplications" | "4" => Self::ExternalApplications,
            _ => return Err(()),
        })
    }
}

/// Principals whose name starts with `prefix`.
pub fn search(tx: &mut Tx, organization: Uuid, among: Among, prefix: &str) -> Result<Vec<Principal>, Error> {
    let kinds: &[Kind] = match among {
        Among::All => &[Kind::User, Kind::Group, Kind::Application],
        Among::Users => &[Kind::User],
        Among::Groups => &[Kind::Group],
        Among::Robots => return Ok(Vec::new()),
        Among::ExternalApplications => &[Kind::Application],
    };
    let found = directory::search(&mut tx.organization(organization), kinds, prefix)?;
    Ok(found.into_iter().map(Principal::from).collect())
}

/// Groups whose roles count for the caller. An application's roles are its own only (reference: identity 1.8).
pub fn groups_of(tx: &mut Tx, organization: Uuid, caller: &Caller) -> Result<Vec<Uuid>, Error> {
    let (kind, id) = match caller.principal {
        context::Principal::User(id) => (MemberKind::User, id),
        context::Principal::Robot(id) => (MemberKind::RobotAccount, id),
        context::Principal::Application(_)
        | context::Principal::Machine(_)
        | context::Principal::Anonymous
        | context::Principal::System => return Ok(Vec::new()),
    };
    groups::service::groups_of(&mut tx.organization(organization), kind, id)
}

/// Groups of a user of the directory by GUID.
pub fn groups_of_user(tx: &mut Tx, organization: Uuid, user: Uuid) -> Result<Vec<Uuid>, Error> {
    groups::service::groups_of(&mut tx.organization(organization), MemberKind::User, user)
}
