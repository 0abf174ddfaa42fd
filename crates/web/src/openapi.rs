//! The OpenAPI 3.0 document, made from the declarations.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::layout::Family;
use crate::operation::{Access, Answer, Folder, Operation, Shape};

/// Describes all operations of the APIs; console pages are left out.
pub fn document(operations: impl Iterator<Item = &'static Operation>, version: &str) -> Value {
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    let mut schemas = Schemas(BTreeMap::new());
    for operation in operations.filter(|operation| !matches!(operation.family, Family::Console | Family::Root)) {
        let prefix = match operation.family {
            Family::Identity => "/identity_",
            Family::Portal => "/portal_",
            _ => "",
        };
        let described = describe(operation, &mut schemas);
        let method = operation.method.as_str().to_ascii_lowercase();
        paths
            .entry(format!("{prefix}{}", operation.path))
            .or_default()
            .insert(method, described);
    }
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": "Orchestrion", "version": version,
            "description": "Compatible with the public API of UiPath Orchestrator and Identity Server. Not affiliated with UiPath."
        },
        "paths": paths,
        "components": {
            "schemas": schemas.0,
            "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" } }
        }
    })
}

struct Schemas(BTreeMap<String, Value>);

impl Schemas {
    fn entity(&mut self, model: &'static odata::EntityType) -> Value {
        if !self.0.contains_key(model.name) {
            self.0.insert(model.name.to_owned(), odata::json_schema(model));
            for navigation in model.navigations {
                self.entity((navigation.target)());
            }
            for property in model.properties {
                self.nested(property.kind);
            }
        }
        json!({ "$ref": format!("#/components/schemas/{}", model.name) })
    }

    fn nested(&mut self, kind: odata::Kind) {
        match kind {
            odata::Kind::Complex(model) => {
                self.entity(model());
            }
            odata::Kind::Collection(of) => self.nested(*of),
            _ => {}
        }
    }

    fn named(&mut self, name: &str, schema: Value) -> Value {
        self.0.insert(name.to_owned(), schema);
        json!({ "$ref": format!("#/components/schemas/{name}") })
    }

    fn content(&mut self, shape: &Shape) -> Option<Value> {
        let (media, schema) = match shape {
            Shape::Nothing => return None,
            Shape::Media(media) => (*media, json!({ "type": "string" })),
            Shape::Entity(model) => ("application/json", self.entity(model)),
            Shape::Collection(model) => {
                let items = self.entity(model);
                let properties =
                    json!({ "@odata.count": { "type": "integer" }, "value": { "type": "array", "items": items } });
                (
                    "application/json",
                    json!({ "type": "object", "properties": properties }),
                )
            }
            Shape::Json { name, schema } => ("application/json", self.named(name, schema.clone())),
            Shape::Typed { name, schema } => ("application/json", self.named(name, schema())),
        };
        Some(json!({ media: { "schema": schema } }))
    }
}

fn describe(operation: &'static Operation, schemas: &mut Schemas) -> Value {
    let mut description = Vec::new();
    if !operation.scopes.is_empty() {
        description.push(format!("OAuth scopes: {}.", operation.scopes.join(" or ")));
    }
    let requirement = operation.requirement.to_string();
    if !requirement.is_empty() {
        description.push(format!("Permissions: {requirement}."));
    }
    let text = json!({ "type": "string" });
    let parameter = |name: &str, place: &str, required: bool| json!({ "name": name, "in": place, "required": required, "schema": text });
    let mut parameters: Vec<Value> = arguments(operation.path)
        .map(|name| parameter(name, "path", true))
        .collect();
    if operation.queryable {
        let options = ["$filter", "$select", "$expand", "$orderby", "$top", "$skip", "$count"];
        parameters.extend(options.map(|name| parameter(name, "query", false)));
    }
    parameters.extend(operation.parameters.iter().map(|name| parameter(name, "query", false)));
    match operation.folder {
        Folder::Required => parameters.push(parameter("X-UIPATH-OrganizationUnitId", "header", true)),
        Folder::Optional => parameters.push(parameter("X-UIPATH-OrganizationUnitId", "header", false)),
        Folder::None | Folder::InRequest => {}
    }
    let mut responses = Map::new();
    for Answer { status, shape } in &operation.answers {
        let mut answer = json!({ "description": http::StatusCode::from_u16(*status).map_or("", |status| status.canonical_reason().unwrap_or("")) });
        if let Some(content) = schemas.content(shape) {
            answer["content"] = content;
        }
        responses.insert(status.to_string(), answer);
    }
    if responses.is_empty() {
        responses.insert("200".to_owned(), json!({ "description": "OK" }));
    }
    let mut described = json!({
        "operationId": operation.id, "tags": [operation.tag], "summary": operation.summary,
        "description": description.join("\n\n"), "parameters": parameters, "responses": responses
    });
    if let Some(content) = schemas.content(&operation.takes) {
        described["requestBody"] = json!({ "content": content });
    }
    if !matches!(operation.access, Access::Anonymous) {
        described["security"] = json!([{ "bearer": [] }]);
    }
    described
}

/// Names between braces.
fn arguments(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('{').skip(1).filter_map(|rest| rest.split('}').next())
}
