//! A handle on the rows of one scope. Everything it reads or writes carries that scope.

use std::borrow::Cow;

use odata::Scalar;

use crate::entity::Entity;
use crate::row::Row;
use crate::scope::Scope;
use crate::sql::{self, Dialect};
use crate::tx::Tx;
use crate::value::Value;
use crate::{Error, Result};

/// Numbers of rows that one statement inserts or updates. There are few of them, so that the databases meet the same texts again
/// and again and need not prepare them anew; and enough that the few dozen rows of a busy unit of work make two statements, not ten.
const ROWS_PER_STATEMENT: [usize; 12] = [100, 50, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1];

/// The rows of one scope, within a unit of work.
///
/// Conditions are the text after `where`, with `?` for values, and may end in `order by`, `limit`,
/// `{for_update}` or `{skip_locked}` (locks that only PostgreSQL needs). They name columns, not properties.
#[derive(Debug)]
pub struct Scoped<'t, S> {
    tx: &'t mut Tx,
    scope: S,
}

impl<'t, S: Scope> Scoped<'t, S> {
    pub(crate) fn new(tx: &'t mut Tx, scope: S) -> Self {
        Scoped { tx, scope }
    }

    /// The scope this handle is bound to.
    pub fn scope(&self) -> S {
        self.scope
    }

    /// The unit of work, for another scope.
    pub fn tx(&mut self) -> &mut Tx {
        self.tx
    }

    /// See [`Tx::changed`].
    pub fn changed(&mut self, topic: &'static str, id: impl ToString) {
        self.tx.changed(topic, id);
    }

    /// Adds a row and returns its key. A key of type `i64` that is 0 is assigned by the database.
    ///
    /// # Errors
    /// [`Error::Unique`], [`Error::ForeignKey`], [`Error::Constraint`].
    pub fn insert<E: Entity<Scope = S>>(&mut self, entity: &E) -> Result<E::Key> {
        let statements = E::statements();
        let assigned = is_unassigned(entity);
        let mut params = Vec::with_capacity(statements.written.len() + 2);
        params.extend(self.scope.value());
        params.extend(statements.values(entity, !assigned));
        if !assigned {
            self.tx.execute(&statements.insert, &params)?;
            return Ok(entity.key());
        }
        let rows = self.tx.query(&statements.insert_assigned, &params)?;
        let mut row = rows
            .into_iter()
            .next()
            .ok_or_else(|| Error::statement("insert returned no key"))?;
        row.take(0)
    }

    /// Adds many rows in few statements. Either every key is given or none.
    pub fn insert_many<E: Entity<Scope = S>>(&mut self, entities: &[E]) -> Result<()> {
        self.insert_rows(entities, "").map(|_| ())
    }

    /// Adds rows, leaving out those that some unique index forbids, and answers `returning` (columns separated by commas) of each
    /// row that was added, in no particular order.
    pub fn insert_new<E: Entity<Scope = S>>(&mut self, entities: &[E], returning: &str) -> Result<Vec<Row>> {
        self.insert_rows(entities, &format!(" on conflict do nothing returning {returning}"))
    }

    fn insert_rows<E: Entity<Scope = S>>(&mut self, entities: &[E], tail: &str) -> Result<Vec<Row>> {
        let statements = E::statements();
        let assigned = entities.first().is_some_and(is_unassigned);
        if entities.iter().any(|entity| is_unassigned(entity) != assigned) {
            return Err(Error::statement("insert: some keys are given and some are not"));
        }
        let text = if assigned {
            &statements.insert_assigned
        } else {
            &statements.insert
        };
        let (head, rest) = text
            .split_once("values ")
            .ok_or_else(|| Error::statement("insert: no columns"))?;
        let marks = rest.split(" returning").next().unwrap_or(rest);
        let mut returned = Vec::new();
        for chunk in pieces(entities) {
            let mut params = Vec::new();
            for entity in chunk {
                params.extend(self.scope.value());
                params.extend(statements.values(entity, !assigned));
            }
            let text = format!("{head}values {}{tail}", vec![marks; chunk.len()].join(", "));
            if tail.is_empty() {
                self.tx.execute(&text, &params)?;
            } else {
                returned.extend(self.tx.query(&text, &params)?);
            }
        }
        Ok(returned)
    }

