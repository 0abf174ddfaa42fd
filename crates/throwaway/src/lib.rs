//! Real servers for tests: made on first use, thrown away when the test process ends.

pub mod postgres;
