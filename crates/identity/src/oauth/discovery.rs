//! What clients read first: metadata and keys. Both discovery documents say the same (RFC 8414, OpenID Connect Discovery).
//!
//! A document is written once per address under which the server is reached, and served from memory.

use std::time::Duration;

use bytes::Bytes;
use context::Error;
use http::Method;
use moka::sync::Cache;
use serde_json::{Value, json};
use web::{Access, IdentityPath, Operation, Reply, Request, Response, Shape};

use crate::Identity;
use crate::keys::Ring;
use crate::scopes::{Kind, catalogue};

/// Clients and proxies may keep metadata and keys this long; new keys are announced far longer ahead.
const CACHE_CONTROL: &str = "public, max-age=300";
const JSON: &str = "application/json; charset=utf-8";
/// Most addresses for which documents are kept.
const MOST_KEPT: u64 = 64;
/// An address that nobody uses any more is forgotten.
const KEEP: Duration = Duration::from_secs(3600);
const TAG: &str = "Discovery";

/// Discovery documents in memory, by origin.
pub(crate) struct Documents {
    standalone: Cache<String, Bytes>,
    suite: Cache<String, Bytes>,
}

impl Documents {
    pub(crate) fn new() -> Self {
        let cache = || Cache::builder().max_capacity(MOST_KEPT).time_to_idle(KEEP).build();
        Self {
            standalone: cache(),
            suite: cache(),
        }
    }

    /// The keys changed, and with them perhaps the algorithms.
    pub(crate) fn forget(&self) {
        self.standalone.invalidate_all();
        self.suite.invalidate_all();
    }

    fn get(&self, origin: &str, path: IdentityPath, ring: &Ring) -> Result<Bytes, Error> {
        let cache = match path {
            IdentityPath::Standalone => &self.standalone,
            IdentityPath::Suite => &self.suite,
        };
        if let Some(document) = cache.get(origin) {
            return Ok(document);
        }
        let document = Bytes::from(
            serde_json::to_vec(&document(&format!("{origin}{}", path.path()), ring)).map_err(Error::internal)?,
        );
        cache.insert(origin.to_owned(), document.clone());
        Ok(document)
    }
}

pub(super) fn operations() -> Vec<Operation> {
    let openapi = || Shape::Json {
        name: "ServerMetadata",
        schema: json!({ "type": "object" }),
    };
    let document = |mut operation: Operation, summary: &'static str| {
        operation.tag = TAG;
        operation
            .access(Access::Anonymous)
            .summary(summary)
            .answers(200, openapi())
    };
    let get = Method::GET;
    vec![
        document(
            Operation::identity(
                get.clone(),
                "/.well-known/openid-configuration",
                "Discovery_OpenIdConfiguration",
            ),
            "OpenID Connect discovery document.",
        )
        .handler(|cx| async move { metadata(&cx, cx.layout.identity).await }),
        document(
            Operation::identity(
                get.clone(),
                "/.well-known/oauth-authorization-server",
                "Discovery_AuthorizationServer",
            ),
            "Authorization server metadata (RFC 8414).",
        )
        .handler(|cx| async move { metadata(&cx, cx.layout.identity).await }),
        document(
            Operation::identity(get.clone(), "/.well-known/openid-configuration/jwks", "Discovery_Keys"),
            "Public keys that tokens are signed with.",
        )
        .handler(keys),
        document(
            Operation::root(
                get.clone(),
                "/.well-known/oauth-authorization-server/identity",
                "Discovery_AtRootStandalone",
            ),
            "Authorization server metadata in the path-inserted form.",
        )
        .handler(|cx| async move { metadata(&cx, IdentityPath::Standalone).await }),
        document(
            Operation::root(
                get.clone(),
                "/.well-known/oauth-authorization-server/identity_",
                "Discovery_AtRootSuite",
            ),
            "Authorization server metadata in the path-inserted form.",
        )
        .handler(|cx| async move { metadata(&cx, IdentityPath::Suite).await }),
        document(
            Operation::root(
                get.clone(),
                "/.well-known/openid-configuration/identity",
                "Discovery_OpenIdAtRootStandalone",
            ),
            "Discovery document in the path-inserted form.",
        )
        .handler(|cx| async move { metadata(&cx, IdentityPath::Standalone).await }),
        document(
            Operation::root(
                get,
                "/.well-known/openid-configuration/identity_",
                "Discovery_OpenIdAtRootSuite",
            ),
            "Discovery document in the path-inserted form.",
        )
        .handler(|cx| async move { metadata(&cx, IdentityPath::Suite).await }),
    ]
}

async fn metadata(cx: &Request, path: IdentityPath) -> Result<Response, Error> {
    let identity = cx.state::<Identity>()?;
    let ring = identity.rings.get().await?;
    let document = identity.documents.get(&cx.origin, path, &ring)?;
    Reply::ok().header("cache-control", CACHE_CONTROL).bytes(JSON, document)
}

async fn keys(cx: Request) -> Result<Response, Error> {
    let ring = cx.state::<Identity>()?.rings.get().await?;
    Reply::ok()
        .header("cache-control", CACHE_CONTROL)
        .bytes(JSON, ring.jwks.clone())
}

/// Only what works is announced: some clients use whatever they find here.
fn document(issuer: &str, ring: &Ring) -> Value {
    let scopes: Vec<&str> = catalogue()
        .identity
        .iter()
        .map(|scope| scope.name.as_str())
        .chain(catalogue().names(Kind::User))
        .collect();
    let algorithms: Vec<&str> = ring.algorithms.iter().map(|algorithm| algorithm.name()).collect();
    let authentication = ["client_secret_basic", "client_secret_post", "private_key_jwt"];
    let assertion_algorithms: Vec<&str> = jose::Algorithm::ALL.iter().map(|algorithm| algorithm.name()).collect();
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/connect/authorize"),
        "token_endpoint": format!("{issuer}/connect/token"),
        "userinfo_endpoint": format!("{issuer}/connect/userinfo"),
        "end_session_endpoint": format!("{issuer}/connect/endsession"),
        "revocation_endpoint": format!("{issuer}/connect/revocation"),
        "introspection_endpoint": format!("{issuer}/connect/introspect"),
        "jwks_uri": format!("{issuer}/.well-known/openid-configuration/jwks"),
        "scopes_supported": scopes,
        "claims_supported": [
            "sub", "name", "preferred_username", "given_name", "family_name", "email", "email_verified", "auth_time", "amr",
            "idp", "sid", "prt_id"
        ],
        "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": algorithms,
        "token_endpoint_auth_methods_supported": [authentication[0], authentication[1], authentication[2], "none"],
        "token_endpoint_auth_signing_alg_values_supported": assertion_algorithms,
        "revocation_endpoint_auth_methods_supported": [authentication[0], authentication[1], authentication[2], "none"],
        "revocation_endpoint_auth_signing_alg_values_supported": assertion_algorithms,
        "introspection_endpoint_auth_methods_supported": authentication,
        "introspection_endpoint_auth_signing_alg_values_supported": assertion_algorithms,
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "require_pushed_authorization_requests": false,
        "authorization_response_iss_parameter_supported": true,
        "backchannel_logout_supported": false,
        "frontchannel_logout_supported": false
    })
}
