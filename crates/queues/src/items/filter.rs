//! What filters of lists ask for, as far as it leads to an index or to numbers that are kept.

use odata::{Comparison, Constant, Expr, Path, Root};

use super::model::Status;

/// The values that a filter requires a property to have, where it does so at its top level.
pub fn pinned(filter: &Expr, name: &str) -> Option<Vec<i64>> {
    let is_it = |expr: &Expr| matches!(expr, Expr::Path(path) if path.root == Root::Row && path.property.name == name);
    let number = |expr: &Expr| match expr {
        Expr::Constant(Constant::Int(number)) => Some(*number),
        _ => None,
    };
    match filter {
        Expr::And(terms) => terms.iter().find_map(|term| pinned(term, name)),
        Expr::Compare {
            left,
            operator: Comparison::Eq,
            right,
        } if is_it(left) => Some(vec![number(right)?]),
        Expr::Compare {
            left,
            operator: Comparison::Eq,
            right,
        } if is_it(right) => Some(vec![number(left)?]),
        Expr::In { operand, list } if is_it(operand) => list
            .iter()
            .map(|constant| match constant {
                Constant::Int(number) => Some(*number),
                _ => None,
            })
            .collect(),
        _ => None,
    }
}

/// The name that a filter requires the queue to have, where it does so at its top level.
pub fn pinned_name(filter: &Expr) -> Option<&str> {
    let is_it = |expr: &Expr| {
        matches!(expr, Expr::Path(Path { root: Root::Navigation(to), property })
            if to.name == "QueueDefinition" && property.name == "Name")
    };
    match filter {
        Expr::And(terms) => terms.iter().find_map(pinned_name),
        Expr::Compare {
            left,
            operator: Comparison::Eq,
            right,
        } => match (left.as_ref(), right.as_ref()) {
            (path, Expr::Constant(Constant::Text(name))) | (Expr::Constant(Constant::Text(name)), path)
                if is_it(path) =>
            {
                Some(name)
            }
            _ => None,
        },
        _ => None,
    }
}

/// The queues and states whose items a filter asks for, where it asks for nothing else.
pub fn only_states(filter: Option<&Expr>) -> Option<Vec<Status>> {
    let every = || <Status as odata::Enumeration>::ALL.to_vec();
    let Some(filter) = filter else { return Some(every()) };
    let terms = match filter {
        Expr::And(terms) => terms.as_slice(),
        other => std::slice::from_ref(other),
    };
    let mut states: Option<Vec<Status>> = None;
    for term in terms {
        if pinned(term, "QueueDefinitionId").is_some() && !matches!(term, Expr::And(_)) {
            continue;
        }
        let named = pinned(term, "Status")?;
        if states.is_some() {
            return None;
        }
        states = Some(named.into_iter().filter_map(odata::Enumeration::from_number).collect());
    }
    // Two terms about queues can contradict each other; that is for the database to see.
    let about_queues = terms
        .iter()
        .filter(|term| pinned(term, "QueueDefinitionId").is_some())
        .count();
    (about_queues <= 1).then(|| states.unwrap_or_else(every))
}
