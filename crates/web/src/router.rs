//! Finds the operation for an address.
//!
//! Path templates form a tree of segment shapes. A shape is a lower-case name, for OData with its argument names
//! (`assets(*)` for a key, `getusersforfolder(includeinherited,key)` for a function), or a wildcard for `{name}`.
//! Matching costs one hash look-up per segment.

use std::collections::HashMap;

use http::Method;
use odata::Literal;

use crate::layout::{Family, Layout};
use crate::operation::Operation;

/// A value taken from the path.
pub type Argument = (&'static str, Literal);

#[derive(Default)]
struct Node {
    named: HashMap<String, Node>,
    wildcard: Option<Box<Node>>,
    /// Operations that end here, with the names of their arguments in the order of the path.
    ends: Vec<(Method, usize)>,
}

/// All operations of the server.
pub struct Router {
    roots: HashMap<Family, Node>,
    operations: Vec<Declared>,
}

struct Declared {
    operation: &'static Operation,
    /// Per template segment: the names under which its values are known, by wire name (`*` for a key or wildcard).
    names: Vec<Vec<(String, &'static str)>>,
}

/// What the router found.
pub enum Found {
    Operation(&'static Operation, Vec<Argument>),
    /// The address exists, with these methods.
    Methods(Vec<Method>),
    Nothing,
}

impl Router {
    /// Builds the tree.
    ///
    /// # Errors
    /// Two operations with one id, or with one method and address.
    pub fn new(operations: impl IntoIterator<Item = &'static Operation>) -> Result<Self, String> {
        let mut router = Self {
            roots: HashMap::new(),
            operations: Vec::new(),
        };
        for operation in operations {
            router.add(operation)?;
        }
        Ok(router)
    }

    fn add(&mut self, operation: &'static Operation) -> Result<(), String> {
        if self.operations.iter().any(|other| other.operation.id == operation.id) {
            return Err(format!("two operations have the id {}", operation.id));
        }
        let mut node = self.roots.entry(operation.family).or_default();
        let mut names = Vec::new();
        for segment in operation.path.split('/').filter(|segment| !segment.is_empty()) {
            let (shape, parameters) = template(segment);
            names.push(parameters);
            node = match shape {
                Some(shape) => node.named.entry(shape).or_default(),
                None => node.wildcard.get_or_insert_default(),
            };
        }
        if node.ends.iter().any(|(method, _)| *method == operation.method) {
            return Err(format!("{operation:?} is declared twice"));
        }
        node.ends.push((operation.method.clone(), self.operations.len()));
        self.operations.push(Declared { operation, names });
        Ok(())
    }

    /// The operation for an address and method.
    pub fn find(&self, method: &Method, layout: &Layout) -> Found {
        let Some(root) = self.roots.get(&layout.family) else {
            return Found::Nothing;
        };
        let segments: Vec<Segment> = layout
            .segments
            .iter()
            .map(|text| Segment::read(layout.family, text))
            .collect();
        let Some(node) = walk(root, &segments) else {
            return Found::Nothing;
        };
        let wanted = if *method == Method::HEAD { &Method::GET } else { method };
        let Some((_, index)) = node.ends.iter().find(|(candidate, _)| candidate == wanted) else {
            return Found::Methods(node.ends.iter().map(|(method, _)| method.clone()).collect());
        };
        let declared = &self.operations[*index];
        let mut arguments = Vec::new();
        for (segment, names) in segments.into_iter().zip(&declared.names) {
            segment.bind(names, &mut arguments);
        }
        Found::Operation(declared.operation, arguments)
    }

    pub fn operations(&self) -> impl Iterator<Item = &'static Operation> {
        self.operations.iter().map(|declared| declared.operation)
    }
}

fn walk<'a>(node: &'a Node, segments: &[Segment]) -> Option<&'a Node> {
    let Some((first, rest)) = segments.split_first() else {
        return (!node.ends.is_empty()).then_some(node);
    };
    if let Some(found) = node.named.get(&first.shape).and_then(|next| walk(next, rest)) {
        return Some(found);
    }
    node.wildcard.as_ref().and_then(|next| walk(next, rest))
}

/// One segment of a request.
struct Segment {
    shape: String,
    text: String,
    arguments: Vec<(Option<String>, Literal)>,
}

impl Segment {
    fn read(family: Family, text: &str) -> Self {
        if family == Family::Orchestrator
            && text.contains('(')
            && let Ok(parsed) = odata::parse_segment(text)
        {
            let shape = shape(&parsed.name, parsed.arguments.iter().map(|(name, _)| name.as_deref()));
            return Self {
                shape,
                text: text.to_owned(),
                arguments: parsed.arguments,
            };
        }
        Self {
            shape: text.to_ascii_lowercase(),
            text: text.to_owned(),
            arguments: Vec::new(),
        }
    }

