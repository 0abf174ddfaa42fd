//! From bytes to handler and back: the one way every request goes.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use context::{Caller, Credential, Ctx, Error, Kind, Principal, Requirement, Rights, codes};
use futures_util::FutureExt as _;
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use tracing::Instrument as _;
use uuid::Uuid;

use crate::app::App;
use crate::gate::{FolderRef, FolderSelector, TenantRef};
use crate::layout::{Family, Layout};
use crate::operation::{Access, Folder, Operation};
use crate::origin::{Network, client_address};
use crate::reply::{self, Response, set_header, status_only};
use crate::request::{Request, folder_required};
use crate::router::Found;
use crate::{error, page};

/// Longest time a client may take to send a body.
const BODY_TIME: Duration = Duration::from_secs(30);
/// Longest time a handler may take before its answer starts.
const HANDLER_TIME: Duration = Duration::from_secs(60);
/// Most query parameters that are looked at.
const MOST_PARAMETERS: usize = 200;
/// Longest query string, in bytes.
const LONGEST_QUERY: usize = 32 << 10;
/// What the API speaks (reference: execution 1.1, "Versions").
const API_VERSIONS: &str = "20.0";
const CORS_HEADERS: &str = "authorization, content-type, x-requested-with, x-uipath-organizationunitid, x-uipath-folderkey, \
    x-uipath-folderpath, x-uipath-folderpath-encoded, x-uipath-tenantname, x-uipath-jobkey, x-uipath-user-agent, traceparent, \
    x-uipath-traceparent-id";

/// Serves one request.
pub(crate) async fn serve<B>(app: App, request: http::Request<B>, network: Network) -> Response
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let started = Instant::now();
    let (parts, body) = request.into_parts();
    let mut ctx = app.ctx(Caller::anonymous());
    ctx.trace = Arc::from(trace(&parts.headers, &ctx));
    let trusted = app.settings().trusted_proxies.contains(&network.peer.ip());
    ctx.address = Some(client_address(
        &parts.headers,
        network.peer.ip(),
        &app.settings().trusted_proxies,
    ));
    let agent = parts
        .headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok());
    ctx.agent = agent.map(|agent| Arc::from(agent.chars().take(256).collect::<String>()));

    let span = tracing::info_span!("request", trace = &*ctx.trace, method = %parts.method, path = parts.uri.path());
    let (method, is_cors) = (parts.method.clone(), parts.headers.contains_key(header::ORIGIN));
    let cors_origin = parts
        .headers
        .get(header::ORIGIN)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let trace = ctx.trace.clone();

    let arrived = Arrived {
        app: app.clone(),
        ctx,
        parts,
        network,
        trusted,
    };
    let (mut response, family, operation) = arrived.answer(body).instrument(span.clone()).await;
    if is_cors && let Some(origin) = cors_origin {
        allow_origin(&app, &mut response, &origin, family, operation).await;
    }
    finish(&mut response, family, &trace, network.tls);
    if method == Method::HEAD {
        *response.body_mut() = http_body_util::Either::Left(http_body_util::Full::default());
    }
    let took = started.elapsed();
    app.metrics().record(
        operation.map(|operation| operation.id),
        response.status().as_u16(),
        took,
    );
    let _entered = span.entered();
    tracing::info!(
        status = response.status().as_u16(),
        operation = operation.map(|operation| operation.id),
        microseconds = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        "answered"
    );
    response
}

/// A request before it is known what it asks for.
struct Arrived {
    app: App,
    ctx: Ctx,
    parts: Parts,
    network: Network,
    trusted: bool,
}

