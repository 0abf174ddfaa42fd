//! What an attachment and a recording are.

use jiff::Timestamp;
use odata::{EntityType, Kind, Property, Source::Computed};
use store::{Migration, entity};
use uuid::Uuid;

pub(crate) const MIGRATION: Migration = Migration {
    id: "execution-005-attachments",
    sql: "
        create table attachments (
            id {uuid} not null,
            tenant_id bigint not null,
            folder_id bigint,
            owner_key {uuid},
            name text not null,
            name_folded text not null,
            blob text not null,
            created_at bigint not null,
            creator_id bigint,
            modified_at bigint,
            modifier_id bigint
        );
        create unique index attachments_id on attachments (id);
        create index attachments_folder on attachments (tenant_id, folder_id, id);

        create table job_attachments (
            id {uuid} not null,
            tenant_id bigint not null,
            attachment_id {uuid} not null,
            job_id bigint not null,
            job_key {uuid} not null,
            folder_id bigint not null,
            category text,
            created_at bigint not null,
            creator_id bigint
        );
        create unique index job_attachments_id on job_attachments (id);
        create unique index job_attachments_once on job_attachments (tenant_id, job_id, attachment_id);
        create index job_attachments_attachment on job_attachments (tenant_id, attachment_id);

        create table execution_media (
            id {id},
            tenant_id bigint not null,
            folder_id bigint not null,
            job_id bigint not null,
            release_name text not null,
            release_name_folded text not null,
            name text not null,
            name_folded text not null,
            storage_location text not null,
            blob text not null,
            created_at bigint not null
        );
        create unique index execution_media_job on execution_media (tenant_id, job_id);
        create index execution_media_folder on execution_media (tenant_id, folder_id, id);
    ",
};

entity! {
    /// A file that jobs are given or give back. Contract schema `AttachmentDto`, with where its content is.
    pub struct Attachment in Tenant, table "attachments", as "AttachmentDto" {
        #[key] pub id: Uuid = "Id",
        /// Where it was made; `None`: nowhere, and only its owner has it until a job is linked with it.
        pub folder_id: Option<i64>,
        /// The principal that made it.
        pub owner_key: Option<Uuid>,
        pub name: String = "Name" folded "name_folded" max 256,
        /// Where its content lies in the object storage.
        pub blob: String,
        pub created_at: Timestamp = "CreationTime",
        pub creator_id: Option<i64> = "CreatorUserId",
        pub modified_at: Option<Timestamp> = "LastModificationTime",
        pub modifier_id: Option<i64> = "LastModifierUserId",
    }
    computed {
        "BlobFileAccess": Option<String> kind Kind::Complex(access_model),
    }
}

entity! {
    /// That a job has an attachment. Contract schema `JobAttachmentDto`.
    pub struct Link in Tenant, table "job_attachments" {
        #[key] pub id: Uuid,
        pub attachment_id: Uuid,
        pub job_id: i64,
        pub job_key: Uuid,
        pub folder_id: i64,
        /// What it is to the job, in the words of who linked it.
        pub category: Option<String>,
        pub created_at: Timestamp,
        pub creator_id: Option<i64>,
    }
}

entity! {
    /// What a robot recorded before a fault, one per job. Contract schema `ExecutionMediaDto`.
    pub struct Media in Tenant, table "execution_media", as "ExecutionMediaDto" {
        #[key] pub id: i64 = "Id",
        pub folder_id: i64,
        pub job_id: i64 = "JobId",
        pub release_name: String = "ReleaseName" folded "release_name_folded",
        pub name: String = "Name" folded "name_folded" max 255,
        /// In words: the place itself is nobody's business.
        pub storage_location: String = "StorageLocation" max 255,
        pub blob: String,
        pub created_at: Timestamp,
    }
}

/// `BlobFileAccessDto`: how to get or put the content.
fn access_model() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "BlobFileAccessDto",
        key: None,
        properties: &[
            Property::new("Uri", Kind::String, Computed),
            Property::new("Verb", Kind::String, Computed),
            Property::new("RequiresAuth", Kind::Boolean, Computed),
            Property::new("Headers", Kind::Complex(headers_model), Computed),
        ],
        navigations: &[],
    };
    &MODEL
}

/// `ResponseDictionaryDto`
fn headers_model() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "ResponseDictionaryDto",
        key: None,
        properties: &[
            Property::new("Keys", Kind::Collection(&Kind::String), Computed),
            Property::new("Values", Kind::Collection(&Kind::String), Computed),
        ],
        navigations: &[],
    };
    &MODEL
}
