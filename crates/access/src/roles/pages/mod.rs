//! Console pages of roles.

mod form;
mod list;

use web::Operation;

pub(crate) fn operations() -> Vec<Operation> {
    let mut all = vec![list::operation()];
    all.extend(form::operations());
    all
}