type Outcome = (Response, Family, Option<&'static Operation>);

impl Arrived {
    async fn answer<B>(self, body: B) -> Outcome
    where
        B: http_body::Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let trace = self.ctx.trace.clone();
        let Ok(layout) = Layout::parse(self.parts.uri.path()) else {
            let error = Error::invalid(codes::INVALID_REQUEST, "The path is not valid UTF-8 or too long.");
            return (error::render(&error, Family::Root, None, &trace), Family::Root, None);
        };
        let family = layout.family;
        let fail = |error: &Error, operation| (error::render(error, family, operation, &trace), family, operation);
        if self.parts.method == Method::OPTIONS && self.parts.headers.contains_key("access-control-request-method") {
            return (status_only(StatusCode::NO_CONTENT), family, None);
        }
        let (operation, arguments) = match self.app.router().find(&self.parts.method, &layout) {
            Found::Operation(operation, arguments) => (operation, arguments),
            Found::Methods(methods) => {
                let (mut response, ..) = fail(
                    &Error::of(Kind::MethodNotAllowed, "The method is not allowed here."),
                    None,
                );
                let names: Vec<&str> = methods.iter().map(Method::as_str).collect();
                set_header(&mut response, header::ALLOW, &names.join(", "));
                return (response, family, None);
            }
            Found::Nothing => return fail(&error::unknown_address(self.parts.uri.path()), None),
        };
        let origin = match self
            .app
            .settings()
            .origins
            .of(&self.parts.headers, self.network, self.trusted)
        {
            Ok(origin) => origin,
            Err(error) => return fail(&error, Some(operation)),
        };
        let Some(query) = read_query(self.parts.uri.query().unwrap_or_default()) else {
            return fail(
                &Error::invalid(codes::INVALID_REQUEST, "The query string is too long."),
                Some(operation),
            );
        };
        let bytes = match read_body(body, &self.parts, operation.body_limit).await {
            Ok(bytes) => bytes,
            Err(error) => return fail(&error, Some(operation)),
        };
        let request = Request {
            app: self.app,
            operation,
            ctx: self.ctx,
            parts: self.parts,
            network: self.network,
            layout,
            origin,
            query,
            body: bytes,
            arguments,
            tenant: None,
            folder: None,
            rights: Rights::None,
        };
        let work = AssertUnwindSafe(guarded(request)).catch_unwind();
        let result = match tokio::time::timeout(HANDLER_TIME, work).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(Error::internal("the handler panicked")),
            Err(_) => Err(Error::of(Kind::Unavailable, "The operation took too long.")),
        };
        match result {
            Ok(response) => (response, family, Some(operation)),
            Err(error) => fail(&error, Some(operation)),
        }
    }
}

/// Checks who may do what, then runs the handler.
async fn guarded(mut request: Request) -> Result<Response, Error> {
    let operation = request.operation;
    let caller = identify(&request).await?;
    request.ctx.caller = caller;
    match operation.access {
        Access::Anonymous => return (operation.handler)(request).await,
        Access::Optional if request.ctx.caller.is_anonymous() => return (operation.handler)(request).await,
        Access::Page if request.ctx.caller.is_anonymous() => return to_sign_in(&request),
        _ if request.ctx.caller.is_anonymous() => return Err(Error::unauthenticated()),
        _ => {}
    }
    if operation.access == Access::Page || request.ctx.caller.credential == Credential::Session {
        check_forgery(&request)?;
    }
    let gate = open(operation, &request.ctx.caller)?;
    check_organization(&request).await?;
    if operation.administrator && request.ctx.caller.application().is_none() {
        let app = request.app.clone();
        if !app.gatekeeper().is_administrator(&request.ctx.caller).await? {
            return Err(Error::denied(0, "Only organization administrators may do this."));
        }
    }
    find_tenant(&mut request).await?;
    request.rights = match (gate, &request.tenant) {
        (Gate::Everything, _) => Rights::Everything,
        (Gate::Roles, Some(tenant)) => request.app.gatekeeper().rights(&request.ctx.caller, tenant).await?,
        (Gate::Roles, None) => Rights::None,
    };
    find_folder(&mut request).await?;
    let allowed = match operation.folder {
        Folder::None => request.rights.allow(&operation.requirement, None),
        Folder::InRequest => request.rights.allow_somewhere(&operation.requirement),
        Folder::Required | Folder::Optional => match &request.folder {
            Some(folder) => request.rights.allow(&operation.requirement, Some(folder.id)),
            None => true,
        },
    };
    if !allowed {
        return Err(Error::forbidden());
    }
    if request.ctx.caller.client.is_some()
        && let Some(scope) = narrowest(operation, &request.ctx.caller)
    {
        request.app.gatekeeper().used_scope(&request.ctx, scope);
    }
    (operation.handler)(request).await
}

