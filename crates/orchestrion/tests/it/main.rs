//! Behaviour of the server over HTTP, on every database.

mod smoke;
