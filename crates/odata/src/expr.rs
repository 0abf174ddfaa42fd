//! The typed syntax tree of `$filter` and `$orderby`.

use std::fmt;

use crate::constant::Constant;
use crate::literal::write_quoted;
use crate::model::{Kind, Navigation, Property};

/// An expression whose names are resolved and whose literals have the type of what they meet.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    Constant(Constant),
    Path(Path),
    /// All terms hold. At least two.
    And(Vec<Expr>),
    /// Any term holds. At least two.
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Compare {
        left: Box<Expr>,
        operator: Comparison,
        right: Box<Expr>,
    },
    /// The operand equals a member of the list.
    In {
        operand: Box<Expr>,
        list: Vec<Constant>,
    },
    /// The flags of an enumeration value include these.
    Has {
        operand: Box<Expr>,
        flags: i64,
    },
    Arithmetic {
        left: Box<Expr>,
        operator: Arithmetic,
        right: Box<Expr>,
    },
    Negate(Box<Expr>),
    Call {
        function: Function,
        arguments: Vec<Expr>,
    },
    /// `any` or `all` over a collection reached by navigation. Without predicate, `any` asks whether
    /// there is a member at all.
    Quantified {
        navigation: Reference<Navigation>,
        quantifier: Quantifier,
        predicate: Option<Box<Expr>>,
    },
}

impl Expr {
    /// The type of the value; `None` for null. Members of an enumeration given as constants are numbers.
    pub fn kind(&self) -> Option<Kind> {
        Some(match self {
            Expr::Constant(constant) => match constant {
                Constant::Null => return None,
                Constant::Boolean(_) => Kind::Boolean,
                Constant::Int(_) => Kind::Int64,
                Constant::Double(_) => Kind::Double,
                Constant::Text(_) => Kind::String,
                Constant::Guid(_) => Kind::Guid,
                Constant::DateTime(_) => Kind::DateTime,
                Constant::Binary(_) => Kind::Binary,
            },
            Expr::Path(path) => path.property.kind,
            Expr::And(_)
            | Expr::Or(_)
            | Expr::Not(_)
            | Expr::Compare { .. }
            | Expr::In { .. }
            | Expr::Has { .. }
            | Expr::Quantified { .. } => Kind::Boolean,
            Expr::Arithmetic { left, right, .. } => match (left.kind()?, right.kind()?) {
                (Kind::Double, _) | (_, Kind::Double) => Kind::Double,
                _ => Kind::Int64,
            },
            Expr::Negate(operand) => operand.kind()?,
            Expr::Call { function, arguments } => match function.signature().2 {
                Kind::Double => arguments.first().and_then(Expr::kind)?,
                other => other,
            },
        })
    }
}

/// A reference into the static model, compared by identity of name.
#[derive(Debug)]
pub struct Reference<T: 'static>(pub &'static T);

impl<T> Clone for Reference<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Reference<T> {}

impl<T> std::ops::Deref for Reference<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0
    }
}

impl PartialEq for Reference<Property> {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl PartialEq for Reference<Navigation> {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// A property, and from where it is reached.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Path {
    pub root: Root,
    pub property: Reference<Property>,
}

/// Where a path starts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Root {
    /// The row that is listed.
    Row,
    /// A single entity next to the row: `Release/Name`.
    Navigation(Reference<Navigation>),
    /// The member a quantifier looks at: `m/Name` in `Members/any(m: …)`.
    Member,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    Any,
    All,
}

/// A function of the query language; the number and types of its arguments are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// Text, part of it → boolean. Ignores case like every comparison of texts.
    Contains,
    StartsWith,
    EndsWith,
    /// Text → number of characters.
    Length,
    /// Text, part of it → place from 0, or -1.
    IndexOf,
    /// Text, start from 0, optional length → text.
    Substring,
    ToLower,
    ToUpper,
    Trim,
    Concat,
    /// Time → number, in UTC.
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    /// Time → midnight of its day in UTC.
    Date,
    Round,
    Floor,
    Ceiling,
}

