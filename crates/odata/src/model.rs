//! The entity model: which properties an entity set publishes, their types, and where their values come
//! from. Everything can be built in a `static`.

use std::fmt;

use serde_json::{Map, Value, json};

use crate::enumeration::EnumType;

/// The namespace of entity, complex and enumeration types in the contract.
pub const NAMESPACE: &str = "UiPath.Server.Configuration.OData";

/// The type of a property.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    String,
    Boolean,
    Int32,
    Int64,
    Double,
    Guid,
    /// A point in time with offset, `Edm.DateTimeOffset`.
    DateTime,
    Binary,
    Enum(&'static EnumType),
    Complex(fn() -> &'static EntityType),
    Collection(&'static Kind),
    /// An open JSON value.
    Dynamic,
}

impl Kind {
    /// The EDM name of the type, as in `$metadata` and error texts.
    pub fn edm_name(self) -> String {
        match self {
            Kind::String => "Edm.String".to_owned(),
            Kind::Boolean => "Edm.Boolean".to_owned(),
            Kind::Int32 => "Edm.Int32".to_owned(),
            Kind::Int64 => "Edm.Int64".to_owned(),
            Kind::Double => "Edm.Double".to_owned(),
            Kind::Guid => "Edm.Guid".to_owned(),
            Kind::DateTime => "Edm.DateTimeOffset".to_owned(),
            Kind::Binary => "Edm.Binary".to_owned(),
            Kind::Enum(of) => format!("{}.{}", of.namespace, of.name),
            Kind::Complex(of) => of().qualified_name(),
            Kind::Collection(of) => format!("Collection({})", of.edm_name()),
            Kind::Dynamic => "Edm.Untyped".to_owned(),
        }
    }
}

/// Where the value of a property is found.
///
/// SQL texts qualify columns of the entity's own table with `{t}`, for example `{t}.created_at`; the
/// store puts the table's alias there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A column of the entity's table.
    Column(&'static str),
    /// A text column with a second one that holds the folded form used to compare and sort.
    Folded { column: &'static str, folded: &'static str },
    /// A scalar SQL expression.
    Sql(&'static str),
    /// Filled in by the service: neither filterable nor sortable.
    Computed,
}

/// A property of an entity or complex type.
#[derive(Debug, Clone)]
pub struct Property {
    /// The name on the wire.
    pub name: &'static str,
    pub kind: Kind,
    pub nullable: bool,
    /// Most characters of a text.
    pub max_length: Option<u32>,
    pub source: Source,
}

impl Property {
    /// A property that is not nullable and has no length limit.
    pub const fn new(name: &'static str, kind: Kind, source: Source) -> Self {
        Self {
            name,
            kind,
            nullable: false,
            max_length: None,
            source,
        }
    }

    /// A property that a service fills in and that may be null.
    pub const fn computed(name: &'static str, kind: Kind) -> Self {
        Self::new(name, kind, Source::Computed).nullable(true)
    }

    /// The property as a nullable one, or not.
    pub const fn nullable(mut self, nullable: bool) -> Self {
        self.nullable = nullable;
        self
    }

    /// The property with a length limit in characters.
    pub const fn max_length(mut self, characters: u32) -> Self {
        self.max_length = Some(characters);
        self
    }

    /// Whether `$filter` and `$orderby` may name it.
    pub const fn is_queryable(&self) -> bool {
        !matches!(self.source, Source::Computed)
    }
}

/// How the rows of a navigation property are reached in SQL: a correlated sub-select
/// `(select <alias>.<column> from <table> <alias> where <on>)`.
#[derive(Debug, Clone, Copy)]
pub struct Join {
    /// The table of the target entity.
    pub table: &'static str,
    /// The alias of that table inside `on`.
    pub alias: &'static str,
    /// The condition that ties it to the outer row, qualified by `{t}`: `r.id = {t}.release_id`.
    pub on: &'static str,
}

/// A navigation property: another entity or a collection of them, present only when expanded.
pub struct Navigation {
    /// The name on the wire.
    pub name: &'static str,
    /// The type it leads to. A function, since types may point at each other.
    pub target: fn() -> &'static EntityType,
    pub collection: bool,
    /// How `$filter` and `$orderby` reach it; `None` where paths through it are not supported.
    pub join: Option<Join>,
}

/// An entity or complex type.
pub struct EntityType {
    /// Unqualified name, for example `AssetDto`.
    pub name: &'static str,
    /// The wire name of the key property; `None` for complex types.
    pub key: Option<&'static str>,
    pub properties: &'static [Property],
    pub navigations: &'static [Navigation],
}

impl EntityType {
    /// The name with its namespace.
    pub fn qualified_name(&self) -> String {
        format!("{NAMESPACE}.{}", self.name)
    }

    /// The property with this name, in any letter case.
    pub fn property(&self, name: &str) -> Option<&'static Property> {
        self.properties
            .iter()
            .find(|property| property.name.eq_ignore_ascii_case(name))
    }

    /// The navigation property with this name, in any letter case.
    pub fn navigation(&self, name: &str) -> Option<&'static Navigation> {
        self.navigations
            .iter()
            .find(|navigation| navigation.name.eq_ignore_ascii_case(name))
    }
}

// Types refer to each other in circles, so their debug form is their name.
impl fmt::Debug for EntityType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EntityType({})", self.name)
    }
}

impl fmt::Debug for Navigation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Navigation({})", self.name)
    }
}

/// An entity set of the service, for example `Assets` of `AssetDto`.
#[derive(Debug, Clone, Copy)]
pub struct EntitySet {
    pub name: &'static str,
    pub entity: &'static EntityType,
}

/// The OpenAPI 3.0 schema of a type. Complex and navigation members refer to
/// `#/components/schemas/<name>`; enumerations are written in place.
pub fn json_schema(entity: &EntityType) -> Value {
    let mut members = Map::new();
    for property in entity.properties {
        let mut schema = kind_schema(property.kind);
        if let Value::Object(schema) = &mut schema {
            if let Some(limit) = property.max_length {
                schema.insert("maxLength".to_owned(), json!(limit));
            }
            if property.nullable && !schema.contains_key("$ref") {
                schema.insert("nullable".to_owned(), json!(true));
            }
        }
        members.insert(property.name.to_owned(), schema);
    }
    for navigation in entity.navigations {
        let target = reference((navigation.target)().name);
        let schema = if navigation.collection {
            json!({"type": "array", "items": target})
        } else {
            target
        };
        members.insert(navigation.name.to_owned(), schema);
    }
    json!({"type": "object", "properties": members})
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn kind_schema(kind: Kind) -> Value {
    match kind {
        Kind::String => json!({"type": "string"}),
        Kind::Boolean => json!({"type": "boolean"}),
        Kind::Int32 => json!({"type": "integer", "format": "int32"}),
        Kind::Int64 => json!({"type": "integer", "format": "int64"}),
        Kind::Double => json!({"type": "number", "format": "double"}),
        Kind::Guid => json!({"type": "string", "format": "uuid"}),
        Kind::DateTime => json!({"type": "string", "format": "date-time"}),
        Kind::Binary => json!({"type": "string", "format": "byte"}),
        Kind::Enum(of) => {
            let names: Vec<_> = of.members.iter().map(|(name, _)| *name).collect();
            json!({"type": "string", "enum": names, "x-enum-varnames": names,
                   "x-ms-enum": {"name": of.name, "modelAsString": true}})
        }
        Kind::Complex(of) => reference(of().name),
        Kind::Collection(of) => json!({"type": "array", "items": kind_schema(*of)}),
        Kind::Dynamic => json!({"type": "object", "additionalProperties": {}}),
    }
}
