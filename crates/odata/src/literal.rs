//! Literals as a client wrote them, before they meet a property and get its type.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use uuid::Uuid;

use crate::constant::Constant;
use crate::model::Kind;

/// A literal of a query option or a key segment.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Null,
    Boolean(bool),
    Int(i64),
    Double(f64),
    /// A quoted text; in key segments also text without quotes that is nothing else.
    Text(String),
    Guid(Uuid),
    DateTime(Timestamp),
    /// `Namespace.Type'Member'`.
    Enum {
        type_name: String,
        member: String,
    },
    List(Vec<Literal>),
}

impl Literal {
    /// The literal as an integer: a number, or a text that is one.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Literal::Int(number) => Some(*number),
            Literal::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// The literal as a GUID: bare, quoted or `guid'…'`.
    pub fn as_guid(&self) -> Option<Uuid> {
        match self {
            Literal::Guid(guid) => Some(*guid),
            Literal::Text(text) => Uuid::try_parse(text.trim()).ok(),
            _ => None,
        }
    }

    /// The literal as a boolean: `true` or `false` in any case, also quoted.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Literal::Boolean(value) => Some(*value),
            Literal::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Literal::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// The literal as a point in time, also quoted.
    pub fn as_time(&self) -> Option<Timestamp> {
        match self {
            Literal::DateTime(time) => Some(*time),
            Literal::Text(text) => parse_time(text),
            _ => None,
        }
    }

    /// The literal as text: a text as it is, a member of an enumeration by its name, everything else in
    /// its usual notation; `None` for null and lists.
    pub fn as_text(&self) -> Option<String> {
        match self {
            Literal::Text(text) | Literal::Enum { member: text, .. } => Some(text.clone()),
            Literal::Null | Literal::List(_) => None,
            other => Some(other.to_string()),
        }
    }

    /// The members of a list; a single literal is a list of one.
    pub fn as_list(&self) -> &[Literal] {
        match self {
            Literal::List(members) => members,
            single => std::slice::from_ref(single),
        }
    }

    /// The literal as a constant for something of type `kind`, or why that is not possible.
    pub(crate) fn coerce(&self, kind: Kind) -> Result<Constant, String> {
        if matches!(self, Literal::Null) {
            return Ok(Constant::Null);
        }
        if let Kind::Enum(of) = kind {
            let number = match self {
                Literal::Int(number) => Some(*number),
                Literal::Text(text) | Literal::Enum { member: text, .. } => {
                    of.number_of(text).or_else(|| text.parse().ok())
                }
                _ => return Err(self.incompatible(kind)),
            };
            return number.map(Constant::Int).ok_or_else(|| {
                format!(
                    "The string '{}' is not a valid enumeration type constant of {}.",
                    self.as_text().unwrap_or_default(),
                    kind.edm_name()
                )
            });
        }
        let constant = match kind {
            Kind::String => match self {
                Literal::Text(text) => Some(Constant::Text(text.clone())),
                // Keys are text in the contract, and clients write GUIDs bare.
                Literal::Guid(guid) => Some(Constant::Text(guid.to_string())),
                _ => None,
            },
            Kind::Boolean => self.as_bool().map(Constant::Boolean),
            Kind::Int32 | Kind::Int64 | Kind::Double => self.as_number(),
            Kind::Guid => self.as_guid().map(Constant::Guid),
            Kind::DateTime => self.as_time().map(Constant::DateTime),
            _ => None,
        };
        constant.ok_or_else(|| self.incompatible(kind))
    }

    /// The literal as a constant of the type it has by itself.
    pub(crate) fn natural(&self) -> Result<(Constant, Option<Kind>), String> {
        Ok(match self {
            Literal::Null => (Constant::Null, None),
            Literal::Boolean(value) => (Constant::Boolean(*value), Some(Kind::Boolean)),
            Literal::Int(number) => (Constant::Int(*number), Some(Kind::Int64)),
            Literal::Double(number) => (Constant::Double(*number), Some(Kind::Double)),
            Literal::Text(text) => (Constant::Text(text.clone()), Some(Kind::String)),
            Literal::Guid(guid) => (Constant::Guid(*guid), Some(Kind::Guid)),
            Literal::DateTime(time) => (Constant::DateTime(*time), Some(Kind::DateTime)),
            Literal::Enum { type_name, .. } => {
                return Err(format!("A value of {type_name} needs a property to be compared with."));
            }
            Literal::List(_) => return Err("A list may only follow the operator 'in'.".to_owned()),
        })
    }

