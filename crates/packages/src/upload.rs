//! Files on their way into a feed (reference: execution 3.4).
//!
//! Each part of the form goes into a temporary file, is looked into, goes into the storage, and then the feed has it. Nothing is held
//! in memory as a whole, and nothing is published before the whole form has arrived.

use std::sync::Arc;

use blobs::{Blobs, Source, Spooled};
use bytes::Bytes;
use context::{Ctx, Error, Kind, codes};
use futures_util::stream;
use multer::{Field, Multipart};
use serde_json::{Value, json};
use web::{Incoming, Request, TenantRef};

use crate::Packages;
use crate::archive::{self, Manifest};
use crate::feeds::Feed;
use crate::model::{PackageKind, PackageVersion};
use crate::service;

/// Bytes of an uploaded form, at most.
pub const LARGEST: usize = 500 << 20;
/// Files in a form.
const MOST_FILES: usize = 10;
/// Parts of a form that are no files, and bytes of such a part.
const MOST_FIELDS: usize = 20;
const LARGEST_FIELD: u64 = 64 << 10;
/// Characters of a file name that are told again.
const LONGEST_NAME: usize = 260;

/// What came of one file.
#[derive(Debug)]
pub struct Outcome {
    /// As the client called it.
    pub file_name: String,
    pub result: Result<PackageVersion, Error>,
}

/// Publishes the files of a multipart form.
///
/// # Errors
/// 400 when it is no such form, or has no files (1664) or too many; what is wrong with a single file is its outcome.
pub async fn publish(request: &Request, feed: &Feed) -> Result<Vec<Outcome>, Error> {
    let packages = request.state::<Packages>()?;
    let files = receive(request, &packages.blobs).await?;
    let mut outcomes = Vec::with_capacity(files.len());
    for (file_name, file) in files {
        let result = one(&packages, &request.ctx, request.tenant()?, feed, &file_name, file).await;
        outcomes.push(Outcome { file_name, result });
    }
    Ok(outcomes)
}

/// The files of the form, each in a temporary file.
async fn receive(request: &Request, blobs: &Blobs) -> Result<Vec<(String, Spooled)>, Error> {
    let content_type = request.header("content-type").unwrap_or_default();
    let boundary = multer::parse_boundary(content_type)
        .map_err(|_| Error::of(Kind::UnsupportedMediaType, "The body must be multipart/form-data."))?;
    let body = request.take_body()?;
    // What went wrong with the body itself says more than what the form's reader makes of it.
    let failure = Arc::new(std::sync::Mutex::new(None));
    let noted = failure.clone();
    let pieces = stream::unfold((body, noted), |(mut body, noted)| async move {
        match Incoming::next(&mut body).await {
            Ok(Some(piece)) => Some((Ok::<Bytes, std::io::Error>(piece), (body, noted))),
            Ok(None) => None,
            Err(error) => {
                let text = error.message.clone();
                *noted.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(error);
                Some((Err(std::io::Error::other(text)), (body, noted)))
            }
        }
    });
    let mut form = Multipart::new(Box::pin(pieces), boundary);
    let outcome = read_parts(&mut form, blobs).await;
    let failure = failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    match failure {
        Some(error) => Err(error),
        None => outcome,
    }
}

async fn read_parts(form: &mut Multipart<'_>, blobs: &Blobs) -> Result<Vec<(String, Spooled)>, Error> {
    let (mut files, mut fields) = (Vec::new(), 0);
    while let Some(field) = form.next_field().await.map_err(malformed)? {
        let file_name = field.file_name().map(str::to_owned);
        let is_file = file_name.is_some() || field.content_type().is_some_and(|of| of.type_() == "application");
        let mut part = Part(field);
        if !is_file {
            fields += 1;
            if fields > MOST_FIELDS {
                return Err(Error::invalid(codes::INVALID_REQUEST, "The form has too many fields."));
            }
            let mut size = 0;
            while let Some(piece) = part.next().await? {
                size += piece.len() as u64;
                if size > LARGEST_FIELD {
                    return Err(Error::invalid(
                        codes::INVALID_REQUEST,
                        "A field of the form is too long.",
                    ));
                }
            }
            continue;
        }
        if files.len() == MOST_FILES {
            return Err(Error::invalid(
                codes::INVALID_PACKAGE_COUNT,
                format!("At most {MOST_FILES} packages can be uploaded at a time."),
            ));
        }
        let name: String = file_name.unwrap_or_default().chars().take(LONGEST_NAME).collect();
        files.push((name, blobs.spool(&mut part, LARGEST as u64).await?));
    }
    if files.is_empty() {
        return Err(Error::invalid(
            codes::INVALID_PACKAGE_COUNT,
            "The form has no package in it.",
        ));
    }
    Ok(files)
}

