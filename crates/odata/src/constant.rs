//! Typed constants: literals of a query after they were checked against the property they meet, and the
//! values of entity properties.

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::enumeration::Enumeration;
use crate::model::Kind;

/// A value of a primitive type. Enumeration members are numbers.
#[derive(Debug, Clone, PartialEq)]
pub enum Constant {
    Null,
    Boolean(bool),
    Int(i64),
    Double(f64),
    Text(String),
    Guid(Uuid),
    /// A point in time; stores keep whole microseconds since 1970-01-01T00:00:00Z.
    DateTime(Timestamp),
    Binary(Vec<u8>),
}

/// A Rust type that can be the value of an entity property. [`enumeration!`](crate::enumeration!) types
/// are scalars too, through their numbers.
pub trait Scalar: Sized {
    /// The kind of a property of this type.
    const KIND: Kind;
    /// Whether the type has a value for null.
    const NULLABLE: bool = false;

    /// The value as a constant.
    fn to_constant(&self) -> Constant;

    /// The value a constant stands for; `None` where it has another type or is out of range.
    fn from_constant(constant: Constant) -> Option<Self>;
}

macro_rules! scalar {
    ($type:ty, $kind:ident, $variant:ident, |$value:ident| $to:expr, |$constant:ident| $from:expr) => {
        impl Scalar for $type {
            const KIND: Kind = Kind::$kind;

            fn to_constant(&self) -> Constant {
                let $value = self;
                Constant::$variant($to)
            }

            fn from_constant(constant: Constant) -> Option<Self> {
                match constant {
                    Constant::$variant($constant) => $from,
                    _ => None,
                }
            }
        }
    };
}

scalar!(bool, Boolean, Boolean, |v| *v, |c| Some(c));
scalar!(i32, Int32, Int, |v| i64::from(*v), |c| i32::try_from(c).ok());
scalar!(i64, Int64, Int, |v| *v, |c| Some(c));
scalar!(f64, Double, Double, |v| *v, |c| Some(c));
scalar!(String, String, Text, |v| v.clone(), |c| Some(c));
scalar!(Uuid, Guid, Guid, |v| *v, |c| Some(c));
scalar!(Timestamp, DateTime, DateTime, |v| *v, |c| Some(c));
scalar!(Vec<u8>, Binary, Binary, |v| v.clone(), |c| Some(c));
scalar!(Value, Dynamic, Text, |v| v.to_string(), |c| {
    serde_json::from_str(&c).ok()
});

impl<E: Enumeration> Scalar for E {
    const KIND: Kind = Kind::Enum(E::TYPE);

    fn to_constant(&self) -> Constant {
        Constant::Int(self.number())
    }

    fn from_constant(constant: Constant) -> Option<Self> {
        match constant {
            Constant::Int(number) => E::from_number(number),
            _ => None,
        }
    }
}

impl<T: Scalar> Scalar for Option<T> {
    const KIND: Kind = T::KIND;
    const NULLABLE: bool = true;

    fn to_constant(&self) -> Constant {
        self.as_ref().map_or(Constant::Null, T::to_constant)
    }

    fn from_constant(constant: Constant) -> Option<Self> {
        match constant {
            Constant::Null => Some(None),
            other => T::from_constant(other).map(Some),
        }
    }
}
