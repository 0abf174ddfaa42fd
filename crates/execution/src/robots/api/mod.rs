//! Operations of the tag Robots.

mod classic;
mod list;
mod toggle;

use context::Error;
use odata::{EntityType, Kind, Property, Query, Source};
use serde_json::{Value, json};
use web::{Operation, Reply, Request, Response};

/// Name of the entity set.
pub const SET: &str = "Robots";

/// All operations.
pub fn operations() -> Vec<Operation> {
    let mut all = list::operations();
    all.push(toggle::operation());
    all.extend(classic::operations());
    all
}

/// Answers with texts: a collection of strings, paged as the request asks.
pub fn names(request: &Request, names: Vec<String>) -> Result<Response, Error> {
    static MODEL: EntityType = EntityType {
        name: "String",
        key: None,
        properties: &[Property::new("Name", Kind::String, Source::Column("name"))],
        navigations: &[],
    };
    let query: Query = request.odata(&MODEL)?;
    let rows = names.into_iter().map(|name| json!({ "Name": name })).collect();
    let page = access::rows::page(rows, &query)?;
    let values: Vec<Value> = page.items.into_iter().map(|mut row| row["Name"].take()).collect();
    let context = request.context_url("Collection(Edm.String)");
    Reply::ok().odata(&odata::envelope::collection(&context, page.count, values))
}
