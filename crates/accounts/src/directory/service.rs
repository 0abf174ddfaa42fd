//! Finding principals by name.

use context::{Error, codes};
use serde_json::{Value, json};
use store::{Scoped, params};
use uuid::Uuid;

use super::DirectoryApplication;
use crate::groups::{self, Group, MemberKind};
use crate::users::User;

type Handle<'t> = Scoped<'t, store::Organization>;

/// Most names of one resolution (reference: identity 4.1).
pub const MOST_NAMES: usize = 20;
const MOST_RESULTS: i64 = 50;

/// A kind of principal that can be searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    User,
    Group,
    Application,
}

/// A principal as the directory shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub kind: Kind,
    pub id: Uuid,
    /// User name, group name or application name.
    pub name: String,
    pub display_name: String,
    pub email: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
}

impl Entry {
    /// Contract schema `DirectoryEntity`; `objectType` tells the kinds apart.
    pub fn to_json(&self) -> Value {
        let mut entity = json!({
            "objectType": self.object_type(), "source": "local", "identifier": self.id, "name": self.name,
            "email": self.email, "displayName": self.display_name,
        });
        match self.kind {
            Kind::User => {
                entity["firstName"] = json!(self.first_name);
                entity["lastName"] = json!(self.last_name);
            }
            Kind::Application => entity["applicationId"] = json!(self.id),
            Kind::Group => {}
        }
        entity
    }

    /// The search item of the directory: type and object type as the live service writes them.
    pub fn to_search_json(&self) -> Value {
        json!({
            "source": "local", "identifier": self.id, "identityName": self.name, "displayName": self.display_name,
            "email": self.email, "domain": "autogen", "type": self.kind as i32, "objectType": self.object_type(),
        })
    }

    fn object_type(&self) -> &'static str {
        match self.kind {
            Kind::User => "DirectoryUser",
            Kind::Group => "DirectoryGroup",
            Kind::Application => "DirectoryApplication",
        }
    }
}

impl From<&User> for Entry {
    fn from(user: &User) -> Self {
        Self {
            kind: Kind::User,
            id: user.id,
            name: user.user_name.clone(),
            display_name: user.shown().to_owned(),
            email: user.email.clone(),
            first_name: Some(user.name.clone()),
            last_name: Some(user.surname.clone()),
        }
    }
}

impl From<&Group> for Entry {
    fn from(group: &Group) -> Self {
        Self::plain(Kind::Group, group.id, &group.name)
    }
}

impl From<&DirectoryApplication> for Entry {
    fn from(application: &DirectoryApplication) -> Self {
        Self::plain(Kind::Application, application.id, &application.name)
    }
}

impl Entry {
    fn plain(kind: Kind, id: Uuid, name: &str) -> Self {
        Self {
            kind,
            id,
            name: name.to_owned(),
            display_name: name.to_owned(),
            email: None,
            first_name: None,
            last_name: None,
        }
    }
}

/// Makes an application known under `name`, or renames it. Called by the owner of applications.
pub fn put_application(scope: &mut Handle<'_>, id: Uuid, name: &str) -> Result<(), Error> {
    let application = DirectoryApplication {
        id,
        name: name.to_owned(),
    };
    if !scope.update(&application)? {
        scope.insert(&application)?;
    }
    Ok(())
}

/// Forgets an application and its memberships.
pub fn remove_application(scope: &mut Handle<'_>, id: Uuid) -> Result<(), Error> {
    groups::service::forget(scope, id)?;
    scope.delete::<DirectoryApplication>(id)?;
    Ok(())
}

/// Principals of the wanted kinds whose name, display name or e-mail starts with `prefix`.
pub fn search(scope: &mut Handle<'_>, kinds: &[Kind], prefix: &str) -> Result<Vec<Entry>, Error> {
    let pattern = crate::starts_with(prefix);
    let mut found = Vec::new();
    if kinds.contains(&Kind::User) {
        let condition = "deleted_at is null and (user_name_folded like ? escape '\\' or email_folded like ? escape '\\' \
            or display_name_folded like ? escape '\\') order by user_name_folded limit ?";
        let users = scope.find::<User>(condition, params![&pattern, &pattern, &pattern, MOST_RESULTS])?;
        found.extend(users.iter().map(Entry::from));
    }
    let condition = "name_folded like ? escape '\\' order by name_folded limit ?";
    if kinds.contains(&Kind::Group) {
        let groups = scope.find::<Group>(condition, params![&pattern, MOST_RESULTS])?;
        found.extend(groups.iter().map(Entry::from));
    }
    if kinds.contains(&Kind::Application) {
        let applications = scope.find::<DirectoryApplication>(condition, params![&pattern, MOST_RESULTS])?;
        found.extend(applications.iter().map(Entry::from));
    }
    Ok(found)
}

/// The principal with exactly this name (users also by e-mail), in any letter case.
pub fn by_name(scope: &mut Handle<'_>, kind: Kind, name: &str) -> Result<Option<Entry>, Error> {
    let name = store::fold(name.trim());
    Ok(match kind {
        Kind::User => {
            let condition = "deleted_at is null and (user_name_folded = ? or email_folded = ?) order by legacy_id";
            scope
                .find_one::<User>(condition, params![&name, &name])?
                .as_ref()
                .map(Entry::from)
        }
        Kind::Group => scope
            .find_one::<Group>("name_folded = ?", params![name])?
            .as_ref()
            .map(Entry::from),
        Kind::Application => {
            let condition = "name_folded = ? order by id";
            scope
                .find_one::<DirectoryApplication>(condition, params![name])?
                .as_ref()
                .map(Entry::from)
        }
    })
}

/// The principal with this id, whatever its kind.
pub fn by_id(scope: &mut Handle<'_>, id: Uuid) -> Result<Option<Entry>, Error> {
    if let Some(user) = scope.find_one::<User>("id = ? and deleted_at is null", params![id])? {
        return Ok(Some(Entry::from(&user)));
    }
    if let Some(group) = scope.get::<Group>(id)? {
        return Ok(Some(Entry::from(&group)));
    }
    Ok(scope.get::<DirectoryApplication>(id)?.as_ref().map(Entry::from))
}

/// The members of a group as directory entries; those of Everyone are not listed.
pub fn members_of(scope: &mut Handle<'_>, group: Uuid) -> Result<Vec<Entry>, Error> {
    let rows = groups::service::members(scope, group)?;
    let ids = |kind| {
        rows.iter()
            .filter(|row| row.member_kind == kind)
            .map(|row| row.member_id)
            .collect::<Vec<_>>()
    };
    let (users, applications) = (ids(MemberKind::User), ids(MemberKind::Application));
    let mut found = Vec::with_capacity(rows.len());
    for chunk in users.chunks(500) {
        let (marks, values) = store::any_of(chunk.iter().map(|id| store::Value::Guid(*id)));
        let condition = format!("deleted_at is null and id in ({marks}) order by user_name_folded");
        found.extend(scope.find::<User>(&condition, values)?.iter().map(Entry::from));
    }
    found.extend(
        scope
            .get_many::<DirectoryApplication>(&applications)?
            .iter()
            .map(Entry::from),
    );
    Ok(found)
}

/// # Errors
/// 400 above [`MOST_NAMES`].
pub fn check_names(names: &[String]) -> Result<(), Error> {
    if names.len() > MOST_NAMES {
        return Err(Error::invalid(
            codes::INVALID_ARGUMENT,
            format!("At most {MOST_NAMES} names can be resolved at a time."),
        ));
    }
    Ok(())
}
