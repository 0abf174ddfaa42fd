//! The operations of the tag Tenants, and the portal's list of tenants.

mod host;
mod portal;

use web::Operation;

pub(crate) fn operations() -> Vec<Operation> {
    vec![host::list(), host::by_id(), portal::operation()]
}
