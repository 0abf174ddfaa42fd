//! Labels and properties that resources carry.

use context::Wrong;
use odata::{EntityType, Kind, Property, Source};
use serde::{Deserialize, Serialize};

/// Characters of each part of a tag.
const LONGEST: usize = 256;
/// Tags of one resource.
const MOST: usize = 100;

/// A label or a property of a resource. Contract schema `TagDto`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    pub name: String,
    pub display_name: Option<String>,
    pub value: Option<String>,
    pub display_value: Option<String>,
}

impl Tag {
    /// As people write it: `name`, or `name=value`.
    pub fn text(&self) -> String {
        match self.value.as_deref() {
            Some(value) if !value.is_empty() => format!("{}={value}", self.name),
            _ => self.name.clone(),
        }
    }

    /// Reads what [`Tag::text`] writes.
    pub fn read(text: &str) -> Self {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim().to_owned())),
            None => (text.trim(), None),
        };
        Self {
            name: name.to_owned(),
            display_name: None,
            value,
            display_value: None,
        }
    }

    /// As lists show it.
    pub fn shown(&self) -> String {
        let name = self.display_name.as_ref().unwrap_or(&self.name);
        match self.display_value.as_ref().or(self.value.as_ref()) {
            Some(value) if !value.is_empty() => format!("{name}: {value}"),
            _ => name.clone(),
        }
    }
}

/// Checks the tags of a resource and fills in what is shown where that is left out.
pub fn check(tags: Vec<Tag>, wrong: &mut Wrong) -> Vec<Tag> {
    if tags.len() > MOST {
        wrong.add("Tags", format!("There can be at most {MOST} tags."));
        return Vec::new();
    }
    for (index, tag) in tags.iter().enumerate() {
        if tag.name.trim().is_empty() {
            wrong.add(format!("Tags[{index}].Name"), "A tag needs a name.");
        }
        let parts = [
            ("Name", Some(&tag.name)),
            ("DisplayName", tag.display_name.as_ref()),
            ("Value", tag.value.as_ref()),
            ("DisplayValue", tag.display_value.as_ref()),
        ];
        for (part, text) in parts {
            wrong.text(format!("Tags[{index}].{part}"), text.map(String::as_str), LONGEST);
        }
    }
    tags.into_iter().map(with_display_name).collect()
}

fn with_display_name(mut tag: Tag) -> Tag {
    tag.display_name.get_or_insert_with(|| tag.name.clone());
    tag.display_value = tag.display_value.or_else(|| tag.value.clone());
    tag
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
