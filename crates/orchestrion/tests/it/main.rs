//! Behaviour of the server over HTTP, on every database.

mod clients_unchanged;
mod guard_matrix;
mod smoke;
mod support;
