//! Operations of tag Alerts. The contract marks them as deprecated; clients of earlier versions use them.

mod list;
mod mark;
mod raise;

use serde_json::json;
use web::{Operation, Shape};

/// Name of the entity set.
pub const SET: &str = "Alerts";

/// All operations.
pub fn operations() -> Vec<Operation> {
    vec![list::operation(), list::unread(), mark::operation(), raise::operation()]
}

/// `ODataValueOfInt64`
fn number() -> Shape {
    Shape::Json {
        name: "ODataValueOfInt64",
        schema: json!({ "type": "object", "properties": { "value": { "type": "integer", "format": "int64" } } }),
    }
}
