//! The unit of work: what a closure given to the store can do.

use std::sync::Arc;

use uuid::Uuid;

use crate::change::Change;
use crate::entity::Entity;
use crate::row::Row;
use crate::scope::{Host, Organization, Scope, Tenant};
use crate::scoped::Scoped;
use crate::session::Session;
use crate::sql::{self, Dialect};
use crate::value::Value;
use crate::{Error, Result};

/// An open transaction. It ends with the closure: committed if that returns `Ok`, else undone.
pub struct Tx {
    pub(crate) session: Session,
    changes: Vec<Change>,
    failed: bool,
    depth: u32,
}

impl Tx {
    pub(crate) fn new(session: Session) -> Self {
        Tx {
            session,
            changes: Vec::new(),
            failed: false,
            depth: 0,
        }
    }

    /// Which database this is, for the rare statement that differs.
    pub fn dialect(&self) -> Dialect {
        self.session.dialect()
    }

    /// The rows of the installation.
    pub fn host(&mut self) -> Scoped<'_, Host> {
        self.scope(Host)
    }

    /// The rows of an organization.
    pub fn organization(&mut self, id: Uuid) -> Scoped<'_, Organization> {
        self.scope(Organization(id))
    }

    /// The rows of a tenant.
    pub fn tenant(&mut self, id: i64) -> Scoped<'_, Tenant> {
        self.scope(Tenant(id))
    }

    /// The rows of a scope found by [`locate`](Self::locate).
    pub fn scope<S: Scope>(&mut self, scope: S) -> Scoped<'_, S> {
        Scoped::new(self, scope)
    }

    /// Finds a row by something globally unique, such as the hash of a token, and says whose it is. The
    /// condition may end in `order by` and `limit`.
    pub fn locate<E: Entity>(&mut self, condition: &str, params: Vec<Value>) -> Result<Option<(E::Scope, E)>> {
        Ok(self.locate_all(condition, params)?.into_iter().next())
    }

    /// Rows of all scopes, each with its owner. For reconcilers, which work for everyone, and for look-ups
    /// that establish a scope; a request of a tenant has no business here.
    pub fn locate_all<E: Entity>(&mut self, condition: &str, params: Vec<Value>) -> Result<Vec<(E::Scope, E)>> {
        let (condition, tail) = sql::split_tail(condition);
        let condition = if condition.is_empty() { "true" } else { condition };
        let owner = E::Scope::COLUMN.map_or(String::new(), |column| format!("{column}, "));
        let text = format!(
            "select {owner}{} from {} where {condition} {tail}",
            E::statements().columns,
            E::TABLE
        );
        let text = sql::translate(&text, self.dialect())?;
        let skip = usize::from(E::Scope::COLUMN.is_some());
        let rows = self.query(&text, &params)?;
        rows.into_iter()
            .map(|mut row| Ok((E::Scope::from_row(&mut row)?, E::from_row(&mut row, skip)?)))
            .collect()
    }

    /// The owners that have rows meeting the condition, each once. For reconcilers.
    pub fn each_scope<E: Entity>(&mut self, condition: &str, params: Vec<Value>) -> Result<Vec<E::Scope>> {
        let column = E::Scope::COLUMN.unwrap_or("1");
        let condition = if condition.trim().is_empty() { "true" } else { condition };
        let text = format!("select distinct {column} from {} where {condition}", E::TABLE);
        let text = sql::translate(&text, self.dialect())?;
        let rows = self.query(&text, &params)?;
        rows.into_iter().map(|mut row| E::Scope::from_row(&mut row)).collect()
    }

    /// Tells the change feed of every node, once this unit of work is committed, that something about `id`
    /// changed.
    pub fn changed(&mut self, topic: &'static str, id: impl ToString) {
        self.changes.push(Change::Changed {
            topic: topic.into(),
            id: Arc::from(id.to_string()),
        });
    }

    /// Runs a part that may fail: if it does, only that part is undone and the unit of work can go on.
    /// Without this a failed statement fails the whole unit of work.
    pub fn attempt<R, E: From<Error>>(&mut self, work: impl FnOnce(&mut Tx) -> Result<R, E>) -> Result<R, E> {
        let (failed, changes) = (self.failed, self.changes.len());
        self.depth += 1;
        let name = format!("attempt_{}", self.depth);
        let outcome = (|| {
            self.session.control(&format!("savepoint {name}"))?;
            let result = work(self);
            if result.is_err() || self.failed {
                self.session.control(&format!("rollback to savepoint {name}"))?;
                self.changes.truncate(changes);
            }
            self.session.control(&format!("release savepoint {name}"))?;
            match result {
                Ok(_) if self.failed && !failed => Err(E::from(Error::Swallowed)),
                result => result,
            }
        })();
        self.depth -= 1;
        self.failed = failed;
        outcome
    }

    pub(crate) fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>> {
        let result = crate::value::check(params).and_then(|()| self.session.query(sql, params));
        self.failed |= result.is_err();
        result
    }

    pub(crate) fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64> {
        let result = crate::value::check(params).and_then(|()| self.session.execute(sql, params));
        self.failed |= result.is_err();
        result
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.failed
    }

    pub(crate) fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Forgets what the last unit of work left, and hands its changes over.
    pub(crate) fn reset(&mut self) -> Vec<Change> {
        self.failed = false;
        self.depth = 0;
        std::mem::take(&mut self.changes)
    }
}

impl std::fmt::Debug for Tx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tx")
            .field("dialect", &self.dialect())
            .finish_non_exhaustive()
    }
}