struct Part<'f>(Field<'f>);

impl Source for Part<'_> {
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        self.0.chunk().await.map_err(malformed)
    }
}

fn malformed(error: multer::Error) -> Error {
    let text = match error {
        multer::Error::StreamReadFailed(_) => "The body could not be read.",
        _ => "The body is not a multipart form.",
    };
    Error::invalid(codes::INVALID_REQUEST, text)
}

/// Publishes one file.
async fn one(
    packages: &Packages,
    ctx: &Ctx,
    tenant: &TenantRef,
    feed: &Feed,
    file_name: &str,
    file: Spooled,
) -> Result<PackageVersion, Error> {
    let named = file_name.trim().to_lowercase();
    if !named.is_empty() && named.rsplit('.').next() != Some("nupkg") {
        return Err(Error::invalid(
            codes::INVALID_EXTENSION,
            format!("{file_name} is not a .nupkg file."),
        ));
    }
    let opened = file.file.clone();
    let manifest = tokio::task::spawn_blocking(move || archive::read(&opened))
        .await
        .map_err(Error::internal)??;
    let (wanted, manifest) = (feed.clone(), Arc::new(manifest));
    let (tenant, looked_at) = (tenant.id, manifest.clone());
    // Most that would fail fail here, before anything is stored.
    packages
        .access
        .store
        .read(move |tx| service::check_is_new(&mut tx.tenant(tenant), &wanted, &looked_at))
        .await?;
    store_and_publish(packages, ctx, tenant, feed, manifest, &file).await
}

async fn store_and_publish(
    packages: &Packages,
    ctx: &Ctx,
    tenant: i64,
    feed: &Feed,
    manifest: Arc<Manifest>,
    file: &Spooled,
) -> Result<PackageVersion, Error> {
    let area = match feed.kind {
        PackageKind::Process => "packages",
        PackageKind::Library => "libraries",
    };
    let stored = packages.blobs.put_new(ctx, area, &mut file.read(), file.size).await?;
    let key = stored.key.clone();
    let (now, feed, observers) = (ctx.clone(), feed.clone(), packages.observers());
    let published = packages
        .access
        .store
        .write(move |tx| service::publish(&mut tx.tenant(tenant), &now, &observers, &feed, &manifest, &stored))
        .await;
    if published.is_err() {
        packages.blobs.give_up(ctx, key).await?;
    }
    published
}

/// Contract schema `BulkItemDtoOfString`.
pub fn item(request: &Request, outcome: &Outcome) -> Value {
    let (status, body) = match &outcome.result {
        Ok(version) => ("OK", json!({ "Id": version.package_id, "Version": version.version })),
        Err(error) => {
            let message = if error.kind == Kind::Internal {
                "An error has occurred."
            } else {
                error.message.as_str()
            };
            let body = json!({ "message": message, "errorCode": error.code, "traceId": &*request.ctx.trace });
            (status_name(error.kind), body)
        }
    };
    json!({ "Key": outcome.file_name, "Status": status, "Body": body.to_string() })
}

/// The name that the contract has for a status.
pub fn status_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Invalid => "BadRequest",
        Kind::Unauthenticated => "Unauthorized",
        Kind::Forbidden => "Forbidden",
        Kind::NotFound => "NotFound",
        Kind::MethodNotAllowed => "MethodNotAllowed",
        Kind::Conflict => "Conflict",
        Kind::TooLarge => "RequestEntityTooLarge",
        Kind::UnsupportedMediaType => "UnsupportedMediaType",
        Kind::TooManyRequests { .. } => "TooManyRequests",
        Kind::Internal => "InternalServerError",
        Kind::Unavailable => "ServiceUnavailable",
    }
}
