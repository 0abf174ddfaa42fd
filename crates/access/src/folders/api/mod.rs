//! The operations of the tags Folders and FoldersNavigation.

mod assign;
mod create;
mod delete;
mod edit;
mod get;
mod list;
mod members;
mod navigation;
mod relocate;
mod remove_user;
mod summary;

pub(crate) use assign::read_name;
pub(crate) use members::LIST_MEMBERS;
use web::Operation;

pub(crate) fn operations() -> Vec<Operation> {
    let mut all = vec![
        list::operation(),
        create::operation(),
        get::by_id(),
        get::by_key(),
        edit::put(),
        edit::patch(),
        delete::by_id(),
        delete::by_key(),
        relocate::operation(),
        members::of_folder(),
        members::roles_of_user(),
        members::to_assign(),
        remove_user::by_id(),
        remove_user::by_key(),
        assign::users(),
        assign::domain_user(),
        assign::directory_user(),
        summary::operation(),
        summary::feed(),
    ];
    all.extend(navigation::operations());
    all
}
