//! Items of queues: adding, taking, finishing, reviewing and reading them.

mod abandon;
pub mod add;
mod api;
pub mod change;
pub mod comments;
pub mod content;
pub mod events;
pub mod export;
pub mod filter;
pub mod finish;
pub mod input;
pub mod keys;
pub mod model;
pub mod notes;
mod pages;
pub mod read;
pub mod retry;
pub mod reviewers;
pub mod start;
pub mod transition;
pub mod waiting;
pub mod wire;
pub mod write;

use context::{Error, codes};
use odata::EntitySet;
use store::Entity as _;
use web::Module;

/// Operations and pages of items, and what becomes of those that nobody finishes.
pub fn module() -> Module {
    let set = |name, entity| EntitySet { name, entity };
    let mut operations = api::operations();
    operations.extend(pages::operations());
    Module {
        operations,
        entity_sets: vec![
            set(api::SET, model::FolderItem::model()),
            set(api::COMMENTS, model::ItemComment::model()),
            set(api::EVENTS, model::ItemEvent::model()),
        ],
        reconcilers: vec![abandon::reconciler()],
        ..Module::default()
    }
}

/// 404: there is no such item, or not in this folder; the two look the same.
pub fn no_such_item() -> Error {
    Error::missing(codes::ITEM_NOT_FOUND, "QueueItem does not exist.")
}
