//! A small service: jobs with a release, labels and steps.

use odata::{EntitySet, EntityType, Enumeration, Join, Kind, Navigation, Property, Source};

odata::enumeration! {
    /// What a job does at the moment.
    pub enum State: "JobState" {
        Pending = 0,
        Running = 1,
        Faulted = 4,
        OnHold as "On-Hold" = 7,
    }
}

pub static JOB: EntityType = EntityType {
    name: "JobDto",
    key: Some("Id"),
    properties: &[
        Property::new("Id", Kind::Int64, Source::Column("id")),
        Property::new("Key", Kind::Guid, Source::Column("key")),
        Property::new(
            "Name",
            Kind::String,
            Source::Folded {
                column: "name",
                folded: "name_folded",
            },
        )
        .max_length(256),
        Property::new("Info", Kind::String, Source::Column("info")).nullable(true),
        Property::new("State", Kind::Enum(State::TYPE), Source::Column("state")),
        Property::new("Priority", Kind::Int32, Source::Column("priority")).nullable(true),
        Property::new("Progress", Kind::Double, Source::Column("progress")),
        Property::new("Enabled", Kind::Boolean, Source::Column("enabled")),
        Property::new("CreationTime", Kind::DateTime, Source::Column("created_at")),
        Property::new("Place", Kind::Complex(|| &PLACE), Source::Computed),
        Property::new("Tags", Kind::Collection(&Kind::String), Source::Column("tags")),
        Property::new("Permissions", Kind::String, Source::Computed),
    ],
    navigations: &[
        Navigation {
            name: "Release",
            target: || &RELEASE,
            collection: false,
            join: Some(Join {
                table: "releases",
                alias: "r",
                on: "r.id = {t}.release_id",
            }),
        },
        Navigation {
            name: "Steps",
            target: || &STEP,
            collection: true,
            join: Some(Join {
                table: "steps",
                alias: "s",
                on: "s.job_id = {t}.id",
            }),
        },
        Navigation {
            name: "Robot",
            target: || &STEP,
            collection: false,
            join: None,
        },
    ],
};

pub static RELEASE: EntityType = EntityType {
    name: "ReleaseDto",
    key: Some("Id"),
    properties: &[
        Property::new("Id", Kind::Int64, Source::Column("id")),
        Property::new("Name", Kind::String, Source::Column("name")),
    ],
    navigations: &[Navigation {
        name: "Jobs",
        target: || &JOB,
        collection: true,
        join: None,
    }],
};

pub static STEP: EntityType = EntityType {
    name: "StepDto",
    key: Some("Id"),
    properties: &[
        Property::new("Id", Kind::Int64, Source::Column("id")),
        Property::new("Title", Kind::String, Source::Column("title")),
    ],
    navigations: &[],
};

static PLACE: EntityType = EntityType {
    name: "PlaceDto",
    key: None,
    properties: &[Property::new("Street", Kind::String, Source::Computed)],
    navigations: &[],
};

/// The sets of the service.
#[allow(dead_code, reason = "the fuzz target shares this model and needs no sets")]
pub static SETS: [EntitySet; 2] = [
    EntitySet {
        name: "Jobs",
        entity: &JOB,
    },
    EntitySet {
        name: "Releases",
        entity: &RELEASE,
    },
];