impl Function {
    const NAMES: &'static [(&'static str, Function)] = &[
        ("contains", Function::Contains),
        ("startswith", Function::StartsWith),
        ("endswith", Function::EndsWith),
        ("length", Function::Length),
        ("indexof", Function::IndexOf),
        ("substring", Function::Substring),
        ("tolower", Function::ToLower),
        ("toupper", Function::ToUpper),
        ("trim", Function::Trim),
        ("concat", Function::Concat),
        ("year", Function::Year),
        ("month", Function::Month),
        ("day", Function::Day),
        ("hour", Function::Hour),
        ("minute", Function::Minute),
        ("second", Function::Second),
        ("date", Function::Date),
        ("round", Function::Round),
        ("floor", Function::Floor),
        ("ceiling", Function::Ceiling),
    ];

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::NAMES
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, function)| *function)
    }

    /// The name in the query language.
    pub fn name(self) -> &'static str {
        Self::NAMES
            .iter()
            .find(|(_, function)| *function == self)
            .map_or("", |(name, _)| *name)
    }

    /// The types of the arguments, how many of them are needed, and the type of the result. `Double`
    /// stands for any number and, as result, for the type of the argument.
    pub(crate) fn signature(self) -> (&'static [Kind], usize, Kind) {
        use Kind::{Boolean, DateTime, Double, Int32, String};
        match self {
            Function::Contains | Function::StartsWith | Function::EndsWith => (&[String, String], 2, Boolean),
            Function::Length => (&[String], 1, Int32),
            Function::IndexOf => (&[String, String], 2, Int32),
            Function::Substring => (&[String, Int32, Int32], 2, String),
            Function::ToLower | Function::ToUpper | Function::Trim => (&[String], 1, String),
            Function::Concat => (&[String, String], 2, String),
            Function::Year | Function::Month | Function::Day | Function::Hour | Function::Minute | Function::Second => {
                (&[DateTime], 1, Int32)
            }
            Function::Date => (&[DateTime], 1, DateTime),
            Function::Round | Function::Floor | Function::Ceiling => (&[Double], 1, Double),
        }
    }
}

impl Comparison {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "eq" => Comparison::Eq,
            "ne" => Comparison::Ne,
            "gt" => Comparison::Gt,
            "ge" => Comparison::Ge,
            "lt" => Comparison::Lt,
            "le" => Comparison::Le,
            _ => return None,
        })
    }

    /// The name in the query language.
    pub fn name(self) -> &'static str {
        match self {
            Comparison::Eq => "eq",
            Comparison::Ne => "ne",
            Comparison::Gt => "gt",
            Comparison::Ge => "ge",
            Comparison::Lt => "lt",
            Comparison::Le => "le",
        }
    }
}

impl Arithmetic {
    /// The name in the query language.
    pub fn name(self) -> &'static str {
        match self {
            Arithmetic::Add => "add",
            Arithmetic::Sub => "sub",
            Arithmetic::Mul => "mul",
            Arithmetic::Div => "div",
            Arithmetic::Mod => "mod",
        }
    }
}

/// The name the printed form gives to the member a quantifier looks at.
const MEMBER: &str = "member__";

fn write_constant(f: &mut fmt::Formatter<'_>, constant: &Constant) -> fmt::Result {
    match constant {
        Constant::Null => f.write_str("null"),
        Constant::Boolean(value) => write!(f, "{value}"),
        Constant::Int(number) => write!(f, "{number}"),
        Constant::Double(number) => write!(f, "{number:?}"),
        Constant::Text(text) => write_quoted(f, text),
        Constant::Guid(guid) => write!(f, "{guid}"),
        Constant::DateTime(time) => write!(f, "{time}"),
        // Binary values never occur in expressions; this keeps the form readable.
        Constant::Binary(bytes) => write!(f, "binary({} bytes)", bytes.len()),
    }
}

fn write_joined(f: &mut fmt::Formatter<'_>, terms: &[Expr], between: &str) -> fmt::Result {
    for (index, term) in terms.iter().enumerate() {
        write!(f, "{}{term}", if index == 0 { "" } else { between })?;
    }
    Ok(())
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.root {
            Root::Row => f.write_str(self.property.name),
            Root::Navigation(navigation) => write!(f, "{}/{}", navigation.name, self.property.name),
            Root::Member => write!(f, "{MEMBER}/{}", self.property.name),
        }
    }
}

/// The expression as OData text that reads back as the same expression.
impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expr::Constant(constant) => write_constant(f, constant),
            Expr::Path(path) => write!(f, "{path}"),
            Expr::And(terms) => {
                f.write_str("(")?;
                write_joined(f, terms, " and ")?;
                f.write_str(")")
            }
            Expr::Or(terms) => {
                f.write_str("(")?;
                write_joined(f, terms, " or ")?;
                f.write_str(")")
            }
            Expr::Not(term) => write!(f, "not ({term})"),
            Expr::Compare { left, operator, right } => write!(f, "({left} {} {right})", operator.name()),
            Expr::In { operand, list } => {
                write!(f, "({operand} in (")?;
                for (index, constant) in list.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { "," })?;
                    write_constant(f, constant)?;
                }
                f.write_str("))")
            }
            Expr::Has { operand, flags } => write!(f, "({operand} has {flags})"),
            Expr::Arithmetic { left, operator, right } => write!(f, "({left} {} {right})", operator.name()),
            Expr::Negate(operand) => write!(f, "-({operand})"),
            Expr::Call { function, arguments } => {
                write!(f, "{}(", function.name())?;
                write_joined(f, arguments, ",")?;
                f.write_str(")")
            }
            Expr::Quantified {
                navigation,
                quantifier,
                predicate,
            } => {
                let quantifier = match quantifier {
                    Quantifier::Any => "any",
                    Quantifier::All => "all",
                };
                match predicate {
                    Some(predicate) => write!(f, "{}/{quantifier}({MEMBER}:{predicate})", navigation.name),
                    None => write!(f, "{}/{quantifier}()", navigation.name),
                }
            }
        }
    }
}
