//! What can happen to a process (reference: execution 4).

use access::Permit;
use access::audit::{self, Action, Component, Entry as AuditEntry};
use access::folders::service::{By as FolderBy, find_to_read};
use access::users::service::of_caller;
use context::{Ctx, Error, codes};
use serde_json::{Map, Value, json};
use store::{Json, Scoped, Tenant, params};
use uuid::Uuid;

use super::events;
use super::input::{Draft, Entry, ReleaseInput, RetentionDraft};
use super::model::{
    ProcessSettings, Release, ReleaseVersion, Remains, RemoteControlAccess, RetentionType, VideoSettings,
};
use super::package::{self, Deployed};
use super::retention::built_in;
use super::state::Processes;
use crate::arguments::{self, Whole};
use crate::jobs::model::{Job, JobState};

/// How a process is named.
#[derive(Debug, Clone, Copy)]
pub enum By<'a> {
    Id(i64),
    Key(Uuid),
    /// In any letter case.
    Name(&'a str),
}

/// The process of a folder that a start of jobs names.
///
/// # Errors
/// 404 when the folder has no such process; for a key with code 1674.
pub fn find(scope: &mut Scoped<'_, Tenant>, folder: i64, by: By<'_>) -> Result<Release, Error> {
    let found = match by {
        By::Id(id) => scope.find_one::<Release>("folder_id = ? and id = ?", params![folder, id])?,
        By::Key(key) => scope.find_one::<Release>("key = ? and folder_id = ?", params![key, folder])?,
        By::Name(name) => {
            let folded = store::fold(name.trim());
            scope.find_one::<Release>("folder_id = ? and name_folded = ?", params![folder, folded])?
        }
    };
    found.ok_or_else(|| match by {
        By::Id(id) => no_such(id),
        By::Key(key) => Error::missing(
            codes::INVALID_RELEASE_KEY,
            format!("The process with the key {key} does not exist in this folder."),
        ),
        By::Name(name) => Error::missing(
            codes::ITEM_NOT_FOUND,
            format!(
                "The process {} does not exist in this folder.",
                context::shortened(name, 100)
            ),
        ),
    })
}

/// What the jobs of a process start with.
#[derive(Debug, Clone)]
pub struct Defaults {
    /// The package version and the entry point.
    pub deployed: Deployed,
    /// Arguments that a job takes where its start gives none.
    pub input: Map<String, Value>,
}

/// What a job of a process starts with, at the entry point that the start names, or at that of the process.
///
/// # Errors
/// 404 when the package version is no longer in its feed, 400 for an entry point that it does not have.
pub fn defaults(
    scope: &mut Scoped<'_, Tenant>,
    release: &Release,
    entry_point: Option<&str>,
) -> Result<Defaults, Error> {
    let path = entry_point.or(release.entry_point.as_deref());
    let entry = path.map_or(Entry::Main, |path| Entry::Path(path.to_owned()));
    let (feed, version) = (release.feed_id, release.package_version.as_str());
    Ok(Defaults {
        deployed: package::resolve(scope, feed, &release.package_id, version, &entry)?,
        input: given(release),
    })
}

/// 404 for a process that does not exist, or not here.
pub fn no_such(id: impl std::fmt::Display) -> Error {
    Error::not_found("Process", id)
}

/// Who asks for a process that key or header lead to.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The folder of the header; where none is given, that of the process counts.
    pub folder: Option<i64>,
    pub permit: Permit,
}

impl Asked {
    /// The process, locked, if the caller may do with it what it came for.
    ///
    /// # Errors
    /// 404 for one that does not exist, not in the folder of the header, or that the caller may not know of; else 403.
    pub fn find(&self, scope: &mut Scoped<'_, Tenant>, by: By<'_>) -> Result<Release, Error> {
        let found = match by {
            By::Id(id) => scope.lock::<Release>(id)?,
            By::Key(key) => scope.find_one::<Release>("key = ? {for_update}", params![key])?,
            By::Name(name) => {
                let condition = "name_folded = ? order by id {for_update}";
                scope.find_one::<Release>(condition, params![store::fold(name.trim())])?
            }
        };
        self.allow(found, by)
    }

    /// Like [`find`](Self::find), for units of work that only read.
    pub fn find_to_read(&self, scope: &mut Scoped<'_, Tenant>, by: By<'_>) -> Result<Release, Error> {
        let found = match by {
            By::Id(id) => scope.get::<Release>(id)?,
            By::Key(key) => scope.find_one::<Release>("key = ?", params![key])?,
            By::Name(name) => scope.find_one::<Release>("name_folded = ? order by id", params![store::fold(name)])?,
        };
        self.allow(found, by)
    }

