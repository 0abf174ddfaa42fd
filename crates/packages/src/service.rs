//! Publishing, finding and removing versions.

use std::collections::HashMap;
use std::sync::Arc;

use access::audit::{self, Action, Component, Entry};
use access::outbox;
use access::users::service::of_caller;
use blobs::{Stored, garbage};
use context::{Ctx, Error, codes};
use odata::{Enumeration as _, Query};
use serde_json::{Map, Value, json};
use store::{Json, Page, Scoped, Tenant, params};
use uuid::Uuid;

use crate::archive::Manifest;
use crate::feeds::Feed;
use crate::model::{EntryPoint, PackageKind, PackageVersion, Part};
use crate::order::rank_of;

/// Versions removed by one call, at most.
const MOST_REMOVED: i64 = 1_000;

/// Is told of packages in the unit of work that changes them.
pub trait Observer: Send + Sync {
    /// A version was published.
    fn published(&self, scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, version: &PackageVersion) -> Result<(), Error>;
}

/// The text under which a feed is found.
pub fn feed_text(feed: Option<Uuid>) -> String {
    feed.map(|feed| feed.to_string()).unwrap_or_default()
}

/// A version of a process package in a feed. Versions that mean the same (`1.0`, `1.0.0`) are the same.
pub fn version(
    scope: &mut Scoped<'_, Tenant>,
    feed: Option<Uuid>,
    id: &str,
    version: &str,
) -> Result<Option<PackageVersion>, Error> {
    find(scope, PackageKind::Process, &feed_text(feed), id, version)
}

/// The greatest version of a process package in a feed.
pub fn latest(scope: &mut Scoped<'_, Tenant>, feed: Option<Uuid>, id: &str) -> Result<Option<PackageVersion>, Error> {
    latest_of(scope, PackageKind::Process, &feed_text(feed), id)
}

/// The entry points of a version, the main one first.
pub fn entry_points(scope: &mut Scoped<'_, Tenant>, version: i64) -> Result<Vec<EntryPoint>, Error> {
    let mut found = scope.find::<EntryPoint>("version_id = ? order by id", params![version])?;
    found.sort_by_key(|entry| !entry.is_main);
    Ok(found)
}

/// The resources that a version is bound to, as the JSON text of its `bindings_v2.json`.
pub fn bindings(scope: &mut Scoped<'_, Tenant>, version: i64) -> Result<Option<String>, Error> {
    part(scope, version, BINDINGS)
}

/// Counts the processes that use a version: it cannot be deleted while there are any.
pub fn used(scope: &mut Scoped<'_, Tenant>, version: i64, by: i64) -> Result<(), Error> {
    scope.update_where::<PackageVersion>("uses = uses + ?", "id = ?", params![by, version])?;
    Ok(())
}

/// Which of these versions there are, each with whether it is the greatest of its id in the feed.
pub fn standing(scope: &mut Scoped<'_, Tenant>, versions: &[i64]) -> Result<HashMap<i64, bool>, Error> {
    let mut found = HashMap::new();
    for chunk in versions.chunks(500) {
        // The plus keeps SQLite from looking at all rows of the tenant instead.
        let sql = format!(
            "select id, latest from package_versions where +{{scope}} and id in ({})",
            access::rows::integers(chunk)
        );
        for row in scope.rows(&sql, params![])? {
            found.insert(row.get(0)?, row.get::<i64>(1)? == 1);
        }
    }
    Ok(found)
}

/// The entry points with these ids, in no particular order.
pub fn entry_points_by_id(scope: &mut Scoped<'_, Tenant>, ids: &[i64]) -> Result<Vec<EntryPoint>, Error> {
    Ok(scope.get_many::<EntryPoint>(ids)?)
}

/// Names of the parts that are kept.
pub(crate) const NUSPEC: &str = "nuspec";
pub(crate) const BINDINGS: &str = "bindings";

pub(crate) fn part(scope: &mut Scoped<'_, Tenant>, version: i64, name: &str) -> Result<Option<String>, Error> {
    let found = scope.find_one::<Part>("version_id = ? and name = ?", params![version, name])?;
    Ok(found.map(|part| part.content))
}

