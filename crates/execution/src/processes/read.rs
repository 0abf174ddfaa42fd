//! Reading processes as the wire shows them.

use std::collections::HashMap;
use std::sync::Arc;

use access::Permit;
use access::folders::tree::Tree;
use access::rows::{integers, within};
use context::{Error, codes};
use odata::Query;
use packages::model::EntryPoint;
use serde_json::{Map, Value, json};
use store::{Entity as _, Page, Scoped, Tenant, params};
use uuid::Uuid;

use super::input::name_of;
use super::model::{Release, ReleaseVersion};
use super::package::{self, Deployed};
use super::service::{Asked, By};
use super::versions::entry_of;

/// Rows of version histories that one list answers.
const MOST_VERSIONS: usize = 20_000;
/// Characters of entry points that one list answers.
const MOST_TEXT: usize = 16 << 20;

/// The processes of a folder.
pub fn in_folder(
    scope: &mut Scoped<'_, Tenant>,
    tree: &Arc<Tree>,
    folder: i64,
    query: &Query,
) -> Result<Page<Value>, Error> {
    let page = scope.list::<Release>(query, "folder_id = ?", params![folder])?;
    complete_page(scope, tree, query, page)
}

/// The processes of all folders in which the caller may see them.
///
/// # Errors
/// 403 when there is no such folder.
pub fn across_folders(
    scope: &mut Scoped<'_, Tenant>,
    tree: &Arc<Tree>,
    permit: &Permit,
    query: &Query,
) -> Result<Page<Value>, Error> {
    let reach = permit.reach_somewhere()?;
    let page = scope.list::<Release>(query, &within(&reach, "folder_id"), Vec::new())?;
    complete_page(scope, tree, query, page)
}

/// One process, with what its entry point takes.
///
/// # Errors
/// 404 or 403 as [`Asked::find`] says.
pub fn single(
    scope: &mut Scoped<'_, Tenant>,
    tree: &Arc<Tree>,
    asked: &Asked,
    by: By<'_>,
    query: &Query,
) -> Result<Value, Error> {
    let release = asked.find_to_read(scope, by)?;
    whole(scope, tree, release, query)
}

/// The wire form of a process that was found, with what its entry point takes.
pub fn whole(
    scope: &mut Scoped<'_, Tenant>,
    tree: &Arc<Tree>,
    release: Release,
    query: &Query,
) -> Result<Value, Error> {
    let deployed = deployed(scope, &release)?;
    let mut rows = complete(scope, tree, query, vec![release])?;
    let mut value = rows.pop().ok_or_else(|| Error::internal("one row became none"))?;
    if let Some(deployed) = &deployed {
        let (input, output) = (deployed.input(), deployed.output());
        if input.is_some() || output.is_some() {
            value["Arguments"] = json!({ "Input": input, "Output": output });
        }
    }
    Ok(value)
}

/// The package behind a process; `None` when its feed has it no more.
pub fn deployed(scope: &mut Scoped<'_, Tenant>, release: &Release) -> Result<Option<Deployed>, Error> {
    let version = packages::service::version(scope, release.feed_id, &release.package_id, &release.package_version)?;
    match version {
        Some(version) => match package::enter(scope, version, &entry_of(release)) {
            Ok(deployed) => Ok(Some(deployed)),
            Err(error) if error.kind == context::Kind::Invalid => Ok(None),
            Err(error) => Err(error),
        },
        None => Ok(None),
    }
}

/// What a package version of a process needs besides itself: the resources that the package is bound to, as it says.
///
/// # Errors
/// As for [`single`], and 404 for a version that is not in the feed.
pub fn requirements(
    scope: &mut Scoped<'_, Tenant>,
    asked: &Asked,
    id: i64,
    key: Option<&str>,
) -> Result<Vec<Value>, Error> {
    let release = asked.find_to_read(scope, By::Id(id))?;
    let (package, version) = match key.and_then(|key| key.rsplit_once(':')) {
        Some((package, version)) => (package.to_owned(), version.to_owned()),
        None => (release.package_id.clone(), release.package_version.clone()),
    };
    if store::fold(&package) != store::fold(&release.package_id) {
        return Err(Error::field(
            "processKey",
            "processKey must name a version of the package of the process.",
        ));
    }
    let deployed = package::resolve(scope, release.feed_id, &package, &version, &super::input::Entry::Main)?;
    let bindings = packages::service::bindings(scope, deployed.version.id)?;
    let bindings = bindings.and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let resources = bindings.as_ref().and_then(|bindings| bindings["resources"].as_array());
    Ok(resources.cloned().unwrap_or_default())
}

