//! The crate from outside: options, expressions, projection, metadata.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod expressions;
mod metadata;
mod model;
mod options;
mod projection;
mod properties;
