//! OData query options over rows that are made in memory: permission lists, folder members, navigation.

use std::cmp::Ordering;

use context::{Error, Reach, codes};
use odata::{Comparison, Constant, Expr, Function, Kind, Query, Root};
use serde_json::Value;
use store::Page;

/// Integers joined by commas, for `in (…)`.
pub fn integers(numbers: &[i64]) -> String {
    numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}

/// The published members of a row as a JSON object.
pub fn published<E: store::Entity>(row: &E) -> Value {
    Value::Object(row.to_json())
}

/// The condition that a column holds one of the folders within reach; empty for all.
pub fn within(reach: &Reach, column: &str) -> String {
    match reach {
        Reach::All => String::new(),
        Reach::Only(folders) if folders.is_empty() => "1 = 0".to_owned(),
        Reach::Only(folders) => format!("{column} in ({})", integers(folders)),
    }
}

/// Filters, sorts and cuts rows. Their members are looked up by the names of the query's model.
///
/// # Errors
/// 400 when the filter uses something that these lists do not support.
pub fn page(rows: Vec<Value>, query: &Query) -> Result<Page<Value>, Error> {
    let mut kept = Vec::with_capacity(rows.len());
    for row in rows {
        let keep = match &query.filter {
            Some(filter) => evaluate(filter, &row)? == Constant::Boolean(true),
            None => true,
        };
        if keep {
            kept.push(row);
        }
    }
    for term in query.order.iter().rev() {
        let mut keyed = kept
            .into_iter()
            .map(|row| Ok((evaluate(&term.expr, &row)?, row)))
            .collect::<Result<Vec<_>, Error>>()?;
        keyed.sort_by(|(left, _), (right, _)| {
            let order = compare(left, right).unwrap_or_else(|| rank(left).cmp(&rank(right)));
            if term.descending { order.reverse() } else { order }
        });
        kept = keyed.into_iter().map(|(_, row)| row).collect();
    }
    let count = query.count.then_some(kept.len() as u64);
    let skip = usize::try_from(query.skip).unwrap_or(usize::MAX);
    let top = usize::try_from(query.top.unwrap_or(1000)).unwrap_or(usize::MAX);
    Ok(Page {
        items: kept.into_iter().skip(skip).take(top).collect(),
        count,
    })
}

fn unsupported() -> Error {
    Error::invalid(
        codes::INVALID_REQUEST,
        "Invalid OData query options. This list does not support that expression.",
    )
}

fn evaluate(expr: &Expr, row: &Value) -> Result<Constant, Error> {
    let boolean = |value: bool| Ok(Constant::Boolean(value));
    let truth = |expr: &Expr| Ok::<_, Error>(evaluate(expr, row)? == Constant::Boolean(true));
    match expr {
        Expr::Constant(constant) => Ok(constant.clone()),
        Expr::Path(path) => match path.root {
            Root::Row => Ok(member(row, path.property.name, path.property.kind)),
            Root::Navigation(navigation) => Ok(member(&row[navigation.name], path.property.name, path.property.kind)),
            Root::Member => Err(unsupported()),
        },
        Expr::And(terms) => {
            for term in terms {
                if !truth(term)? {
                    return boolean(false);
                }
            }
            boolean(true)
        }
        Expr::Or(terms) => {
            for term in terms {
                if truth(term)? {
                    return boolean(true);
                }
            }
            boolean(false)
        }
        Expr::Not(inner) => boolean(!truth(inner)?),
        Expr::Compare { left, operator, right } => {
            let (left, right) = (evaluate(left, row)?, evaluate(right, row)?);
            let order = compare(&left, &right);
            boolean(match operator {
                Comparison::Eq => order == Some(Ordering::Equal),
                Comparison::Ne => order != Some(Ordering::Equal),
                Comparison::Gt => order == Some(Ordering::Greater),
                Comparison::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
                Comparison::Lt => order == Some(Ordering::Less),
                Comparison::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            })
        }
        Expr::In { operand, list } => {
            let value = evaluate(operand, row)?;
            boolean(list.iter().any(|one| compare(&value, one) == Some(Ordering::Equal)))
        }
        Expr::Call { function, arguments } => {
            let values = arguments
                .iter()
                .map(|argument| evaluate(argument, row))
                .collect::<Result<Vec<_>, _>>()?;
            call(*function, &values)
        }
        _ => Err(unsupported()),
    }
}