pub(crate) fn find(
    scope: &mut Scoped<'_, Tenant>,
    kind: PackageKind,
    feed: &str,
    id: &str,
    version: &str,
) -> Result<Option<PackageVersion>, Error> {
    Ok(scope.find_one::<PackageVersion>(
        "kind = ? and feed = ? and package_folded = ? and version_rank = ?",
        params![kind, feed, store::fold(id), rank_of(version)],
    )?)
}

pub(crate) fn latest_of(
    scope: &mut Scoped<'_, Tenant>,
    kind: PackageKind,
    feed: &str,
    id: &str,
) -> Result<Option<PackageVersion>, Error> {
    Ok(scope.find_one::<PackageVersion>(
        "kind = ? and feed = ? and package_folded = ? order by version_rank desc",
        params![kind, feed, store::fold(id)],
    )?)
}

/// The version that a key (`Id:Version`) names in a feed.
///
/// # Errors
/// 400 (1656) for what is no key, 404 (1661, 1660) when there is no such package or version.
pub(crate) fn by_key(scope: &mut Scoped<'_, Tenant>, feed: &Feed, key: &str) -> Result<PackageVersion, Error> {
    let (id, version) = split_key(key);
    let version = version.ok_or_else(|| {
        Error::invalid(
            codes::INVALID_PROCESS_KEY,
            "The key of a package version is its id and its version: Id:1.0.0.",
        )
    })?;
    let text = feed_text(feed.key);
    if let Some(found) = find(scope, feed.kind, &text, id, version)? {
        return Ok(found);
    }
    if latest_of(scope, feed.kind, &text, id)?.is_none() {
        return Err(no_such_package(id));
    }
    Err(Error::missing(
        codes::VERSION_NOT_FOUND,
        format!(
            "Version {} of package {} does not exist.",
            context::shortened(version, 64),
            context::shortened(id, 100)
        ),
    ))
}

/// The version of a feed with this row id.
pub(crate) fn by_id(scope: &mut Scoped<'_, Tenant>, kind: PackageKind, id: i64) -> Result<PackageVersion, Error> {
    let found = scope.get::<PackageVersion>(id)?.filter(|found| found.kind == kind);
    found.ok_or_else(|| Error::not_found("Package", id))
}

fn no_such_package(id: &str) -> Error {
    Error::missing(
        codes::PROCESS_NOT_FOUND,
        format!("Package {} does not exist.", context::shortened(id, 100)),
    )
}

/// `Id:Version` taken apart; an id has no colon.
pub(crate) fn split_key(key: &str) -> (&str, Option<&str>) {
    match key.split_once(':') {
        Some((id, version)) => (id.trim(), Some(version.trim())),
        None => (key.trim(), None),
    }
}

/// The latest version of each package in a feed; `search` is looked for in ids and titles.
pub(crate) fn list(
    scope: &mut Scoped<'_, Tenant>,
    feed: &Feed,
    query: &Query,
    search: Option<&str>,
) -> Result<Page<PackageVersion>, Error> {
    let mut condition = "kind = ? and feed = ? and latest = 1".to_owned();
    let mut values = params![feed.kind, feed_text(feed.key)];
    if let Some(search) = search {
        let pattern = format!("%{}%", escaped(&store::fold(search)));
        condition.push_str(" and (package_folded like ? escape '!' or title_folded like ? escape '!')");
        values.extend(params![pattern, pattern]);
    }
    let query = query.clone().or_order_by("Id", false);
    Ok(scope.list::<PackageVersion>(&query, &condition, values)?)
}

/// The text as a pattern that matches it and nothing else.
fn escaped(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}

/// All versions of a package in a feed, the greatest first unless the query says otherwise.
pub(crate) fn versions(
    scope: &mut Scoped<'_, Tenant>,
    feed: &Feed,
    id: &str,
    query: &Query,
) -> Result<Page<PackageVersion>, Error> {
    let condition = "kind = ? and feed = ? and package_folded = ?";
    let values = params![feed.kind, feed_text(feed.key), store::fold(id)];
    if !query.order.is_empty() || query.filter.is_some() {
        return Ok(scope.list::<PackageVersion>(query, condition, values)?);
    }
    let top = query.top.unwrap_or(store::DEFAULT_TOP);
    let count = if query.count {
        Some(scope.count::<PackageVersion>(condition, values.clone())?.unsigned_abs())
    } else {
        None
    };
    let items = by_rank(scope, feed, id, top, query.skip, true)?;
    Ok(Page { items, count })
}

