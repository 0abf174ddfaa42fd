//! Assets on a database: what lists cost, and what happens when folders go.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod fixture;
mod folders;
mod plans;