fn complete_page(
    scope: &mut Scoped<'_, Tenant>,
    tree: &Arc<Tree>,
    query: &Query,
    page: Page<Release>,
) -> Result<Page<Value>, Error> {
    Ok(Page {
        items: complete(scope, tree, query, page.items)?,
        count: page.count,
    })
}

/// Adds the members that are not columns. What entry points take is left out: it can be long, and is read one by one.
fn complete(
    scope: &mut Scoped<'_, Tenant>,
    tree: &Arc<Tree>,
    query: &Query,
    releases: Vec<Release>,
) -> Result<Vec<Value>, Error> {
    let ids: Vec<i64> = releases.iter().map(|release| release.package_version_id).collect();
    let standing = packages::service::standing(scope, &ids)?;
    let mut histories = if query.expands("ReleaseVersions") {
        histories(scope, &releases)?
    } else {
        HashMap::new()
    };
    let current = if query.expands("CurrentVersion") {
        let ids: Vec<i64> = releases.iter().map(|release| release.version_id).collect();
        let rows = scope.get_many::<ReleaseVersion>(&ids)?;
        rows.into_iter().map(|row| (row.id, row)).collect()
    } else {
        HashMap::new()
    };
    let entries = if query.expands("EntryPoint") {
        entries(scope, &releases)?
    } else {
        HashMap::new()
    };
    let rows = releases.into_iter().map(|release| {
        let mut members = release.to_json();
        let folder = tree.get(release.folder_id);
        let latest = standing.get(&release.package_version_id);
        let overwrites = release.resource_overwrites.as_deref();
        let overwrites: Option<Value> = overwrites.and_then(|text| serde_json::from_str(text).ok());
        let entry = release.entry_point_id.and_then(|id| entries.get(&id));
        let more = json!({
            "JobPriority": name_of(release.priority),
            "IsLatestVersion": latest == Some(&true),
            "IsProcessDeleted": latest.is_none(),
            "Arguments": null,
            "FolderKey": folder.map(|folder| folder.key),
            "OrganizationUnitFullyQualifiedName": folder.map(|folder| folder.path.as_str()),
            "RobotSize": null,
            "ResourceOverwrites": overwrites.unwrap_or_else(|| json!([])),
            "RetentionBucketId": null,
            "StaleRetentionBucketId": null,
            "CurrentVersion": current.get(&release.version_id).map(published),
            "ReleaseVersions": histories.remove(&release.id).unwrap_or_default(),
            "EntryPoint": entry.map(published),
        });
        if let Value::Object(more) = more {
            members.extend(more);
        }
        // Some clients want these, whatever they are.
        fill(&mut members, "Description", &json!(""));
        fill(&mut members, "FeedId", &json!(Uuid::nil()));
        Value::Object(members)
    });
    Ok(rows.collect())
}

fn fill(members: &mut Map<String, Value>, name: &str, value: &Value) {
    if let Some(member) = members.get_mut(name).filter(|member| member.is_null()) {
        *member = value.clone();
    }
}

fn published<E: store::Entity>(row: &E) -> Value {
    access::rows::published(row)
}

fn histories(scope: &mut Scoped<'_, Tenant>, releases: &[Release]) -> Result<HashMap<i64, Vec<Value>>, Error> {
    let ids: Vec<i64> = releases.iter().map(|release| release.id).collect();
    let mut found: HashMap<i64, Vec<Value>> = HashMap::new();
    let mut left = MOST_VERSIONS;
    for chunk in ids.chunks(500) {
        let condition = format!("release_id in ({}) order by id limit {}", integers(chunk), left + 1);
        let rows = scope.find::<ReleaseVersion>(&condition, params![])?;
        left = left.checked_sub(rows.len()).ok_or_else(|| too_much("versions"))?;
        for row in rows {
            found.entry(row.release_id).or_default().push(published(&row));
        }
    }
    Ok(found)
}

fn entries(scope: &mut Scoped<'_, Tenant>, releases: &[Release]) -> Result<HashMap<i64, EntryPoint>, Error> {
    let mut ids: Vec<i64> = releases.iter().filter_map(|release| release.entry_point_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut found = HashMap::new();
    let mut text = 0;
    for chunk in ids.chunks(20) {
        for entry in packages::service::entry_points_by_id(scope, chunk)? {
            let parts = [entry.input.as_deref(), entry.output.as_deref()];
            text += parts.into_iter().flatten().map(str::len).sum::<usize>();
            found.insert(entry.id, entry);
        }
        if text > MOST_TEXT {
            return Err(too_much("entry points"));
        }
    }
    Ok(found)
}

fn too_much(what: &str) -> Error {
    Error::invalid(
        codes::INVALID_REQUEST,
        format!("The {what} of these processes are too long for one answer. Ask for fewer processes with $top."),
    )
}