    fn allow(&self, found: Option<Release>, by: By<'_>) -> Result<Release, Error> {
        let missing = || match by {
            By::Id(id) => no_such(id),
            By::Key(key) => no_such(key),
            By::Name(name) => no_such(context::shortened(name, 100)),
        };
        let release = found.ok_or_else(missing)?;
        if self.folder.is_some_and(|folder| folder != release.folder_id) {
            return Err(missing());
        }
        if self.permit.holds(Some(release.folder_id)) {
            Ok(release)
        } else if self.permit.sees(release.folder_id) {
            Err(Error::forbidden())
        } else {
            Err(missing())
        }
    }

    /// The right to let others see what jobs of the process show on their screens.
    fn may_share_screens(&self, folder: i64) -> Result<(), Error> {
        self.permit.with("RemoteControl.Create")?.check(Some(folder))
    }
}

/// Makes a process in a folder and answers its id.
///
/// # Errors
/// 404 for an unknown package or version, 409 when the name is taken in the folder, 403 with code 1694 for the packages of another
/// folder, 400 for arguments that the entry point does not take.
pub fn create(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    permit: &Permit,
    folder: i64,
    draft: &Draft,
) -> Result<i64, Error> {
    if draft.remote_control != RemoteControlAccess::None {
        permit.with("RemoteControl.Create")?.check(Some(folder))?;
    }
    let place = find_to_read(scope, &Permit::everything(), FolderBy::Id(folder))?;
    let feed = package::feed_of(scope, &place)?;
    check_feed(draft, feed)?;
    let deployed = package::resolve(scope, feed, &draft.package, &draft.version, &draft.entry)?;
    insert(scope, ctx, folder, draft, &deployed)
}

/// Makes a process of a version in a folder whose feed has it.
pub(super) fn insert(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    folder: i64,
    draft: &Draft,
    deployed: &Deployed,
) -> Result<i64, Error> {
    let mut release = blank(ctx, folder);
    release.creator_id = of_caller(scope, ctx)?;
    check_arguments(deployed, draft)?;
    deployed.take_over(&mut release);
    take_over(&mut release, draft);
    if release.description.is_none() {
        release.description.clone_from(&deployed.version.description);
    }
    release.id = scope.insert(&release).map_err(|error| taken(error, &release.name))?;
    packages::service::used(scope, release.package_version_id, 1)?;
    append_version(scope, ctx, &mut release)?;
    scope.update(&release)?;
    record(scope, ctx, Action::Create, &release, "releaseDto")?;
    events::write(scope, ctx, events::CREATED, &release)?;
    scope.changed("processes", release.id);
    Ok(release.id)
}

/// Replaces what a process says: what the request leaves out gets its default, but how long jobs are kept.
///
/// # Errors
/// As for [`create`], and 409 with code 1693 for another version of a process that follows its package.
pub fn replace(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    asked: &Asked,
    id: i64,
    draft: &Draft,
) -> Result<Release, Error> {
    let release = asked.find(scope, By::Id(id))?;
    if draft.id.is_some_and(|given| given != id) {
        return Err(Error::field("Id", "The Id in the body is not that of the address."));
    }
    save(scope, ctx, asked, release, draft)
}

/// Changes what a request mentions of a process, and nothing else.
///
/// # Errors
/// As for [`replace`].
pub fn patch(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    asked: &Asked,
    by: By<'_>,
    given: Value,
) -> Result<Release, Error> {
    let release = asked.find(scope, by)?;
    let draft = ReleaseInput::patched(&release, given)?.check()?;
    if draft.id.is_some_and(|given| given != release.id) {
        return Err(Error::field("Id", "The Id in the body is not that of the address."));
    }
    save(scope, ctx, asked, release, &draft)
}

fn save(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    asked: &Asked,
    before: Release,
    draft: &Draft,
) -> Result<Release, Error> {
    if draft.remote_control != before.remote_control {
        asked.may_share_screens(before.folder_id)?;
    }
    check_feed(draft, before.feed_id)?;
    let deployed = package::resolve(scope, before.feed_id, &draft.package, &draft.version, &draft.entry)?;
    let moves = deployed.version.id != before.package_version_id;
    if moves && before.auto_update && draft.auto_update && deployed.version.latest != 1 {
        return Err(managed());
    }
    check_arguments(&deployed, draft)?;
    let mut release = before.clone();
    deployed.take_over(&mut release);
    take_over(&mut release, draft);
    write(scope, ctx, &before, &mut release)?;
    Ok(release)
}

