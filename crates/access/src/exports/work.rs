//! Making the files of exports, and removing them when their time is over.
//!
//! All is done in short units of work. What an export has reached is stored together with the part that holds it, so any node can go on
//! where another one stopped, and nothing is written twice.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use context::{Error, Kind};
use jiff::{SignedDuration, Timestamp};
use store::{Lease, Store, Tx, params};
use vault::Secret;
use web::App;

use super::model::{Export, ExportPart, ExportStatus};
use super::registry::Task;
use super::service::kept_since;
use super::sheet::Sheet;
use crate::sealing::Sealer;
use crate::state::Access;
use crate::tenants::model::Tenant;

/// Name of the lease.
pub(super) const LEASE: &str = "exports";
/// How long a node that died keeps others from going on.
const LEASE_TIME: Duration = Duration::from_secs(30);
/// The lease is extended when less than this is left of it.
const LEASE_LEFT: SignedDuration = SignedDuration::from_secs(20);
/// Windows read before what they gave is written, however little it is.
const WINDOWS: usize = 20;
/// Failures in a row, each of which may pass, after which an export is given up.
const MOST_ATTEMPTS: i64 = 3;
/// Pause before an export that could not be read is tried again.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// Longest file in bytes.
const MOST_BYTES: i64 = 1 << 30;
/// Bytes of all files of a tenant from which on no further export is begun.
const MOST_KEPT: i64 = 8 << 30;
/// Parts removed by one unit of work.
const REMOVED: i64 = 16;

/// One look: makes everything that is wanted.
pub(super) async fn run(app: App) -> Result<Option<Duration>, Error> {
    let Some(lease) = app.store().lease(LEASE, LEASE_TIME, app.clock().now()).await? else {
        return Ok(None);
    };
    let mut work = Work {
        access: app.state::<Access>()?,
        app,
        lease,
        served: 0,
        set_aside: HashSet::new(),
    };
    let outcome = work.everything().await;
    // Given back at once, so that a restarted server need not wait for the end of its own lease.
    work.store().release(work.lease.clone()).await?;
    outcome
}

struct Work {
    app: App,
    access: Arc<Access>,
    lease: Lease,
    /// The tenant that had the last turn.
    served: i64,
    /// Exports that are not tried again during this look.
    set_aside: HashSet<i64>,
}

/// What became of a unit of work.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    Nothing,
    /// Another node has the lease.
    Lost,
}

impl Work {
    fn store(&self) -> &Store {
        self.app.store()
    }

    async fn everything(&mut self) -> Result<Option<Duration>, Error> {
        let mut is_clean = false;
        loop {
            if !self.extend().await? {
                return Ok(None);
            }
            let made = match self.next().await? {
                Some((tenant, export)) => {
                    self.served = tenant;
                    self.step(tenant, export).await?
                }
                None => Outcome::Nothing,
            };
            let removed = if is_clean {
                Outcome::Nothing
            } else {
                self.remove_some().await?
            };
            is_clean |= removed == Outcome::Nothing;
            match (made, removed) {
                (Outcome::Lost, _) | (_, Outcome::Lost) => return Ok(None),
                (Outcome::Nothing, Outcome::Nothing) => break,
                _ => {}
            }
        }
        Ok((!self.set_aside.is_empty()).then_some(AFTER_FAILURE))
    }

    /// Keeps the lease. `false`: it is lost.
    async fn extend(&mut self) -> Result<bool, Error> {
        let now = self.app.clock().now();
        if self.lease.expires_at.duration_since(now) > LEASE_LEFT {
            return Ok(true);
        }
        let Some(lease) = self.store().lease(LEASE, LEASE_TIME, now).await? else {
            return Ok(false);
        };
        self.lease = lease;
        Ok(true)
    }

