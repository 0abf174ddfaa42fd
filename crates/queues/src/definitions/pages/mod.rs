//! Console pages of queues.

mod editor;
mod entry;
pub mod figures;
pub mod head;
mod links;
mod list;
mod overview;
mod remove;

use web::Operation;

/// All pages.
pub fn operations() -> Vec<Operation> {
    [
        list::operations(),
        editor::operations(),
        overview::operations(),
        links::operations(),
        remove::operations(),
    ]
    .concat()
}
