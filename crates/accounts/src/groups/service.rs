//! Groups and memberships.

use context::{Ctx, Error, codes, has_hidden};
use serde_json::json;
use store::{Scoped, params};
use uuid::Uuid;

use super::{BuiltIn, Group, GroupType, MemberKind, Membership};
use crate::audit::{self, Event};
use crate::directory::DirectoryApplication;
use crate::users::User;

type Handle<'t> = Scoped<'t, store::Organization>;

const LONGEST_NAME: usize = 256;

/// Adds the groups every organization has, where missing.
pub fn create_built_in(scope: &mut Handle<'_>, ctx: &Ctx) -> Result<(), Error> {
    for group in BuiltIn::ALL {
        if built_in(scope, group)?.is_none() {
            scope.insert(&Group {
                id: ctx.id(),
                name: group.name().to_owned(),
                display_name: group.name().to_owned(),
                kind: GroupType::BuiltIn,
                created_at: ctx.now,
                modified_at: None,
            })?;
        }
    }
    Ok(())
}

/// A built-in group.
pub fn built_in(scope: &mut Handle<'_>, group: BuiltIn) -> Result<Option<Group>, Error> {
    let values = params![store::fold(group.name()), GroupType::BuiltIn];
    Ok(scope.find_one::<Group>("name_folded = ? and kind = ?", values)?)
}

/// All groups, built-in ones first.
pub fn list(scope: &mut Handle<'_>) -> Result<Vec<Group>, Error> {
    Ok(scope.find::<Group>("order by kind, name_folded", params![])?)
}

/// The group, or 404.
pub fn get(scope: &mut Handle<'_>, id: Uuid) -> Result<Group, Error> {
    scope.get::<Group>(id)?.ok_or_else(|| Error::not_found("Group", id))
}

/// The rows of a group's members; Everyone has none.
pub fn members(scope: &mut Handle<'_>, group: Uuid) -> Result<Vec<Membership>, Error> {
    Ok(scope.find::<Membership>("group_id = ? order by id", params![group])?)
}

/// The ids of the groups a principal is in, Everyone included.
pub fn groups_of(scope: &mut Handle<'_>, kind: MemberKind, id: Uuid) -> Result<Vec<Uuid>, Error> {
    let rows = scope.find::<Membership>("member_id = ? and member_kind = ? order by id", params![id, kind])?;
    let mut groups: Vec<Uuid> = rows.into_iter().map(|row| row.group_id).collect();
    groups.extend(built_in(scope, BuiltIn::Everyone)?.map(|everyone| everyone.id));
    Ok(groups)
}

/// Adds a custom group with its first members.
pub fn create(scope: &mut Handle<'_>, ctx: &Ctx, name: &str, members: &[Uuid]) -> Result<Group, Error> {
    let name = check_name(scope, name, None)?;
    let id = ctx.id();
    let group = Group {
        id,
        display_name: name.clone(),
        name,
        kind: GroupType::Custom,
        created_at: ctx.now,
        modified_at: None,
    };
    scope.insert(&group).map_err(|error| taken(error, &group.name))?;
    scope.changed("groups", id);
    let event = Event::identity("Groups", "Group Created", format!("Group {} was created.", group.name))
        .details(json!({ "groupId": id, "name": group.name, "members": members }));
    audit::record(scope, ctx, event)?;
    for member in members {
        add_member(scope, ctx, &group, *member)?;
    }
    Ok(group)
}

/// Renames a custom group and changes who is in it.
pub fn update(
    scope: &mut Handle<'_>,
    ctx: &Ctx,
    id: Uuid,
    name: Option<&str>,
    add: &[Uuid],
    remove: &[Uuid],
) -> Result<Group, Error> {
    let mut group = scope.lock::<Group>(id)?.ok_or_else(|| Error::not_found("Group", id))?;
    let name = name
        .map(str::trim)
        .filter(|name| !name.is_empty() && *name != group.name);
    if let Some(name) = name {
        if group.kind == GroupType::BuiltIn {
            return Err(Error::invalid(
                codes::FORBIDDEN_OPERATION,
                "A built-in group cannot be renamed.",
            ));
        }
        let name = check_name(scope, name, Some(id))?;
        let event = Event::identity(
            "Groups",
            "Group Updated",
            format!("Group {} was renamed to {name}.", group.name),
        )
        .details(json!({ "groupId": id, "before": group.name, "after": name }));
        audit::record(scope, ctx, event)?;
        group.display_name.clone_from(&name);
        group.name = name;
    }
    group.modified_at = Some(ctx.now);
    scope.update(&group).map_err(|error| taken(error, &group.name))?;
    scope.changed("groups", id);
    for member in add {
        add_member(scope, ctx, &group, *member)?;
    }
    for member in remove {
        remove_member(scope, ctx, &group, *member)?;
    }
    Ok(group)
}

/// Deletes a custom group.
pub fn delete(scope: &mut Handle<'_>, ctx: &Ctx, id: Uuid) -> Result<(), Error> {
    let group = scope.lock::<Group>(id)?.ok_or_else(|| Error::not_found("Group", id))?;
    if group.kind == GroupType::BuiltIn {
        return Err(Error::invalid(
            codes::FORBIDDEN_OPERATION,
            "A built-in group cannot be deleted.",
        ));
    }
    for member in members(scope, id)? {
        publish(scope, member.member_kind, member.member_id);
    }
    scope.delete_where::<Membership>("group_id = ?", params![id])?;
    scope.delete::<Group>(id)?;
    scope.changed("groups", id);
    let event = Event::identity("Groups", "Group Deleted", format!("Group {} was deleted.", group.name))
        .details(json!({ "groupId": id, "name": group.name }));
    audit::record(scope, ctx, event)
}

