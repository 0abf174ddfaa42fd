//! The permission catalogue in its wire form (reference: access 5.1).

use context::{Action, CATALOGUE, Error, Level, Permission, PermissionSet, check_length};
use odata::{EntityType, Kind, Property, Source};
use serde_json::{Value, json};

use super::model::{Role, RoleType};

odata::enumeration! {
    /// Where a permission is decided, on the wire.
    pub enum Scope: "PermissionDtoScope" { Global = 0, Folder = 1, GlobalOrFolder = 2 }
}

/// `PermissionDto`. Its rows are made in memory, so the columns exist in name only.
pub fn model() -> &'static EntityType {
    use odata::Enumeration as _;
    static MODEL: EntityType = EntityType {
        name: "PermissionDto",
        key: Some("Id"),
        properties: &[
            Property::new("Name", Kind::String, Source::Column("name")),
            Property::new("IsGranted", Kind::Boolean, Source::Column("is_granted")),
            Property::new("RoleId", Kind::Int32, Source::Column("role_id")),
            Property::new("Scope", Kind::Enum(Scope::TYPE), Source::Column("scope")),
            Property::new("Id", Kind::Int64, Source::Column("id")),
        ],
        navigations: &[],
    };
    &MODEL
}

impl Scope {
    pub fn of(level: Level) -> Self {
        match level {
            Level::Tenant => Self::Global,
            Level::Folder => Self::Folder,
        }
    }
}

/// The whole catalogue with what `granted` holds: a row per entity without an action, then four rows per entity.
pub fn rows(granted: &PermissionSet) -> Vec<Value> {
    let has = |index: usize, action| granted.contains(Permission::at(index, action));
    let entities = CATALOGUE.iter().enumerate().map(|(index, subject)| {
        let any = Action::ALL.into_iter().any(|action| has(index, action));
        row(subject.name.to_owned(), any, 0, subject.level, 0)
    });
    let actions = CATALOGUE.iter().enumerate().flat_map(|(index, subject)| {
        Action::ALL.into_iter().map(move |action| {
            row(
                format!("{}.{}", subject.name, action.name()),
                has(index, action),
                0,
                subject.level,
                0,
            )
        })
    });
    entities.chain(actions).collect()
}

/// The permissions of a role, as `$expand=Permissions` shows them.
pub fn of_role(role: &Role) -> Value {
    let set = role.set();
    let rows = set.iter().enumerate().map(|(index, permission)| {
        row(
            permission.name(),
            true,
            role.id,
            permission.level(),
            role.id * 1000 + index as i64,
        )
    });
    Value::Array(rows.collect())
}

fn row(name: String, granted: bool, role: i64, level: Level, id: i64) -> Value {
    json!({ "Name": name, "IsGranted": granted, "RoleId": role, "Scope": Scope::of(level).to_string(), "Id": id })
}

/// A permission as a request names it.
#[derive(Debug, Clone, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Named {
    pub name: String,
    #[serde(default = "granted")]
    pub is_granted: bool,
    /// `Global` or `Folder`; must fit the name where it is given.
    #[serde(default)]
    pub scope: Option<String>,
}

fn granted() -> bool {
    true
}

/// Reads the permissions of a request. Rows without an action (`Assets`), which older clients send along, say nothing.
///
/// # Errors
/// 400 for a name that is not in the catalogue or has another scope.
pub fn read(given: &[Named]) -> Result<PermissionSet, Error> {
    check_length("Permissions", given)?;
    let mut set = PermissionSet::EMPTY;
    for (index, named) in given.iter().enumerate() {
        let at = || format!("Permissions[{index}].Name");
        if !named.name.contains('.')
            && CATALOGUE
                .iter()
                .any(|subject| subject.name.eq_ignore_ascii_case(&named.name))
        {
            continue;
        }
        let permission = Permission::parse(&named.name)
            .ok_or_else(|| Error::field(at(), format!("There is no permission {}.", named.name)))?;
        let fits = match named.scope.as_deref().map(str::parse::<Scope>) {
            None | Some(Ok(Scope::GlobalOrFolder)) => true,
            Some(Ok(scope)) => scope == Scope::of(permission.level()),
            Some(Err(_)) => false,
        };
        if !fits {
            return Err(Error::field(
                at(),
                format!("The permission {} has another scope.", permission.name()),
            ));
        }
        if named.is_granted {
            set.insert(permission);
        }
    }
    Ok(set)
}

/// The type a role with these permissions has where none is named. An empty role is a tenant role.
pub fn type_of(set: PermissionSet) -> RoleType {
    match (set.only(Level::Tenant).is_empty(), set.only(Level::Folder).is_empty()) {
        (false, false) => RoleType::Mixed,
        (true, false) => RoleType::Folder,
        _ => RoleType::Tenant,
    }
}

/// The part of a set that a role of this type can hold.
pub fn part_for(role_type: RoleType, set: PermissionSet) -> PermissionSet {
    match role_type {
        RoleType::Mixed => set,
        RoleType::Tenant => set.only(Level::Tenant),
        RoleType::Folder => set.only(Level::Folder),
    }
}

/// Names in catalogue order, as roles keep them.
pub fn names(set: PermissionSet) -> Vec<String> {
    set.iter().map(Permission::name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, scope: Option<&str>) -> Named {
        Named {
            name: name.to_owned(),
            is_granted: true,
            scope: scope.map(str::to_owned),
        }
    }

    #[test]
    fn the_list_names_every_entity_first_and_then_its_four_actions() {
        let rows = rows(&[Permission::parse("Alerts.View").unwrap()].into_iter().collect());
        assert_eq!(rows.len(), CATALOGUE.len() * 5);
        assert_eq!(rows[0]["Name"], "Alerts");
        let names: Vec<&str> = rows[CATALOGUE.len()..][..4]
            .iter()
            .filter_map(|row| row["Name"].as_str())
            .collect();
        assert_eq!(names, ["Alerts.View", "Alerts.Edit", "Alerts.Create", "Alerts.Delete"]);
        assert_eq!(rows[CATALOGUE.len()]["IsGranted"], true);
    }

    #[test]
    fn permissions_with_a_wrong_name_or_scope_are_refused() {
        assert!(read(&[named("Assets", None), named("assets.view", Some("Folder"))]).is_ok());
        assert!(read(&[named("Assets.View", Some("Global"))]).is_err());
        assert!(read(&[named("Assets.Fly", None)]).is_err());
    }
}