/// Some versions of a package in the order of versions.
pub(crate) fn by_rank(
    scope: &mut Scoped<'_, Tenant>,
    feed: &Feed,
    id: &str,
    top: u64,
    skip: u64,
    descending: bool,
) -> Result<Vec<PackageVersion>, Error> {
    let direction = if descending { " desc" } else { "" };
    let [top, skip] = [top, skip].map(|number| i64::try_from(number).unwrap_or(i64::MAX));
    Ok(scope.find::<PackageVersion>(
        &format!("kind = ? and feed = ? and package_folded = ? order by version_rank{direction} limit ? offset ?"),
        params![feed.kind, feed_text(feed.key), store::fold(id), top, skip],
    )?)
}

/// The versions of a package as they are spelled, the greatest first.
pub(crate) fn spelled(scope: &mut Scoped<'_, Tenant>, feed: &Feed, id: &str, top: i64) -> Result<Vec<String>, Error> {
    let rows = scope.rows(
        "select version from package_versions where {scope} and kind = ? and feed = ? and package_folded = ?
            order by version_rank desc limit ?",
        params![feed.kind, feed_text(feed.key), store::fold(id), top],
    )?;
    rows.iter().map(|row| Ok(row.get(0)?)).collect()
}

/// How many versions a package has in a feed.
pub(crate) fn count(scope: &mut Scoped<'_, Tenant>, feed: &Feed, id: &str) -> Result<u64, Error> {
    let condition = "kind = ? and feed = ? and package_folded = ?";
    let values = params![feed.kind, feed_text(feed.key), store::fold(id)];
    Ok(scope.count::<PackageVersion>(condition, values)?.unsigned_abs())
}

/// Fails where a feed has the version already.
///
/// # Errors
/// 409 (1004).
pub(crate) fn check_is_new(scope: &mut Scoped<'_, Tenant>, feed: &Feed, manifest: &Manifest) -> Result<(), Error> {
    let (id, version) = (&manifest.nuspec.id, &manifest.nuspec.version);
    match find(scope, feed.kind, &feed_text(feed.key), id, version)? {
        None => Ok(()),
        Some(_) => Err(exists(manifest)),
    }
}

fn exists(manifest: &Manifest) -> Error {
    Error::conflict(
        codes::ITEM_ALREADY_EXISTS,
        format!(
            "Package {} {} already exists.",
            manifest.nuspec.id, manifest.nuspec.version
        ),
    )
}

/// Adds a version to a feed. Its content was stored before.
///
/// # Errors
/// 409 (1004) when the feed has it already.
pub(crate) fn publish(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    observers: &[Arc<dyn Observer>],
    feed: &Feed,
    manifest: &Manifest,
    stored: &Stored,
) -> Result<PackageVersion, Error> {
    check_is_new(scope, feed, manifest)?;
    let nuspec = &manifest.nuspec;
    let before = latest_of(scope, feed.kind, &feed_text(feed.key), &nuspec.id)?;
    garbage::keep(scope.tx(), &stored.key)?;
    let rank = manifest.version.rank();
    let is_latest = before.as_ref().is_none_or(|before| before.version_rank < rank);
    let mut version = PackageVersion {
        id: 0,
        kind: feed.kind,
        feed_id: feed.key,
        feed: feed_text(feed.key),
        // All versions of a package are spelled as the first one was.
        package_id: before
            .as_ref()
            .map_or_else(|| nuspec.id.clone(), |before| before.package_id.clone()),
        version: nuspec.version.clone(),
        version_rank: rank,
        latest: i64::from(is_latest),
        uses: 0,
        sha256: stored.sha256.to_vec(),
        size: i64::try_from(stored.size).unwrap_or(i64::MAX),
        blob: stored.key.clone(),
        title: Some(nuspec.title.clone().unwrap_or_else(|| nuspec.id.clone())),
        authors: nuspec.authors.clone(),
        description: nuspec.description.clone(),
        package_type: manifest.package_type,
        target_framework: manifest.target_framework,
        runtime: manifest.runtime.clone(),
        requires_user_interaction: manifest.requires_user_interaction,
        is_attended: manifest.is_attended,
        main_entry_point: manifest.main_entry_point.clone(),
        has_entry_points: manifest.has_entry_points,
        input: manifest.input.clone(),
        output: manifest.output.clone(),
        published_at: ctx.now,
        more: Json(more(manifest, before.as_ref())),
    };
    if is_latest && let Some(before) = &before {
        scope.update_where::<PackageVersion>("latest = 0", "id = ?", params![before.id])?;
    }
    version.id = scope.insert(&version).map_err(|error| match error {
        store::Error::Unique(_) => exists(manifest),
        other => other.into(),
    })?;
    let entries: Vec<EntryPoint> = manifest
        .entry_points
        .iter()
        .map(|entry| EntryPoint {
            id: 0,
            version_id: version.id,
            unique_id: entry.unique_id,
            path: entry.path.clone(),
            entry_type: entry.entry_type.clone(),
            input: entry.input.clone(),
            output: entry.output.clone(),
            is_main: entry.is_main,
        })
        .collect();
    scope.insert_many(&entries)?;
    let part = |name: &str, content: &str| Part {
        id: 0,
        version_id: version.id,
        name: name.to_owned(),
        content: content.to_owned(),
    };
    let mut parts = vec![part(NUSPEC, &manifest.nuspec_text)];
    parts.extend(manifest.bindings.as_deref().map(|bindings| part(BINDINGS, bindings)));
    scope.insert_many(&parts)?;
    note(scope, ctx, &version, Action::Upload)?;
    tell(scope, ctx, &version, feed, "package.uploaded")?;
    if feed.kind == PackageKind::Process {
        for observer in observers {
            observer.published(scope, ctx, &version)?;
        }
    }
    scope.changed("packages", version.id);
    Ok(version)
}