fn call(function: Function, values: &[Constant]) -> Result<Constant, Error> {
    let text = |index: usize| match values.get(index) {
        Some(Constant::Text(text)) => Ok(odata::fold(text)),
        Some(Constant::Null) => Ok(String::new()),
        _ => Err(unsupported()),
    };
    Ok(match function {
        Function::Contains => Constant::Boolean(text(0)?.contains(&text(1)?)),
        Function::StartsWith => Constant::Boolean(text(0)?.starts_with(&text(1)?)),
        Function::EndsWith => Constant::Boolean(text(0)?.ends_with(&text(1)?)),
        Function::Length => Constant::Int(text(0)?.chars().count() as i64),
        Function::ToLower | Function::ToUpper => Constant::Text(text(0)?),
        Function::Trim => Constant::Text(text(0)?.trim().to_owned()),
        Function::Concat => Constant::Text(text(0)? + &text(1)?),
        _ => return Err(unsupported()),
    })
}

fn member(row: &Value, name: &str, kind: Kind) -> Constant {
    match (&row[name], kind) {
        (Value::Bool(value), _) => Constant::Boolean(*value),
        (Value::Number(number), _) => number
            .as_i64()
            .map_or_else(|| Constant::Double(number.as_f64().unwrap_or(f64::NAN)), Constant::Int),
        (Value::String(text), Kind::Enum(of)) => of.number_of(text).map_or(Constant::Null, Constant::Int),
        (Value::String(text), Kind::Guid) => text.parse().map_or(Constant::Null, Constant::Guid),
        (Value::String(text), Kind::DateTime) => text.parse().map_or(Constant::Null, Constant::DateTime),
        (Value::String(text), _) => Constant::Text(text.clone()),
        _ => Constant::Null,
    }
}

/// The order of two values; `None` where one is null, or they are of different types.
fn compare(left: &Constant, right: &Constant) -> Option<Ordering> {
    match (left, right) {
        (Constant::Null, Constant::Null) => Some(Ordering::Equal),
        (Constant::Boolean(left), Constant::Boolean(right)) => Some(left.cmp(right)),
        (Constant::Int(left), Constant::Int(right)) => Some(left.cmp(right)),
        (Constant::Double(left), Constant::Double(right)) => left.partial_cmp(right),
        (Constant::Int(left), Constant::Double(right)) => (*left as f64).partial_cmp(right),
        (Constant::Double(left), Constant::Int(right)) => left.partial_cmp(&(*right as f64)),
        (Constant::Text(left), Constant::Text(right)) => Some(odata::fold(left).cmp(&odata::fold(right))),
        (Constant::Guid(left), Constant::Guid(right)) => Some(left.cmp(right)),
        (Constant::DateTime(left), Constant::DateTime(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

/// Null before everything else.
fn rank(value: &Constant) -> u8 {
    u8::from(*value != Constant::Null)
}

/// The wire name of an enumeration member as JSON.
pub fn name_of<E: odata::Enumeration>(member: E) -> Value {
    Value::from(member.name())
}

#[cfg(test)]
mod tests {
    use odata::{EntityType, Limits, Property, Source};
    use serde_json::json;

    use super::*;

    static MODEL: EntityType = EntityType {
        name: "Sample",
        key: None,
        properties: &[
            Property::new("Name", Kind::String, Source::Column("name")),
            Property::new("Granted", Kind::Boolean, Source::Column("granted")),
            Property::new("Id", Kind::Int64, Source::Column("id")),
        ],
        navigations: &[],
    };

    fn check(options: &[(&str, &str)], expected: &[&str]) {
        let rows = vec![
            json!({"Name": "Users.View", "Granted": true, "Id": 2}),
            json!({"Name": "Assets.View", "Granted": false, "Id": 1}),
            json!({"Name": "Assets.Edit", "Granted": true, "Id": 3}),
        ];
        let pairs: Vec<(String, String)> = options
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let query = Query::parse(&pairs, &MODEL, &Limits::DEFAULT, jiff::Timestamp::UNIX_EPOCH).unwrap();
        let page = page(rows, &query).unwrap();
        let names: Vec<&str> = page.items.iter().filter_map(|row| row["Name"].as_str()).collect();
        assert_eq!(names, expected, "{options:?}");
    }

    #[test]
    fn rows_are_filtered_sorted_and_cut() {
        check(
            &[("$filter", "contains(Name, 'assets') and Granted eq true")],
            &["Assets.Edit"],
        );
        check(
            &[("$orderby", "Name desc")],
            &["Users.View", "Assets.View", "Assets.Edit"],
        );
        check(&[("$orderby", "Id"), ("$skip", "1"), ("$top", "1")], &["Users.View"]);
        check(
            &[("$filter", "Id in (1, 3) or startswith(Name, 'U')")],
            &["Users.View", "Assets.View", "Assets.Edit"],
        );
    }
}
