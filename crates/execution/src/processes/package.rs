//! The package version behind a process, and the entry point in it.

use access::Permit;
use access::folders::model::{FeedType, Folder};
use access::folders::service::{By, find_to_read};
use context::{Error, codes};
use odata::Enumeration as _;
use packages::model::{EntryPoint, PackageVersion};
use packages::service as shelf;
use serde_json::Value;
use store::{Scoped, Tenant};
use uuid::Uuid;

use super::input::Entry;
use super::model::{ProcessType, Release, TargetFramework};

/// A package version with the entry point that is used of it.
#[derive(Debug, Clone)]
pub struct Deployed {
    pub version: PackageVersion,
    /// `None` for packages that do not name their entry points.
    pub entry: Option<EntryPoint>,
    /// What the process says: `None` for the main entry point.
    pub path: Option<String>,
}

impl Deployed {
    /// What the entry point takes, as the package says it.
    pub fn input(&self) -> Option<&str> {
        match &self.entry {
            Some(entry) => entry.input.as_deref(),
            None => self.version.input.as_deref(),
        }
    }

    /// What it gives back.
    pub fn output(&self) -> Option<&str> {
        match &self.entry {
            Some(entry) => entry.output.as_deref(),
            None => self.version.output.as_deref(),
        }
    }

    /// Writes into a process what it takes over from the package.
    pub fn take_over(&self, release: &mut Release) {
        let PackageVersion { version, more, .. } = &self.version;
        release.package_id.clone_from(&self.version.package_id);
        release.package_version.clone_from(version);
        release.package_version_id = self.version.id;
        release.feed_id = self.version.feed_id;
        release.entry_point.clone_from(&self.path);
        release.entry_point_id = self.entry.as_ref().map(|entry| entry.id);
        release.has_entry_points = self.version.has_entry_points;
        release.process_type = process_type(&self.version);
        release.target_framework =
            TargetFramework::from_number(self.version.target_framework.number()).unwrap_or(TargetFramework::Legacy);
        release.requires_user_interaction = self.version.requires_user_interaction;
        release.is_attended = self.version.is_attended;
        release.is_compiled = is(more.0.get("IsCompiled"));
        release.is_conversational = is(more.0.get("IsConversational"));
        release.min_robot_version = more
            .0
            .get("MinRequiredRobotVersion")
            .and_then(Value::as_str)
            .map(str::to_owned);
    }

    /// The words that the package is tagged with.
    pub fn tags(&self) -> Vec<&str> {
        let tags = self.version.more.0.get("Tags").and_then(Value::as_str);
        let words = tags.unwrap_or_default().split([' ', ',', ';']);
        words.map(str::trim).filter(|word| !word.is_empty()).collect()
    }
}

fn is(value: Option<&Value>) -> bool {
    value.and_then(Value::as_bool).unwrap_or(false)
}

/// The type of a process by the type of its package: libraries and what says nothing are plain processes.
fn process_type(version: &PackageVersion) -> ProcessType {
    ProcessType::from_name(version.package_type.name()).unwrap_or(ProcessType::Process)
}

/// The version of a package in a feed, with an entry point of it.
///
/// # Errors
/// 404 with code 1660 for a version that is not in the feed, or 1677 when no version of the package is; 400 for an entry point that the
/// version does not have.
pub fn resolve(
    scope: &mut Scoped<'_, Tenant>,
    feed: Option<Uuid>,
    package: &str,
    version: &str,
    entry: &Entry,
) -> Result<Deployed, Error> {
    let found = shelf::version(scope, feed, package, version)?;
    let Some(found) = found else {
        return Err(missing(scope, feed, package, version)?);
    };
    enter(scope, found, entry)
}

/// A version with an entry point of it.
///
/// # Errors
/// 400 for an entry point that the version does not have.
pub fn enter(scope: &mut Scoped<'_, Tenant>, version: PackageVersion, entry: &Entry) -> Result<Deployed, Error> {
    let mut known = shelf::entry_points(scope, version.id)?;
    let unknown = |member: &str, what: &str| {
        Error::field(
            member,
            format!(
                "The entry point {what} does not exist in {} {}.",
                version.package_id, version.version
            ),
        )
    };
    // Who asks for none gets the main one, whatever it is called in the next version.
    let chosen = match entry {
        Entry::Main => None,
        Entry::Path(path) => {
            let folded = store::fold(&slashes(path));
            match known
                .iter()
                .position(|known| store::fold(&slashes(&known.path)) == folded)
            {
                Some(at) => Some(at),
                None if known.is_empty() && is_main(&version, &folded) => None,
                None => return Err(unknown("EntryPointPath", &context::shortened(path, 100))),
            }
        }
        Entry::Id(id) => match known.iter().position(|known| known.id == *id) {
            Some(at) => Some(at),
            None => return Err(unknown("EntryPointId", &id.to_string())),
        },
    };
    let (entry, path) = match chosen {
        Some(at) => {
            let entry = known.swap_remove(at);
            let path = entry.path.clone();
            (Some(entry), Some(path))
        }
        None => (known.into_iter().find(|known| known.is_main), None),
    };
    Ok(Deployed { version, entry, path })
}

fn is_main(version: &PackageVersion, folded: &str) -> bool {
    let main = version.main_entry_point.as_deref();
    main.is_some_and(|main| store::fold(&slashes(main)) == *folded)
}

/// Paths are written with either slash.
fn slashes(path: &str) -> String {
    path.trim().replace('\\', "/")
}

fn missing(scope: &mut Scoped<'_, Tenant>, feed: Option<Uuid>, package: &str, version: &str) -> Result<Error, Error> {
    let package = context::shortened(package, 100);
    Ok(if shelf::latest(scope, feed, &package)?.is_some() {
        let version = context::shortened(version, 100);
        Error::missing(
            codes::VERSION_NOT_FOUND,
            format!("The package {package} has no version {version}."),
        )
    } else {
        Error::missing(
            codes::PACKAGE_NOT_FOUND,
            format!("The package {package} does not exist."),
        )
    })
}

/// The feed whose packages can be deployed into a folder: that of its root folder, or the tenant's (`None`).
pub fn feed_of(scope: &mut Scoped<'_, Tenant>, folder: &Folder) -> Result<Option<Uuid>, Error> {
    match (folder.feed_type, folder.ids().next()) {
        (FeedType::FolderHierarchy | FeedType::PersonalWorkspace, Some(root)) if root != folder.id => {
            let root = find_to_read(scope, &Permit::everything(), By::Id(root))?;
            Ok(Some(root.key))
        }
        (FeedType::FolderHierarchy | FeedType::PersonalWorkspace, _) => Ok(Some(folder.key)),
        _ => Ok(None),
    }
}
