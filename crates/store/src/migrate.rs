//! The schema, as a list of named steps that are applied once each.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::store::Store;
use crate::tx::Tx;
use crate::{Error, Result, params, sql};

/// A step of the schema. Once released it is never changed; what is to be different is a new step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// Unique and stable: `access-001-folders`.
    pub id: &'static str,
    /// Statements separated by `;` in the SQL both databases take, with the words `{id}` (bigint primary key
    /// assigned by the database), `{uuid}`, `{blob}` and `{bool}` for types. Texts are `TEXT`, whole numbers
    /// and times `BIGINT`. A statement that starts with `{sqlite}` or `{postgres}` is for that one only.
    pub sql: &'static str,
}

/// Tables of this crate.
const OWN: &[Migration] = &[Migration {
    id: "store-001-leases",
    sql: crate::lease::TABLE,
}];

/// Serializes nodes that start at the same time.
const LOCK: i64 = 0x6f72_6368_6573;

impl Store {
    /// Applies the steps that are not applied yet, in order, each in a transaction of its own. Blocks.
    ///
    /// # Errors
    /// [`Error::Migration`] when a step was changed after it had been applied, or fails.
    pub fn migrate(&self, modules: &[&'static [Migration]]) -> Result<()> {
        self.write_blocking(|tx| {
            lock(tx)?;
            tx.execute(
                "create table if not exists migrations (
                    id text primary key, checksum text not null, applied_at bigint not null)",
                &[],
            )?;
            Ok::<_, Error>(())
        })?;
        let applied = self.read_blocking(applied)?;
        let steps = OWN.iter().chain(modules.iter().copied().flatten());
        let mut seen = HashSet::new();
        for step in steps {
            if !seen.insert(step.id) {
                return Err(wrong(step, "the name is used twice"));
            }
            match applied.get(step.id) {
                Some(known) => compare(step, known)?,
                None => self.write_blocking(move |tx| apply(tx, step))?,
            }
        }
        Ok(())
    }
}

fn apply(tx: &mut Tx, step: &Migration) -> Result<()> {
    if tx.dialect() == sql::Dialect::Postgres {
        // Unlike a query, this waits before the transaction takes its snapshot: what another node did meanwhile is seen.
        tx.session.control("lock table migrations in exclusive mode")?;
    }
    // Another node may have been faster.
    if let Some(known) = applied(tx)?.get(step.id) {
        return compare(step, known);
    }
    for statement in sql::statements(step.sql, tx.dialect())? {
        tx.session
            .control(&statement)
            .map_err(|error| wrong(step, &error.to_string()))?;
    }
    let now = match tx.dialect() {
        sql::Dialect::Sqlite => "cast((julianday('now') - 2440587.5) * 86400000000.0 as integer)",
        sql::Dialect::Postgres => "cast(extract(epoch from clock_timestamp()) * 1000000 as bigint)",
    };
    let text = format!("insert into migrations (id, checksum, applied_at) values (?, ?, {now})");
    tx.execute(&text, &params![step.id, checksum(step.sql)])?;
    tracing::info!(migration = step.id, "applied");
    Ok(())
}

fn applied(tx: &mut Tx) -> Result<HashMap<String, String>> {
    let rows = tx.query("select id, checksum from migrations", &[])?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

fn lock(tx: &mut Tx) -> Result<()> {
    if tx.dialect() == sql::Dialect::Postgres {
        tx.query("select pg_advisory_xact_lock(?)", &params![LOCK])?;
    }
    Ok(())
}

fn compare(step: &Migration, known: &str) -> Result<()> {
    if known == checksum(step.sql) {
        Ok(())
    } else {
        Err(wrong(step, "it was changed after it had been applied"))
    }
}

fn wrong(step: &Migration, reason: &str) -> Error {
    Error::Migration {
        id: step.id.to_owned(),
        reason: reason.to_owned(),
    }
}

/// SHA-256 of the text, so that white space at its ends does not count.
fn checksum(sql: &str) -> String {
    Sha256::digest(sql.trim())
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a String cannot fail.
            let _infallible = write!(text, "{byte:02x}");
            text
        })
}
