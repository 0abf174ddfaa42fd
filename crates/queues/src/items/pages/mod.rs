//! Console pages of items.

mod add;
mod comments;
mod content;
mod deeds;
mod edit;
mod item;
mod list;
mod upload;

use web::Operation;

/// All pages.
pub fn operations() -> Vec<Operation> {
    [
        list::operations(),
        add::operations(),
        upload::operations(),
        item::operations(),
        edit::operations(),
        deeds::operations(),
        comments::operations(),
    ]
    .concat()
}
