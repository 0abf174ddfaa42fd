//! Units of work on SQLite and PostgreSQL: the only crate that knows a database.
//!
//! A unit of work is a synchronous closure on a [`Tx`], run on a database thread:
//!
//! ```no_run
//! # async fn example() -> store::Result<()> {
//! store::entity! {
//!     /// A note.
//!     pub struct Note in Tenant, table "notes", as "NoteDto" {
//!         #[key] pub id: i64 = "Id",
//!         pub title: String = "Title" folded "title_folded" max 64,
//!     }
//! }
//! let store = store::Store::open(&store::Options::new("sqlite:./data/notes.db"))?;
//! let id = store.write(|tx| tx.tenant(1).insert(&Note { id: 0, title: "Hello".into() })).await?;
//! let note = store.read(move |tx| tx.tenant(1).get::<Note>(id)).await?;
//! # Ok(()) }
//! ```
//!
//! On SQLite one thread writes, and units that wait together share a commit; readers have their own
//! snapshots. On PostgreSQL every unit is a transaction on one of several connections. An answer is given
//! when the data is durable.

mod change;
mod combine;
mod entity;
mod error;
mod health;
mod kept;
mod lease;
mod list;
mod migrate;
mod postgres;
mod row;
mod scope;
mod scoped;
mod session;
mod sql;
mod sqlite;
mod store;
mod tx;
mod unit;
mod value;

pub use change::Change;
pub use combine::Combiner;
pub use entity::{Column, Entity};
pub use error::{Error, Result};
pub use health::Health;
pub use kept::Kept;
pub use lease::Lease;
pub use list::{DEFAULT_TOP, MOST_PARTS, Page};
pub use migrate::Migration;
pub use odata::fold;
pub use row::Row;
pub use scope::{Host, Organization, Scope, Tenant};
pub use scoped::{Scoped, any_of, fill_up, pieces};
pub use sql::Dialect;
pub use store::{Options, Store};
pub use tx::Tx;
pub use value::{Json, Value, to_json};

/// What the macros need. Not a public interface.
#[doc(hidden)]
pub mod macro_support {
    pub use odata;
    pub use serde_json;

    pub use crate::entity::Statements;
    pub use crate::value::{BindOther, BindScalar};
}

pub use ::entity::entity;
