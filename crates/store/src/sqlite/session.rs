//! A connection to a SQLite file.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql, ffi, params_from_iter};

use crate::row::Row;
use crate::value::Value;
use crate::{Error, Result};

/// Prepared statements kept per connection.
const STATEMENTS: usize = 256;
/// How long another process may hold the file before a statement fails with [`Error::Busy`].
const BUSY: Duration = Duration::from_secs(10);

pub(crate) struct Session {
    connection: Connection,
    /// Names of unique indexes by the text SQLite reports for them.
    indexes: HashMap<String, Arc<[String]>>,
}

impl Session {
    /// Opens the file; a reader cannot write and does not create it.
    pub(crate) fn open(path: &Path, writer: bool) -> Result<Self> {
        let mode = if writer {
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
        } else {
            OpenFlags::SQLITE_OPEN_READ_ONLY
        };
        let unreachable =
            |error: rusqlite::Error| Error::Unavailable(format!("{}: {}", path.display(), describe(&error)));
        let connection =
            Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(unreachable)?;
        connection.busy_timeout(BUSY).map_err(unreachable)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // A larger cache does not pay: SQLite walks through all of it at each commit that made a page of an index split, as long as the
        // file is smaller than 1 GiB.
        let settings = if writer {
            "pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on;
             pragma cache_size = -16384; pragma wal_autocheckpoint = 16000; pragma journal_size_limit = 67108864;
             pragma mmap_size = 268435456; pragma temp_store = memory"
        } else {
            "pragma query_only = on; pragma cache_size = -8192; pragma mmap_size = 268435456; pragma temp_store = memory"
        };
        connection.execute_batch(settings).map_err(unreachable)?;
        // Without this the planner looks at bound values and prepares a kept statement again whenever they change,
        // which costs more than most statements do.
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
            .map_err(unreachable)?;
        Ok(Session {
            connection,
            indexes: HashMap::new(),
        })
    }

    pub(crate) fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>> {
        let result = (|| {
            let mut statement = self.connection.prepare_cached(sql)?;
            let columns = statement.column_count();
            let mut found = statement.query(params_from_iter(params.iter().map(Bound)))?;
            let mut rows = Vec::new();
            while let Some(row) = found.next()? {
                let mut values = Vec::with_capacity(columns);
                for column in 0..columns {
                    values.push(read(row.get_ref(column)?));
                }
                rows.push(Row(values));
            }
            Ok(rows)
        })();
        result.map_err(|error| self.translate(&error))
    }

    pub(crate) fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64> {
        let result = (|| {
            let mut statement = self.connection.prepare_cached(sql)?;
            if statement.column_count() == 0 {
                return statement.execute(params_from_iter(params.iter().map(Bound)));
            }
            // A `returning` whose rows are not wanted.
            let mut rows = statement.query(params_from_iter(params.iter().map(Bound)))?;
            let mut count = 0;
            while rows.next()?.is_some() {
                count += 1;
            }
            Ok(count)
        })();
        result.map(|count| count as u64).map_err(|error| self.translate(&error))
    }

    pub(crate) fn control(&mut self, sql: &str) -> Result<()> {
        let result = (|| {
            let mut statement = self.connection.prepare_cached(sql)?;
            let mut rows = statement.query([])?;
            while rows.next()?.is_some() {}
            Ok(())
        })();
        result.map_err(|error| self.translate(&error))
    }

    /// Whether no transaction is open. SQLite ends one by itself on errors such as a full disk.
    pub(crate) fn is_autocommit(&self) -> bool {
        self.connection.is_autocommit()
    }

    fn translate(&mut self, error: &rusqlite::Error) -> Error {
        let rusqlite::Error::SqliteFailure(code, message) = error else {
            return Error::Database {
                code: "sqlite".into(),
                message: describe(error),
            };
        };
        let message = message.clone().unwrap_or_default();
        match (code.code, code.extended_code) {
            (_, ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID) => {
                Error::Unique(self.violated(&message))
            }
            (_, ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => Error::ForeignKey,
            (ErrorCode::ConstraintViolation, _) => Error::Constraint(
                message
                    .split_once(": ")
                    .map_or(message.as_str(), |(_, name)| name)
                    .to_owned(),
            ),
            (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => Error::Busy,
            (_, extended) => Error::Database {
                code: extended.to_string(),
                message,
            },
        }
    }

    /// The indexes behind `UNIQUE constraint failed: t.a, t.b` or `... failed: index 'x'`.
    fn violated(&mut self, message: &str) -> Arc<[String]> {
        let what = message.split_once(": ").map_or(message, |(_, what)| what);
        if let Some(known) = self.indexes.get(what) {
            return Arc::clone(known);
        }
        let names = match what.strip_prefix("index '") {
            Some(name) => vec![name.trim_end_matches('\'').to_owned()],
            None => self.indexes_over(what).unwrap_or_default(),
        };
        let names: Arc<[String]> = names.into();
        self.indexes.insert(what.to_owned(), Arc::clone(&names));
        names
    }

    fn indexes_over(&self, what: &str) -> rusqlite::Result<Vec<String>> {
        let qualified: Vec<(&str, &str)> = what.split(", ").filter_map(|column| column.split_once('.')).collect();
        let table = qualified.first().map_or("", |(table, _)| *table);
        let columns: Vec<&str> = qualified.iter().map(|(_, column)| *column).collect();

        let mut indexes = self
            .connection
            .prepare("select name, origin from pragma_index_list(?) where \"unique\" = 1")?;
        let indexes = indexes
            .query_map([table], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        let mut names = Vec::new();
        for (name, origin) in indexes {
            let mut covered = self
                .connection
                .prepare("select name from pragma_index_info(?) order by seqno")?;
            let covered = covered
                .query_map([&name], |row| row.get::<_, Option<String>>(0))?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            if covered
                .iter()
                .map(|column| column.as_deref().unwrap_or(""))
                .eq(columns.iter().copied())
            {
                // Indexes made for constraints get the names PostgreSQL would give them.
                names.push(match origin.as_str() {
                    "pk" => format!("{table}_pkey"),
                    "u" => format!("{table}_{}_key", columns.join("_")),
                    _ => name,
                });
            }
        }
        if names.is_empty() {
            // An integer primary key is the table itself and has no index.
            names.push(format!("{table}_pkey"));
        }
        Ok(names)
    }
}

/// A value on its way into a statement.
struct Bound<'a>(&'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Boolean(flag) => ValueRef::Integer(i64::from(*flag)),
            Value::Int(number) => ValueRef::Integer(*number),
            Value::Double(number) => ValueRef::Real(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Guid(id) => ValueRef::Blob(id.as_bytes()),
            Value::DateTime(time) => ValueRef::Integer(time.as_microsecond()),
            Value::Binary(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn read(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Real(number) => Value::Double(number),
        ValueRef::Text(bytes) => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
        ValueRef::Blob(bytes) => Value::Binary(bytes.to_vec()),
    }
}

/// The error without anything that could be a bound value.
fn describe(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(code, message) => message.clone().unwrap_or_else(|| code.to_string()),
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        rusqlite::Error::InvalidParameterCount(given, wanted) => format!("{given} values for {wanted} placeholders"),
        _ => "the statement could not be run".to_owned(),
    }
}