    /// The export whose turn it is: of the tenant after the one that had the last turn the one that was begun, else the oldest.
    async fn next(&self) -> Result<Option<(i64, Export)>, Error> {
        let (served, set_aside) = (self.served, self.set_aside.clone());
        let find = move |tx: &mut Tx| {
            let mut waiting: Vec<i64> = tx
                .each_scope::<Export>("status < 2", params![])?
                .into_iter()
                .map(|tenant| tenant.0)
                .collect();
            waiting.sort_unstable_by_key(|tenant| (*tenant <= served, *tenant));
            for tenant in waiting {
                let most = set_aside.len() as i64 + 1;
                let condition = "status < 2 order by status desc, id limit ?";
                let found = tx.tenant(tenant).find::<Export>(condition, params![most])?;
                if let Some(export) = found.into_iter().find(|export| !set_aside.contains(&export.id)) {
                    return Ok(Some((tenant, export)));
                }
            }
            Ok(None)
        };
        self.store().read(find).await
    }

    /// Writes the next part of an export, which may be its last.
    async fn step(&mut self, tenant: i64, export: Export) -> Result<Outcome, Error> {
        let Some(exporter) = self.access.exports.find(&export.kind) else {
            return self
                .fail(tenant, &export, "This server cannot make it.".to_owned())
                .await;
        };
        let (task, kept) = match self.prepare(tenant, &export).await {
            Ok(prepared) => prepared,
            Err(error) => return self.give_up_or_wait(tenant, &export, error).await,
        };
        if export.status == ExportStatus::New && kept >= MOST_KEPT {
            let message = format!(
                "The exports of the tenant take up more than {} GiB. The oldest are deleted after seven days.",
                MOST_KEPT >> 30
            );
            return self.fail(tenant, &export, message).await;
        }
        let sealer = task.sealer.clone();
        let mut sheet = if export.parts == 0 {
            Sheet::first(exporter.columns())
        } else {
            Sheet::default()
        };
        let mut reached = Some(export.last_id);
        for _ in 0..WINDOWS {
            let Some(after) = reached.filter(|_| !sheet.is_full()) else {
                break;
            };
            let (exporter, task) = (exporter.clone(), task.clone());
            let read = self.store().read(move |tx| {
                let next = exporter.read(&mut tx.tenant(tenant), &task, after, &mut sheet)?;
                if next.is_some_and(|next| next <= after) {
                    return Err(Error::internal(format!(
                        "the exporter of {} stands still",
                        exporter.kind()
                    )));
                }
                Ok((next, sheet))
            });
            (reached, sheet) = match read.await {
                Ok(read) => read,
                Err(error) => return self.give_up_or_wait(tenant, &export, error).await,
            };
        }
        let rows = export.row_count + sheet.rows();
        let content = sheet.into_text();
        let size = export.size.unwrap_or(0) + content.len() as i64;
        if size > MOST_BYTES {
            let message = format!("It would be larger than {} GiB. Narrow the filter.", MOST_BYTES >> 30);
            return self.fail(tenant, &export, message).await;
        }
        let progress = Export {
            status: if reached.is_some() {
                ExportStatus::InProgress
            } else {
                ExportStatus::Completed
            },
            executed_at: reached.is_none().then(|| self.app.clock().now()),
            size: Some(size),
            last_id: reached.unwrap_or(export.last_id),
            row_count: rows,
            parts: export.parts + i64::from(!content.is_empty()),
            attempts: 0,
            ..export.clone()
        };
        let sealed = if content.is_empty() {
            Vec::new()
        } else {
            sealer.seal(&ExportPart::place(export.id, export.parts), &Secret::from(content))?
        };
        self.put(tenant, export, progress, sealed).await
    }

    /// What the exporter is told, and how many bytes the tenant's exports have.
    async fn prepare(&self, tenant: i64, export: &Export) -> Result<(Task, i64), Error> {
        let find = move |tx: &mut Tx| {
            let owner = tx.locate::<Tenant>("id = ?", params![tenant])?;
            let row = tx.tenant(tenant).row(
                "select cast(coalesce(sum(size), 0) as bigint) from exports where {scope} and status < 3",
                params![],
            )?;
            let kept: i64 = row.map_or(Ok(0), |row| row.get(0))?;
            let (_, tenant) = owner.ok_or_else(|| Error::not_found("Tenant", tenant))?;
            Ok::<_, Error>((tenant.wrapped_key, kept))
        };
        let (key, kept) = self.store().read(find).await?;
        let task = Task {
            criteria: export.criteria.0.clone(),
            limits: self.app.settings().odata,
            requested_at: export.requested_at,
            sealer: Sealer::new(self.access.vault.clone(), vault::WrappedKey::from_bytes(key)),
        };
        Ok((task, kept))
    }

