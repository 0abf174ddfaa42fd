//! What a package version is (reference: execution 3.3).

use jiff::Timestamp;
use store::{Json, Migration, entity};
use uuid::Uuid;

pub(crate) const MIGRATION: Migration = Migration {
    id: "packages-001",
    sql: "
        create table package_versions (
            id {id},
            tenant_id bigint not null,
            kind bigint not null,
            feed_id {uuid},
            feed text not null,
            package_id text not null,
            package_folded text not null,
            version text not null,
            version_folded text not null,
            version_rank text not null,
            latest bigint not null,
            uses bigint not null,
            sha256 {blob} not null,
            size bigint not null,
            blob text not null,
            title text,
            title_folded text,
            authors text,
            description text,
            package_type bigint not null,
            target_framework bigint not null,
            runtime text,
            requires_user_interaction {bool} not null,
            is_attended {bool} not null,
            main_entry_point text,
            has_entry_points {bool} not null,
            input text,
            output text,
            published_at bigint not null,
            more text not null
        );
        create unique index package_versions_version
            on package_versions (tenant_id, kind, feed, package_folded, version_rank);
        create index package_versions_latest
            on package_versions (tenant_id, kind, feed, latest, package_folded);

        create table package_entry_points (
            id {id},
            tenant_id bigint not null,
            version_id bigint not null,
            unique_id {uuid},
            path text not null,
            path_folded text not null,
            entry_type text,
            input text,
            output text,
            is_main {bool} not null
        );
        create index package_entry_points_version on package_entry_points (tenant_id, version_id, id);

        create table package_parts (
            id {id},
            tenant_id bigint not null,
            version_id bigint not null,
            name text not null,
            content text not null
        );
        create unique index package_parts_name on package_parts (tenant_id, version_id, name);
    ",
};

odata::enumeration! {
    pub enum PackageType: "ProcessDtoPackageType" {
        Undefined = 0, Process = 1, ProcessLibrary = 2, ProcessOrchestration = 3, WebApp = 4, Agent = 5,
        TestAutomationProcess = 6, Api = 7, MCPServer = 8, BusinessRules = 9, CaseManagement = 10,
    }
}
odata::enumeration! {
    pub enum TargetFramework: "ProcessDtoTargetFramework" { Legacy = 0, Windows = 1, Portable = 2 }
}
odata::enumeration! {
    pub enum ProjectType: "PackageDtoProjectType" {
        Undefined = 0, Process = 1, ProcessLibrary = 2, BusinessProcess = 3, BusinessProcessLibrary = 4,
        TestAutomationProcess = 5, ProcessOrchestration = 6, BusinessProcessOrchestration = 7, WebApp = 8,
        BusinessWebApp = 9, Agent = 10, BusinessAgent = 11, Api = 12, MCPServer = 13, BusinessRules = 14,
        CaseManagement = 15,
    }
}
odata::enumeration! {
    /// Which of a feed's two shelves.
    pub enum PackageKind: "PackageKind" { Process = 0, Library = 1 }
}

entity! {
    /// A package version in a feed. Contract schemas `ProcessDto` and, with other members, `LibraryDto`.
    pub struct PackageVersion in Tenant, table "package_versions", as "ProcessDto" {
        #[key] pub id: i64,
        pub kind: PackageKind,
        /// The key of the folder whose feed it is in; `None`: the tenant's.
        pub feed_id: Option<Uuid>,
        /// The same as text, empty for the tenant's: a feed must be comparable.
        pub feed: String,
        /// The id, as the package spells it.
        pub package_id: String = "Id" folded "package_folded",
        /// As the package spells it.
        pub version: String = "Version" folded "version_folded",
        /// Sorts as versions do (reference: execution 3.6). Versions of the same rank are the same version.
        pub version_rank: String,
        /// 1 for the greatest version of its id in the feed, else 0.
        pub latest: i64,
        /// Processes that use it.
        pub uses: i64,
        pub sha256: Vec<u8>,
        /// Bytes.
        pub size: i64,
        /// Where its content lies in the object storage.
        pub blob: String,
        pub title: Option<String> = "Title" folded "title_folded",
        pub authors: Option<String> = "Authors",
        pub description: Option<String> = "Description",
        pub package_type: PackageType = "PackageType",
        pub target_framework: TargetFramework = "TargetFramework",
        /// What runs it: `python`, `command`; `None` for packages only others can run.
        pub runtime: Option<String>,
        pub requires_user_interaction: bool = "RequiresUserInteraction",
        pub is_attended: bool = "IsAttended",
        pub main_entry_point: Option<String> = "MainEntryPointPath",
        /// It says its entry points one by one.
        pub has_entry_points: bool = "SupportsMultipleEntryPoints",
        /// Arguments of the main entry point, as text: see reference, execution 3.7.
        pub input: Option<String>,
        pub output: Option<String>,
        pub published_at: Timestamp = "Published",
        /// The members that are only shown, by their names on the wire.
        pub more: Json<serde_json::Map<String, serde_json::Value>>,
    }
    computed {
        "Key": String = sql "({t}.package_id || ':' || {t}.version)",
        "IsActive": bool = sql "({t}.uses > 0)",
        "IsLatestVersion": bool = sql "({t}.latest = 1)",
        "Arguments": Option<String> kind odata::Kind::Complex(crate::wire::arguments),
        "ProjectType": Option<ProjectType>,
        "OldVersion": Option<String>,
        "ReleaseNotes": Option<String>,
        "Tags": Option<String>,
        "IsCompiled": Option<bool>,
        "LicenseUrl": Option<String>,
        "ProjectUrl": Option<String>,
        "ResourceTags": Option<String> kind access::tags::TAGS,
    }
    navigation {
        "EntryPoints": collection of EntryPoint,
    }
}

entity! {
    /// A place where a package can be entered. Contract schema `EntryPointDto`.
    pub struct EntryPoint in Tenant, table "package_entry_points", as "EntryPointDto" {
        #[key] pub id: i64 = "Id",
        pub version_id: i64,
        pub unique_id: Option<Uuid> = "UniqueId",
        pub path: String = "Path" folded "path_folded",
        pub entry_type: Option<String>,
        /// JSON text: a JSON schema, or the classic list (reference: execution 3.7).
        pub input: Option<String> = "InputArguments",
        pub output: Option<String> = "OutputArguments",
        pub is_main: bool,
    }
}

entity! {
    /// A part of a package that is asked for without the rest.
    pub struct Part in Tenant, table "package_parts" {
        #[key] pub id: i64,
        pub version_id: i64,
        /// `nuspec` or `bindings`.
        pub name: String,
        pub content: String,
    }
}

impl PackageVersion {
    /// `Id:Version`
    pub fn key_text(&self) -> String {
        format!("{}:{}", self.package_id, self.version)
    }

    /// A member that is only shown.
    pub fn shown(&self, name: &str) -> serde_json::Value {
        self.more.0.get(name).cloned().unwrap_or_default()
    }
}
