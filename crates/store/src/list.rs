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

/// Where the rows of a list come from when another table knows better which they are and in which order.
///
/// ```text
/// Joined {
///     tables: "asset_folders l cross join assets",
///     condition: "assets.id = l.asset_id and l.folder_id = ?",
///     params: params![folder],
///     columns: &[("name_folded", "l.name_folded"), ("id", "l.asset_id")],
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Joined {
    /// The text after `from`, with the entity's table under its own name. SQLite takes the tables of a
    /// `cross join` in the order written.
    pub tables: &'static str,
    /// What ties the tables together and restricts them.
    pub condition: &'static str,
    /// The values of `condition`.
    pub params: Vec<Value>,
    /// Columns of the entity and what to filter and sort by in their place, so that an index of the other
    /// table serves.
    pub columns: &'static [(&'static str, &'static str)],
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
        self.page(&translator, E::TABLE, query, condition, params)
    }

    /// What [`list`](Self::list) asks the database for a page, and how the database would find it, in its own words.
    /// For tests that pin the use of an index.
    pub fn explain<E: Entity<Scope = S>>(
        &mut self,
        query: &Query,
        condition: &str,
        params: Vec<Value>,
    ) -> Result<(String, Vec<String>)> {
        let translator = Translator::new(self.tx().dialect(), E::TABLE);
        let matching = matching(&translator, query, condition, params)?;
        let order = order(&translator, query, E::KEY)?;
        let tail = format!("order by {} limit ? offset ?", order.sql);
        let mut params = matching.params;
        params.extend(order.params);
        params.extend([Value::Int(1), Value::Int(0)]);
        self.explain_in::<E>(E::TABLE, &matching.sql, &tail, params)
    }

    /// [`list`](Self::list) of rows that are found by way of other tables.
    pub fn list_joined<E: Entity<Scope = S>>(&mut self, query: &Query, from: Joined) -> Result<Page<E>> {
        let translator = Translator::new(self.tx().dialect(), E::TABLE).reading(from.columns);
        self.page(&translator, from.tables, query, from.condition, from.params)
    }

    fn page<E: Entity<Scope = S>>(
        &mut self,
        translator: &Translator,
        tables: &str,
        query: &Query,
        condition: &str,
        params: Vec<Value>,
    ) -> Result<Page<E>> {
        let matching = matching(translator, query, condition, params)?;
        let top = query.top.unwrap_or(DEFAULT_TOP);
        let items = if top == 0 {
            Vec::new()
        } else {
            let order = order(translator, query, E::KEY)?;
            let tail = format!("order by {} limit ? offset ?", order.sql);
            let mut params = matching.params.clone();
            params.extend(order.params);
            params.extend([top, query.skip].map(|number| Value::Int(i64::try_from(number).unwrap_or(i64::MAX))));
            self.find_in(tables, &matching.sql, &tail, params)?
        };
        let count = if query.count {
            let seen = items.len() as u64;
            // A page that is not full is the last one, and says how many there are.
            let last = seen < top && (seen > 0 || query.skip == 0);
            Some(if last {
                query.skip + seen
            } else {
                self.count_in::<E>(tables, &matching.sql, matching.params)?
                    .unsigned_abs()
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
