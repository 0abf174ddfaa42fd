//! The one place where a failure takes its wire form (reference: execution 1.4, identity 1.9 and 4.3).

use context::{Error, Kind, codes};
use http::header;
use serde_json::{Map, Value, json};

use crate::layout::Family;
use crate::operation::Operation;
use crate::reply::{Reply, Response, set_header, status_only};

/// HTTP status of a failure.
pub fn status(kind: Kind) -> u16 {
    match kind {
        Kind::Invalid => 400,
        Kind::Unauthenticated => 401,
        Kind::Forbidden => 403,
        Kind::NotFound => 404,
        Kind::MethodNotAllowed => 405,
        Kind::Conflict => 409,
        Kind::TooLarge => 413,
        Kind::UnsupportedMediaType => 415,
        Kind::TooManyRequests { .. } => 429,
        Kind::Internal => 500,
        Kind::Unavailable => 503,
    }
}

/// Renders a failure for the service that was addressed.
pub fn render(error: &Error, family: Family, operation: Option<&Operation>, trace: &str) -> Response {
    if error.kind == Kind::Internal {
        tracing::error!(trace, operation = operation.map(|operation| operation.id), cause = %error.message, "request failed");
    }
    let message = if error.kind == Kind::Internal {
        "An error has occurred."
    } else {
        error.message.as_str()
    };
    let reply = Reply::new(status(error.kind)).header("cache-control", "no-store");
    let rendered = match family {
        Family::Console => reply.html(ui::error_page(status(error.kind), message, trace)),
        // Sign-in and consent are pages although they stand below the identity address.
        _ if operation.is_some_and(|operation| operation.tag == "Interactive") => {
            reply.html(ui::error_page(status(error.kind), message, trace))
        }
        Family::Identity | Family::Portal => match error.kind {
            Kind::Unauthenticated => reply.empty(),
            Kind::Forbidden => {
                reply.json(&json!({ "errorMessage": scope_message(error).unwrap_or(message.to_owned()) }))
            }
            Kind::Invalid => problem(reply, error, trace),
            _ => reply.json(&json!({ "errorMessage": message, "traceId": trace })),
        },
        Family::Orchestrator | Family::Root => match error.kind {
            Kind::Unauthenticated => reply.odata(&unauthorized(message, "You are not authenticated.")),
            Kind::Forbidden if error.code == 0 => {
                reply.odata(&unauthorized(message, "You are not allowed to perform this operation."))
            }
            _ => reply.odata(&json!({ "message": message, "errorCode": error.code, "traceId": trace })),
        },
    };
    let mut response = rendered.unwrap_or_else(|_| status_only(http::StatusCode::INTERNAL_SERVER_ERROR));
    match error.kind {
        Kind::Unauthenticated if operation.is_some_and(|operation| operation.basic) => {
            set_header(&mut response, header::WWW_AUTHENTICATE, "Basic realm=\"Orchestrion\"");
        }
        Kind::Unauthenticated if family != Family::Console => {
            set_header(
                &mut response,
                header::WWW_AUTHENTICATE,
                "Bearer error=\"invalid_token\"",
            );
        }
        Kind::Forbidden if !error.missing_scopes.is_empty() => {
            let challenge = format!(
                "Bearer error=\"insufficient_scope\", scope=\"{}\"",
                error.missing_scopes.join(" ")
            );
            set_header(&mut response, header::WWW_AUTHENTICATE, &challenge);
        }
        Kind::TooManyRequests { retry_after } => {
            set_header(&mut response, header::RETRY_AFTER, &retry_after.to_string());
        }
        _ => {}
    }
    response
}

/// The envelope older clients know for 401 and 403.
fn unauthorized(message: &str, details: &str) -> Value {
    json!({
        "message": message, "errorCode": 0, "result": null, "targetUrl": null, "success": false,
        "error": { "code": 0, "message": message, "details": details, "validationErrors": null },
        "unAuthorizedRequest": true, "__abp": true
    })
}

/// RFC 9457 problem details with the members at fault.
fn problem(reply: Reply, error: &Error, trace: &str) -> Result<Response, Error> {
    let mut errors = Map::new();
    for field in &error.fields {
        let list = errors.entry(field.name.clone()).or_insert_with(|| json!([]));
        if let Value::Array(list) = list {
            list.push(json!(field.message));
        }
    }
    let title = if errors.is_empty() {
        &error.message
    } else {
        "One or more validation errors occurred."
    };
    if errors.is_empty() {
        errors.insert(String::new(), json!([error.message]));
    }
    let body = json!({
        "type": "https://tools.ietf.org/html/rfc9110#section-15.5.1", "title": title, "status": 400,
        "message": error.message, "traceId": trace, "errors": errors
    });
    reply.bytes(
        "application/problem+json; charset=utf-8",
        serde_json::to_vec(&body).map_err(Error::internal)?,
    )
}

/// "Scope(s) 'a,b' is(are) invalid. Expect to have 'PM.X' or 'PM.X.Read'. "
fn scope_message(error: &Error) -> Option<String> {
    if error.missing_scopes.is_empty() {
        return None;
    }
    let wanted: Vec<String> = error.missing_scopes.iter().map(|scope| format!("'{scope}'")).collect();
    let given = if error.message == Error::forbidden().message {
        ""
    } else {
        &error.message
    };
    Some(format!(
        "Scope(s) '{given}' is(are) invalid. Expect to have {}. ",
        wanted.join(" or ")
    ))
}

/// 404 for an address that does not exist.
pub fn unknown_address(path: &str) -> Error {
    Error::missing(
        codes::ITEM_NOT_FOUND,
        format!(
            "No resource was found at {}.",
            path.chars().take(200).collect::<String>()
        ),
    )
}
