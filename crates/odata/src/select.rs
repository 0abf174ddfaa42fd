//! `$select` and `$expand`, and what they do to a JSON object.

use serde_json::{Map, Value};

use crate::error::Error;
use crate::expr::Reference;
use crate::model::{EntityType, Navigation};
use crate::query::Limits;

/// Which members of an object are wanted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Selection {
    /// The names of `$select` as the client wrote them, whether or not they exist; `None` for all.
    pub select: Option<Vec<String>>,
    pub expand: Vec<Expansion>,
}

/// A navigation property to be sent along.
#[derive(Debug, Clone, PartialEq)]
pub struct Expansion {
    pub navigation: Reference<Navigation>,
    /// What is wanted of its target.
    pub selection: Selection,
}

impl Selection {
    /// Whether the property is wanted.
    pub fn selects(&self, name: &str) -> bool {
        self.select
            .as_ref()
            .is_none_or(|names| names.iter().any(|known| known.eq_ignore_ascii_case(name)))
    }

    /// What is wanted of a navigation property, if it is expanded.
    pub fn expansion(&self, name: &str) -> Option<&Selection> {
        self.expand
            .iter()
            .find(|expansion| expansion.navigation.name.eq_ignore_ascii_case(name))
            .map(|expansion| &expansion.selection)
    }

    /// The object (or each object of an array) with the members that are wanted. Navigation members stay
    /// only where they are expanded; members the model does not know follow `$select`, and annotations
    /// always stay.
    pub fn project(&self, entity: &EntityType, value: Value) -> Value {
        match value {
            Value::Array(items) => Value::Array(items.into_iter().map(|item| self.project(entity, item)).collect()),
            Value::Object(members) => Value::Object(self.project_members(entity, members)),
            other => other,
        }
    }

    fn project_members(&self, entity: &EntityType, members: Map<String, Value>) -> Map<String, Value> {
        if self.select.is_none() && self.expand.is_empty() && entity.navigations.is_empty() {
            return members;
        }
        members
            .into_iter()
            .filter_map(
                |(name, value)| match (entity.navigation(&name), self.expansion(&name)) {
                    (Some(navigation), Some(nested)) => {
                        let value = nested.project((navigation.target)(), value);
                        Some((name, value))
                    }
                    (Some(_), None) => None,
                    (None, _) => (name.contains('@') || self.selects(&name)).then_some((name, value)),
                },
            )
            .collect()
    }
}

/// Reads `$select`: names separated by commas. Unknown names are kept and match nothing, since clients
/// ask for members some versions do not have. A path selects its first member.
pub(crate) fn parse_select(text: &str) -> Option<Vec<String>> {
    let names: Vec<String> = text
        .split(',')
        .map(|name| name.split('/').next().unwrap_or_default().trim())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    (!names.is_empty() && !names.iter().any(|name| name == "*")).then_some(names)
}

/// Reads `$expand`: `Robot,Release($select=Name;$expand=…)`.
pub(crate) fn parse_expand(text: &str, entity: &'static EntityType, limits: &Limits) -> Result<Vec<Expansion>, Error> {
    let mut expand = Vec::new();
    parse_items(text, entity, limits.expand_depth, limits, &mut expand)?;
    Ok(expand)
}

fn parse_items(
    text: &str,
    entity: &'static EntityType,
    depth: usize,
    limits: &Limits,
    into: &mut Vec<Expansion>,
) -> Result<(), Error> {
    for item in split_outside_parentheses(text, ',')? {
        let item = item.trim();
        if item.is_empty() {
            continue;
        }
        if depth == 0 {
            return Err(Error::new(
                "$expand",
                format!("At most {} levels can be expanded.", limits.expand_depth),
            ));
        }
        let (path, options) = match item.split_once('(') {
            Some((path, options)) => {
                let options = options.strip_suffix(')').ok_or_else(unbalanced)?;
                (path.trim(), Some(options))
            }
            None => (item, None),
        };
        if path == "*" && options.is_none() {
            for navigation in entity.navigations {
                expansion(into, navigation);
            }
            continue;
        }
        // `Robot/Environment` is how version 3 of the protocol nests.
        let (name, deeper) = match path.split_once('/') {
            Some((name, deeper)) => (name.trim(), Some(deeper)),
            None => (path, None),
        };
        let navigation = find(entity, name)?;
        let target = (navigation.target)();
        let selection = expansion(into, navigation);
        if let Some(deeper) = deeper {
            let rest = match options {
                Some(options) => format!("{deeper}({options})"),
                None => deeper.to_owned(),
            };
            parse_items(&rest, target, depth - 1, limits, &mut selection.expand)?;
        } else if let Some(options) = options {
            parse_options(options, target, depth, limits, selection)?;
        }
    }
    Ok(())
}

fn parse_options(
    text: &str,
    target: &'static EntityType,
    depth: usize,
    limits: &Limits,
    selection: &mut Selection,
) -> Result<(), Error> {
    for option in split_outside_parentheses(text, ';')? {
        let option = option.trim();
        if option.is_empty() {
            continue;
        }
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        match name.trim().trim_start_matches('$').to_ascii_lowercase().as_str() {
            "select" => selection.select = parse_select(value),
            "expand" => parse_items(value, target, depth - 1, limits, &mut selection.expand)?,
            _ => {
                let reason = format!("The option '{}' is not supported inside $expand.", name.trim());
                return Err(Error::new("$expand", reason));
            }
        }
    }
    Ok(())
}

fn find(entity: &'static EntityType, name: &str) -> Result<&'static Navigation, Error> {
    entity.navigation(name).ok_or_else(|| {
        let type_name = entity.qualified_name();
        let reason = if entity.property(name).is_some() {
            format!("Property '{name}' on type '{type_name}' is not a navigation property and cannot be expanded.")
        } else {
            format!("Could not find a property named '{name}' on type '{type_name}'.")
        };
        Error::new("$expand", reason)
    })
}

/// The place for what is wanted of `navigation`: the one that is there, or a new one.
fn expansion<'e>(expand: &'e mut Vec<Expansion>, navigation: &'static Navigation) -> &'e mut Selection {
    let index = expand
        .iter()
        .position(|known| known.navigation.name == navigation.name)
        .unwrap_or_else(|| {
            expand.push(Expansion {
                navigation: Reference(navigation),
                selection: Selection::default(),
            });
            expand.len() - 1
        });
    &mut expand[index].selection
}

fn unbalanced() -> Error {
    Error::new("$expand", "Syntax error: parentheses do not match.")
}

fn split_outside_parentheses(text: &str, separator: char) -> Result<Vec<&str>, Error> {
    let mut parts = Vec::new();
    let (mut start, mut depth) = (0, 0_usize);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1).ok_or_else(unbalanced)?,
            _ if c == separator && depth == 0 => {
                parts.push(&text[start..at]);
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    if depth != 0 {
        return Err(unbalanced());
    }
    parts.push(&text[start..]);
    Ok(parts)
}