/// Stores a process that was changed, with the history of its versions, and tells of it.
pub(super) fn write(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    before: &Release,
    release: &mut Release,
) -> Result<(), Error> {
    if release.package_version_id != before.package_version_id {
        packages::service::used(scope, before.package_version_id, -1)?;
        packages::service::used(scope, release.package_version_id, 1)?;
        append_version(scope, ctx, release)?;
    }
    release.modified_at = Some(ctx.now);
    release.modifier_id = of_caller(scope, ctx)?;
    scope.update(&*release).map_err(|error| taken(error, &release.name))?;
    record(scope, ctx, Action::Update, release, "releaseDto")?;
    events::write(scope, ctx, events::UPDATED, release)?;
    scope.changed("processes", release.id);
    Ok(())
}

/// Deletes a process. Its jobs stay as long as it said.
///
/// # Errors
/// 404 for no process, 409 with code 1666 while jobs of it wait or run, and what those say that rest on it.
pub fn remove(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    processes: &Processes,
    asked: &Asked,
    by: By<'_>,
) -> Result<(), Error> {
    let release = asked.find(scope, by)?;
    if has_open_jobs(scope, &release)? {
        return Err(Error::conflict(
            codes::HAS_RUNNING_JOBS,
            format!("The process {} has jobs that wait or run.", release.name),
        ));
    }
    for dependents in processes.dependents() {
        if let Some(reason) = dependents.hold(scope, &release)? {
            return Err(reason);
        }
    }
    delete(scope, ctx, &release)
}

/// Deletes a process, whatever rests on it.
pub(super) fn delete(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, release: &Release) -> Result<(), Error> {
    packages::service::used(scope, release.package_version_id, -1)?;
    scope.delete_where::<ReleaseVersion>("release_id = ?", params![release.id])?;
    scope.delete::<Release>(release.id)?;
    scope.insert(&Remains {
        release_id: release.id,
        folder_id: release.folder_id,
        final_action: release.final_action,
        final_period: release.final_period,
        stale_action: release.stale_action,
        stale_period: release.stale_period,
    })?;
    record(scope, ctx, Action::Delete, release, "key")?;
    events::write(scope, ctx, events::DELETED, release)?;
    scope.changed("processes", release.id);
    Ok(())
}

