//! Processes that go along when a package is published: those that follow their package, and the process of a personal workspace
//! (reference: execution 3.4; access 2.6).

use access::Permit;
use access::folders::service::{By as FolderBy, find_to_read};
use context::{Ctx, Error};
use packages::model::{PackageKind, PackageVersion};
use packages::service::Observer;
use serde_json::json;
use store::{Scoped, Tenant, params};

use super::input::{Entry, ReleaseInput};
use super::model::Release;
use super::package;
use super::service::insert;
use super::versions::{entry_of, move_to};

/// Registered with `packages`.
pub struct Follower;

impl Observer for Follower {
    fn published(&self, scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, version: &PackageVersion) -> Result<(), Error> {
        if version.kind != PackageKind::Process {
            return Ok(());
        }
        if let Some(feed) = version.feed_id {
            let folder = find_to_read(scope, &Permit::everything(), FolderBy::Key(feed))?;
            if folder.is_personal {
                return deploy(scope, ctx, folder.id, version);
            }
        }
        if version.latest == 1 {
            follow(scope, ctx, version)?;
        }
        Ok(())
    }
}

/// Moves the processes that follow their package to its new latest version. One whose entry point the version lacks stays behind.
fn follow(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, version: &PackageVersion) -> Result<(), Error> {
    let condition = "package_folded = ? and auto_update = ? and package_version_id <> ? order by id {for_update}";
    let values = params![store::fold(&version.package_id), true, version.id];
    for release in scope.find::<Release>(condition, values)? {
        if release.feed_id != version.feed_id {
            continue;
        }
        match package::enter(scope, version.clone(), &entry_of(&release)) {
            Ok(deployed) => {
                move_to(scope, ctx, release, &deployed, false)?;
            }
            Err(error) => tracing::info!(process = release.id, %error, "a process could not follow its package"),
        }
    }
    Ok(())
}

/// Makes the process of a package in a personal workspace, or gives it the version.
fn deploy(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, folder: i64, version: &PackageVersion) -> Result<(), Error> {
    let condition = "folder_id = ? and package_folded = ? order by id {for_update}";
    let there = scope.find::<Release>(condition, params![folder, store::fold(&version.package_id)])?;
    if there.is_empty() {
        let deployed = package::enter(scope, version.clone(), &Entry::Main)?;
        let said = json!({
            "Name": free_name(scope, folder, &version.package_id)?, "ProcessKey": version.package_id,
            "ProcessVersion": version.version, "Description": version.description.as_deref().map(|text| {
                text.chars().take(super::input::LONGEST_DESCRIPTION).collect::<String>()
            }),
        });
        let draft = ReleaseInput::read(said)?.check()?;
        insert(scope, ctx, folder, &draft, &deployed)?;
        return Ok(());
    }
    for release in there {
        // An entry point that is gone gives way to the main one: the workspace is for trying things out.
        let entry = entry_of(&release);
        let deployed = match package::enter(scope, version.clone(), &entry) {
            Ok(deployed) => deployed,
            Err(_) => package::enter(scope, version.clone(), &Entry::Main)?,
        };
        if release.package_version_id != version.id {
            move_to(scope, ctx, release, &deployed, false)?;
        }
    }
    Ok(())
}

/// The name of the package, unless a process of another package is called so.
fn free_name(scope: &mut Scoped<'_, Tenant>, folder: i64, package: &str) -> Result<String, Error> {
    let mut name = package.to_owned();
    let mut number = 1;
    while scope.exists::<Release>("folder_id = ? and name_folded = ?", params![folder, store::fold(&name)])? {
        number += 1;
        name = format!("{package} {number}");
    }
    Ok(name)
}