    /// Changes some columns of many rows, each to values of its own: `update_many::<Item>(&["status bigint", "progress text"], ..)`.
    /// A column is given with its type as in migrations, the values in the order of the columns. Says how many rows there were.
    pub fn update_many<E: Entity<Scope = S>>(
        &mut self,
        columns: &[&str],
        rows: &[(E::Key, Vec<Value>)],
    ) -> Result<u64> {
        let named: Vec<(&str, &str)> = columns
            .iter()
            .map(|column| column.split_once(' ').unwrap_or((column, "text")))
            .collect();
        if rows.iter().any(|(_, values)| values.len() != named.len()) {
            return Err(Error::statement("update_many: a row has too few values or too many"));
        }
        let mut touched = 0;
        if self.tx.dialect() == Dialect::Sqlite {
            let sets: Vec<String> = named.iter().map(|(name, _)| format!("{name} = ?")).collect();
            let condition = restrict::<S>(E::TABLE, &format!("{} = ?", E::KEY));
            let text = format!("update {} set {} where {condition}", E::TABLE, sets.join(", "));
            for (key, values) in rows {
                let mut params = values.clone();
                params.extend(self.scope.value());
                params.push(key.to_constant());
                touched += self.tx.execute(&text, &params)?;
            }
            return Ok(touched);
        }
        // PostgreSQL takes them in one go: what a statement costs there is above all its way to the server and back.
        let sets: Vec<String> = (2..)
            .zip(&named)
            .map(|(at, (name, _))| format!("{name} = v.column{at}"))
            .collect();
        let key = E::model().key.and_then(|key| E::model().property(key));
        let key_type = match key.map(|key| key.kind) {
            Some(odata::Kind::Guid) => "uuid",
            Some(odata::Kind::String) => "text",
            _ => "bigint",
        };
        let casts: Vec<String> = std::iter::once(key_type)
            .chain(named.iter().map(|(_, of)| *of))
            .map(|of| format!("cast(? as {of})"))
            .collect();
        let marks = format!("({})", casts.join(", "));
        let condition = restrict::<S>(E::TABLE, &format!("{}.{} = v.column1", E::TABLE, E::KEY));
        for chunk in rows.chunks(ROWS_PER_STATEMENT[0]) {
            // The last row stands there several times rather than in a statement of its own: it is changed once.
            let rows: Vec<&(E::Key, Vec<Value>)> = fill_up(chunk.iter().collect());
            let mut params = Vec::with_capacity(rows.len() * (named.len() + 1) + 1);
            for (key, values) in &rows {
                params.push(key.to_constant());
                params.extend(values.iter().cloned());
            }
            params.extend(self.scope.value());
            let text = format!(
                "update {} set {} from (values {}) v where {condition}",
                E::TABLE,
                sets.join(", "),
                vec![marks.as_str(); rows.len()].join(", ")
            );
            let text = sql::translate(&text, Dialect::Postgres)?;
            touched += self.tx.execute(&text, &params)?;
        }
        Ok(touched)
    }

    /// The row with this key.
    pub fn get<E: Entity<Scope = S>>(&mut self, key: E::Key) -> Result<Option<E>> {
        let params = self.key_params(&key);
        let rows = self.tx.query(&E::statements().get, &params)?;
        first(rows)
    }

    /// The rows with these keys, in no particular order.
    pub fn get_many<E: Entity<Scope = S>>(&mut self, keys: &[E::Key]) -> Result<Vec<E>> {
        self.keyed(keys, "")
    }

