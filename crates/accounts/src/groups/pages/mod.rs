//! Groups in the console: `/console/{org}/admin/accounts/groups`.

mod detail;
mod list;

use web::Operation;

pub(crate) fn operations() -> Vec<Operation> {
    list::operations().into_iter().chain(detail::operations()).collect()
}
