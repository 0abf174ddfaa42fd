//! What applications do, counted in memory and written every few seconds, so that issuing a token and calling an API
//! cost no durable write. A crash loses at most the last few seconds of it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use accounts::audit::{self, Event};
use context::{Ctx, Error};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::{Scoped, Tx, params};
use uuid::Uuid;

use super::ScopeRef;
use super::model::Client;
use crate::scopes::Kind;

type Handle<'t> = Scoped<'t, store::Organization>;

const MICROSECONDS_OF_A_DAY: i64 = 86_400 * 1_000_000;
/// Most different things kept between two flushes; beyond it new ones are not counted.
const MOST_PENDING: usize = 50_000;

/// Counters since the last flush.
#[derive(Debug, Default)]
pub struct Usage(Mutex<Pending>);

#[derive(Debug, Default, Clone)]
pub(crate) struct Pending {
    clients: HashMap<(Uuid, Uuid), Activity>,
    scopes: HashMap<(Uuid, Uuid, Kind, &'static str), Timestamp>,
    secrets: HashMap<(Uuid, i64), Timestamp>,
    personal: HashMap<(Uuid, Uuid), Timestamp>,
    logins: HashMap<Login, u64>,
}

#[derive(Debug, Default, Clone)]
struct Activity {
    last_used_at: Option<Timestamp>,
    tokens: HashMap<i64, i64>,
}

/// An application, or a host with the client of its machine, that came for a token, for the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Login {
    pub organization: Uuid,
    pub client: Uuid,
    pub name: String,
    /// The client of a machine object.
    pub machine: bool,
    pub grant: &'static str,
    /// `None`: a token was issued.
    pub error: Option<&'static str>,
    pub address: Option<std::net::IpAddr>,
}

impl Usage {
    /// A token was issued, or refused, to an application.
    pub(crate) fn login(&self, login: Login, secret: Option<i64>, now: Timestamp) {
        let mut pending = self.lock();
        if pending.logins.len() >= MOST_PENDING {
            return;
        }
        let organization = login.organization;
        if login.error.is_none() {
            let activity = pending.clients.entry((organization, login.client)).or_default();
            activity.last_used_at = activity.last_used_at.max(Some(now));
            *activity.tokens.entry(day(now)).or_default() += 1;
            if let Some(secret) = secret {
                pending.secrets.insert((organization, secret), now);
            }
        }
        *pending.logins.entry(login).or_default() += 1;
    }

    /// A secret was good for a token.
    pub(crate) fn secret(&self, organization: Uuid, secret: i64, now: Timestamp) {
        let mut pending = self.lock();
        if pending.secrets.len() < MOST_PENDING {
            pending.secrets.insert((organization, secret), now);
        }
    }

    /// A scope of a token of the application opened an operation.
    pub(crate) fn scope(&self, organization: Uuid, client: Uuid, kind: Kind, scope: &'static str, now: Timestamp) {
        let mut pending = self.lock();
        if pending.scopes.len() < MOST_PENDING {
            pending.scopes.insert((organization, client, kind, scope), now);
        }
    }

    /// A personal access token was used.
    pub(crate) fn personal(&self, organization: Uuid, token: Uuid, now: Timestamp) {
        let mut pending = self.lock();
        if pending.personal.len() < MOST_PENDING {
            pending.personal.insert((organization, token), now);
        }
    }

    /// Hands over what was counted and starts anew.
    pub(crate) fn take(&self) -> Option<Pending> {
        let pending = std::mem::take(&mut *self.lock());
        let empty = pending.clients.is_empty()
            && pending.scopes.is_empty()
            && pending.secrets.is_empty()
            && pending.personal.is_empty()
            && pending.logins.is_empty();
        (!empty).then_some(pending)
    }

    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes what was counted.
pub(crate) fn flush(tx: &mut Tx, ctx: &Ctx, pending: &Pending) -> Result<(), Error> {
    for ((organization, client), activity) in &pending.clients {
        let scope = &mut tx.organization(*organization);
        if scope.get::<Client>(*client)?.is_none() {
            continue;
        }
        let total: i64 = activity.tokens.values().sum();
        scope.execute(
            "insert into client_usage ({scope_column}, client_id, last_used_at, tokens) values ({scope_value}, ?, ?, ?) \
             on conflict (client_id) do update set last_used_at = excluded.last_used_at, \
             tokens = client_usage.tokens + excluded.tokens",
            params![client, activity.last_used_at.unwrap_or(ctx.now), total],
        )?;
        for (day, tokens) in &activity.tokens {
            scope.execute(
                "insert into client_usage_days ({scope_column}, client_id, day, tokens) values ({scope_value}, ?, ?, ?) \
                 on conflict (client_id, day) do update set tokens = client_usage_days.tokens + excluded.tokens",
                params![client, day, tokens],
            )?;
        }
    }
    for ((organization, client, kind, name), at) in &pending.scopes {
        let scope = &mut tx.organization(*organization);
        if scope.get::<Client>(*client)?.is_none() {
            continue;
        }
        scope.execute(
            "insert into client_scope_usage ({scope_column}, client_id, kind, scope, last_used_at) \
             values ({scope_value}, ?, ?, ?, ?) \
             on conflict (client_id, kind, scope) do update set last_used_at = excluded.last_used_at",
            params![client, kind.number(), *name, at],
        )?;
    }
    for ((organization, secret), at) in &pending.secrets {
        tx.organization(*organization).execute(
            "insert into client_secret_usage ({scope_column}, secret_id, last_used_at) values ({scope_value}, ?, ?) \
             on conflict (secret_id) do update set last_used_at = excluded.last_used_at",
            params![secret, at],
        )?;
    }
    for ((organization, token), at) in &pending.personal {
        tx.organization(*organization).execute(
            "update personal_access_tokens set last_used_at = ? where {scope} and id = ?",
            params![at, token],
        )?;
    }
    for (login, count) in &pending.logins {
        let outcome = login.error.unwrap_or("success");
        let times = if *count == 1 {
            String::new()
        } else {
            format!(" ({count} times)")
        };
        let (what, title) = if login.machine {
            ("Machine", "Machine Login")
        } else {
            ("Application", "External App Login")
        };
        let message = format!("{what} {}: {} ({}){times}.", login.name, outcome, login.grant);
        let details = json!({
            "clientId": login.client, "grant": login.grant, "outcome": outcome, "count": count,
            "ip": login.address.map(|address| address.to_string())
        });
        let mut event = Event::identity("Authentication", title, message).details(details);
        event = event.by(login.client, &login.name, None);
        if login.error.is_some() {
            event = event.failed();
        }
        audit::record(&mut tx.organization(login.organization), ctx, event)?;
    }
    Ok(())
}

/// A registered scope and when it last opened an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeUse {
    pub scope: ScopeRef,
    pub last_used_at: Option<Timestamp>,
}