/// The caller: from the bearer token, on pages and identity addresses else from the session cookie.
async fn identify(request: &Request) -> Result<Caller, Error> {
    let access = request.operation.access;
    if access == Access::Anonymous {
        return Ok(Caller::anonymous());
    }
    let gatekeeper = request.app.gatekeeper();
    let with_session = access == Access::Page
        || (access == Access::Optional && matches!(request.layout.family, Family::Identity | Family::Root));
    if with_session {
        return gatekeeper.session(request).await;
    }
    let Some(value) = request.header("authorization") else {
        return Ok(Caller::anonymous());
    };
    let token = value
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    match token {
        Some(token) if !token.is_empty() => gatekeeper.bearer(request, token).await,
        _ => Err(Error::unauthenticated()),
    }
}

/// What a token's scopes open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gate {
    /// Organization-wide, without a look at roles.
    Everything,
    /// As far as role assignments go.
    Roles,
}

/// The scope gate (reference: identity 1.8, rows 2 to 6).
fn open(operation: &Operation, caller: &Caller) -> Result<Gate, Error> {
    if operation.access == Access::HostOnly {
        return if caller.host {
            Ok(Gate::Roles)
        } else {
            Err(Error::forbidden())
        };
    }
    if caller.principal == Principal::System {
        return Ok(Gate::Everything);
    }
    if caller.credential == Credential::Session {
        return Ok(Gate::Roles);
    }
    let stands_for_all = match operation.family {
        Family::Identity => "IdentityServerApi",
        _ => "OrchestratorApiUserAccess",
    };
    let all_of_the_user = caller.user().is_some() && caller.first_party && caller.scopes.contains(stands_for_all);
    if operation.access == Access::PersonOnly {
        return if all_of_the_user {
            Ok(Gate::Roles)
        } else {
            Err(Error::forbidden())
        };
    }
    if all_of_the_user || operation.scopes.is_empty() {
        return Ok(Gate::Roles);
    }
    let named = operation.scopes.iter().any(|scope| caller.scopes.contains(scope));
    let by_roles = operation.family == Family::Orchestrator && caller.scopes.contains("OR.Default");
    match (caller.application(), named, by_roles) {
        (Some(_), true, _) => Ok(Gate::Everything),
        (Some(_), false, true) => Ok(Gate::Roles),
        (None, named, by_roles) if named || by_roles => Ok(Gate::Roles),
        _ => {
            let mut error = Error::missing_scope(operation.scopes.clone());
            if operation.family == Family::Identity {
                error.message = caller.scopes.iter().collect::<Vec<_>>().join(",");
            }
            Err(error)
        }
    }
}

/// The scope that was needed: of those in the token, the one that opens least.
fn narrowest(operation: &Operation, caller: &Caller) -> Option<&'static str> {
    // Each declared scope follows the wider one that covers it.
    operation.scopes.iter().rev().copied().find(|scope| caller.scopes.contains(scope))
}

/// The organization in the address must be the caller's; whether another one exists is not told.
async fn check_organization(request: &Request) -> Result<(), Error> {
    let gatekeeper = request.app.gatekeeper();
    let own = request.ctx.caller.organization;
    let named = match &request.layout.organization {
        Some(name) => Some(name.clone()),
        None if request.layout.family == Family::Console => request.text("org").ok(),
        None => None,
    };
    if let Some(name) = named
        && (own.is_none() || gatekeeper.organization(&name).await? != own)
    {
        return Err(Error::forbidden());
    }
    if request.argument("partitionGlobalId").is_some()
        && (own.is_none() || request.guid("partitionGlobalId").ok() != own)
    {
        return Err(Error::forbidden());
    }
    Ok(())
}

async fn find_tenant(request: &mut Request) -> Result<(), Error> {
    let named = match request.layout.family {
        Family::Orchestrator => request
            .layout
            .tenant
            .clone()
            .or_else(|| request.header("x-uipath-tenantname").map(str::to_owned)),
        Family::Console => match request.text("tenant") {
            Ok(name) => Some(name),
            Err(_) => return Ok(()),
        },
        Family::Identity | Family::Portal | Family::Root => return Ok(()),
    };
    if request.operation.access == Access::HostOnly {
        return Ok(());
    }
    let organization = request.organization()?;
    let app = request.app.clone();
    let tenant: Option<TenantRef> = app.gatekeeper().tenant(organization, named.as_deref()).await?;
    request.tenant = Some(tenant.ok_or_else(Error::forbidden)?);
    Ok(())
}