    /// The rows with these keys. The scope must not lead to them: SQLite takes it for rare, and would rather look at all rows of a
    /// tenant than look up more than a few.
    fn keyed<E: Entity<Scope = S>>(&mut self, keys: &[E::Key], tail: &str) -> Result<Vec<E>> {
        let scope = S::COLUMN.map_or_else(String::new, |column| format!("+{}.{column} = ? and ", E::TABLE));
        let mut found = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(500) {
            let (marks, mut params) = any_of(chunk.iter().map(Scalar::to_constant));
            let text = format!(
                "select {} from {} where {scope}{} in ({marks}) {tail}",
                E::statements().columns,
                E::TABLE,
                E::KEY,
            );
            self.splice(&mut params, 0)?;
            let text = sql::translate(&text, self.tx.dialect())?;
            for mut row in self.tx.query(&text, &params)? {
                found.push(E::from_row(&mut row, 0)?);
            }
        }
        Ok(found)
    }

    /// The row with this key, locked against others until the unit of work ends.
    pub fn lock<E: Entity<Scope = S>>(&mut self, key: E::Key) -> Result<Option<E>> {
        let params = self.key_params(&key);
        let text = sql::translate(&E::statements().lock, self.tx.dialect())?;
        let rows = self.tx.query(&text, &params)?;
        first(rows)
    }

    /// The rows with these keys, in the order of their keys, locked like [`lock`](Self::lock). Units of work that lock the same rows in
    /// this way do not wait for each other in a circle.
    pub fn lock_many<E: Entity<Scope = S>>(&mut self, keys: &[E::Key]) -> Result<Vec<E>>
    where
        E::Key: Ord + Clone,
    {
        let mut keys = keys.to_vec();
        keys.sort_unstable();
        keys.dedup();
        self.keyed(&keys, &format!("order by {} {{for_update}}", E::KEY))
    }

    /// Writes all fields of the row with this entity's key. `false`: there is none.
    pub fn update<E: Entity<Scope = S>>(&mut self, entity: &E) -> Result<bool> {
        let statements = E::statements();
        let mut params = statements.values(entity, false);
        params.extend(self.key_params(&entity.key()));
        Ok(self.tx.execute(&statements.update, &params)? > 0)
    }

    /// Removes the row with this key. `false`: there is none.
    pub fn delete<E: Entity<Scope = S>>(&mut self, key: E::Key) -> Result<bool> {
        let params = self.key_params(&key);
        Ok(self.tx.execute(&E::statements().delete, &params)? > 0)
    }

    /// The rows that meet a condition; an empty one means all.
    pub fn find<E: Entity<Scope = S>>(&mut self, condition: &str, params: Vec<Value>) -> Result<Vec<E>> {
        let (condition, tail) = sql::split_tail(condition);
        self.find_in(condition, tail, params)
    }

    /// [`find`](Self::find) with the condition and what follows it apart.
    pub(crate) fn find_in<E: Entity<Scope = S>>(
        &mut self,
        condition: &str,
        tail: &str,
        params: Vec<Value>,
    ) -> Result<Vec<E>> {
        let head = format!("select {} from {}", E::statements().columns, E::TABLE);
        let rows = self.conditional::<E>(&head, condition, tail, params)?;
        rows.into_iter().map(|mut row| E::from_row(&mut row, 0)).collect()
    }

    /// The statement of [`find_in`](Self::find_in) and how the database would run it.
    pub(crate) fn explain_in<E: Entity<Scope = S>>(
        &mut self,
        condition: &str,
        tail: &str,
        mut params: Vec<Value>,
    ) -> Result<(String, Vec<String>)> {
        let head = format!("select {} from {}", E::statements().columns, E::TABLE);
        let text = format!("{head} where {} {tail}", restrict::<S>(E::TABLE, condition));
        self.splice(&mut params, 0)?;
        let steps = self.steps(&text, &params)?;
        Ok((text, steps))
    }

