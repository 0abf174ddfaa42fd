//! Writing and searching the organization's audit log.

use context::{Ctx, Error};
use jiff::Timestamp;
use serde_json::Value;
use store::{Scoped, Value as Bound, params};
use uuid::Uuid;

use super::AuditRecord;

/// Something that happened.
#[derive(Debug, Clone)]
pub struct Event {
    pub source: &'static str,
    pub target: &'static str,
    pub name: &'static str,
    /// One sentence for people.
    pub message: String,
    /// JSON without secrets.
    pub details: Value,
    pub succeeded: bool,
    /// Who did it, where it is not the caller: at sign-in there is no caller yet. Id, user name, e-mail.
    pub actor: Option<(Uuid, String, Option<String>)>,
}

impl Event {
    /// A success reported by the identity service.
    pub fn identity(target: &'static str, name: &'static str, message: impl Into<String>) -> Self {
        Self {
            source: "Identity",
            target,
            name,
            message: message.into(),
            details: Value::Object(serde_json::Map::new()),
            succeeded: true,
            actor: None,
        }
    }

    pub fn details(mut self, details: Value) -> Self {
        self.details = details;
        self
    }

    pub fn failed(mut self) -> Self {
        self.succeeded = false;
        self
    }

    pub fn by(mut self, id: Uuid, user_name: &str, email: Option<&str>) -> Self {
        self.actor = Some((id, user_name.to_owned(), email.map(str::to_owned)));
        self
    }
}

/// Writes `event` in the unit of work of the change it reports.
pub fn record(scope: &mut Scoped<'_, store::Organization>, ctx: &Ctx, event: Event) -> Result<(), Error> {
    let (actor_id, actor_name, actor_email) = match event.actor {
        Some((id, name, email)) => (Some(id), name, email),
        None => (ctx.caller.principal_id(), ctx.caller.name.to_string(), None),
    };
    scope.insert(&AuditRecord {
        id: 0,
        created_at: ctx.now,
        source: event.source.to_owned(),
        target: event.target.to_owned(),
        name: event.name.to_owned(),
        message: event.message,
        details: event.details,
        succeeded: event.succeeded,
        actor_id,
        actor_name,
        actor_email,
        client_id: ctx.caller.client,
        address: ctx.address.map(|address| address.to_string()),
    })?;
    Ok(())
}

/// What part of the log is wanted.
#[derive(Debug, Clone, Default)]
pub struct Search {
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    pub source: Option<String>,
    pub target: Option<String>,
    pub name: Option<String>,
    pub actor: Option<Uuid>,
    /// Text within the actor's name.
    pub actor_name: Option<String>,
    pub succeeded: Option<bool>,
    /// `created_on`, `category` or `email`; anything else means the time.
    pub sort_by: Option<String>,
    pub ascending: bool,
    pub top: u32,
    pub skip: u32,
}

/// The records that match, and how many there are in all.
pub fn search(scope: &mut Scoped<'_, store::Organization>, search: &Search) -> Result<(i64, Vec<AuditRecord>), Error> {
    let mut conditions = vec!["1 = 1"];
    let mut values: Vec<Bound> = Vec::new();
    let mut narrow = |condition: &'static str, value: Option<Bound>| {
        if let Some(value) = value {
            conditions.push(condition);
            values.push(value);
        }
    };
    narrow("created_at >= ?", search.from.map(Bound::DateTime));
    narrow("created_at < ?", search.to.map(Bound::DateTime));
    narrow("source = ?", search.source.clone().map(Bound::Text));
    narrow("target = ?", search.target.clone().map(Bound::Text));
    narrow("name = ?", search.name.clone().map(Bound::Text));
    narrow("actor_id = ?", search.actor.map(Bound::Guid));
    narrow("succeeded = ?", search.succeeded.map(Bound::Boolean));
    narrow(
        "actor_name_folded like ? escape '\\'",
        search.actor_name.as_deref().map(crate::like).map(Bound::Text),
    );
    let condition = conditions.join(" and ");
    let total = scope.count::<AuditRecord>(&condition, values.clone())?;
    let column = match search.sort_by.as_deref().map(str::to_ascii_lowercase).as_deref() {
        Some("category") => "target",
        Some("email") => "actor_email",
        _ => "created_at",
    };
    let direction = if search.ascending { "asc" } else { "desc" };
    values.extend(params![i64::from(search.top), i64::from(search.skip)]);
    let text = format!("{condition} order by {column} {direction}, id {direction} limit ? offset ?");
    Ok((total, scope.find::<AuditRecord>(&text, values)?))
}

/// The distinct targets and names in the log, for filters.
pub fn known(scope: &mut Scoped<'_, store::Organization>) -> Result<Vec<(String, String)>, Error> {
    let rows = scope.rows(
        "select distinct target, name from organization_audit where {scope} order by target, name limit 200",
        params![],
    )?;
    rows.into_iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}