async fn find_folder(request: &mut Request) -> Result<(), Error> {
    if !matches!(request.operation.folder, Folder::Required | Folder::Optional) {
        return Ok(());
    }
    let selector = if request.layout.family == Family::Console {
        Some(FolderSelector::Id(request.integer("folder")?))
    } else {
        selector(&request.parts.headers)?
    };
    let Some(selector) = selector else {
        return if request.operation.folder == Folder::Required {
            Err(folder_required())
        } else {
            Ok(())
        };
    };
    let app = request.app.clone();
    let folder: Option<FolderRef> = app.gatekeeper().folder(request.tenant()?, &selector).await?;
    // An operation that requires no permission opens nobody's eyes for folders.
    let requirement = &request.operation.requirement;
    let visible = |folder: &FolderRef| {
        request.rights.is_assigned(folder.id)
            || (*requirement != Requirement::Nothing && request.rights.allow(requirement, Some(folder.id)))
    };
    request.folder = Some(folder.filter(visible).ok_or_else(no_such_folder)?);
    Ok(())
}

fn no_such_folder() -> Error {
    Error::missing(
        codes::INVALID_ORGANIZATION_UNIT,
        "Folder does not exist or the user does not have access to the folder.",
    )
}

/// Reads the folder headers (reference: execution 1.1, "Folder"; clients, chapter 2 rule 4).
fn selector(headers: &HeaderMap) -> Result<Option<FolderSelector>, Error> {
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::trim)
            .filter(|value| !value.is_empty())
    };
    let path = |path: &str| FolderSelector::Path(path.trim_matches('/').to_owned());
    if let Some(id) = text("x-uipath-organizationunitid") {
        return id
            .parse()
            .map(|id| Some(FolderSelector::Id(id)))
            .map_err(|_| no_such_folder());
    }
    if let Some(key) = text("x-uipath-folderkey") {
        return Uuid::parse_str(key)
            .map(|key| Some(FolderSelector::Key(key)))
            .map_err(|_| no_such_folder());
    }
    if let Some(encoded) = text("x-uipath-folderpath-encoded") {
        return decode_path(encoded)
            .map(|text| Some(path(&text)))
            .ok_or_else(no_such_folder);
    }
    // A header may hold UTF-8 that is not ASCII; `to_str` would refuse it.
    let raw = headers
        .get("x-uipath-folderpath")
        .and_then(|value| std::str::from_utf8(value.as_bytes()).ok());
    Ok(raw.map(str::trim).filter(|value| !value.is_empty()).map(path))
}

/// Base64 of UTF-16LE, else percent-encoded text.
fn decode_path(encoded: &str) -> Option<String> {
    use base64::Engine as _;
    if let Ok(bytes) = base64::engine::general_purpose::STANDARD.decode(encoded)
        && bytes.len() % 2 == 0
    {
        let units: Vec<u16> = bytes
            .chunks_exact(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
            .collect();
        if let Ok(text) = String::from_utf16(&units)
            && !text.chars().any(char::is_control)
        {
            return Some(text);
        }
    }
    percent_encoding::percent_decode_str(encoded)
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}

/// Pages lead to sign-in and back; a form post without a session cannot be repeated and is refused.
fn to_sign_in(request: &Request) -> Result<Response, Error> {
    if request.parts.method != Method::GET {
        return Err(Error::unauthenticated());
    }
    let here = request.parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let back: String = form_urlencoded::byte_serialize(here.as_bytes()).collect();
    reply::see_other(&format!("/identity/web/login?returnUrl={back}"))
}

/// A form must repeat the session's own value (reference: identity 7, rows 98 and 99).
fn check_forgery(request: &Request) -> Result<(), Error> {
    if matches!(request.parts.method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    let Some(session) = &request.ctx.caller.session else {
        return Err(Error::unauthenticated());
    };
    let form = request.form();
    let given = match page::field(&form, "_csrf") {
        "" => request.header("x-csrf-token").unwrap_or_default(),
        given => given,
    };
    if vault::verify_secret(given, &vault::hash_secret(&session.csrf)) {
        return Ok(());
    }
    Err(Error::invalid(
        codes::INVALID_REQUEST,
        "This form is out of date. Open the page again and repeat what you did.",
    ))
}

fn read_query(raw: &str) -> Option<Vec<(String, String)>> {
    if raw.len() > LONGEST_QUERY {
        return None;
    }
    let pairs: Vec<(String, String)> = form_urlencoded::parse(raw.as_bytes())
        .into_owned()
        .take(MOST_PARAMETERS + 1)
        .collect();
    (pairs.len() <= MOST_PARAMETERS).then_some(pairs)
}

async fn read_body<B>(body: B, parts: &Parts, limit: usize) -> Result<Bytes, Error>
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let too_large = || Error::of(Kind::TooLarge, format!("The body is larger than {limit} bytes."));
    let announced = parts
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    match tokio::time::timeout(BODY_TIME, Limited::new(body, limit).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Error::invalid(codes::INVALID_REQUEST, "The body ended early.")),
        Err(_) => Err(Error::invalid(
            codes::INVALID_REQUEST,
            "The body took too long to arrive.",
        )),
    }
}

