//! Values on their way to and from the database.

use jiff::Timestamp;
use odata::{Constant, Kind, Scalar};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::{Error, Result};

/// A value bound to a statement or read from a column.
///
/// | variant | SQLite | PostgreSQL |
/// |---|---|---|
/// | `Boolean` | INTEGER 0, 1 | boolean |
/// | `Int` | INTEGER | bigint |
/// | `Double` | REAL | double precision |
/// | `Text` | TEXT | text |
/// | `Guid` | BLOB of 16 bytes | uuid |
/// | `DateTime` | INTEGER, microseconds since 1970 UTC | bigint, the same |
/// | `Binary` | BLOB | bytea |
pub type Value = Constant;

/// A value of any serde type, kept as JSON text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: Serialize + DeserializeOwned> Scalar for Json<T> {
    const KIND: Kind = Kind::Dynamic;

    fn to_constant(&self) -> Constant {
        serde_json::to_string(&self.0).map_or(Constant::Null, Constant::Text)
    }

    fn from_constant(constant: Constant) -> Option<Self> {
        match constant {
            Constant::Text(text) => serde_json::from_str(&text).ok().map(Json),
            _ => None,
        }
    }
}

/// Reads a column as `T`, lenient about what SQLite cannot tell apart.
pub(crate) fn decode<T: Scalar>(column: usize, value: Value) -> Result<T> {
    let value = match (T::KIND, value) {
        (Kind::Boolean, Value::Int(number @ (0 | 1))) => Some(Value::Boolean(number == 1)),
        (Kind::Double, Value::Int(number)) => Some(Value::Double(number as f64)),
        (Kind::Guid, Value::Binary(bytes)) => Uuid::from_slice(&bytes).ok().map(Value::Guid),
        (Kind::DateTime, Value::Int(micros)) => Timestamp::from_microsecond(micros).ok().map(Value::DateTime),
        (_, other) => Some(other),
    };
    value.and_then(T::from_constant).ok_or_else(|| Error::Decode {
        column,
        expected: T::KIND.edm_name(),
    })
}

/// A value as it stands in a response body: names of enumeration members, ISO 8601 with `Z`, lower-case
/// UUIDs, base64, null kept.
pub fn to_json<T: Scalar>(value: &T) -> serde_json::Value {
    render(T::KIND, value.to_constant())
}

fn render(kind: Kind, value: Value) -> serde_json::Value {
    use base64::Engine as _;
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Boolean(flag) => flag.into(),
        Value::Int(number) => match kind {
            Kind::Enum(of) => of.name_of(number).map_or_else(|| number.into(), Into::into),
            _ => number.into(),
        },
        Value::Double(number) => number.into(),
        Value::Text(text) => match kind {
            Kind::Dynamic => serde_json::from_str(&text).unwrap_or(serde_json::Value::Null),
            _ => text.into(),
        },
        Value::Guid(id) => id.to_string().into(),
        Value::DateTime(time) => time.to_string().into(),
        Value::Binary(bytes) => base64::engine::general_purpose::STANDARD.encode(bytes).into(),
    }
}

/// Whether the databases can keep the value; U+0000 is the one thing they cannot.
pub(crate) fn check(values: &[Value]) -> Result<()> {
    let broken = values
        .iter()
        .any(|value| matches!(value, Value::Text(text) if text.contains('\0')));
    if broken { Err(Error::InvalidText) } else { Ok(()) }
}

/// Types that [`params!`](crate::params!) takes because they can be properties.
#[doc(hidden)]
pub trait BindScalar {
    fn bind_value(&self) -> Value;
}

impl<T: Scalar> BindScalar for T {
    fn bind_value(&self) -> Value {
        self.to_constant()
    }
}

/// Types that [`params!`](crate::params!) takes besides.
#[doc(hidden)]
pub trait BindOther {
    fn bind_value(&self) -> Value;
}

impl BindOther for str {
    fn bind_value(&self) -> Value {
        Value::Text(self.to_owned())
    }
}

impl BindOther for [u8] {
    fn bind_value(&self) -> Value {
        Value::Binary(self.to_vec())
    }
}

impl<const N: usize> BindOther for [u8; N] {
    fn bind_value(&self) -> Value {
        Value::Binary(self.to_vec())
    }
}

impl BindOther for Value {
    fn bind_value(&self) -> Value {
        self.clone()
    }
}

// No other integers here: with them the type of a literal such as `7` would be ambiguous.

impl BindOther for Option<&str> {
    fn bind_value(&self) -> Value {
        self.map_or(Value::Null, |text| Value::Text(text.to_owned()))
    }
}

impl BindOther for Option<&[u8]> {
    fn bind_value(&self) -> Value {
        self.map_or(Value::Null, |bytes| Value::Binary(bytes.to_vec()))
    }
}

/// The values of a statement in the order of its `?`.
///
/// Takes everything that can be an entity property, and `&str`, `&[u8]` and [`Value`], by value or by
/// reference. Integers are `i32` or `i64`.
///
/// ```
/// let params = store::params![7, "text", None::<i64>];
/// assert_eq!(params.len(), 3);
/// ```
#[macro_export]
macro_rules! params {
    () => { ::std::vec::Vec::<$crate::Value>::new() };
    ($($value:expr),+ $(,)?) => {{
        #[allow(unused_imports)]
        use $crate::macro_support::{BindOther as _, BindScalar as _};
        ::std::vec![ $( (&$value).bind_value() ),+ ]
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_taken_by_value_and_by_reference() {
        let owned = String::from("a");
        let values = crate::params![owned, &owned, "b", 5_i64, &6_i32, true, Uuid::nil(), Value::Null, 3];
        assert_eq!(values[1], Value::Text("a".into()));
        assert_eq!(values[4], Value::Int(6));
        assert_eq!(values[8], Value::Int(3));
    }

    #[test]
    fn a_column_of_another_type_is_named_in_the_error() {
        let error = decode::<i64>(3, Value::Text("secret".into())).unwrap_err();
        assert_eq!(error.to_string(), "column 3 does not hold Edm.Int64");
    }

    #[test]
    fn integers_and_bytes_become_what_the_property_is() {
        assert!(decode::<bool>(0, Value::Int(1)).unwrap());
        assert_eq!(decode::<Uuid>(0, Value::Binary(vec![0; 16])).unwrap(), Uuid::nil());
        assert_eq!(
            decode::<Option<Timestamp>>(0, Value::Int(0)).unwrap(),
            Some(Timestamp::UNIX_EPOCH)
        );
    }
}
