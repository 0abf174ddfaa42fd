//! `GET /api/Status…`, `GET /api/health…`, `POST /api/StudioWeb/…`, `GET /odata/$metadata`

use context::Error;
use http::Method;
use serde_json::json;
use web::{Access as AccessRule, Operation, Reply, Request, Response, Shape};

use super::probe::{self, Outcome};
use crate::Access;

pub(crate) fn operations() -> Vec<Operation> {
    let open = |method, path, id| Operation::orchestrator(method, path, id).access(AccessRule::Anonymous);
    vec![
        open(Method::GET, "/api/Status", "Status_Root")
            .summary("Answers when the server is there.")
            .handler(nothing),
        open(Method::GET, "/api/Status/Get", "Status_Get")
            .summary("Answers when the server is there.")
            .answers(200, Shape::Nothing)
            .handler(nothing),
        open(Method::GET, "/api/Status/Version", "Status_Version")
            .summary("The version of the server.")
            .answers(200, Shape::Media("application/json"))
            .handler(version),
        open(Method::GET, "/api/health", "Status_Health")
            .summary("Whether the server can serve.")
            .answers(200, Shape::Nothing)
            .answers(503, Shape::Nothing)
            .handler(health),
        open(Method::GET, "/api/health/startup", "Status_HealthStartup")
            .summary("Whether the server has started.")
            .answers(200, Shape::Nothing)
            .answers(503, Shape::Nothing)
            .handler(health),
        open(Method::GET, "/odata/$metadata", "Metadata_Get")
            .summary("The entity model.")
            .answers(200, Shape::Media("application/xml"))
            .handler(metadata),
        Operation::orchestrator(
            Method::GET,
            "/api/Status/VerifyHostAvailibility",
            "Status_VerifyHostAvailibility",
        )
        .summary("Tells whether a host can be reached over TCP and, for https, TLS.")
        .permission("Webhooks.Create or Webhooks.Edit")
        .parameters(&["url"])
        .answers_json::<Outcome>(200, "HostAvailabilityDto")
        .handler(verify),
        Operation::orchestrator(
            Method::POST,
            "/api/StudioWeb/TryEnableFirstRun",
            "StudioWeb_TryEnableFirstRun",
        )
        .summary("Accepted for clients that announce their first run.")
        .answers(200, Shape::Media("application/json"))
        .handler(accepted),
        Operation::orchestrator(
            Method::POST,
            "/api/StudioWeb/AcquireLicense",
            "StudioWeb_AcquireLicense",
        )
        .summary("Accepted for clients that ask for a licence: none is needed.")
        .answers(200, Shape::Media("application/json"))
        .handler(accepted),
    ]
}

async fn nothing(_: Request) -> Result<Response, Error> {
    Reply::ok().empty()
}

async fn accepted(_: Request) -> Result<Response, Error> {
    Reply::ok().json(&json!({}))
}

async fn version(cx: Request) -> Result<Response, Error> {
    let version = cx.app.settings().version;
    Reply::ok().json(&json!({ "version": version, "deployment": null, "configsVersion": null }))
}

async fn health(cx: Request) -> Result<Response, Error> {
    let alive = cx.store().read(|tx| tx.host().rows("select 1", Vec::new())).await;
    match alive {
        Ok(_) => Reply::ok().empty(),
        Err(error) => {
            tracing::error!(%error, "the database does not answer");
            Reply::new(503).empty()
        }
    }
}

async fn metadata(cx: Request) -> Result<Response, Error> {
    let document = odata::metadata(cx.app.entity_sets(), &[]);
    Reply::ok()
        .header("odata-version", "4.0")
        .bytes("application/xml; charset=utf-8", document)
}

async fn verify(cx: Request) -> Result<Response, Error> {
    let access = cx.state::<Access>()?;
    let url = cx
        .parameter("url")
        .ok_or_else(|| Error::field("url", "The address is required."))?;
    let url = url::Url::parse(url).map_err(|_| Error::field("url", "The address must be an absolute URL."))?;
    Reply::ok().json(&probe::reach(&url, access.private_probes_allowed()).await?)
}
