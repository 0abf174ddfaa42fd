//! Other versions for processes: the latest, a certain one, the one before, and those that a process follows by itself
//! (reference: execution 4.3).

use access::tags::{self, Tag};
use context::{Ctx, Error, codes};
use packages::model::PackageVersion;
use serde::Deserialize;
use store::{Scoped, Tenant, params};

use super::input::Entry;
use super::model::{Release, ReleaseVersion};
use super::package::{self, Deployed};
use super::service::{Asked, By, checked_input, given, managed, text_of, write};
use crate::arguments::Signature;

/// Tags of a process at most.
const MOST_TAGS: usize = 100;

/// Which version a process is to have.
#[derive(Debug, Clone)]
pub enum Wanted {
    Latest,
    /// The last one that differs from the current one.
    Previous,
    Certain(String),
}

/// Gives a process another version, and the words its package is tagged with where `merge_tags` says so. A process that has the version
/// already stays as it is.
///
/// # Errors
/// 404 for no process, and with code 1660 for a version that is not in the feed; 409 with code 1693 for a process that follows its
/// package, and 1665 for one that never had another version; 400 when the version lacks its entry point.
pub fn change(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    asked: &Asked,
    by: By<'_>,
    wanted: &Wanted,
    merge_tags: bool,
) -> Result<Release, Error> {
    let release = asked.find(scope, by)?;
    if release.auto_update {
        return Err(managed());
    }
    let version = find(scope, &release, wanted)?;
    if version.id == release.package_version_id {
        return Ok(release);
    }
    let entry = entry_of(&release);
    let deployed = package::enter(scope, version, &entry)?;
    move_to(scope, ctx, release, &deployed, merge_tags)
}

/// Contract schema `ReleasesUpdateByKeyRequest`.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ByKey {
    pub release_key: String,
    pub process_version: Option<String>,
    pub entry_point_path: Option<String>,
    pub input_args: Option<String>,
}

/// Changes version, entry point and arguments of a process, those that are given.
///
/// # Errors
/// As for [`change`].
pub fn update_by_key(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, asked: &Asked, body: &ByKey) -> Result<(), Error> {
    let key = body.release_key.trim().parse();
    let key = key.map_err(|_| Error::field("releaseKey", "releaseKey must be the GUID of a process."))?;
    let release = asked.find(scope, By::Key(key))?;
    let version = match body.process_version.as_deref().filter(|version| !version.is_empty()) {
        Some(version) => find(scope, &release, &Wanted::Certain(version.to_owned()))?,
        None => find(scope, &release, &Wanted::Certain(release.package_version.clone()))?,
    };
    if version.id != release.package_version_id && release.auto_update {
        return Err(managed());
    }
    let entry = match body.entry_point_path.as_deref().filter(|path| !path.is_empty()) {
        Some(path) => Entry::Path(path.to_owned()),
        None => entry_of(&release),
    };
    let deployed = package::enter(scope, version, &entry)?;
    let mut changed = carried(scope, &release, &deployed);
    if let Some(text) = &body.input_args {
        changed.input = checked_input(&deployed, text)?;
    }
    write(scope, ctx, &release, &mut changed)
}

/// Moves a process to a version that it can be moved to.
pub(super) fn move_to(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    release: Release,
    deployed: &Deployed,
    merge_tags: bool,
) -> Result<Release, Error> {
    let mut changed = carried(scope, &release, deployed);
    if merge_tags {
        merge(&mut changed.tags.0, &deployed.tags());
    }
    write(scope, ctx, &release, &mut changed)?;
    Ok(changed)
}

/// The process with another package version or entry point. Default arguments that went away with the old one are dropped.
fn carried(scope: &mut Scoped<'_, Tenant>, release: &Release, deployed: &Deployed) -> Release {
    let mut changed = release.clone();
    deployed.take_over(&mut changed);
    if release.input.is_some() {
        let before = super::service::defaults(scope, release, None);
        let before = match &before {
            Ok(defaults) => Signature::read(defaults.deployed.input()),
            Err(_) => Signature::Unknown,
        };
        let was = given(release);
        let kept = crate::arguments::checker(deployed.input()).carried(was.clone(), &before);
        if kept != was {
            changed.input = text_of(&kept);
        }
    }
    changed
}

pub(super) fn entry_of(release: &Release) -> Entry {
    let path = release.entry_point.as_ref();
    path.map_or(Entry::Main, |path| Entry::Path(path.clone()))
}

fn find(scope: &mut Scoped<'_, Tenant>, release: &Release, wanted: &Wanted) -> Result<PackageVersion, Error> {
    let (feed, id) = (release.feed_id, release.package_id.as_str());
    let none = |version: &str| {
        let version = context::shortened(version, 100);
        Error::missing(
            codes::VERSION_NOT_FOUND,
            format!("The package {id} has no version {version}."),
        )
    };
    match wanted {
        Wanted::Latest => packages::service::latest(scope, feed, id)?.ok_or_else(|| none("that could be used")),
        Wanted::Certain(version) => packages::service::version(scope, feed, id, version)?.ok_or_else(|| none(version)),
        Wanted::Previous => {
            let condition = "release_id = ? and package_version <> ? order by id desc";
            let values = params![release.id, release.package_version.clone()];
            let before = scope.find_one::<ReleaseVersion>(condition, values)?.ok_or_else(|| {
                Error::conflict(
                    codes::PREVIOUS_VERSION_NOT_FOUND,
                    format!("The process {} never had another version.", release.name),
                )
            })?;
            let version = before.package_version;
            packages::service::version(scope, feed, id, &version)?.ok_or_else(|| none(&version))
        }
    }
}

/// Adds words as labels that are not there yet.
fn merge(tags: &mut Vec<Tag>, words: &[&str]) {
    for word in words {
        let word: String = word.chars().take(256).collect();
        let known = tags.iter().any(|tag| store::fold(&tag.name) == store::fold(&word));
        if !known && tags.len() < MOST_TAGS {
            let mut tag = tags::of_text(&word);
            tag.display_name = Some(tag.name.clone());
            tag.display_value.clone_from(&tag.value);
            tags.push(tag);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_package_become_labels_once() {
        let mut tags = vec![tags::of_text("Red")];
        merge(&mut tags, &["red", "blue", "blue"]);
        let names: Vec<&str> = tags.iter().map(|tag| tag.name.as_str()).collect();
        assert_eq!(names, ["Red", "blue"]);
        merge(&mut tags, &["x"; 3]);
        assert_eq!(tags.len(), 3);
    }
}