    fn as_number(&self) -> Option<Constant> {
        match self {
            Literal::Int(number) => Some(Constant::Int(*number)),
            Literal::Double(number) => Some(Constant::Double(*number)),
            Literal::Text(text) => {
                let text = text.trim();
                text.parse().map(Constant::Int).ok().or_else(|| {
                    text.parse::<f64>()
                        .ok()
                        .filter(|number| number.is_finite())
                        .map(Constant::Double)
                })
            }
            _ => None,
        }
    }

    fn incompatible(&self, kind: Kind) -> String {
        format!("The literal {self} does not fit the type {}.", kind.edm_name())
    }
}

/// The literal as OData text that reads back as the same literal.
impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Literal::Null => f.write_str("null"),
            Literal::Boolean(value) => write!(f, "{value}"),
            Literal::Int(number) => write!(f, "{number}"),
            Literal::Double(number) => write!(f, "{number:?}"),
            Literal::Text(text) => write_quoted(f, text),
            Literal::Guid(guid) => write!(f, "{guid}"),
            Literal::DateTime(time) => write!(f, "{time}"),
            Literal::Enum { type_name, member } => {
                f.write_str(type_name)?;
                write_quoted(f, member)
            }
            Literal::List(members) => {
                f.write_str("[")?;
                for (index, member) in members.iter().enumerate() {
                    write!(f, "{}{member}", if index == 0 { "" } else { "," })?;
                }
                f.write_str("]")
            }
        }
    }
}

pub(crate) fn write_quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    write!(f, "'{}'", text.replace('\'', "''"))
}

/// Reads a date, a time without offset (taken as UTC) or a time with offset. Times beyond the range of
/// [`Timestamp`], such as the .NET extremes some clients send, become its extremes.
pub(crate) fn parse_time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time);
    }
    // A `+` that was not percent-encoded arrives as a space: `2024-01-01T00:00:00 02:00`.
    if let Some((time, offset)) = text.rsplit_once(' ')
        && let Ok(time) = format!("{time}+{offset}").parse::<Timestamp>()
    {
        return Some(time);
    }
    let civil: DateTime = text.trim_end_matches(['Z', 'z']).parse().ok()?;
    Some(Offset::UTC.to_timestamp(civil).unwrap_or(if civil.year() > 0 {
        Timestamp::MAX
    } else {
        Timestamp::MIN
    }))
}

/// A time in a JSON body, written in any form that literals may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub Timestamp);

impl<'de> serde::Deserialize<'de> for Moment {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_time(&text)
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom(format!("'{}' is not an ISO 8601 time", short(&text))))
    }
}

fn short(text: &str) -> String {
    text.chars().take(50).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_and_without_offset_and_clamped_to_the_range() {
        let check = |text: &str, expect: &str| {
            assert_eq!(
                parse_time(text).map(|time| time.to_string()).as_deref(),
                Some(expect),
                "{text}"
            );
        };
        check("2024-04-04T12:00:47.264Z", "2024-04-04T12:00:47.264Z");
        check("2024-04-04", "2024-04-04T00:00:00Z");
        check("2024-04-04T12:00", "2024-04-04T12:00:00Z");
        check("2024-04-04T12:00:00+02:00", "2024-04-04T10:00:00Z");
        check("2024-04-04T12:00:00 02:00", "2024-04-04T10:00:00Z");
        check("9999-12-31T23:59:59.9999999Z", &Timestamp::MAX.to_string());
        assert_eq!(parse_time("yesterday"), None);
    }

    #[test]
    fn accessors_see_through_quotes() {
        assert_eq!(Literal::Text("12".into()).as_i64(), Some(12));
        assert_eq!(Literal::Int(12).as_text().as_deref(), Some("12"));
        assert_eq!(Literal::Text("TRUE".into()).as_bool(), Some(true));
        assert_eq!(Literal::Int(3).as_list(), [Literal::Int(3)]);
    }
}
