//! One connection to either database.

use crate::row::Row;
use crate::sql::Dialect;
use crate::value::Value;
use crate::{Result, postgres, sqlite};

/// A connection.
pub(crate) enum Session {
    Sqlite(sqlite::Session),
    Postgres(Box<postgres::Session>),
}

impl Session {
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Session::Sqlite(_) => Dialect::Sqlite,
            Session::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs a statement that gives rows.
    pub(crate) fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>> {
        match self {
            Session::Sqlite(session) => session.query(sql, params),
            Session::Postgres(session) => session.query(sql, params),
        }
    }

    /// Runs a statement and says how many rows it touched.
    pub(crate) fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64> {
        match self {
            Session::Sqlite(session) => session.execute(sql, params),
            Session::Postgres(session) => session.execute(sql, params),
        }
    }

    /// Runs a statement without values: transaction control or DDL.
    pub(crate) fn control(&mut self, sql: &str) -> Result<()> {
        match self {
            Session::Sqlite(session) => session.control(sql),
            Session::Postgres(session) => session.control(sql),
        }
    }
}
