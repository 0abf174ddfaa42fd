//! The crate from outside: options, expressions, projection, metadata.

mod expressions;
mod metadata;
mod model;
mod options;
mod projection;
mod properties;
