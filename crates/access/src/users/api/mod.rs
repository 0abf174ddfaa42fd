//! The operations of the tags Users and DirectoryService.

mod create;
mod current;
mod delete;
mod directory;
mod edit;
mod read;
mod roles;

use web::Operation;

pub(crate) fn operations() -> Vec<Operation> {
    let mut all = vec![
        read::list(),
        read::by_id(),
        read::by_key(),
        read::id_of_key(),
        read::validate(),
        create::operation(),
        edit::put(),
        edit::patch(),
        edit::culture_of_user(),
        edit::own_culture(),
        delete::operation(),
        roles::assign(),
        roles::toggle(),
        current::user(),
        current::extended(),
        current::permissions(),
    ];
    all.extend(directory::operations());
    all
}
