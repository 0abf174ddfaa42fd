//! A connection to PostgreSQL.

use std::collections::HashMap;

use postgres::error::SqlState;
use postgres::fallible_iterator::FallibleIterator as _;
use postgres::types::ToSql;
use postgres::{Client, Statement};

use super::bind::{Bound, Read};
use crate::row::Row;
use crate::sql;
use crate::value::Value;
use crate::{Error, Result};

/// Prepared statements kept per connection; when there are more, all go.
const STATEMENTS: usize = 512;

pub(crate) struct Session {
    client: Client,
    statements: HashMap<Box<str>, Statement>,
    conflicted: bool,
}

impl Session {
    pub(crate) fn new(client: Client) -> Self {
        Session {
            client,
            statements: HashMap::new(),
            conflicted: false,
        }
    }

    pub(crate) fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>> {
        let statement = self.prepare(sql, params)?;
        let result = (|| {
            let mut found = self.client.query_raw(&statement, params.iter().map(Bound))?;
            let mut rows = Vec::new();
            while let Some(row) = found.next()? {
                let mut values = Vec::with_capacity(row.len());
                for column in 0..row.len() {
                    values.push(row.try_get::<_, Read>(column)?.0);
                }
                rows.push(Row(values));
            }
            Ok(rows)
        })();
        result.map_err(|error| self.translate(&error))
    }

    pub(crate) fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64> {
        let statement = self.prepare(sql, params)?;
        let bound: Vec<Bound<'_>> = params.iter().map(Bound).collect();
        let bound: Vec<&(dyn ToSql + Sync)> = bound.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        self.client
            .execute(&statement, &bound)
            .map_err(|error| self.translate(&error))
    }

    pub(crate) fn control(&mut self, sql: &str) -> Result<()> {
        self.client.batch_execute(sql).map_err(|error| self.translate(&error))
    }

    /// Whether the transaction met a conflict with others that running it again may avoid.
    pub(crate) fn take_conflict(&mut self) -> bool {
        std::mem::take(&mut self.conflicted)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    fn prepare(&mut self, sql: &str, params: &[Value]) -> Result<Statement> {
        let statement = if let Some(statement) = self.statements.get(sql) {
            statement.clone()
        } else {
            let statement = self
                .client
                .prepare(&sql::renumber(sql))
                .map_err(|error| self.translate(&error))?;
            if self.statements.len() >= STATEMENTS {
                self.statements.clear();
            }
            self.statements.insert(sql.into(), statement.clone());
            statement
        };
        let wanted = statement.params().len();
        if wanted == params.len() {
            Ok(statement)
        } else {
            Err(Error::statement(format!(
                "{} values for {wanted} placeholders",
                params.len()
            )))
        }
    }

    fn translate(&mut self, error: &postgres::Error) -> Error {
        let Some(told) = error.as_db_error() else {
            return if self.client.is_closed() || error.is_closed() {
                Error::Unavailable("the connection broke".into())
            } else {
                // Conversion errors say types, never values.
                use std::error::Error as _;
                let cause = error.source().map(ToString::to_string).unwrap_or_default();
                Error::Database {
                    code: "client".into(),
                    message: format!("{error}: {cause}"),
                }
            };
        };
        let constraint = || {
            told.constraint()
                .or_else(|| told.column())
                .unwrap_or_default()
                .to_owned()
        };
        match told.code() {
            &SqlState::UNIQUE_VIOLATION => Error::Unique([constraint()].into()),
            &SqlState::FOREIGN_KEY_VIOLATION => Error::ForeignKey,
            &SqlState::NOT_NULL_VIOLATION | &SqlState::CHECK_VIOLATION => Error::Constraint(constraint()),
            &SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED => {
                self.conflicted = true;
                Error::Serialization
            }
            &SqlState::LOCK_NOT_AVAILABLE | &SqlState::QUERY_CANCELED => Error::Busy,
            &SqlState::CHARACTER_NOT_IN_REPERTOIRE => Error::InvalidText,
            // Class 57P is the server going away, class 08 the connection.
            code if code.code().starts_with("57P") || code.code().starts_with("08") => {
                Error::Unavailable(told.message().to_owned())
            }
            // Class 22 quotes the value it cannot use.
            code if code.code().starts_with("22") => Error::Database {
                code: code.code().to_owned(),
                message: "a value cannot be used".to_owned(),
            },
            code => Error::Database {
                code: code.code().to_owned(),
                message: told.message().to_owned(),
            },
        }
    }
}
