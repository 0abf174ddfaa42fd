//! The operations of the tags AuditLogs and Exports.

mod export;
mod list;

use web::Operation;

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        list::operation(),
        list::details(),
        list::by_id(),
        export::operation(),
        export::by_id(),
        export::download_link(),
        export::download(),
    ]
}
