//! Files in object storage: a directory by default, a bucket of an S3-compatible service where one is configured.
//!
//! * [`Blobs`] puts, gets and removes files by key. Contents are streamed; nothing is held in memory as a whole.
//! * [`garbage`] keeps database and storage together: a file exists before the row that names it, and goes after it.
//! * [`Blobs::read_address`] and [`Blobs::write_address`] make addresses that are good for one file and a while, without a token.

mod body;
pub mod garbage;
mod location;
mod range;
mod source;
mod spool;
mod state;
mod transfer;

use std::sync::Arc;
use std::time::Duration;

pub use body::Found;
pub use location::Location;
pub use range::Wanted;
pub use source::{Source, Whole};
pub use spool::Spooled;
pub use state::{Blobs, Stored};
pub use transfer::{LONGEST_ADDRESS, Readable, Writable};

/// Steps of the schema, oldest first.
pub const MIGRATIONS: &[store::Migration] = &[garbage::MIGRATION];

/// The crate's whole face.
pub fn module() -> web::Module {
    web::Module {
        operations: transfer::operations(),
        reconcilers: vec![web::Reconciler {
            name: "blobs",
            every: Duration::from_secs(600),
            wakes_on: &["blobs"],
            run: Arc::new(|app| Box::pin(garbage::collect(app))),
        }],
        ..web::Module::default()
    }
}
