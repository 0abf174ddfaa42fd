//! The declaration of an operation: the single place where its address, scopes and permissions are written.

use std::sync::Arc;

use context::{Error, Requirement};
use http::Method;
use serde_json::Value;

use crate::layout::Family;
use crate::reply::Response;
use crate::{Future, Request};

/// Who may call at all, before scopes and permissions are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anyone; no credential is looked at.
    Anonymous,
    /// Anyone; a good credential is used when there is one.
    Optional,
    /// A bearer token.
    Token,
    /// A person through a first-party client: the contract's operations without OAuth scopes, closed to external applications.
    PersonOnly,
    /// A system administrator of the host.
    HostOnly,
    /// The hosts of a machine object, with the token of their client credentials. They may call nothing else, and nobody else
    /// may call this.
    Machine,
    /// A console page: a session, else the way leads to sign-in.
    Page,
}

/// How the operation finds its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folder {
    /// It has none; a folder header is ignored.
    None,
    /// The folder of the header narrows the answer; without one all folders with the permission count.
    Optional,
    /// The header (or, on pages, the path) names it.
    Required,
    /// Key or body name it: the guard checks that the permission is held somewhere, the handler checks where.
    InRequest,
}

/// A body's shape for the OpenAPI document.
#[derive(Clone)]
pub enum Shape {
    Entity(&'static odata::EntityType),
    /// `{"@odata.context", "@odata.count", "value": [entity]}`
    Collection(&'static odata::EntityType),
    Json {
        name: &'static str,
        schema: Value,
    },
    /// JSON whose schema is worked out when the document is asked for: a server that runs has no use for it.
    Typed {
        name: &'static str,
        schema: fn() -> Value,
    },
    /// A form, file, page or text: media type only.
    Media(&'static str),
    Nothing,
}

/// One documented answer.
#[derive(Clone)]
pub struct Answer {
    pub status: u16,
    pub shape: Shape,
}

/// A handler: async and thin.
pub type Handler = Arc<dyn Fn(Request) -> Future<'static, Result<Response, Error>> + Send + Sync>;

/// An operation or page.
#[derive(Clone)]
pub struct Operation {
    /// Contract operation id (`Assets_GetById`); unique.
    pub id: &'static str,
    /// Group in the OpenAPI document and in metrics.
    pub tag: &'static str,
    pub method: Method,
    pub family: Family,
    /// Path below the family's base; `{name}` stands for a value.
    pub path: &'static str,
    pub summary: &'static str,
    pub access: Access,
    /// Scopes any of which opens the operation; empty: authentication is enough.
    pub scopes: Vec<&'static str>,
    pub requirement: Requirement,
    pub folder: Folder,
    /// A user must be organization administrator on top of the scope (reference: identity 2.8).
    pub administrator: bool,
    /// Most bytes of a request body.
    pub body_limit: usize,
    /// The handler reads the body while it arrives: see [`streams`](Self::streams).
    pub streamed: bool,
    /// A bearer token may come as the password of Basic credentials, for clients that know no other way.
    pub basic: bool,
    pub takes: Shape,
    /// Names of query parameters beside the OData ones.
    pub parameters: Vec<&'static str>,
    /// The OData query options are understood.
    pub queryable: bool,
    pub answers: Vec<Answer>,
    pub handler: Handler,
}

/// Bodies above this are refused unless the operation says otherwise: 8 MiB holds the longest asset text in any encoding.
const DEFAULT_BODY_LIMIT: usize = 8 << 20;
/// Forms of sign-in, tokens and pages.
const FORM_LIMIT: usize = 256 << 10;

impl Operation {
    fn new(family: Family, method: Method, path: &'static str, id: &'static str) -> Self {
        let (access, body_limit) = match family {
            Family::Console => (Access::Page, FORM_LIMIT),
            Family::Root => (Access::Anonymous, FORM_LIMIT),
            Family::Identity if !path.starts_with("/api") => (Access::Token, FORM_LIMIT),
            Family::Identity | Family::Orchestrator | Family::Portal => (Access::Token, DEFAULT_BODY_LIMIT),
        };
        Self {
            id,
            tag: id.split_once('_').map_or(id, |(tag, _)| tag),
            method,
            family,
            path,
            summary: "",
            access,
            scopes: Vec::new(),
            requirement: Requirement::Nothing,
            folder: Folder::None,
            administrator: false,
            body_limit,
            streamed: false,
            basic: false,
            takes: Shape::Nothing,
            parameters: Vec::new(),
            queryable: false,
            answers: Vec::new(),
            handler: Arc::new(|_| Box::pin(async { Err(Error::internal("operation without handler")) })),
        }
    }

    /// An operation of the Orchestrator API; `path` starts with `/odata` or `/api`.
    pub fn orchestrator(method: Method, path: &'static str, id: &'static str) -> Self {
        Self::new(Family::Orchestrator, method, path, id)
    }

    /// An operation below the identity authority; `path` starts with `/api`, `/connect` or `/.well-known`.
    pub fn identity(method: Method, path: &'static str, id: &'static str) -> Self {
        Self::new(Family::Identity, method, path, id)
    }

    /// An operation of the portal API; `path` starts with `/api`.
    pub fn portal(method: Method, path: &'static str, id: &'static str) -> Self {
        Self::new(Family::Portal, method, path, id)
    }

    /// A console page; `path` is below `/console`. `{org}`, `{tenant}` and `{folder}` in it name the context.
    pub fn page(method: Method, path: &'static str, id: &'static str) -> Self {
        Self::new(Family::Console, method, path, id)
    }

    /// Something at the root of the site.
    pub fn root(method: Method, path: &'static str, id: &'static str) -> Self {
        Self::new(Family::Root, method, path, id)
    }

    /// One sentence for the OpenAPI document.
    pub fn summary(mut self, text: &'static str) -> Self {
        self.summary = text;
        self
    }

    pub fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// Requires `name` in the token. `OR.Assets.Read` is met by `OR.Assets.Read` and by `OR.Assets`
    /// (reference: identity 3.1). Called again, it adds an alternative.
    pub fn scope(mut self, name: &'static str) -> Self {
        self.scopes
            .extend(name.strip_suffix(".Read").or_else(|| name.strip_suffix(".Write")));
        self.scopes.push(name);
        self
    }

    /// Requires a permission expression as the contract writes it: `Units.View or SubFolders.View`.
    ///
    /// # Panics
    /// At start-up, when the expression names a permission that the catalogue lacks.
    #[expect(
        clippy::panic,
        reason = "a declaration that cannot be read must stop the start, not open the operation"
    )]
    pub fn permission(mut self, expression: &str) -> Self {
        match Requirement::parse(expression) {
            Ok(requirement) => self.requirement = requirement,
            Err(reason) => panic!("{}: {reason}", self.id),
        }
        self
    }

    pub fn folder(mut self, rule: Folder) -> Self {
        self.folder = rule;
        self
    }

    /// Users must be organization administrators on top of the scope.
    pub fn administrator(mut self) -> Self {
        self.administrator = true;
        self
    }

    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// The body may have up to `bytes` bytes and is not collected: the handler reads it with [`Request::take_body`] while it arrives.
    /// Such a handler may take an hour, and a client 30 seconds between two pieces.
    pub fn streams(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self.streamed = true;
        self
    }

    /// Takes a bearer token as the password of Basic credentials too (RFC 7617).
    pub fn basic(mut self) -> Self {
        self.basic = true;
        self
    }

    /// Takes an entity of the model as body.
    pub fn takes_entity(mut self, entity: &'static odata::EntityType) -> Self {
        self.takes = Shape::Entity(entity);
        self
    }

    /// Takes a JSON body of this type.
    pub fn takes<T: schemars::JsonSchema>(mut self, name: &'static str) -> Self {
        self.takes = Shape::Typed {
            name,
            schema: schema_of::<T>,
        };
        self
    }

    /// Takes a body of this shape.
    pub fn takes_shape(mut self, shape: Shape) -> Self {
        self.takes = shape;
        self
    }

    /// Takes `application/x-www-form-urlencoded`.
    pub fn takes_form(mut self) -> Self {
        self.takes = Shape::Media("application/x-www-form-urlencoded");
        self.body_limit = self.body_limit.min(FORM_LIMIT);
        self
    }

    /// Understands the OData query options.
    pub fn queryable(mut self) -> Self {
        self.queryable = true;
        self
    }

    /// Names its own query parameters.
    pub fn parameters(mut self, names: &[&'static str]) -> Self {
        self.parameters.extend_from_slice(names);
        self
    }

    pub fn answers(mut self, status: u16, shape: Shape) -> Self {
        self.answers.push(Answer { status, shape });
        self
    }

    /// Answers a JSON body of this type.
    pub fn answers_json<T: schemars::JsonSchema>(self, status: u16, name: &'static str) -> Self {
        self.answers(
            status,
            Shape::Typed {
                name,
                schema: schema_of::<T>,
            },
        )
    }

    pub fn handler<F, R>(mut self, handler: F) -> Self
    where
        F: Fn(Request) -> R + Send + Sync + 'static,
        R: std::future::Future<Output = Result<Response, Error>> + Send + 'static,
    {
        self.handler = Arc::new(move |request| Box::pin(handler(request)));
        self
    }
}

fn schema_of<T: schemars::JsonSchema>() -> Value {
    schemars::generate::SchemaSettings::openapi3()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}

impl std::fmt::Debug for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({} {})", self.id, self.method, self.path)
    }
}
