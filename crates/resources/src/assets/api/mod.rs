//! Operations of tag Assets. Left out are those that are about a robot: there are none yet.

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
    vec![
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
        read_value::operation(),
    ]
}