/// Whether jobs of a process wait, run or are suspended. Such jobs are few, and found by the index of their state.
fn has_open_jobs(scope: &mut Scoped<'_, Tenant>, release: &Release) -> Result<bool, Error> {
    let open = <JobState as odata::Enumeration>::ALL
        .iter()
        .filter(|state| !state.is_final());
    for state in open {
        let condition = "folder_id = ? and state = ? and release_id = ?";
        if scope.exists::<Job>(condition, params![release.folder_id, *state, release.id])? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The default arguments of a process.
pub(super) fn given(release: &Release) -> Map<String, Value> {
    let text = release.input.as_deref();
    match text.and_then(|text| serde_json::from_str(text).ok()) {
        Some(Value::Object(given)) => given,
        _ => Map::new(),
    }
}

fn check_feed(draft: &Draft, feed: Option<Uuid>) -> Result<(), Error> {
    if draft.feed.is_none() || draft.feed == feed {
        return Ok(());
    }
    Err(Error::denied(
        codes::INACCESSIBLE_FEED,
        "Processes of this folder cannot use packages of that feed.",
    ))
}

fn check_arguments(deployed: &Deployed, draft: &Draft) -> Result<(), Error> {
    let Some(given) = &draft.input else { return Ok(()) };
    let checker = arguments::checker(deployed.input());
    match checker.faults(given, Whole::No) {
        Some(faults) => Err(Error::field(
            "InputArguments",
            format!("InputArguments do not fit the entry point: {faults}"),
        )),
        None => Ok(()),
    }
}

/// 409 with code 1693
pub(super) fn managed() -> Error {
    Error::conflict(
        codes::VERSIONS_MANAGED_AUTOMATICALLY,
        "The process follows the latest version of its package. Turn that off to choose a version.",
    )
}

fn taken(error: store::Error, name: &str) -> Error {
    if error.is_unique("releases_name") {
        return Error::conflict(
            codes::NAME_ALREADY_USED,
            format!("The name {name} is already used by another process of this folder."),
        );
    }
    error.into()
}

fn blank(ctx: &Ctx, folder: i64) -> Release {
    let (final_action, final_period) = built_in(RetentionType::Final);
    let (stale_action, stale_period) = built_in(RetentionType::Stale);
    Release {
        id: 0,
        key: ctx.id(),
        folder_id: folder,
        name: String::new(),
        description: None,
        package_id: String::new(),
        package_version: String::new(),
        feed_id: None,
        version_id: 0,
        package_version_id: 0,
        entry_point: None,
        entry_point_id: None,
        has_entry_points: false,
        is_compiled: false,
        is_conversational: false,
        min_robot_version: None,
        input: None,
        environment: None,
        process_type: super::model::ProcessType::Process,
        target_framework: super::model::TargetFramework::Legacy,
        requires_user_interaction: false,
        is_attended: false,
        auto_update: false,
        hidden_for_attended: false,
        priority: super::input::NORMAL,
        remote_control: RemoteControlAccess::None,
        settings: Json(ProcessSettings::default()),
        video: Json(VideoSettings::default()),
        resource_overwrites: None,
        idea_url: None,
        tags: Json(Vec::new()),
        final_action,
        final_period,
        stale_action,
        stale_period,
        created_at: ctx.now,
        creator_id: None,
        modified_at: None,
        modifier_id: None,
    }
}

/// What a request says of a process, apart from its package.
fn take_over(release: &mut Release, draft: &Draft) {
    release.name.clone_from(&draft.name);
    release.description.clone_from(&draft.description);
    release.input.clone_from(&draft.input_text);
    release.environment.clone_from(&draft.environment);
    release.auto_update = draft.auto_update;
    release.hidden_for_attended = draft.hidden_for_attended;
    release.priority = draft.priority;
    release.remote_control = draft.remote_control;
    release.settings = Json(draft.settings.clone());
    release.video = Json(draft.video.clone());
    release.idea_url.clone_from(&draft.idea_url);
    release.resource_overwrites.clone_from(&draft.overwrites);
    release.tags = Json(draft.tags.clone());
    release.keep(RetentionType::Final, draft.finished);
    release.keep(RetentionType::Stale, draft.stale);
}

impl Release {
    /// Takes over what a request says about how long jobs are kept; what it does not say stays.
    pub(super) fn keep(&mut self, of: RetentionType, draft: RetentionDraft) {
        let (action, period) = match of {
            RetentionType::Final => (&mut self.final_action, &mut self.final_period),
            RetentionType::Stale => (&mut self.stale_action, &mut self.stale_period),
        };
        *action = draft.action.unwrap_or(*action);
        *period = draft.period.unwrap_or(*period);
    }
}

/// Notes that the process has its version from now on.
fn append_version(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, release: &mut Release) -> Result<(), Error> {
    release.version_id = scope.insert(&ReleaseVersion {
        id: 0,
        release_id: release.id,
        package_version: release.package_version.clone(),
        release_name: release.name.clone(),
        created_at: ctx.now,
    })?;
    Ok(())
}

fn record(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    action: Action,
    release: &Release,
    parameter: &'static str,
) -> Result<(), Error> {
    let described = Value::Object(store::Entity::to_json(release));
    let parameters = match parameter {
        "key" => audit::key(release.id),
        name => json!({ name: described.clone() }),
    };
    let entry = AuditEntry::new(Component::Processes, action, "process", release.id, &release.name)
        .parameters(parameters)
        .entity("Release", release.id, action, described);
    audit::record(scope, ctx, entry)
}

/// The arguments as text, as they are stored: nothing for none.
pub(super) fn text_of(given: &Map<String, Value>) -> Option<String> {
    (!given.is_empty()).then(|| Value::Object(given.clone()).to_string())
}

/// Arguments of a process as a request may give them, checked against the entry point.
pub(super) fn checked_input(deployed: &Deployed, text: &str) -> Result<Option<String>, Error> {
    let Some(given) = arguments::parse("inputArgs", Some(text))? else {
        return Ok(None);
    };
    let checker = arguments::checker(deployed.input());
    match checker.faults(&given, Whole::No) {
        Some(faults) => Err(Error::field(
            "inputArgs",
            format!("The arguments do not fit the entry point: {faults}"),
        )),
        None => Ok(Some(text.to_owned())),
    }
}
