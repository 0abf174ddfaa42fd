//! Events for subscribers outside: written in the unit of work that makes them true, delivered later (reference: resources 8,
//! queues 15).
//!
//! An event is written only in a tenant that somebody subscribed to; the others pay one look at an empty table. Entries are
//! numbered in the order they were written and go after three days, delivered or not.

use std::time::Duration;

use context::Error;
use jiff::{Timestamp, ToSpan as _};
use serde_json::Value;
use store::{Json, Migration, Scoped, Tenant, entity, params};
use uuid::Uuid;
use web::App;

use crate::trim;

/// Hours that an entry is kept.
const KEPT_HOURS: i64 = 72;

pub(crate) const MIGRATION: Migration = Migration {
    id: "access-007-outbox",
    sql: "
        create table outbox (
            id {id},
            tenant_id bigint not null,
            key {uuid} not null,
            event_type text not null,
            entity_key {uuid},
            folder_id bigint,
            user_id bigint,
            happened_at bigint not null,
            body text not null
        );
        create index outbox_happened on outbox (happened_at);
        create table outbox_subscriptions (
            id {id},
            tenant_id bigint not null,
            subscriber text not null,
            event_type text not null
        );
        create unique index outbox_subscriptions_type on outbox_subscriptions (tenant_id, subscriber, event_type);
    ",
};

entity! {
    /// An event on its way to subscribers.
    pub struct Entry in Tenant, table "outbox" {
        #[key] pub id: i64 = "Id",
        /// Tells deliveries of the same event apart from others: `EventId` on the wire.
        pub key: Uuid,
        /// `queueItem.added`
        pub event_type: String,
        pub entity_key: Option<Uuid>,
        /// Something that is visible in several folders makes an entry for each.
        pub folder_id: Option<i64>,
        /// Who caused it; `None` for the server itself and for applications the tenant does not know.
        pub user_id: Option<i64>,
        pub happened_at: Timestamp,
        /// The members besides the envelope.
        pub body: Json<Value>,
    }
}

entity! {
    /// What a subscriber wants to be told.
    pub struct Subscription in Tenant, table "outbox_subscriptions" {
        #[key] pub id: i64,
        /// Names the subscriber: `webhooks/7`.
        pub subscriber: String,
        /// An event type, or `*` for all.
        pub event_type: String,
    }
}

/// Asks for events of a type, or of all types with `*`. Asking twice is the same as once.
pub fn subscribe(scope: &mut Scoped<'_, Tenant>, subscriber: &str, event_type: &str) -> Result<(), Error> {
    let wanted = Subscription {
        id: 0,
        subscriber: subscriber.to_owned(),
        event_type: event_type.to_owned(),
    };
    scope.insert_new(&[wanted], "id")?;
    Ok(())
}

/// Ends all that a subscriber asked for.
pub fn unsubscribe(scope: &mut Scoped<'_, Tenant>, subscriber: &str) -> Result<(), Error> {
    scope.delete_where::<Subscription>("subscriber = ?", params![subscriber])?;
    Ok(())
}

/// Whether anybody in the tenant wants to be told anything: asked before an event is made up.
pub fn is_listened_to(scope: &mut Scoped<'_, Tenant>) -> Result<bool, Error> {
    Ok(scope.exists::<Subscription>("", params![])?)
}

/// Whether anybody in the tenant wants to be told events of a type.
pub fn is_wanted(scope: &mut Scoped<'_, Tenant>, event_type: &str) -> Result<bool, Error> {
    Ok(scope.exists::<Subscription>("event_type in ('*', ?)", params![event_type])?)
}

/// Writes events that somebody subscribed to; the others are dropped.
pub fn write(scope: &mut Scoped<'_, Tenant>, entries: Vec<Entry>) -> Result<(), Error> {
    if entries.is_empty() {
        return Ok(());
    }
    let wanted = scope.find::<Subscription>("", params![])?;
    let is_wanted = |entry: &Entry| {
        wanted
            .iter()
            .any(|wanted| wanted.event_type == "*" || wanted.event_type == entry.event_type)
    };
    let entries: Vec<Entry> = entries.into_iter().filter(is_wanted).collect();
    scope.insert_many(&entries)?;
    scope.changed("outbox", "");
    Ok(())
}

/// Removes entries that are too old.
pub(crate) async fn trim(app: App) -> Result<Option<Duration>, Error> {
    let before = app
        .clock()
        .now()
        .checked_sub(KEPT_HOURS.hours())
        .unwrap_or(Timestamp::MIN);
    trim::older::<Entry>(&app, "happened_at", before).await?;
    Ok(None)
}
