//! Leases: work that must be done by one node at a time.

use std::time::Duration;

use jiff::Timestamp;

use crate::store::Store;
use crate::tx::Tx;
use crate::{Error, Result, params, sql};

pub(crate) const TABLE: &str = "create table leases (
    name text primary key,
    holder {uuid} not null,
    fence bigint not null,
    expires_at bigint not null
)";

/// The right to do some work until a point in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub name: String,
    /// Grows each time the lease goes to another holder; whoever holds an older number has lost it.
    pub fence: i64,
    pub expires_at: Timestamp,
}

impl Store {
    /// Claims a lease or, if this node has it already, extends it. `None`: another node has it.
    ///
    /// `now` is the caller's clock; clocks of nodes may differ by less than `ttl`.
    pub async fn lease(&self, name: &str, ttl: Duration, now: Timestamp) -> Result<Option<Lease>> {
        let (name, node) = (name.to_owned(), self.node());
        let expires_at = now
            .checked_add(ttl)
            .map_err(|_| Error::statement("the lease is too long"))?;
        self.write(move |tx| {
            let rows = tx.query(
                "insert into leases (name, holder, fence, expires_at) values (?, ?, 1, ?)
                 on conflict (name) do update set
                    fence = case when leases.holder = excluded.holder then leases.fence else leases.fence + 1 end,
                    holder = excluded.holder,
                    expires_at = excluded.expires_at
                 where leases.holder = excluded.holder or leases.expires_at <= ?
                 returning fence",
                &params![name, node, expires_at, now],
            )?;
            let fence = rows.first().map(|row| row.get(0)).transpose()?;
            Ok(fence.map(|fence| Lease {
                name: name.clone(),
                fence,
                expires_at,
            }))
        })
        .await
    }

    /// Gives a lease back, so that another node need not wait for its end.
    pub async fn release(&self, lease: Lease) -> Result<()> {
        let node = self.node();
        self.write(move |tx| {
            tx.execute(
                "update leases set expires_at = 0 where name = ? and holder = ? and fence = ?",
                &params![lease.name, node, lease.fence],
            )?;
            Ok(())
        })
        .await
    }
}

impl Tx {
    /// Whether the lease still stands, and keeps it standing until this unit of work ends. A reconciler
    /// writes only after asking this in the same unit of work.
    pub fn holds(&mut self, lease: &Lease) -> Result<bool> {
        let text = sql::translate("select fence from leases where name = ? {for_update}", self.dialect())?;
        let rows = self.query(&text, &params![lease.name])?;
        let fence: Option<i64> = rows.first().map(|row| row.get(0)).transpose()?;
        Ok(fence == Some(lease.fence))
    }
}
