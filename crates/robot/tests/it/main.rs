//! The robot against a server of the test's own that speaks its protocol. Robot, supervisor and jobs are real processes.
#![allow(clippy::disallowed_methods, reason = "tests make their own names")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot be set up must fail loudly"
)]
#![allow(clippy::result_large_err, reason = "answers of a server that only tests use")]

mod crashes;
mod jobs;
mod limits;
mod mock;
mod python;
mod sessions;
mod slots;
mod support;
