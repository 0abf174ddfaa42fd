//! Errors of the endpoints that programs call (RFC 6749 section 5.2).

use context::Error;
use serde_json::json;
use web::{Reply, Response};

/// Why a request was not granted.
#[derive(Debug, Clone)]
pub(super) enum Refusal {
    /// Told to the client.
    Told(Told),
    /// Our own fault.
    Fault(Error),
}

/// An error of the protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub status: u16,
    pub error: &'static str,
    pub description: Option<String>,
    /// The client used HTTP Basic, so that the answer may be 401 with a challenge.
    challenge: bool,
}

impl Told {
    pub(super) const fn new(error: &'static str) -> Self {
        Self {
            status: 400,
            error,
            description: None,
            challenge: false,
        }
    }

    pub(super) fn because(error: &'static str, description: impl Into<String>) -> Self {
        Self {
            description: Some(description.into()),
            ..Self::new(error)
        }
    }

    /// 401 with a challenge.
    pub(super) fn challenged(mut self) -> Self {
        self.status = 401;
        self.challenge = true;
        self
    }

    pub(super) fn response(&self) -> Result<Response, Error> {
        let body = match &self.description {
            Some(description) => json!({ "error": self.error, "error_description": description }),
            None => json!({ "error": self.error }),
        };
        let mut reply = no_store(Reply::new(self.status));
        if self.challenge {
            reply = reply.header("www-authenticate", "Basic realm=\"identity\", charset=\"UTF-8\"");
        }
        reply.json(&body)
    }
}

impl From<Told> for Refusal {
    fn from(told: Told) -> Self {
        Self::Told(told)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Fault(error)
    }
}

impl From<store::Error> for Refusal {
    fn from(error: store::Error) -> Self {
        Self::Fault(error.into())
    }
}

/// The answer to a refused or granted request.
pub(super) fn settle(outcome: Result<Response, Refusal>) -> Result<Response, Error> {
    match outcome {
        Ok(response) => Ok(response),
        Err(Refusal::Told(told)) => told.response(),
        Err(Refusal::Fault(error)) => Err(error),
    }
}

/// Tokens and everything about them stay out of caches.
pub(super) fn no_store(reply: Reply) -> Reply {
    reply
        .header("cache-control", "no-store, no-cache, max-age=0")
        .header("pragma", "no-cache")
}
