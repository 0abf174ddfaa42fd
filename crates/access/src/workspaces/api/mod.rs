//! Operations of tag PersonalWorkspaces.

mod convert;
mod explore;
mod list;
mod own;

use web::Operation;

/// Name of the entity set.
pub(crate) const SET: &str = "PersonalWorkspaces";

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        list::operation(),
        own::operation(),
        explore::start(),
        explore::stop(),
        convert::operation(),
    ]
}
