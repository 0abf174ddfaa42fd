//! What the operations of the identity API share.

use context::Error;
pub use context::check_length;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;
use web::{Reply, Request, Response};

use crate::users::{Failure, IdentityResult};

/// A page of a list. Contract schemas `…PagedResult`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Paged<T> {
    pub total_count: i64,
    pub results: Vec<T>,
}

/// `top`, `skip`, `sortBy`, `sortOrder` (reference: identity 4).
#[derive(Debug)]
pub struct Paging {
    pub top: u32,
    pub skip: u32,
    pub sort_by: Option<String>,
    /// `None`: not said.
    pub descending: Option<bool>,
}

/// Most rows of a page.
const MOST: u32 = 1000;

impl Paging {
    pub fn of(request: &Request) -> Result<Self, Error> {
        let top = request.parse::<u32>("top")?.unwrap_or(10);
        if top > MOST {
            return Err(Error::field(
                "top",
                format!("The field top must be between 0 and {MOST}."),
            ));
        }
        let descending = match request.parameter("sortOrder").map(str::to_ascii_lowercase).as_deref() {
            None => None,
            Some("asc" | "ascending" | "0") => Some(false),
            Some("desc" | "descending" | "1") => Some(true),
            Some(_) => return Err(Error::field("sortOrder", "The field sortOrder must be asc or desc.")),
        };
        let sort_by = request.parameter("sortBy").map(str::to_owned);
        Ok(Self {
            top,
            skip: request.parse("skip")?.unwrap_or(0),
            sort_by,
            descending,
        })
    }
}

/// The caller's organization, if the body names no other one. Whether another one exists is not told.
pub fn partition(request: &Request, given: Option<Uuid>) -> Result<Uuid, Error> {
    let own = request.organization()?;
    if given.is_some_and(|given| given != own) {
        return Err(Error::forbidden());
    }
    Ok(own)
}

/// 200 or 400 with an `IdentityResult`; other failures as usual.
pub fn identity_result<T>(outcome: Result<T, Failure>) -> Result<Response, Error> {
    match outcome {
        Ok(_) => Reply::ok().json(&IdentityResult::success()),
        Err(Failure::Refused(faults)) => Reply::new(400).json(&IdentityResult::failed(faults)),
        Err(Failure::Other(error)) => Err(error),
    }
}