/// What an application did in a number of days.
#[derive(Debug, Clone, Default)]
pub struct UsageReport {
    pub days: i64,
    pub last_used_at: Option<Timestamp>,
    /// Tokens ever issued.
    pub tokens: i64,
    /// Tokens issued per day (days since 1970-01-01), oldest first, days without tokens included.
    pub per_day: Vec<(i64, i64)>,
    /// Every registered scope.
    pub scopes: Vec<ScopeUse>,
    /// Last use of secrets by secret id.
    pub secrets: HashMap<i64, Timestamp>,
}

impl UsageReport {
    /// Registered scopes that opened nothing in the days of the report. `OR.Default` is not counted per scope.
    pub fn unused(&self, now: Timestamp) -> Vec<ScopeRef> {
        let since = now
            .checked_sub(SignedDuration::from_hours(24 * self.days))
            .unwrap_or(Timestamp::MIN);
        let unused = self
            .scopes
            .iter()
            .filter(|entry| counts(&entry.scope.name) && entry.last_used_at.is_none_or(|at| at < since));
        unused.map(|entry| entry.scope.clone()).collect()
    }
}

fn counts(scope: &str) -> bool {
    crate::scopes::catalogue()
        .find(scope)
        .is_some_and(|known| !known.resource.is_empty() && known.name != crate::scopes::DEFAULT)
}

/// The last `days` days of an application.
pub fn report(scope: &mut Handle<'_>, now: Timestamp, client: &Client, days: i64) -> Result<UsageReport, Error> {
    let totals = scope.row(
        "select last_used_at, tokens from client_usage where {scope} and client_id = ?",
        params![client.id],
    )?;
    let (last_used_at, tokens) = match totals {
        Some(row) => (Some(row.get::<Timestamp>(0)?), row.get::<i64>(1)?),
        None => (None, 0),
    };
    let first = day(now) - days + 1;
    let rows = scope.rows(
        "select day, tokens from client_usage_days where {scope} and client_id = ? and day >= ?",
        params![client.id, first],
    )?;
    let mut counted = HashMap::new();
    for row in rows {
        counted.insert(row.get::<i64>(0)?, row.get::<i64>(1)?);
    }
    let rows = scope.rows(
        "select kind, scope, last_used_at from client_scope_usage where {scope} and client_id = ?",
        params![client.id],
    )?;
    let mut used: HashMap<(i64, String), Timestamp> = HashMap::new();
    for row in rows {
        used.insert((row.get(0)?, row.get(1)?), row.get(2)?);
    }
    let scopes = Kind::ALL
        .into_iter()
        .flat_map(|kind| client.scopes(kind).iter().map(move |name| (kind, name)));
    Ok(UsageReport {
        days,
        last_used_at,
        tokens,
        per_day: (first..=day(now))
            .map(|day| (day, counted.get(&day).copied().unwrap_or(0)))
            .collect(),
        scopes: scopes
            .map(|(kind, name)| ScopeUse {
                scope: ScopeRef {
                    name: name.clone(),
                    kind,
                },
                last_used_at: used.get(&(kind.number(), name.clone())).copied(),
            })
            .collect(),
        secrets: secrets(scope, client.id)?,
    })
}

/// Last use of the secrets of a client, by secret id.
pub(super) fn secrets(scope: &mut Handle<'_>, client: Uuid) -> Result<HashMap<i64, Timestamp>, Error> {
    let rows = scope.rows(
        "select u.secret_id, u.last_used_at from client_secret_usage u where u.{scope} and u.secret_id in \
         (select s.id from client_secrets s where s.client_id = ?)",
        params![client],
    )?;
    rows.into_iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// When each application of the organization was last used.
pub fn last_used(scope: &mut Handle<'_>) -> Result<HashMap<Uuid, Timestamp>, Error> {
    let rows = scope.rows(
        "select client_id, last_used_at from client_usage where {scope}",
        params![],
    )?;
    rows.into_iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

fn day(at: Timestamp) -> i64 {
    at.as_microsecond().div_euclid(MICROSECONDS_OF_A_DAY)
}
