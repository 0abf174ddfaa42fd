//! The query options of one request.

use jiff::Timestamp;
use serde_json::Value;

use crate::error::Error;
use crate::expr::{Expr, Path, Reference, Root};
use crate::filter::{parse_filter, parse_order};
use crate::model::EntityType;
use crate::select::{Selection, parse_expand, parse_select};

/// How much a query may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest `$top`.
    pub top: u64,
    /// Levels of `$expand`.
    pub expand_depth: usize,
    /// Names, literals and operators in one expression.
    pub filter_nodes: usize,
    /// Terms of `$orderby`.
    pub order_terms: usize,
    /// Levels of parentheses, calls and signs.
    pub nesting: usize,
    /// Length of one option in bytes.
    pub text_length: usize,
}

impl Limits {
    /// The limits of the contract's operation descriptions, and bounds for what they leave open.
    pub const DEFAULT: Self = Self {
        top: 1000,
        expand_depth: 2,
        filter_nodes: 100,
        order_terms: 5,
        nesting: 32,
        text_length: 16_384,
    };

    /// The same limits with another largest `$top`.
    pub const fn with_top(mut self, top: u64) -> Self {
        self.top = top;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A term of `$orderby`.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderTerm {
    pub expr: Expr,
    pub descending: bool,
}

impl OrderTerm {
    /// Order by a property of `entity`; `None` if it has no such property or cannot be ordered by it.
    pub fn by(entity: &'static EntityType, name: &str, descending: bool) -> Option<Self> {
        let property = entity.property(name).filter(|property| property.is_queryable())?;
        let path = Path {
            root: Root::Row,
            property: Reference(property),
        };
        Some(Self {
            expr: Expr::Path(path),
            descending,
        })
    }
}

/// The query options of one request, resolved against an entity type.
#[derive(Debug, Clone)]
pub struct Query {
    pub entity: &'static EntityType,
    pub filter: Option<Expr>,
    pub order: Vec<OrderTerm>,
    /// Most rows to send; `None` for the default page.
    pub top: Option<u64>,
    /// Rows to leave out at the beginning.
    pub skip: u64,
    /// Whether the number of all rows that match is wanted.
    pub count: bool,
    pub selection: Selection,
}

impl Query {
    /// A query without options: every row, every property, nothing expanded.
    pub fn new(entity: &'static EntityType) -> Self {
        Self {
            entity,
            filter: None,
            order: Vec::new(),
            top: None,
            skip: 0,
            count: false,
            selection: Selection::default(),
        }
    }

    /// Reads the options of a request from decoded name-value pairs. `now` is what the function `now()`
    /// answers.
    ///
    /// Option names are matched in any letter case and with or without `$`. Other names without `$` belong
    /// to the operation and are ignored; other names with `$` are an error.
    pub fn parse(
        pairs: &[(String, String)],
        entity: &'static EntityType,
        limits: &Limits,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let mut query = Self::new(entity);
        let mut seen = Vec::new();
        for (given, value) in pairs {
            let name = given.trim().to_ascii_lowercase();
            let bare = name.strip_prefix('$').unwrap_or(&name);
            let Some(option) = OPTIONS.iter().copied().find(|option| &option[1..] == bare) else {
                match name.strip_prefix('$') {
                    None | Some("format") => continue,
                    Some(_) => {
                        return Err(Error::new(
                            given,
                            format!("The query option '{given}' is not supported."),
                        ));
                    }
                }
            };
            if seen.contains(&option) {
                return Err(Error::new(
                    option,
                    format!("The query option '{option}' was given more than once."),
                ));
            }
            seen.push(option);
            if value.len() > limits.text_length {
                return Err(Error::new(
                    option,
                    format!("The text is longer than {} bytes.", limits.text_length),
                ));
            }
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            match option {
                "$filter" => query.filter = Some(parse_filter(value, entity, limits, now)?),
                "$orderby" => query.order = parse_order(value, entity, limits, now)?,
                "$top" => query.top = Some(parse_top(value, limits)?),
                "$skip" => query.skip = parse_number(option, value)?,
                "$count" => query.count = parse_count(value)?,
                "$select" => query.selection.select = parse_select(value),
                _ => query.selection.expand = parse_expand(value, entity, limits)?,
            }
        }
        Ok(query)
    }

    /// Sets the order of an operation that has one of its own, where the client asked for none. A name the
    /// entity does not have changes nothing.
    pub fn or_order_by(mut self, name: &str, descending: bool) -> Self {
        if self.order.is_empty() {
            self.order.extend(OrderTerm::by(self.entity, name, descending));
        }
        self
    }

    /// Whether the property is wanted.
    pub fn selects(&self, name: &str) -> bool {
        self.selection.selects(name)
    }

    /// Whether the navigation property is expanded.
    pub fn expands(&self, name: &str) -> bool {
        self.selection.expansion(name).is_some()
    }

    /// The object, or each object of an array, with the members that are wanted.
    /// See [`Selection::project`].
    pub fn project(&self, entity: &EntityType, value: Value) -> Value {
        self.selection.project(entity, value)
    }
}

const OPTIONS: [&str; 7] = ["$filter", "$orderby", "$top", "$skip", "$select", "$expand", "$count"];

fn parse_number(option: &str, value: &str) -> Result<u64, Error> {
    // Databases count in int64.
    value.parse::<u32>().map(u64::from).map_err(|_| {
        Error::new(
            option,
            format!("'{value}' is not a valid value of {option}: a whole number from 0 is expected."),
        )
    })
}

fn parse_top(value: &str, limits: &Limits) -> Result<u64, Error> {
    let top = parse_number("$top", value)?;
    if top > limits.top {
        let reason = format!(
            "The limit of '{}' for $top has been exceeded: the request asks for '{top}'.",
            limits.top
        );
        return Err(Error::new("$top", reason));
    }
    Ok(top)
}

fn parse_count(value: &str) -> Result<bool, Error> {
    match value.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Error::new(
            "$count",
            format!("'{value}' is not a valid value of $count."),
        )),
    }
}
