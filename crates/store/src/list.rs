//! Lists: OData query options over an entity, as SQL.

mod expression;

use odata::{OrderTerm, Query};

use crate::Result;
use crate::entity::Entity;
use crate::scope::Scope;
use crate::scoped::Scoped;
use crate::sql::Dialect;
use crate::value::Value;
use expression::{Fragment, Translator};

/// Rows of a page whose query has no `$top`.
pub const DEFAULT_TOP: u64 = 1000;

/// A page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<E> {
    pub items: Vec<E>,
    /// The number of all rows that match; present where `$count` asked for it.
    pub count: Option<u64>,
}

impl<E> Page<E> {
    /// The page with its items turned into something else, and the same count.
    pub fn map<T>(self, each: impl FnMut(E) -> T) -> Page<T> {
        Page {
            items: self.items.into_iter().map(each).collect(),
            count: self.count,
        }
    }
}

impl<S: Scope> Scoped<'_, S> {
    /// The page of rows a query asks for, among those that meet `condition` (empty: all). The condition
    /// names columns and must not end in `order by` or `limit`.
    ///
    /// Rows come in the order of the query, then by key, so that pages neither overlap nor leave gaps.
    /// `$select` and `$expand` have no influence here.
    pub fn list<E: Entity<Scope = S>>(
        &mut self,
        query: &Query,
        condition: &str,
        params: Vec<Value>,
    ) -> Result<Page<E>> {
        let translator = Translator::new(self.tx().dialect(), E::TABLE);
        let matching = matching(&translator, query, condition, params)?;
        let top = query.top.unwrap_or(DEFAULT_TOP);
        let items = if top == 0 {
            Vec::new()
        } else {
            let order = order(&translator, query, E::KEY)?;
            let text = format!("{} order by {} limit ? offset ?", matching.sql, order.sql);
            let mut params = matching.params.clone();
            params.extend(order.params);
            params.extend([top, query.skip].map(|number| Value::Int(i64::try_from(number).unwrap_or(i64::MAX))));
            self.find::<E>(text.trim_start(), params)?
        };
        let count = if query.count {
            let seen = items.len() as u64;
            // A page that is not full is the last one, and says how many there are.
            let last = seen < top && (seen > 0 || query.skip == 0);
            Some(if last {
                query.skip + seen
            } else {
                self.count::<E>(&matching.sql, matching.params)?.unsigned_abs()
            })
        } else {
            None
        };
        Ok(Page { items, count })
    }
}

/// `condition` and `$filter` together, as the text after `where`; empty if there is neither.
fn matching(translator: &Translator, query: &Query, condition: &str, params: Vec<Value>) -> Result<Fragment> {
    let condition = condition.trim();
    let mut all = Fragment {
        sql: condition.to_owned(),
        params,
    };
    if let Some(filter) = &query.filter {
        let filter = translator.condition(filter)?;
        all.sql = if condition.is_empty() {
            format!("({})", filter.sql)
        } else {
            format!("({condition}) and ({})", filter.sql)
        };
        all.params.extend(filter.params);
    } else if !condition.is_empty() {
        all.sql = format!("({condition})");
    }
    Ok(all)
}

/// The terms after `order by`, ending with the key unless the key is among them.
fn order(translator: &Translator, query: &Query, key: &str) -> Result<Fragment> {
    let key = translator.own_column(key);
    let mut order = Fragment::default();
    let mut keyed = false;
    for OrderTerm { expr, descending } in &query.order {
        let term = translator.sort_key(expr)?;
        keyed |= term.sql == key;
        let direction = match (translator.dialect, *descending, expression::may_be_null(expr)) {
            // SQLite takes null for the smallest value, which is what clients of the original see too.
            (Dialect::Sqlite, false, _) | (_, false, false) => "",
            (Dialect::Sqlite, true, _) | (_, true, false) => " desc",
            (Dialect::Postgres, false, true) => " nulls first",
            (Dialect::Postgres, true, true) => " desc nulls last",
        };
        order.push(&format!("{}{direction}, ", term.sql), term.params);
    }
    if keyed {
        order.sql.truncate(order.sql.trim_end_matches(", ").len());
    } else {
        order.push(&key, Vec::new());
    }
    Ok(order)
}

#[cfg(test)]
mod tests;