    /// How the database would run a statement, in its own words.
    pub(crate) fn steps(&mut self, text: &str, params: &[Value]) -> Result<Vec<String>> {
        let (verb, column) = match self.tx.dialect() {
            Dialect::Sqlite => ("explain query plan", 3),
            Dialect::Postgres => ("explain", 0),
        };
        let rows = self.tx.query(&format!("{verb} {text}"), params)?;
        rows.iter().map(|row| row.get(column)).collect()
    }

    /// The first row that meets a condition.
    pub fn find_one<E: Entity<Scope = S>>(&mut self, condition: &str, params: Vec<Value>) -> Result<Option<E>> {
        let (condition, tail) = sql::split_tail(condition);
        let (order, lock) = tail.find('{').map_or((tail, ""), |at| tail.split_at(at));
        let limited = sql::split_tail(order).1.to_ascii_lowercase().contains("limit");
        let tail = if limited {
            Cow::Borrowed(tail)
        } else {
            Cow::Owned(format!("{order} limit 1 {lock}"))
        };
        let head = format!("select {} from {}", E::statements().columns, E::TABLE);
        first(self.conditional::<E>(&head, condition, &tail, params)?)
    }

    /// Whether a row meets the condition.
    pub fn exists<E: Entity<Scope = S>>(&mut self, condition: &str, params: Vec<Value>) -> Result<bool> {
        let head = format!("select 1 from {}", E::TABLE);
        Ok(!self.conditional::<E>(&head, condition, "limit 1", params)?.is_empty())
    }

    /// How many rows meet the condition.
    pub fn count<E: Entity<Scope = S>>(&mut self, condition: &str, params: Vec<Value>) -> Result<i64> {
        let head = format!("select count(*) from {}", E::TABLE);
        let rows = self.conditional::<E>(&head, condition, "", params)?;
        rows.first().map_or(Ok(0), |row| row.get(0))
    }

    /// Changes columns of the rows that meet a condition, `update_where::<Asset>("uses = uses + 1", "id = ?", ..)`,
    /// and says how many. `params` are those of `set`, then those of the condition. A folded column is the
    /// caller's duty here.
    pub fn update_where<E: Entity<Scope = S>>(
        &mut self,
        set: &str,
        condition: &str,
        mut params: Vec<Value>,
    ) -> Result<u64> {
        let at = sql::placeholders(set);
        let text = format!(
            "update {} set {set} where {}",
            E::TABLE,
            restrict::<S>(E::TABLE, condition)
        );
        self.splice(&mut params, at)?;
        let text = sql::translate(&text, self.tx.dialect())?;
        self.tx.execute(&text, &params)
    }

    /// Removes the rows that meet a condition and says how many.
    pub fn delete_where<E: Entity<Scope = S>>(&mut self, condition: &str, mut params: Vec<Value>) -> Result<u64> {
        let text = format!("delete from {} where {}", E::TABLE, restrict::<S>(E::TABLE, condition));
        self.splice(&mut params, 0)?;
        let text = sql::translate(&text, self.tx.dialect())?;
        self.tx.execute(&text, &params)
    }

    /// Runs free SQL that gives rows. It must say `{scope}` (with an alias: `a.{scope}`) for every table it
    /// reads, which becomes `tenant_id = ?` with the value bound; `{scope_column}` and `{scope_value}` stand
    /// for the two halves in inserts. On the host there is no scope to name.
    pub fn rows(&mut self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>> {
        let (text, params) = self.free(sql, params)?;
        self.tx.query(&text, &params)
    }

    /// The first row of [`rows`](Self::rows).
    pub fn row(&mut self, sql: &str, params: Vec<Value>) -> Result<Option<Row>> {
        Ok(self.rows(sql, params)?.into_iter().next())
    }

    /// Runs free SQL that gives no rows, by the rules of [`rows`](Self::rows), and says how many it touched.
    pub fn execute(&mut self, sql: &str, params: Vec<Value>) -> Result<u64> {
        let (text, params) = self.free(sql, params)?;
        self.tx.execute(&text, &params)
    }

    pub(crate) fn free<'s>(&self, text: &'s str, mut params: Vec<Value>) -> Result<(Cow<'s, str>, Vec<Value>)> {
        let dialect = self.tx.dialect();
        let mut inserts = Vec::new();
        let mut named = false;
        let expanded = sql::expand(text, |word, before| match (word, S::COLUMN) {
            ("scope", Some(column)) => {
                named = true;
                inserts.push(before);
                Some(Cow::Owned(format!("{column} = ?")))
            }
            ("scope_value", Some(_)) => {
                named = true;
                inserts.push(before);
                Some(Cow::Borrowed("?"))
            }
            ("scope_column", Some(column)) => Some(Cow::Borrowed(column)),
            _ => sql::word(word, dialect),
        })?;
        if S::COLUMN.is_some() && !named {
            return Err(Error::statement("free SQL must name its {scope}"));
        }
        // Each value put in moves the later ones by one.
        for (moved, before) in inserts.into_iter().enumerate() {
            self.splice(&mut params, before + moved)?;
        }
        Ok((expanded, params))
    }

