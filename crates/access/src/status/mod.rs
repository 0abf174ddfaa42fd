//! What a client asks before it knows anything: is the server there, which version is it, what does it offer.

mod api;
pub mod probe;

pub(crate) use api::operations;
