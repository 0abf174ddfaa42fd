//! Stores log entries. `POST /api/Logs`, `POST /api/Logs/SubmitLogs`
//!
//! An entry names its job, which says to which folder it belongs and who may see it. The whole call is stored, or nothing of it.

use std::collections::HashMap;
use std::sync::Arc;

use access::Permit;
use context::{Error, codes};
use http::Method;
use serde_json::json;
use uuid::Uuid;
use web::{Folder, Operation, Reply, Request, Response, Shape};

use crate::logs::entry::Entry;
use crate::logs::service::{Source, unreadable};
use crate::logs::state::{Logs, Submit};

/// Bytes of one call, at most.
const LONGEST_BODY: usize = 16 << 20;
/// Entries of one call, at most.
const MOST: usize = 10_000;
/// Reading more bytes than this is done beside the tasks that serve others.
const LONG: usize = 256 << 10;

pub fn one() -> Operation {
    Operation::orchestrator(Method::POST, "/api/Logs", "Logs_Post")
        .summary("Stores a log entry. Deprecated: use SubmitLogs.")
        .scope("OR.Monitoring.Write")
        .permission("Logs.Create")
        .folder(Folder::InRequest)
        .body_limit(LONGEST_BODY)
        .takes_shape(Shape::Json {
            name: "LogEntry",
            schema: json!({ "type": "object" }),
        })
        .answers(200, Shape::Nothing)
        .handler(async |request| {
            let text = text(&request)?.trim();
            let entry = if text.starts_with('"') {
                serde_json::from_str(text).map_err(|error| unreadable(0, &format!("is not JSON: {error}")))?
            } else {
                text.to_owned()
            };
            submit(&request, vec![entry]).await
        })
}

pub fn many() -> Operation {
    Operation::orchestrator(Method::POST, "/api/Logs/SubmitLogs", "Logs_SubmitLogs")
        .summary("Stores log entries, each the JSON text of an object that names its job (jobId).")
        .scope("OR.Monitoring.Write")
        .permission("Logs.Create")
        .folder(Folder::InRequest)
        .body_limit(LONGEST_BODY)
        .takes_shape(Shape::Json {
            name: "LogEntries",
            schema: json!({ "type": "array", "items": { "type": "string" } }),
        })
        .answers(200, Shape::Nothing)
        .handler(async |request| {
            let entries: Vec<String> = serde_json::from_str(text(&request)?).map_err(|error| {
                Error::invalid(
                    codes::INVALID_REQUEST,
                    format!("The body must be an array of texts, each the JSON of a log entry: {error}."),
                )
            })?;
            submit(&request, entries).await
        })
}

/// The body as text.
fn text(request: &Request) -> Result<&str, Error> {
    let bytes = request.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&request.body);
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Error::invalid(codes::INVALID_REQUEST, "The body is not valid UTF-8."))?;
    if text.trim().is_empty() {
        return Err(Error::invalid(codes::INVALID_REQUEST, "The request has no body."));
    }
    Ok(text)
}

async fn submit(request: &Request, texts: Vec<String>) -> Result<Response, Error> {
    if texts.len() > MOST {
        return Err(Error::invalid(
            codes::INVALID_ARGUMENT,
            format!(
                "At most {MOST} log entries can be sent at a time; these are {}.",
                texts.len()
            ),
        ));
    }
    let logs = request.state::<Logs>()?;
    let weight: usize = texts.iter().map(String::len).sum();
    let jobs = if weight > LONG {
        tokio::task::spawn_blocking(move || by_job(&texts))
            .await
            .map_err(Error::internal)??
    } else {
        by_job(&texts)?
    };
    let (tenant, permit) = (request.tenant()?.id, Permit::of(request));
    let mut groups = Vec::with_capacity(jobs.len());
    for (first, job, entries) in jobs {
        let source = logs.source(request.store(), tenant, job).await?;
        groups.push((allowed(source, first, job, &permit)?, entries));
    }
    if !groups.is_empty() {
        let call = Submit {
            tenant,
            now: request.ctx.now,
            groups,
        };
        logs.submits.call(call, weight).await?;
    }
    Reply::ok().empty()
}

/// The source of entries, where the caller may write for it. A job in a folder that the caller may not know of does not exist for it.
fn allowed(source: Option<Arc<Source>>, first: usize, job: Uuid, permit: &Permit) -> Result<Arc<Source>, Error> {
    let unknown = || unreadable(first, &format!("belongs to a job that does not exist: {job}"));
    let source = source.ok_or_else(unknown)?;
    match source.folder {
        folder if permit.holds(Some(folder)) => Ok(source),
        folder if permit.sees(folder) => Err(Error::forbidden()),
        _ => Err(unknown()),
    }
}

/// Reads entries and puts those of a job together, in their order; each job with the place of its first entry.
fn by_job(texts: &[String]) -> Result<Vec<(usize, Uuid, Vec<Entry>)>, Error> {
    let mut jobs: Vec<(usize, Uuid, Vec<Entry>)> = Vec::new();
    let mut places: HashMap<Uuid, usize> = HashMap::new();
    for (at, text) in texts.iter().enumerate() {
        let entry = Entry::read(text).map_err(|reason| unreadable(at, &reason))?;
        let job = entry
            .job
            .ok_or_else(|| unreadable(at, "has no jobId: entries belong to the folder of their job"))?;
        let place = *places.entry(job).or_insert_with(|| {
            jobs.push((at, job, Vec::new()));
            jobs.len() - 1
        });
        jobs[place].2.push(entry);
    }
    Ok(jobs)
}