/// Puts a principal into a group. Being in it already is fine.
pub fn add_member(scope: &mut Handle<'_>, ctx: &Ctx, group: &Group, member: Uuid) -> Result<(), Error> {
    if is_everyone(group) {
        return Err(Error::invalid(
            codes::FORBIDDEN_OPERATION,
            "Everyone is in this group; its members cannot be edited.",
        ));
    }
    let (kind, name) = principal(scope, member)?;
    let values = params![group.id, kind, member];
    if scope.exists::<Membership>("group_id = ? and member_kind = ? and member_id = ?", values)? {
        return Ok(());
    }
    scope.insert(&Membership {
        id: 0,
        group_id: group.id,
        member_kind: kind,
        member_id: member,
    })?;
    publish(scope, kind, member);
    scope.changed("groups", group.id);
    let event = Event::identity(
        "Groups",
        "Group Member Added",
        format!("{name} was added to {}.", group.name),
    )
    .details(json!({ "groupId": group.id, "memberId": member, "memberName": name }));
    audit::record(scope, ctx, event)
}

/// Takes a principal out of a group. The last administrator stays.
pub fn remove_member(scope: &mut Handle<'_>, ctx: &Ctx, group: &Group, member: Uuid) -> Result<(), Error> {
    let Some(row) = scope.find_one::<Membership>("group_id = ? and member_id = ?", params![group.id, member])? else {
        return Ok(());
    };
    scope.delete::<Membership>(row.id)?;
    if is_administrators(group) {
        require_an_administrator(scope)?;
    }
    publish(scope, row.member_kind, member);
    scope.changed("groups", group.id);
    let name = principal(scope, member).map_or_else(|_| member.to_string(), |(_, name)| name);
    let event = Event::identity(
        "Groups",
        "Group Member Removed",
        format!("{name} was removed from {}.", group.name),
    )
    .details(json!({ "groupId": group.id, "memberId": member, "memberName": name }));
    audit::record(scope, ctx, event)
}

/// Takes a principal that is being deleted out of all groups.
pub fn forget(scope: &mut Handle<'_>, member: Uuid) -> Result<(), Error> {
    for row in scope.find::<Membership>("member_id = ?", params![member])? {
        scope.changed("groups", row.group_id);
        scope.delete::<Membership>(row.id)?;
    }
    Ok(())
}

/// Whether a user or application is in Administrators.
pub fn is_administrator(scope: &mut Handle<'_>, member: Uuid) -> Result<bool, Error> {
    let Some(group) = built_in(scope, BuiltIn::Administrators)? else {
        return Ok(false);
    };
    Ok(scope.exists::<Membership>("group_id = ? and member_id = ?", params![group.id, member])?)
}

/// # Errors
/// 400 when the unit of work so far leaves nobody who can sign in and administer the organization.
pub fn require_an_administrator(scope: &mut Handle<'_>) -> Result<(), Error> {
    let row = scope.row(
        "select count(*) from users u
         join group_members m on m.member_id = u.id and m.member_kind = ?
         join groups g on g.id = m.group_id and g.kind = ? and g.name_folded = ?
         where u.{scope} and u.deleted_at is null and u.is_active = ? and u.password is not null",
        params![
            MemberKind::User,
            GroupType::BuiltIn,
            store::fold(BuiltIn::Administrators.name()),
            true
        ],
    )?;
    let left: i64 = row.map_or(Ok(0), |row| row.get(0))?;
    if left == 0 {
        return Err(Error::invalid(
            codes::FORBIDDEN_OPERATION,
            "The last administrator cannot be removed, disabled or deleted.",
        ));
    }
    Ok(())
}

pub fn is_everyone(group: &Group) -> bool {
    group.kind == GroupType::BuiltIn && group.name == BuiltIn::Everyone.name()
}

fn is_administrators(group: &Group) -> bool {
    group.kind == GroupType::BuiltIn && group.name == BuiltIn::Administrators.name()
}

/// Kind and name of a principal of this organization that can be a member.
fn principal(scope: &mut Handle<'_>, id: Uuid) -> Result<(MemberKind, String), Error> {
    if let Some(user) = scope.find_one::<User>("id = ? and deleted_at is null", params![id])? {
        return Ok((MemberKind::User, user.user_name));
    }
    if let Some(application) = scope.get::<DirectoryApplication>(id)? {
        return Ok((MemberKind::Application, application.name));
    }
    Err(Error::not_found("Member", id))
}

/// Rights of the principal changed; caches drop what they know of it.
fn publish(scope: &mut Handle<'_>, kind: MemberKind, id: Uuid) {
    let topic = match kind {
        MemberKind::User => "users",
        MemberKind::RobotAccount => "robots",
        MemberKind::Application => "clients",
    };
    scope.changed(topic, id);
}

fn check_name(scope: &mut Handle<'_>, name: &str, own: Option<Uuid>) -> Result<String, Error> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || has_hidden(name) {
        return Err(Error::field(
            "name",
            format!("The group name must have 1 to {LONGEST_NAME} printable characters."),
        ));
    }
    let same = scope.find_one::<Group>("name_folded = ?", params![store::fold(name)])?;
    if same.is_some_and(|group| Some(group.id) != own) {
        return Err(name_is_used(name));
    }
    Ok(name.to_owned())
}

fn name_is_used(name: &str) -> Error {
    Error::conflict(
        codes::NAME_ALREADY_USED,
        format!("A group named '{name}' exists already."),
    )
}

/// Somebody else took the name after it was looked for.
fn taken(error: store::Error, name: &str) -> Error {
    if error.is_unique("groups_name") {
        return name_is_used(name);
    }
    error.into()
}
