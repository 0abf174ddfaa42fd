//! What keeps database and storage together.
//!
//! A file lies in the storage before a row names it, and goes after the row. In between it is garbage, and this table knows of it, so
//! that no crash leaves a file that nobody knows:
//!
//! ```text
//! put_new:        a row here, due in a day ─► the file
//! unit of work:   the row that names the file + keep(key)
//! unit of work:   the row goes + release(key, when) ─► later: the file, then the row here
//! ```

use std::time::Duration;

use context::{Error, Kind};
use jiff::{SignedDuration, Timestamp};
use store::{Migration, Tx, entity, params};
use web::App;

use crate::state::Blobs;

/// Files removed by one look.
const CHUNK: i64 = 100;

pub(crate) const MIGRATION: Migration = Migration {
    id: "blobs-001",
    sql: "
        create table blob_garbage (
            id {id},
            key text not null,
            due_at bigint not null,
            going {bool} not null
        );
        create unique index blob_garbage_key on blob_garbage (key);
        create index blob_garbage_due on blob_garbage (due_at);
    ",
};

entity! {
    /// A file that no row names.
    pub struct Garbage in Host, table "blob_garbage" {
        #[key] pub id: i64,
        pub key: String,
        /// When it may go.
        pub due_at: Timestamp,
        /// It is being removed and cannot be kept any more.
        pub going: bool,
    }
}

/// A day later.
pub(crate) fn after_a_day(now: Timestamp) -> Timestamp {
    now.saturating_add(SignedDuration::from_hours(24))
        .unwrap_or(Timestamp::MAX)
}

/// A row names the file from this unit of work on.
///
/// # Errors
/// 503 when the file is gone already, because storing it and naming it are more than a day apart.
pub fn keep(tx: &mut Tx, key: &str) -> Result<(), Error> {
    let kept = tx
        .host()
        .delete_where::<Garbage>("key = ? and going = ?", params![key, false])?;
    if kept == 1 {
        Ok(())
    } else {
        Err(Error::of(Kind::Unavailable, "The upload took too long. Try again."))
    }
}

/// No row names the file any more: it goes at `due`. Addresses that were given out for it end with it.
pub fn release(tx: &mut Tx, key: &str, due: Timestamp) -> Result<(), Error> {
    expect(tx, key, due)?;
    tx.changed("blobs", "");
    Ok(())
}

/// A file is about to be stored; it goes at `due` unless a row names it by then.
pub(crate) fn expect(tx: &mut Tx, key: &str, due: Timestamp) -> Result<(), Error> {
    let mut host = tx.host();
    let known = host.update_where::<Garbage>("due_at = ?", "key = ?", params![due, key])?;
    if known == 0 {
        host.insert(&Garbage {
            id: 0,
            key: key.to_owned(),
            due_at: due,
            going: false,
        })?;
    }
    Ok(())
}

/// Removes files that are due.
pub(crate) async fn collect(app: App) -> Result<Option<Duration>, Error> {
    let blobs = app.state::<Blobs>()?;
    loop {
        let now = app.clock().now();
        let due = blobs
            .store
            .write(move |tx| {
                let mut host = tx.host();
                let mut due =
                    host.find::<Garbage>("due_at <= ? order by due_at limit ? {for_update}", params![now, CHUNK])?;
                for garbage in &mut due {
                    garbage.going = true;
                    host.update(garbage)?;
                }
                Ok::<_, Error>(due)
            })
            .await?;
        if due.is_empty() {
            return Ok(None);
        }
        for garbage in due {
            blobs.delete(&garbage.key).await?;
            blobs
                .store
                .write(move |tx| Ok::<_, Error>(tx.host().delete::<Garbage>(garbage.id)?))
                .await?;
        }
    }
}
