//! From bytes to handler and back: the one way every request goes. Who may do what is decided in `guard`.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use context::{Caller, Ctx, Error, Kind, Rights, codes};
use futures_util::FutureExt as _;
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, header};
use http_body_util::BodyExt as _;
use tracing::Instrument as _;

use crate::app::App;
use crate::incoming::{self, Incoming};
use crate::layout::{Family, Layout};
use crate::operation::Operation;
use crate::origin::{Network, client_address};
use crate::reply::{Response, set_header, status_only};
use crate::request::Request;
use crate::router::Found;
use crate::{cors, error, guard};

/// Longest time a client may take to send a body.
const BODY_TIME: Duration = Duration::from_secs(30);
/// How many bytes of a body that is too long are read past its limit.
const MOST_DISCARDED: usize = 4 << 20;
/// Longest time a handler may take before its answer starts.
const HANDLER_TIME: Duration = Duration::from_secs(60);
/// The same for handlers that read the body while it arrives.
const STREAMING_TIME: Duration = Duration::from_secs(3_600);
/// Most query parameters that are looked at.
const MOST_PARAMETERS: usize = 200;
/// Longest query string, in bytes.
const LONGEST_QUERY: usize = 32 << 10;
/// What the API speaks (reference: execution 1.1, "Versions").
const API_VERSIONS: &str = "20.0";

/// Pages of the console post to this server only; pages of the identity server lead on to registered redirect addresses.
static CONSOLE_POLICY: LazyLock<String> =
    LazyLock::new(|| format!("{}; form-action 'self'", ui::CONTENT_SECURITY_POLICY));

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

    let origin = app.settings().origins.of(&parts, network, trusted);
    let encrypted = origin.as_ref().is_ok_and(|origin| origin.starts_with("https://"));
    let arrived = Arrived {
        app: app.clone(),
        ctx,
        parts,
        network,
        origin,
    };
    let (mut response, family, operation) = arrived.answer(body).instrument(span.clone()).await;
    if is_cors && let Some(origin) = cors_origin {
        cors::allow_origin(&app, &mut response, &origin, family, operation).await;
    }
    finish(&mut response, family, &trace, encrypted);
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
    /// Scheme and host that the client addressed, if they are ours.
    origin: Result<String, Error>,
}

type Outcome = (Response, Family, Option<&'static Operation>);

impl Arrived {
    /// The operation that a browser asks about before it calls it.
    fn asked_about(&self, layout: &Layout, method: &[u8]) -> Option<&'static Operation> {
        let method = Method::from_bytes(method).ok()?;
        match self.app.router().find(&method, layout) {
            Found::Operation(operation, _) => Some(operation),
            Found::Methods(_) | Found::Nothing => None,
        }
    }

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
        if self.parts.method == Method::OPTIONS
            && let Some(wanted) = self.parts.headers.get("access-control-request-method")
        {
            let operation = if family == Family::Root {
                self.asked_about(&layout, wanted.as_bytes())
            } else {
                None
            };
            return (status_only(StatusCode::NO_CONTENT), family, operation);
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
        let origin = match self.origin {
            Ok(origin) => origin,
            Err(error) => return fail(&error, Some(operation)),
        };
        let Some(query) = read_query(self.parts.uri.query().unwrap_or_default()) else {
            return fail(
                &Error::invalid(codes::INVALID_REQUEST, "The query string is too long."),
                Some(operation),
            );
        };
        let (bytes, incoming) = if operation.streamed {
            match stream_body(body, &self.parts, operation.body_limit) {
                Ok(incoming) => (Bytes::new(), Some(incoming)),
                Err(error) => return fail(&error, Some(operation)),
            }
        } else {
            match read_body(body, &self.parts, operation.body_limit).await {
                Ok(bytes) => (bytes, None),
                Err(error) => return fail(&error, Some(operation)),
            }
        };
        let rest = incoming.as_ref().map(Incoming::share);
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
            incoming: Mutex::new(incoming),
            arguments,
            tenant: None,
            folder: None,
            rights: Rights::None,
        };
        let work = AssertUnwindSafe(guard::guarded(request)).catch_unwind();
        let longest = if operation.streamed {
            STREAMING_TIME
        } else {
            HANDLER_TIME
        };
        let result = match tokio::time::timeout(longest, work).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(Error::internal("the handler panicked")),
            Err(_) => Err(Error::of(Kind::Unavailable, "The operation took too long.")),
        };
        if let Some(rest) = rest {
            rest.discard().await;
        }
        match result {
            Ok(response) => (response, family, Some(operation)),
            Err(error) => fail(&error, Some(operation)),
        }
    }
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

/// The body as a stream. One that is announced to be longer than `limit` is refused before it is read.
fn stream_body<B>(body: B, parts: &Parts, limit: usize) -> Result<Incoming, Error>
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let limit = limit as u64;
    if announced(parts).is_some_and(|length| length > limit) {
        return Err(incoming::too_large(limit));
    }
    let waits = parts.headers.contains_key(header::EXPECT);
    Ok(Incoming::new(body, limit, waits))
}

/// The length that the client announced.
fn announced(parts: &Parts) -> Option<u64> {
    parts.headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The body, if it is no longer than `limit`. Of a longer one a little more is read and thrown away: a client that is still
/// writing when the connection closes would not see the answer.
async fn read_body<B>(body: B, parts: &Parts, limit: usize) -> Result<Bytes, Error>
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let announced = announced(parts).and_then(|length| usize::try_from(length).ok());
    let reading = async {
        let mut body = std::pin::pin!(body);
        let (mut kept, mut total) = (BytesMut::with_capacity(announced.unwrap_or(0).min(limit)), 0);
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else {
                return Err(Error::invalid(codes::INVALID_REQUEST, "The body ended early."));
            };
            let Ok(mut data) = frame.into_data() else { continue };
            total += data.remaining();
            if total <= limit {
                kept.put(&mut data);
            } else if total > limit + MOST_DISCARDED {
                break;
            }
        }
        if total > limit {
            return Err(incoming::too_large(limit as u64));
        }
        Ok(kept.freeze())
    };
    match tokio::time::timeout(BODY_TIME, reading).await {
        Ok(read) => read,
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

/// Headers that every answer of a family carries (reference: identity 7, rows 101 and 149).
fn finish(response: &mut Response, family: Family, trace: &str, encrypted: bool) {
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
            let policy = if family == Family::Console {
                CONSOLE_POLICY.as_str()
            } else {
                ui::CONTENT_SECURITY_POLICY
            };
            fixed(headers, header::REFERRER_POLICY, "no-referrer");
            fixed(headers, header::X_FRAME_OPTIONS, "DENY");
            fixed(headers, header::CONTENT_SECURITY_POLICY, policy);
            fixed(headers, header::CACHE_CONTROL, "no-store");
        }
    }
    if encrypted {
        fixed(headers, header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
        for cookie in headers
            .iter_mut()
            .filter(|(name, _)| *name == header::SET_COOKIE)
            .map(|(_, value)| value)
        {
            secure(cookie);
        }
    }
}

/// Adds `Secure` to a cookie that came without.
fn secure(cookie: &mut header::HeaderValue) {
    let Ok(text) = cookie.to_str() else { return };
    if !text
        .split(';')
        .any(|attribute| attribute.trim().eq_ignore_ascii_case("secure"))
        && let Ok(secured) = header::HeaderValue::from_str(&format!("{text}; Secure"))
    {
        *cookie = secured;
    }
}
