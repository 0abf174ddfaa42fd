//! The operations of the tag AuditLogs.

mod export;
mod list;

use web::Operation;

pub(crate) fn operations() -> Vec<Operation> {
    vec![list::operation(), list::details(), list::by_id(), export::operation()]
}