    fn conditional<E: Entity<Scope = S>>(
        &mut self,
        head: &str,
        condition: &str,
        tail: &str,
        mut params: Vec<Value>,
    ) -> Result<Vec<Row>> {
        let text = format!("{head} where {} {tail}", restrict::<S>(E::TABLE, condition));
        self.splice(&mut params, 0)?;
        let text = sql::translate(&text, self.tx.dialect())?;
        self.tx.query(&text, &params)
    }

    fn splice(&self, params: &mut Vec<Value>, at: usize) -> Result<()> {
        if at > params.len() {
            return Err(Error::statement("fewer values than placeholders"));
        }
        if let Some(value) = self.scope.value() {
            params.insert(at, value);
        }
        Ok(())
    }

    fn key_params<K: Scalar>(&self, key: &K) -> Vec<Value> {
        let mut params = vec![key.to_constant()];
        params.extend(self.scope.value());
        params
    }
}

/// The condition together with the scope, which comes first.
pub(crate) fn restrict<S: Scope>(table: &str, condition: &str) -> String {
    let condition = condition.trim();
    match (S::COLUMN, condition.is_empty()) {
        (Some(column), true) => format!("{table}.{column} = ?"),
        (Some(column), false) => format!("{table}.{column} = ? and ({condition})"),
        (None, true) => "true".to_owned(),
        (None, false) => format!("({condition})"),
    }
}

/// Cuts rows into pieces of the few lengths that statements of many rows have.
pub fn pieces<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let length = ROWS_PER_STATEMENT.into_iter().find(|length| *length <= rows.len())?;
        let (piece, rest) = rows.split_at(length);
        rows = rest;
        Some(piece)
    })
}

/// Placeholders and values of a list: `column in ({marks})`. A list of none matches nothing.
pub fn any_of(values: impl IntoIterator<Item = Value>) -> (String, Vec<Value>) {
    let mut values: Vec<Value> = values.into_iter().collect();
    if values.is_empty() {
        values.push(Value::Null);
    }
    let values = fill_up(values);
    (vec!["?"; values.len()].join(", "), values)
}

/// Repeats the last thing until there are as many as one of the few lengths that statements have.
pub fn fill_up<T: Clone>(mut things: Vec<T>) -> Vec<T> {
    let [most, shorter @ ..] = ROWS_PER_STATEMENT;
    let fitting = shorter.into_iter().rev().find(|length| *length >= things.len());
    let length = fitting.unwrap_or_else(|| things.len().next_multiple_of(most));
    if let Some(last) = things.last().cloned() {
        things.resize(length, last);
    }
    things
}

fn is_unassigned<E: Entity>(entity: &E) -> bool {
    entity.key().to_constant() == Value::Int(0)
}

fn first<E: Entity>(rows: Vec<Row>) -> Result<Option<E>> {
    rows.into_iter()
        .next()
        .map(|mut row| E::from_row(&mut row, 0))
        .transpose()
}
