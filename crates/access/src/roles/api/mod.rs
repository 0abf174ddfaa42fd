//! The operations of the tags Permissions and Roles.

mod edit;
mod holders;
mod permissions;
mod read;

use web::Operation;

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        permissions::operation(),
        read::list(),
        read::by_id(),
        edit::create(),
        edit::replace(),
        edit::delete(),
        holders::set(),
        holders::ids(),
        holders::users(),
    ]
}
