//! Which pages of other origins may read our answers.

use http::header;

use crate::app::App;
use crate::layout::Family;
use crate::operation::Operation;
use crate::reply::{Response, set_header};

/// Request headers that clients in browsers send (reference: clients, chapter 2 rule 11).
const CORS_HEADERS: &str = "authorization, content-type, x-requested-with, x-uipath-organizationunitid, x-uipath-folderkey, \
    x-uipath-folderpath, x-uipath-folderpath-encoded, x-uipath-tenantname, x-uipath-jobkey, x-uipath-user-agent, traceparent, \
    x-uipath-traceparent-id";

/// Cross-origin reads: discovery and keys for everyone, files for whoever was given their address, the APIs for origins of registered non-confidential applications
/// (reference: identity 2.16). Pages never.
pub(crate) async fn allow_origin(
    app: &App,
    response: &mut Response,
    origin: &str,
    family: Family,
    operation: Option<&Operation>,
) {
    let public = operation.is_some_and(|operation| matches!(operation.tag, "Discovery" | "Blobs"));
    let interactive = operation.is_some_and(|operation| operation.tag == "Interactive");
    if interactive || (!public && matches!(family, Family::Console | Family::Root)) {
        return;
    }
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
