//! Operations of tag Assets.

mod create;
mod delete;
mod get;
mod list;
mod read_value;
mod replace;
mod share;

use web::Operation;

/// Name of the entity set.
pub const SET: &str = "Assets";

/// All operations.
pub fn operations() -> Vec<Operation> {
    let mut operations = vec![
        list::in_folder(),
        list::filtered(),
        list::across_folders(),
        get::by_id(),
        get::by_key(),
        create::operation(),
        replace::operation(),
        delete::operation(),
        share::operation(),
        share::folders_for(),
    ];
    operations.extend(read_value::operations());
    operations
}
