//! The operations of the tag Exports, and the download.

mod download;
mod get;
mod link;

pub(super) use download::send;
use web::Operation;

pub(super) fn operations() -> Vec<Operation> {
    vec![get::operation(), link::operation(), download::operation()]
}
