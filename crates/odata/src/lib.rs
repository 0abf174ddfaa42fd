//! The OData v4 side of the wire: the entity model, query options and key segments as typed syntax
//! trees, projection, response envelopes and the `$metadata` document.
//!
//! Nothing here knows a database or HTTP. A caller decodes percent-encoding, hands over text, and gets
//! either a tree whose names and literals are resolved against the model, or an [`Error`] whose text may
//! be shown to the client.

mod constant;
mod enumeration;
pub mod envelope;
mod error;
mod expr;
mod filter;
mod lexer;
mod literal;
mod metadata;
mod model;
mod query;
mod segment;
mod select;

pub use constant::{Constant, Scalar};
pub use enumeration::{EnumType, Enumeration, UnknownMember};
pub use error::Error;
pub use expr::{Arithmetic, Comparison, Expr, Function, Path, Quantifier, Reference, Root};
pub use literal::{Literal, Moment};
pub use metadata::{Operation, TypeRef, metadata};
pub use model::{EntitySet, EntityType, Join, Kind, NAMESPACE, Navigation, Property, Source, json_schema};
pub use query::{Limits, OrderTerm, Query};
pub use segment::{Segment, SegmentError, parse_segment};
pub use select::{Expansion, Selection};

/// What [`enumeration!`] needs from this crate's dependencies. Not a public interface.
#[doc(hidden)]
pub mod macro_support {
    pub use serde;

    pub use crate::enumeration::deserialize;
}

/// Folds text for case-insensitive comparison: Unicode lower case. Folded columns hold this form, and
/// literals compared with them are folded the same way.
pub fn fold(text: &str) -> String {
    text.to_lowercase()
}