    /// Writes what an export has become, with a part if there is (sealed) content, unless it is no longer what it was.
    async fn put(&self, tenant: i64, was: Export, is: Export, content: Vec<u8>) -> Result<Outcome, Error> {
        let lease = self.lease.clone();
        let write = move |tx: &mut Tx| {
            if !tx.holds(&lease)? {
                return Ok(Outcome::Lost);
            }
            let mut scope = tx.tenant(tenant);
            let condition = "id = ? and status = ? and parts = ? and last_id = ?";
            let params = params![was.id, was.status, was.parts, was.last_id];
            if !scope.exists::<Export>(condition, params)? {
                return Ok(Outcome::Done);
            }
            scope.update(&is)?;
            if !content.is_empty() {
                scope.execute(
                    "insert into export_parts ({scope_column}, export_id, part, content, sealed)
                     values ({scope_value}, ?, ?, ?, ?)",
                    params![was.id, was.parts, content.as_slice(), true],
                )?;
            }
            Ok::<_, Error>(Outcome::Done)
        };
        self.store().write(write).await
    }

    async fn fail(&self, tenant: i64, export: &Export, message: String) -> Result<Outcome, Error> {
        let failed = Export {
            status: ExportStatus::Failed,
            executed_at: Some(self.app.clock().now()),
            size: None,
            failure: Some(message),
            ..export.clone()
        };
        self.put(tenant, export.clone(), failed, Vec::new()).await
    }

    /// An error that comes of what was asked ends the export; another one may pass.
    async fn give_up_or_wait(&mut self, tenant: i64, export: &Export, error: Error) -> Result<Outcome, Error> {
        if !matches!(error.kind, Kind::Internal | Kind::Unavailable) {
            return self.fail(tenant, export, error.message).await;
        }
        let attempts = export.attempts + 1;
        tracing::warn!(tenant, export = export.id, attempts, %error, "an export could not be read");
        if attempts >= MOST_ATTEMPTS {
            let message = "The server could not make it; its log says why. Ask for it again.";
            return self.fail(tenant, export, message.to_owned()).await;
        }
        self.set_aside.insert(export.id);
        let tried = Export {
            attempts,
            ..export.clone()
        };
        self.put(tenant, export.clone(), tried, Vec::new()).await
    }

    /// Removes some parts of an export that is too old or has failed, then an old export itself.
    async fn remove_some(&self) -> Result<Outcome, Error> {
        let (lease, before) = (self.lease.clone(), kept_since(self.app.clock().now()));
        let write = move |tx: &mut Tx| {
            if !tx.holds(&lease)? {
                return Ok(Outcome::Lost);
            }
            remove_some(tx, before)
        };
        self.store().write(write).await
    }
}

fn remove_some(tx: &mut Tx, before: Timestamp) -> Result<Outcome, Error> {
    let old = tx.locate::<Export>("requested_at <= ? order by requested_at limit 1", params![before])?;
    let found = match old {
        Some(old) => Some(old),
        None => tx.locate::<Export>("status = 3 and parts > 0 limit 1", params![])?,
    };
    let Some((tenant, export)) = found else {
        return Ok(Outcome::Nothing);
    };
    let mut scope = tx.scope(tenant);
    let some =
        "id in (select p.id from export_parts p where p.tenant_id = ? and p.export_id = ? order by p.part limit ?)";
    let removed = scope.delete_where::<ExportPart>(some, params![tenant.0, export.id, REMOVED])?;
    if removed < REMOVED.unsigned_abs() {
        if export.requested_at <= before {
            scope.delete::<Export>(export.id)?;
        } else {
            scope.update(&Export { parts: 0, ..export })?;
        }
    }
    Ok(Outcome::Done)
}