/// The members that are only shown.
fn more(manifest: &Manifest, before: Option<&PackageVersion>) -> Map<String, Value> {
    let nuspec = &manifest.nuspec;
    let members = [
        ("ProjectType", json!(manifest.project_type.name())),
        ("OldVersion", json!(before.map(|before| &before.version))),
        ("ReleaseNotes", json!(nuspec.release_notes)),
        ("Tags", json!(nuspec.tags)),
        ("IsCompiled", json!(manifest.is_compiled)),
        ("LicenseUrl", json!(nuspec.license_url)),
        ("ProjectUrl", json!(nuspec.project_url)),
        ("IconUrl", json!(nuspec.icon_url)),
        ("Owners", json!(nuspec.owners)),
        ("Summary", json!(nuspec.summary)),
        (
            "Dependencies",
            nuspec
                .dependencies
                .iter()
                .map(|one| json!({"id": one.id, "range": one.range, "framework": one.framework}))
                .collect(),
        ),
    ];
    members
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// Removes a version from its feed.
///
/// # Errors
/// 409 (1662) while processes use it.
pub(crate) fn remove(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    feed: &Feed,
    version: &PackageVersion,
) -> Result<(), Error> {
    let version = scope
        .lock::<PackageVersion>(version.id)?
        .ok_or_else(|| no_such_package(&version.package_id))?;
    if version.uses > 0 {
        return Err(in_use(&version.key_text()));
    }
    scope.delete::<PackageVersion>(version.id)?;
    if version.latest == 1
        && let Some(mut next) = latest_of(scope, version.kind, &version.feed, &version.package_id)?
    {
        next.latest = 1;
        scope.update(&next)?;
    }
    drop_content(scope, ctx, &version)?;
    note(scope, ctx, &version, Action::Delete)?;
    tell(scope, ctx, &version, feed, "package.deleted")?;
    scope.changed("packages", version.id);
    Ok(())
}

fn in_use(what: &str) -> Error {
    Error::conflict(
        codes::HAS_ATTACHED_PROCESSES,
        format!("{what} is used by processes and cannot be deleted."),
    )
}

fn drop_content(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, version: &PackageVersion) -> Result<(), Error> {
    scope.delete_where::<EntryPoint>("version_id = ?", params![version.id])?;
    scope.delete_where::<Part>("version_id = ?", params![version.id])?;
    garbage::release(scope.tx(), &version.blob, ctx.now)
}

/// What came of removing all versions of a package that no process uses.
#[derive(Debug, Default)]
pub(crate) struct Removed {
    pub removed: Vec<PackageVersion>,
    /// Those that stay, because processes use them.
    pub kept: Vec<PackageVersion>,
}

/// Removes the versions of a package that no process uses.
///
/// # Errors
/// 404 (1661) when there is no such package, 409 (1662) when all its versions are used.
pub(crate) fn remove_unused(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    feed: &Feed,
    id: &str,
) -> Result<Removed, Error> {
    let found = by_rank(scope, feed, id, MOST_REMOVED.unsigned_abs(), 0, false)?;
    if found.is_empty() {
        return Err(no_such_package(id));
    }
    let mut outcome = Removed::default();
    for version in found {
        if version.uses > 0 {
            outcome.kept.push(version);
        } else {
            remove(scope, ctx, feed, &version)?;
            outcome.removed.push(version);
        }
    }
    if outcome.removed.is_empty() {
        return Err(in_use(id));
    }
    Ok(outcome)
}

/// Removes everything from the feed of a folder that goes.
pub(crate) fn clear(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, feed: &str) -> Result<(), Error> {
    let found = scope.find::<PackageVersion>("kind = ? and feed = ?", params![PackageKind::Process, feed])?;
    for version in found {
        scope.delete::<PackageVersion>(version.id)?;
        drop_content(scope, ctx, &version)?;
    }
    scope.changed("packages", "");
    Ok(())
}

fn note(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, version: &PackageVersion, action: Action) -> Result<(), Error> {
    let (component, noun, name) = match version.kind {
        PackageKind::Process => (Component::Packages, "package", "Package"),
        PackageKind::Library => (Component::Libraries, "library", "Library"),
    };
    let data = json!({
        "Id": version.package_id, "Version": version.version, "FeedId": version.feed_id, "Size": version.size,
    });
    let entry = Entry::new(component, action, noun, version.id, &version.key_text())
        .parameters(json!({ "key": version.key_text(), "feedId": version.feed_id }))
        .entity(name, version.id, action, data);
    audit::record(scope, ctx, entry)
}

/// Tells subscribers (reference: execution 12).
fn tell(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    version: &PackageVersion,
    feed: &Feed,
    event_type: &str,
) -> Result<(), Error> {
    if !outbox::is_wanted(scope, event_type)? {
        return Ok(());
    }
    let user_id = of_caller(scope, ctx)?;
    let body = json!({ "Package": {
        "Key": version.key_text(), "Id": version.package_id, "Name": version.package_id, "Version": version.version,
        "FeedId": feed.public_id, "Type": feed.feed_type.name(), "ProjectType": version.shown("ProjectType"),
        "Description": version.description, "FolderKey": feed.key,
    }});
    let entry = outbox::Entry {
        id: 0,
        key: ctx.id(),
        event_type: event_type.to_owned(),
        entity_key: None,
        folder_id: feed.folder,
        user_id,
        happened_at: ctx.now,
        body: Json(body),
    };
    outbox::write(scope, vec![entry])
}

/// Packages of a feed that can be chosen, by id: the greatest version of each whose id contains a text.
pub fn offered(
    scope: &mut Scoped<'_, Tenant>,
    feed: Option<Uuid>,
    text: &str,
    skip: u64,
    top: u64,
) -> Result<Vec<PackageVersion>, Error> {
    let text: String = store::fold(text)
        .chars()
        .flat_map(|c| {
            ['\\']
                .into_iter()
                .filter(move |_| matches!(c, '%' | '_' | '\\'))
                .chain([c])
        })
        .collect();
    let condition = "kind = ? and feed = ? and latest = 1 and package_folded like ? escape '\\'
        order by package_folded limit ? offset ?";
    let [top, skip] = [top, skip].map(|number| i64::try_from(number).unwrap_or(i64::MAX));
    let values = params![PackageKind::Process, feed_text(feed), format!("%{text}%"), top, skip];
    Ok(scope.find::<PackageVersion>(condition, values)?)
}

/// The versions of a package in a feed, the greatest first.
pub fn versions_of(
    scope: &mut Scoped<'_, Tenant>,
    feed: Option<Uuid>,
    id: &str,
    top: u64,
) -> Result<Vec<PackageVersion>, Error> {
    let condition = "kind = ? and feed = ? and package_folded = ? order by version_rank desc limit ?";
    let top = i64::try_from(top).unwrap_or(i64::MAX);
    let values = params![PackageKind::Process, feed_text(feed), store::fold(id), top];
    Ok(scope.find::<PackageVersion>(condition, values)?)
}
