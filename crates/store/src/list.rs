//! Lists: OData query options over an entity, as SQL.

mod expression;

use odata::{OrderTerm, Query};

use crate::entity::Entity;
use crate::scope::Scope;
use crate::scoped::{Scoped, restrict};
use crate::sql::Dialect;
use crate::value::Value;
use crate::{Error, Result};
use expression::{Fragment, Translator};

/// Rows of a page whose query has no `$top`.
pub const DEFAULT_TOP: u64 = 1000;
/// Most parts of [`Scoped::list_parts`]. SQLite takes 500 selects in a union.
pub const MOST_PARTS: usize = 100;

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
        self.page(&translator, query, condition, params)
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
        self.explain_in::<E>(&matching.sql, &tail, params)
    }

    /// [`list`](Self::list) of the rows of several parts of a table, each chosen by `condition` with values of its own: the items of
    /// these five queues. Every part is read in order along its own index and the parts are merged, so that a page costs what it
    /// shows and not what all parts hold. A row that belongs to two parts comes twice.
    ///
    /// # Errors
    /// [`Error::Statement`] for more than [`MOST_PARTS`] parts.
    pub fn list_parts<E: Entity<Scope = S>>(
        &mut self,
        query: &Query,
        condition: &str,
        parts: &[Vec<Value>],
    ) -> Result<Page<E>> {
        if let [only] = parts {
            return self.list(query, condition, only.clone());
        }
        if parts.len() > MOST_PARTS {
            return Err(Error::statement("a list has too many parts"));
        }
        let translator = Translator::new(self.tx().dialect(), E::TABLE);
        let top = query.top.unwrap_or(DEFAULT_TOP);
        let items = if top == 0 || parts.is_empty() {
            Vec::new()
        } else {
            let (text, params) = self.merged::<E>(&translator, query, condition, parts)?;
            let rows = self.tx().query(&text, &params)?;
            rows.into_iter()
                .map(|mut row| E::from_row(&mut row, 0))
                .collect::<Result<_>>()?
        };
        let count = count(query, items.len(), || {
            let mut count = 0;
            for part in parts {
                let matching = matching(&translator, query, condition, part.clone())?;
                count += self.count::<E>(&matching.sql, matching.params)?;
            }
            Ok(count)
        })?;
        Ok(Page { items, count })
    }

    /// [`explain`](Self::explain) for [`list_parts`](Self::list_parts).
    pub fn explain_parts<E: Entity<Scope = S>>(
        &mut self,
        query: &Query,
        condition: &str,
        parts: &[Vec<Value>],
    ) -> Result<(String, Vec<String>)> {
        let dialect = self.tx().dialect();
        let translator = Translator::new(dialect, E::TABLE);
        let (text, params) = self.merged::<E>(&translator, query, condition, parts)?;
        let steps = self.steps(&text, &params)?;
        Ok((text, steps))
    }

    /// One statement that reads the parts in order and merges them. What is sorted by is read along, since the database orders the
    /// rows of a union by what it reads. SQLite merges ordered parts by itself; PostgreSQL sorts all rows of a union, unless each part
    /// says that no more than a page of it is wanted.
    fn merged<E: Entity<Scope = S>>(
        &mut self,
        translator: &Translator,
        query: &Query,
        condition: &str,
        parts: &[Vec<Value>],
    ) -> Result<(String, Vec<Value>)> {
        let (mut terms, mut names) = (Vec::new(), Vec::new());
        let (mut keys, mut keyed) = (Vec::new(), false);
        let key = translator.own_column(E::KEY);
        for OrderTerm { expr, descending } in &query.order {
            let term = translator.sort_key(expr)?;
            keyed |= term.sql == key;
            terms.push(format!(", {} as sort_{}", term.sql, names.len()));
            names.push(format!(
                "sort_{}{}",
                names.len(),
                direction(translator.dialect, *descending, expression::may_be_null(expr))
            ));
            keys.extend(term.params);
        }
        if !keyed {
            terms.push(format!(", {key} as sort_{}", names.len()));
            names.push(format!("sort_{}", names.len()));
        }
        let head = format!("select {}{} from {}", E::statements().columns, terms.concat(), E::TABLE);
        let names = names.join(", ");
        let top = query.top.unwrap_or(DEFAULT_TOP);
        let number = |number: u64| Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
        let (mut texts, mut params) = (Vec::with_capacity(parts.len()), Vec::new());
        for part in parts {
            let matching = matching(translator, query, condition, part.clone())?;
            let text = format!("{head} where {}", restrict::<S>(E::TABLE, &matching.sql));
            params.extend(keys.iter().cloned());
            params.extend(self.scope().value());
            params.extend(matching.params);
            texts.push(match translator.dialect {
                _ if parts.len() == 1 => text,
                Dialect::Sqlite => text,
                Dialect::Postgres => {
                    params.push(number(top.saturating_add(query.skip)));
                    format!("({text} order by {names} limit ?)")
                }
            });
        }
        params.extend([number(top), number(query.skip)]);
        let text = format!("{} order by {names} limit ? offset ?", texts.join(" union all "));
        Ok((text, params))
    }

    fn page<E: Entity<Scope = S>>(
        &mut self,
        translator: &Translator,
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
            self.find_in(&matching.sql, &tail, params)?
        };
        let count = count(query, items.len(), || self.count::<E>(&matching.sql, matching.params))?;
        Ok(Page { items, count })
    }
}

/// The number of all rows that match, where it is asked for; `all` counts them.
fn count(query: &Query, seen: usize, all: impl FnOnce() -> Result<i64>) -> Result<Option<u64>> {
    if !query.count {
        return Ok(None);
    }
    let (seen, top) = (seen as u64, query.top.unwrap_or(DEFAULT_TOP));
    // A page that is not full is the last one, and says how many there are.
    let last = seen < top && (seen > 0 || query.skip == 0);
    Ok(Some(if last { query.skip + seen } else { all()?.unsigned_abs() }))
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
        let direction = direction(translator.dialect, *descending, expression::may_be_null(expr));
        order.push(&format!("{}{direction}, ", term.sql), term.params);
    }
    if keyed {
        order.sql.truncate(order.sql.trim_end_matches(", ").len());
    } else {
        order.push(&key, Vec::new());
    }
    Ok(order)
}

/// What follows a term of `order by`. SQLite takes null for the smallest value, which is what clients of the original see too.
fn direction(dialect: Dialect, descending: bool, may_be_null: bool) -> &'static str {
    match (dialect, descending, may_be_null) {
        (Dialect::Sqlite, false, _) | (_, false, false) => "",
        (Dialect::Sqlite, true, _) | (_, true, false) => " desc",
        (Dialect::Postgres, false, true) => " nulls first",
        (Dialect::Postgres, true, true) => " desc nulls last",
    }
}

#[cfg(test)]
mod tests;
