//! Packages as the wire shows them: contract schemas `ProcessDto`, `LibraryDto` and `EntryPointDto`.

use odata::{EntityType, Enumeration as _, Kind, Property, Source};
use serde_json::{Map, Value, json};
use store::Entity as _;

use crate::model::{EntryPoint, PackageVersion, ProjectType};
use crate::order::Version;

/// Members that are kept as they are shown.
const SHOWN: [&str; 7] = [
    "ProjectType",
    "OldVersion",
    "ReleaseNotes",
    "Tags",
    "IsCompiled",
    "LicenseUrl",
    "ProjectUrl",
];

/// The model of `ArgumentMetadata`.
pub fn arguments() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "ArgumentMetadata",
        key: None,
        properties: &[
            Property::computed("Input", Kind::String),
            Property::computed("Output", Kind::String),
        ],
        navigations: &[],
    };
    &MODEL
}

/// The model of `LibraryDto`, over the same table as `ProcessDto`.
pub fn library() -> &'static EntityType {
    const fn shown(name: &'static str) -> Property {
        Property::computed(name, Kind::String)
    }
    static MODEL: EntityType = EntityType {
        name: "LibraryDto",
        key: None,
        properties: &[
            Property::new(
                "Id",
                Kind::String,
                Source::Folded {
                    column: "package_id",
                    folded: "package_folded",
                },
            ),
            Property::new(
                "Version",
                Kind::String,
                Source::Folded {
                    column: "version",
                    folded: "version_folded",
                },
            ),
            Property::new(
                "Title",
                Kind::String,
                Source::Folded {
                    column: "title",
                    folded: "title_folded",
                },
            )
            .nullable(true),
            Property::new("Authors", Kind::String, Source::Column("authors")).nullable(true),
            Property::new("Description", Kind::String, Source::Column("description")).nullable(true),
            Property::new("Published", Kind::DateTime, Source::Column("published_at")),
            Property::new("Created", Kind::DateTime, Source::Column("published_at")),
            Property::new("LastUpdated", Kind::DateTime, Source::Column("published_at")),
            Property::new("PackageSize", Kind::Int64, Source::Column("size")),
            Property::new(
                "Key",
                Kind::String,
                Source::Sql("({t}.package_id || ':' || {t}.version)"),
            ),
            Property::new("IsLatestVersion", Kind::Boolean, Source::Sql("({t}.latest = 1)")),
            Property::computed("IsPrerelease", Kind::Boolean),
            Property::computed("ProjectType", Kind::Enum(ProjectType::TYPE)),
            Property::computed("IsCompiled", Kind::Boolean),
            Property::computed("ResourceTags", access::tags::TAGS),
            shown("Owners"),
            shown("IconUrl"),
            shown("Summary"),
            shown("OldVersion"),
            shown("ReleaseNotes"),
            shown("Tags"),
            shown("LicenseUrl"),
            shown("ProjectUrl"),
        ],
        navigations: &[],
    };
    &MODEL
}

/// `ProcessDto` without its entry points.
pub fn process_of(version: &PackageVersion) -> Map<String, Value> {
    let mut members = version.to_json();
    common(version, &mut members);
    members.insert("IsActive".to_owned(), json!(version.uses > 0));
    members.insert(
        "Arguments".to_owned(),
        json!({ "Input": version.input, "Output": version.output }),
    );
    members
}

/// `LibraryDto`.
pub fn library_of(version: &PackageVersion) -> Map<String, Value> {
    let mut members = Map::new();
    for (name, value) in [
        ("Id", json!(version.package_id)),
        ("Version", json!(version.version)),
        ("Title", json!(version.title)),
        ("Authors", json!(version.authors)),
        ("Description", json!(version.description)),
        ("Published", json!(version.published_at.to_string())),
        ("Created", json!(version.published_at.to_string())),
        ("LastUpdated", json!(version.published_at.to_string())),
        ("PackageSize", json!(version.size)),
        ("Owners", version.shown("Owners")),
        ("IconUrl", version.shown("IconUrl")),
        ("Summary", version.shown("Summary")),
        (
            "IsPrerelease",
            json!(Version::parse(&version.version).is_some_and(|version| version.is_prerelease())),
        ),
    ] {
        members.insert(name.to_owned(), value);
    }
    common(version, &mut members);
    members
}

fn common(version: &PackageVersion, members: &mut Map<String, Value>) {
    members.insert("Key".to_owned(), json!(version.key_text()));
    members.insert("IsLatestVersion".to_owned(), json!(version.latest == 1));
    members.insert("ResourceTags".to_owned(), json!([]));
    for name in SHOWN {
        members.insert(name.to_owned(), version.shown(name));
    }
}

/// `EntryPointDto`. Variations of the data are nothing that packages have here.
pub fn entry_point_of(entry: &EntryPoint) -> Value {
    let mut members = entry.to_json();
    members.insert("DataVariation".to_owned(), Value::Null);
    Value::Object(members)
}
