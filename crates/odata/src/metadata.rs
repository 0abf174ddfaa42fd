//! The `$metadata` document: EDMX 4.0 from entity sets, the types they reach, and bound operations.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::enumeration::EnumType;
use crate::model::{EntitySet, EntityType, Kind, NAMESPACE};

/// An operation bound to an entity set or to an entity of it.
#[derive(Debug, Clone)]
pub struct Operation {
    /// The name with its namespace, for example `UiPath.Server.Configuration.OData.StartJobs`.
    pub name: &'static str,
    /// Whether it is a function (GET, no side effects) or an action (POST).
    pub is_function: bool,
    /// The type it is bound to: a collection of entities, or one entity.
    pub binding: TypeRef,
    /// Names and types of the parameters, without the binding parameter.
    pub parameters: Vec<(&'static str, TypeRef)>,
    pub returns: Option<TypeRef>,
}

/// The type of a parameter or a result.
#[derive(Debug, Clone, Copy)]
pub enum TypeRef {
    Value(Kind),
    Values(Kind),
    Entity(&'static EntityType),
    Entities(&'static EntityType),
}

impl TypeRef {
    fn edm_name(self) -> String {
        match self {
            TypeRef::Value(kind) => kind.edm_name(),
            TypeRef::Values(kind) => format!("Collection({})", kind.edm_name()),
            TypeRef::Entity(entity) => entity.qualified_name(),
            TypeRef::Entities(entity) => format!("Collection({})", entity.qualified_name()),
        }
    }
}

/// Writes the document.
pub fn metadata(sets: &[EntitySet], operations: &[Operation]) -> String {
    let mut types = Types::default();
    for set in sets {
        types.entity(set.entity);
    }
    for operation in operations {
        let parameters = operation.parameters.iter().map(|(_, of)| *of);
        for of in parameters.chain([operation.binding]).chain(operation.returns) {
            types.reference(of);
        }
    }

    let mut xml = Xml::default();
    xml.open(
        "edmx:Edmx",
        &[
            ("Version", "4.0"),
            ("xmlns:edmx", "http://docs.oasis-open.org/odata/ns/edmx"),
        ],
    );
    xml.open("edmx:DataServices", &[]);
    let namespaces: BTreeSet<&str> = operations.iter().map(|operation| split(operation.name).0).collect();
    for namespace in namespaces.iter().copied().chain([NAMESPACE]).collect::<BTreeSet<_>>() {
        xml.open(
            "Schema",
            &[
                ("Namespace", namespace),
                ("xmlns", "http://docs.oasis-open.org/odata/ns/edm"),
            ],
        );
        if namespace == NAMESPACE {
            for entity in types.entities.values() {
                write_type(&mut xml, entity);
            }
            for of in types.enumerations.values() {
                write_enumeration(&mut xml, of);
            }
        }
        for operation in operations
            .iter()
            .filter(|operation| split(operation.name).0 == namespace)
        {
            write_operation(&mut xml, operation);
        }
        if namespace == NAMESPACE {
            write_container(&mut xml, sets);
        }
        xml.close("Schema");
    }
    xml.close("edmx:DataServices");
    xml.close("edmx:Edmx");
    xml.text
}

/// Namespace and short name.
fn split(name: &str) -> (&str, &str) {
    name.rsplit_once('.').unwrap_or((NAMESPACE, name))
}

/// Every type that is reached, by name.
#[derive(Default)]
struct Types {
    entities: BTreeMap<&'static str, &'static EntityType>,
    enumerations: BTreeMap<&'static str, &'static EnumType>,
}

impl Types {
    fn entity(&mut self, entity: &'static EntityType) {
        if self.entities.insert(entity.name, entity).is_some() {
            return;
        }
        for property in entity.properties {
            self.kind(property.kind);
        }
        for navigation in entity.navigations {
            self.entity((navigation.target)());
        }
    }

    fn kind(&mut self, kind: Kind) {
        match kind {
            Kind::Enum(of) => {
                self.enumerations.insert(of.name, of);
            }
            Kind::Complex(of) => self.entity(of()),
            Kind::Collection(of) => self.kind(*of),
            _ => {}
        }
    }

    fn reference(&mut self, of: TypeRef) {
        match of {
            TypeRef::Value(kind) | TypeRef::Values(kind) => self.kind(kind),
            TypeRef::Entity(entity) | TypeRef::Entities(entity) => self.entity(entity),
        }
    }
}

fn write_type(xml: &mut Xml, entity: &EntityType) {
    let element = if entity.key.is_some() {
        "EntityType"
    } else {
        "ComplexType"
    };
    xml.open(element, &[("Name", entity.name)]);
    if let Some(key) = entity.key {
        xml.open("Key", &[]);
        xml.empty("PropertyRef", &[("Name", key)]);
        xml.close("Key");
    }
    for property in entity.properties {
        let limit = property.max_length.map(|limit| limit.to_string());
        let type_name = property.kind.edm_name();
        let mut attributes = vec![("Name", property.name), ("Type", type_name.as_str())];
        if !property.nullable {
            attributes.push(("Nullable", "false"));
        }
        if let Some(limit) = &limit {
            attributes.push(("MaxLength", limit));
        }
        xml.empty("Property", &attributes);
    }
    for navigation in entity.navigations {
        let target = (navigation.target)();
        let of = if navigation.collection {
            TypeRef::Entities(target)
        } else {
            TypeRef::Entity(target)
        };
        xml.empty(
            "NavigationProperty",
            &[("Name", navigation.name), ("Type", &of.edm_name())],
        );
    }
    xml.close(element);
}

fn write_enumeration(xml: &mut Xml, of: &EnumType) {
    xml.open("EnumType", &[("Name", of.name)]);
    for (name, number) in of.members {
        xml.empty("Member", &[("Name", name), ("Value", &number.to_string())]);
    }
    xml.close("EnumType");
}

fn write_operation(xml: &mut Xml, operation: &Operation) {
    let element = if operation.is_function { "Function" } else { "Action" };
    xml.open(element, &[("Name", split(operation.name).1), ("IsBound", "true")]);
    xml.empty(
        "Parameter",
        &[("Name", "bindingParameter"), ("Type", &operation.binding.edm_name())],
    );
    for (name, of) in &operation.parameters {
        xml.empty("Parameter", &[("Name", name), ("Type", &of.edm_name())]);
    }
    if let Some(of) = operation.returns {
        xml.empty("ReturnType", &[("Type", &of.edm_name())]);
    }
    xml.close(element);
}

fn write_container(xml: &mut Xml, sets: &[EntitySet]) {
    xml.open("EntityContainer", &[("Name", "Container")]);
    for set in sets {
        xml.open(
            "EntitySet",
            &[("Name", set.name), ("EntityType", &set.entity.qualified_name())],
        );
        for navigation in set.entity.navigations {
            let target = (navigation.target)();
            if let Some(to) = sets.iter().find(|set| set.entity.name == target.name) {
                xml.empty(
                    "NavigationPropertyBinding",
                    &[("Path", navigation.name), ("Target", to.name)],
                );
            }
        }
        xml.close("EntitySet");
    }
    xml.close("EntityContainer");
}

/// An indented document in the making.
struct Xml {
    text: String,
    depth: usize,
}

impl Default for Xml {
    fn default() -> Self {
        Self {
            text: "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n".to_owned(),
            depth: 0,
        }
    }
}

impl Xml {
    fn open(&mut self, element: &str, attributes: &[(&str, &str)]) {
        self.line(element, attributes, ">");
        self.depth += 1;
    }

    fn empty(&mut self, element: &str, attributes: &[(&str, &str)]) {
        self.line(element, attributes, " />");
    }

    fn close(&mut self, element: &str) {
        self.depth -= 1;
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{:width$}</{element}>", "", width = self.depth * 2);
    }

    fn line(&mut self, element: &str, attributes: &[(&str, &str)], end: &str) {
        let _ = write!(self.text, "{:width$}<{element}", "", width = self.depth * 2);
        for (name, value) in attributes {
            let value = value.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
            let _ = write!(self.text, " {name}=\"{value}\"");
        }
        self.text.push_str(end);
        self.text.push('\n');
    }
}
