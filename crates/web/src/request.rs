//! What a handler is given.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use context::{Ctx, Error, Requirement, Rights, codes};
use http::request::Parts;
use odata::Literal;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use crate::app::App;
use crate::body;
use crate::gate::{FolderRef, TenantRef};
use crate::incoming::Incoming;
use crate::layout::Layout;
use crate::operation::Operation;
use crate::origin::Network;

/// Most fields of a form that are read.
const MOST_FORM_FIELDS: usize = 2_000;

/// A request past the guard.
pub struct Request {
    pub app: App,
    pub operation: &'static Operation,
    pub ctx: Ctx,
    pub parts: Parts,
    pub network: Network,
    pub layout: Layout,
    /// Scheme and host under which the client addressed us, checked against our own names.
    pub origin: String,
    /// Decoded query parameters in the order written.
    pub query: Vec<(String, String)>,
    /// Empty where the operation streams it.
    pub body: Bytes,
    pub(crate) incoming: Mutex<Option<Incoming>>,
    pub(crate) arguments: Vec<(&'static str, Literal)>,
    pub(crate) tenant: Option<TenantRef>,
    pub(crate) folder: Option<FolderRef>,
    pub rights: Rights,
}

impl Request {
    /// State that a module registered.
    pub fn state<T: Send + Sync + 'static>(&self) -> Result<Arc<T>, Error> {
        self.app.state::<T>()
    }

    pub fn store(&self) -> &store::Store {
        self.app.store()
    }

    /// The tenant addressed.
    pub fn tenant(&self) -> Result<&TenantRef, Error> {
        self.tenant
            .as_ref()
            .ok_or_else(|| Error::denied(codes::FORBIDDEN_OPERATION, "No tenant was addressed."))
    }

    /// The folder of the header; present when the operation requires one.
    pub fn folder(&self) -> Result<&FolderRef, Error> {
        self.folder.as_ref().ok_or_else(folder_required)
    }

    /// The folder of the header, where it is optional.
    pub fn chosen_folder(&self) -> Option<&FolderRef> {
        self.folder.as_ref()
    }

    /// The organization of the caller.
    pub fn organization(&self) -> Result<Uuid, Error> {
        self.ctx.caller.organization.ok_or_else(Error::forbidden)
    }

    /// The body of an operation that [streams](Operation::streams). It can be taken once.
    ///
    /// # Errors
    /// When the operation does not stream, or the body was taken before: a fault of the handler.
    pub fn take_body(&self) -> Result<Incoming, Error> {
        let body = self.incoming.lock().unwrap_or_else(PoisonError::into_inner).take();
        body.ok_or_else(|| Error::internal("there is no body to take"))
    }

    /// The same body, which stays where it is.
    pub(crate) fn shared_body(&self) -> Option<Incoming> {
        let body = self.incoming.lock().unwrap_or_else(PoisonError::into_inner);
        body.as_ref().map(Incoming::share)
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.parts.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// A value of the path.
    pub fn argument(&self, name: &str) -> Option<&Literal> {
        self.arguments
            .iter()
            .find(|(given, _)| *given == name)
            .map(|(_, literal)| literal)
    }

    /// An integer of the path.
    pub fn integer(&self, name: &'static str) -> Result<i64, Error> {
        self.argument(name)
            .and_then(Literal::as_i64)
            .ok_or_else(|| wrong(name, "must be an integer"))
    }

    /// A GUID of the path.
    pub fn guid(&self, name: &'static str) -> Result<Uuid, Error> {
        self.argument(name)
            .and_then(Literal::as_guid)
            .ok_or_else(|| wrong(name, "must be a GUID"))
    }

    /// A text of the path.
    pub fn text(&self, name: &'static str) -> Result<String, Error> {
        self.argument(name)
            .and_then(Literal::as_text)
            .ok_or_else(|| wrong(name, "is missing"))
    }

    /// A boolean of the path.
    pub fn boolean(&self, name: &'static str) -> Result<bool, Error> {
        self.argument(name)
            .and_then(Literal::as_bool)
            .ok_or_else(|| wrong(name, "must be true or false"))
    }

    /// A query parameter; names in any case, an empty value counts as absent.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let found = self
            .query
            .iter()
            .find(|(given, value)| given.eq_ignore_ascii_case(name) && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }

    /// All values of a query parameter.
    pub fn parameters<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query
            .iter()
            .filter(move |(given, value)| given.eq_ignore_ascii_case(name) && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// A query parameter read into a type.
    pub fn parse<T: std::str::FromStr>(&self, name: &'static str) -> Result<Option<T>, Error> {
        let value = self.parameter(name);
        value
            .map(|text| text.trim().parse().map_err(|_| wrong(name, "has the wrong form")))
            .transpose()
    }

    /// The OData query options, checked against the model.
    pub fn odata(&self, model: &'static odata::EntityType) -> Result<odata::Query, Error> {
        odata::Query::parse(&self.query, model, &self.app.settings().odata, self.ctx.now)
            .map_err(|error| Error::invalid(codes::INVALID_REQUEST, error.to_string()))
    }

    /// The JSON body as a value; 400 when it is not JSON.
    pub fn value(&self) -> Result<Value, Error> {
        if self.body.is_empty() {
            return Err(Error::invalid(codes::INVALID_REQUEST, "The request has no body."));
        }
        let text = self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.body);
        serde_json::from_slice(text)
            .map_err(|error| Error::invalid(codes::INVALID_REQUEST, format!("The body is not valid JSON: {error}.")))
    }

    /// The JSON body bound to a type: member names in any case, unknown members ignored.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        body::bind(self.value()?)
    }

    /// The parameter `name` of an action's body, bound to a type: `{"startInfo": {…}}`.
    pub fn action<T: DeserializeOwned>(&self, name: &'static str) -> Result<T, Error> {
        let Value::Object(members) = self.value()? else {
            return Err(Error::field(name, format!("{name} must not be null")));
        };
        let given = members
            .into_iter()
            .find(|(member, _)| member.eq_ignore_ascii_case(name))
            .map(|(_, value)| value);
        match given {
            Some(value) if !value.is_null() => body::bind(value),
            _ => Err(Error::field(name, format!("{name} must not be null"))),
        }
    }

    /// The first 2,000 fields of an `application/x-www-form-urlencoded` body, in the order written. No page has more.
    pub fn form(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(&self.body)
            .into_owned()
            .take(MOST_FORM_FIELDS)
            .collect()
    }

    /// Checks the operation's permission in a folder that key or body named.
    ///
    /// # Errors
    /// 403 when it is not held there.
    pub fn require_in(&self, folder: i64) -> Result<(), Error> {
        self.require(&self.operation.requirement, Some(folder))
    }

    /// Checks a requirement.
    pub fn require(&self, requirement: &Requirement, folder: Option<i64>) -> Result<(), Error> {
        if self.rights.allow(requirement, folder) {
            Ok(())
        } else {
            Err(Error::forbidden())
        }
    }

    /// `<origin><base>/odata/$metadata#<of>`
    pub fn context_url(&self, of: &str) -> String {
        format!("{}{}/odata/$metadata#{of}", self.origin, self.layout.base)
    }
}

pub(crate) fn folder_required() -> Error {
    Error::invalid(
        codes::REQUIRED_ORGANIZATION_UNIT,
        "A folder is required for this action.",
    )
}

fn wrong(name: &'static str, what: &str) -> Error {
    Error::field(name, format!("The field {name} {what}."))
}