/// W3C trace context: the caller's trace id goes on, else a new one starts.
fn trace(headers: &HeaderMap, ctx: &Ctx) -> String {
    let given = headers
        .get("traceparent")
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.get(3..35));
    let valid = given.filter(|id| {
        id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) && id.bytes().any(|byte| byte != b'0')
    });
    let span = ctx.id().simple().to_string();
    match valid {
        Some(id) => format!("00-{id}-{}-00", &span[..16]),
        None => format!("00-{}-{}-00", ctx.id().simple(), &span[..16]),
    }
}

/// Cross-origin reads: discovery and keys for everyone, the APIs for origins of registered non-confidential applications
/// (reference: identity 2.16). Pages never.
async fn allow_origin(app: &App, response: &mut Response, origin: &str, family: Family, operation: Option<&Operation>) {
    if matches!(family, Family::Console | Family::Root)
        || operation.is_some_and(|operation| operation.tag == "Interactive")
    {
        return;
    }
    let public = operation.is_some_and(|operation| operation.tag == "Discovery");
    if !public && !app.gatekeeper().allows_origin(origin).await.unwrap_or(false) {
        return;
    }
    set_header(
        response,
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        if public { "*" } else { origin },
    );
    set_header(
        response,
        header::ACCESS_CONTROL_ALLOW_METHODS,
        "GET, POST, PUT, PATCH, DELETE",
    );
    set_header(response, header::ACCESS_CONTROL_ALLOW_HEADERS, CORS_HEADERS);
    set_header(
        response,
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        "api-supported-versions, retry-after, www-authenticate",
    );
    set_header(response, header::ACCESS_CONTROL_MAX_AGE, "600");
    response
        .headers_mut()
        .append(header::VARY, header::HeaderValue::from_static("origin"));
}

/// Headers that every answer of a family carries (reference: identity 7, row 149).
fn finish(response: &mut Response, family: Family, trace: &str, tls: bool) {
    let headers = response.headers_mut();
    let fixed = |headers: &mut HeaderMap, name: header::HeaderName, value: &'static str| {
        headers.entry(name).or_insert(header::HeaderValue::from_static(value));
    };
    fixed(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    if let Ok(value) = header::HeaderValue::from_str(trace) {
        headers.insert("x-request-id", value);
    }
    match family {
        Family::Orchestrator => {
            fixed(
                headers,
                header::HeaderName::from_static("api-supported-versions"),
                API_VERSIONS,
            );
            fixed(headers, header::CACHE_CONTROL, "no-store");
        }
        Family::Identity | Family::Console | Family::Root | Family::Portal => {
            fixed(headers, header::REFERRER_POLICY, "no-referrer");
            fixed(headers, header::X_FRAME_OPTIONS, "DENY");
            fixed(headers, header::CONTENT_SECURITY_POLICY, ui::CONTENT_SECURITY_POLICY);
            fixed(headers, header::CACHE_CONTROL, "no-store");
        }
    }
    if tls {
        fixed(headers, header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
}