    fn bind(self, names: &[(String, &'static str)], arguments: &mut Vec<Argument>) {
        for (wire, name) in names {
            let value = if self.arguments.is_empty() {
                Some(Literal::Text(self.text.clone()))
            } else {
                let given = |argument: &&(Option<String>, Literal)| match &argument.0 {
                    None => wire == "*",
                    Some(given) => given.eq_ignore_ascii_case(wire),
                };
                self.arguments.iter().find(given).map(|(_, literal)| literal.clone())
            };
            arguments.extend(value.map(|value| (*name, value)));
        }
    }
}

fn shape<'a>(name: &str, arguments: impl Iterator<Item = Option<&'a str>>) -> String {
    let mut names: Vec<String> = arguments
        .map(|name| name.map_or_else(|| "*".to_owned(), str::to_ascii_lowercase))
        .collect();
    names.sort_unstable();
    let name = name.to_ascii_lowercase();
    if names.is_empty() {
        name
    } else {
        format!("{name}({})", names.join(","))
    }
}

/// Reads a template segment: its shape (`None` for a wildcard) and its parameters as (wire name, template name).
fn template(segment: &'static str) -> (Option<String>, Vec<(String, &'static str)>) {
    let bare = |value: &'static str| value.trim_matches(|c| matches!(c, '\'' | '{' | '}' | '[' | ']'));
    if segment.starts_with('{') && !segment.contains('(') {
        return (None, vec![("*".to_owned(), bare(segment))]);
    }
    let Some((name, list)) = segment.split_once('(') else {
        return (Some(segment.to_ascii_lowercase()), Vec::new());
    };
    let list = list.trim_end_matches(')');
    let parameters: Vec<(String, &'static str)> = list
        .split(',')
        .filter(|part| !part.is_empty())
        .map(|part| match part.split_once('=') {
            Some((wire, value)) => (wire.to_owned(), bare(value)),
            None => ("*".to_owned(), bare(part)),
        })
        .collect();
    let names = parameters
        .iter()
        .map(|(wire, _)| (wire != "*").then_some(wire.as_str()));
    (Some(shape(name, names)), parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn router() -> Router {
        let declare = |method, path: &'static str, id| -> &'static Operation {
            Box::leak(Box::new(Operation::orchestrator(method, path, id)))
        };
        Router::new([
            declare(Method::GET, "/odata/Assets", "Assets_Get"),
            declare(Method::GET, "/odata/Assets({key})", "Assets_GetById"),
            declare(Method::GET, "/odata/Assets/Ns.GetFiltered", "Assets_GetFiltered"),
            declare(
                Method::GET,
                "/odata/Folders/Ns.GetUsers(key={key},includeInherited={includeInherited})",
                "F_Users",
            ),
            declare(
                Method::GET,
                "/odata/Users/Ns.Validate(userIds=[{userIds}])",
                "Users_Validate",
            ),
            declare(Method::DELETE, "/api/Group/{partition}/{group}", "Group_Delete"),
        ])
        .unwrap()
    }

    fn check(path: &str, method: Method, expected: &str) {
        let found = router();
        let layout = Layout::parse(path).unwrap();
        let text = match found.find(&method, &layout) {
            Found::Operation(operation, arguments) => {
                let names: Vec<String> = arguments.iter().map(|(name, _)| (*name).to_owned()).collect();
                format!("{} {}", operation.id, names.join(","))
            }
            Found::Methods(methods) => format!("{methods:?}"),
            Found::Nothing => "nothing".to_owned(),
        };
        assert_eq!(text.trim(), expected, "{path}");
    }

    #[test]
    fn keys_functions_and_plain_paths_are_found() {
        check("/odata/assets", Method::GET, "Assets_Get");
        check("/a/b/orchestrator_/odata/Assets(12)", Method::GET, "Assets_GetById key");
        check("/odata/Assets/ns.getfiltered()", Method::GET, "Assets_GetFiltered");
        check(
            "/odata/Folders/Ns.GetUsers(includeInherited=true,key=3)",
            Method::GET,
            "F_Users key,includeInherited",
        );
        check(
            "/odata/Users/Ns.Validate(userIds=[1,2])",
            Method::GET,
            "Users_Validate userIds",
        );
        check("/api/Group/1/2", Method::DELETE, "Group_Delete partition,group");
    }

    #[test]
    fn other_methods_and_addresses_are_told_apart() {
        check("/odata/Assets", Method::PUT, "[GET]");
        check("/odata/Assets", Method::HEAD, "Assets_Get");
        check("/odata/Nothing", Method::GET, "nothing");
        check("/api/Group/1", Method::DELETE, "nothing");
    }
}
