//! Users in the console: `/console/{org}/admin/accounts`.

mod actions;
mod add;
mod detail;
mod list;

use ui::field::Choice;
use web::Operation;

use crate::groups::{Group, service::is_everyone};

pub(crate) fn operations() -> Vec<Operation> {
    let mut operations = vec![list::operation()];
    operations.extend(add::operations());
    operations.extend(detail::operations());
    operations.extend(actions::operations());
    operations
}

/// The groups one can be put into.
fn group_choices(groups: &[Group]) -> Vec<Choice> {
    let choosable = groups.iter().filter(|group| !is_everyone(group));
    choosable
        .map(|group| Choice::new(&group.id.to_string(), &group.name))
        .collect()
}
