//! Whether the database is well, how large it is, and a copy of it.

use std::path::Path;

use crate::sql::Dialect;
use crate::store::{Database, Store};
use crate::{Error, Result, params};

/// What `doctor` shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// For example `SQLite 3.50.4`.
    pub version: String,
    /// Size of the database in bytes.
    pub bytes: u64,
    /// SQLite's write-ahead log in bytes; 0 on PostgreSQL.
    pub log_bytes: u64,
    /// Applied migrations.
    pub migrations: i64,
    /// What an integrity check found; empty when all is well.
    pub problems: Vec<String>,
}

impl Store {
    /// Asks the database for an answer.
    pub async fn ping(&self) -> Result<()> {
        self.read(|tx| tx.query("select 1", &[]).map(drop)).await
    }

    /// Checks integrity and measures. Takes as long as reading the whole file on SQLite.
    pub async fn check(&self) -> Result<Health> {
        let mut health = self
            .read(|tx| {
                let sqlite = tx.dialect() == Dialect::Sqlite;
                let version = if sqlite {
                    "select 'SQLite ' || sqlite_version()"
                } else {
                    "select version()"
                };
                let size = if sqlite {
                    "select page_count * page_size from pragma_page_count(), pragma_page_size()"
                } else {
                    "select pg_database_size(current_database())"
                };
                let mut problems: Vec<String> = Vec::new();
                if sqlite {
                    for row in tx.query("pragma quick_check", &[])? {
                        problems.push(row.get(0)?);
                    }
                    problems.retain(|line| line != "ok");
                    let dangling = tx.query("pragma foreign_key_check", &[])?.len();
                    if dangling > 0 {
                        problems.push(format!("{dangling} rows refer to rows that do not exist"));
                    }
                } else {
                    let broken = "select cast(indexrelid as bigint) from pg_index where not indisvalid";
                    let broken = tx.query(broken, &[])?.len();
                    if broken > 0 {
                        problems.push(format!("{broken} indexes are not valid"));
                    }
                }
                let one = |rows: Vec<crate::Row>| rows.into_iter().next().ok_or(Error::Closed);
                Ok::<_, Error>(Health {
                    version: one(tx.query(version, &[])?)?.get(0)?,
                    bytes: one(tx.query(size, &[])?)?.get::<i64>(0)?.unsigned_abs(),
                    log_bytes: 0,
                    migrations: one(tx.query("select count(*) from migrations", &[])?)?.get(0)?,
                    problems,
                })
            })
            .await?;
        if let Database::Sqlite(sqlite) = self.database() {
            let mut log = sqlite.path.as_os_str().to_owned();
            log.push("-wal");
            health.log_bytes = std::fs::metadata(log).map_or(0, |file| file.len());
        }
        Ok(health)
    }

    /// Writes a consistent copy of a SQLite database to a file that must not exist yet, while others go on.
    ///
    /// # Errors
    /// [`Error::Unsupported`] on PostgreSQL, which has `pg_dump`.
    pub async fn backup(&self, to: &Path) -> Result<()> {
        let Database::Sqlite(sqlite) = self.database() else {
            return Err(Error::Unsupported(
                "use pg_dump to back a PostgreSQL database up".into(),
            ));
        };
        let (from, to) = (sqlite.path.clone(), to.to_owned());
        // Neither a snapshot nor the writer: `vacuum into` wants a connection without a transaction.
        let copied = tokio::task::spawn_blocking(move || {
            let to = to
                .to_str()
                .ok_or_else(|| Error::Unsupported("the path of a backup must be UTF-8".into()))?;
            let mut session = crate::sqlite::Session::open(&from, false)?;
            session.control("pragma query_only = off")?;
            session.execute("vacuum into ?", &params![to]).map(drop)
        });
        copied.await.map_err(|_| Error::Panicked)?
    }
}
