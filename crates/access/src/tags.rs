//! Labels and properties that resources carry.

use odata::{EntityType, Kind, Property, Source};
use serde::{Deserialize, Serialize};

/// A label or a property of a resource. Contract schema `TagDto`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    pub name: String,
    pub display_name: Option<String>,
    pub value: Option<String>,
    pub display_value: Option<String>,
}

/// The kind of a list of tags.
pub const TAGS: Kind = Kind::Collection(&Kind::Complex(model));

/// The model of `TagDto`.
pub fn model() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "TagDto",
        key: None,
        properties: &[
            Property::new("Name", Kind::String, Source::Computed).max_length(256),
            Property::computed("DisplayName", Kind::String).max_length(256),
            Property::computed("Value", Kind::String).max_length(256),
            Property::computed("DisplayValue", Kind::String).max_length(256),
        ],
        navigations: &[],
    };
    &MODEL
}
