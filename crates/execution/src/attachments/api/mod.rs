//! Operations of tags Attachments and ExecutionMedia, and those about attachments that the contract does not name.

mod attachments;
mod content;
mod links;
mod media;

use access::Permit;
use blobs::{Blobs, Readable, Writable};
use context::Error;
use jiff::Timestamp;
use serde_json::{Value, json};
use web::{Operation, Request};

use super::model::Attachment;
use super::service::{ADDRESS_TIME, LARGEST};

/// Names of the entity sets.
pub const SET: &str = "Attachments";
pub const MEDIA_SET: &str = "ExecutionMedia";

pub fn operations() -> Vec<Operation> {
    vec![
        attachments::list(),
        attachments::create(),
        attachments::get(),
        attachments::delete(),
        content::operation(),
        links::by_job(),
        links::create(),
        media::list(),
        media::get(),
        media::delete(),
        media::download(),
    ]
}

/// The rights of the caller, and the folder of the header.
fn asked(request: &Request) -> (Permit, Option<i64>) {
    let folder = request.chosen_folder().map(|folder| folder.id);
    (Permit::of(request), folder)
}

/// `BlobFileAccessDto` to read the content of an attachment.
fn reading(request: &Request, attachment: &Attachment) -> Result<Value, Error> {
    let file = Readable {
        key: &attachment.blob,
        file_name: &attachment.name,
        content_type: None,
    };
    let blobs = request.state::<Blobs>()?;
    let uri = blobs.read_address(&request.origin, &file, request.ctx.now, end(request))?;
    Ok(file_access("GET", &uri, &[]))
}

/// `BlobFileAccessDto` to write the content of an attachment.
fn writing(request: &Request, attachment: &Attachment) -> Result<Value, Error> {
    let file = Writable {
        key: &attachment.blob,
        limit: LARGEST,
    };
    let blobs = request.state::<Blobs>()?;
    let uri = blobs.write_address(&request.origin, &file, request.ctx.now, end(request))?;
    // Some clients copy the headers to their call whatever they say; this is what other storages need.
    Ok(file_access("PUT", &uri, &[("x-ms-blob-type", "BlockBlob")]))
}

fn end(request: &Request) -> Timestamp {
    request.ctx.now.saturating_add(ADDRESS_TIME).unwrap_or(Timestamp::MAX)
}

fn file_access(verb: &str, uri: &str, headers: &[(&str, &str)]) -> Value {
    let (keys, values): (Vec<&str>, Vec<&str>) = headers.iter().copied().unzip();
    json!({
        "Uri": uri, "Verb": verb, "RequiresAuth": false, "Headers": { "Keys": keys, "Values": values },
    })
}
