//! Labels and properties that resources carry: their wire form, their bounds, and how people write them in the console.

use context::Wrong;
use odata::{EntityType, Kind, Property, Source};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Characters of each text of a tag.
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

/// Checks the tags of a request and fills in what is shown where that is left out. What is wrong with the member `Tags` is noted: more
/// than 100 of them, one without name, a text of more than 256 characters.
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

/// A tag in its wire form as people write it: `name` or `name=value`.
pub fn text_of(tag: &Value) -> String {
    let name = tag["Name"].as_str().unwrap_or_default();
    match tag["Value"].as_str() {
        Some(value) if !value.is_empty() => format!("{name}={value}"),
        _ => name.to_owned(),
    }
}

/// The tag that people write as `name` or `name=value`.
pub fn of_text(text: &str) -> Tag {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name.trim(), Some(value.trim().to_owned())),
        None => (text.trim(), None),
    };
    Tag {
        name: name.to_owned(),
        display_name: None,
        value,
        display_value: None,
    }
}

/// The tags of a row as lists show them: `name` or `name: value`. `row` is the wire form of something with `Tags`.
pub fn labels(row: &Value) -> Vec<String> {
    let tags = row["Tags"].as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |tag: &Value, member: &str| tag[member].as_str().unwrap_or_default().to_owned();
    tags.iter()
        .map(|tag| match text(tag, "DisplayValue") {
            value if value.is_empty() => text(tag, "DisplayName"),
            value => format!("{}: {value}", text(tag, "DisplayName")),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_tag_is_written_and_read_as_name_and_value() {
        for text in ["red", "env=prod", "rule=a=b"] {
            assert_eq!(text_of(&json!(of_text(text))), text);
        }
        let tags = check(vec![of_text(" env = prod "), of_text("red")], &mut Wrong::default());
        assert_eq!(labels(&json!({ "Tags": tags })), ["env: prod", "red"]);
    }

    #[test]
    fn tags_have_names_and_bounds() {
        let mut wrong = Wrong::default();
        check(vec![of_text("a"), of_text(" "), of_text(&"ä".repeat(257))], &mut wrong);
        check(vec![of_text("a"); 101], &mut wrong);
        let error = wrong.into_error();
        let names: Vec<&str> = error.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["Tags[1].Name", "Tags[2].Name", "Tags"]);
    }
}
