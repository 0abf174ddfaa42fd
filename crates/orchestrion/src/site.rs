//! What belongs to no capability: the console's stylesheet and script, and the metrics page.

use context::Error;
use http::Method;
use web::{Module, Operation, Reply, Request, Response};

/// Operations at the root of the site.
pub fn module() -> Module {
    let mut operations: Vec<Operation> = ui::assets()
        .iter()
        .map(|asset| {
            Operation::root(Method::GET, &asset.path, &asset.path).handler(move |_| async move {
                Reply::ok()
                    .header("cache-control", "public, max-age=31536000, immutable")
                    .bytes(asset.content_type, asset.bytes)
            })
        })
        .collect();
    operations.push(
        Operation::root(Method::GET, "/metrics", "Metrics")
            .summary("Counters in the Prometheus text format.")
            .handler(metrics),
    );
    Module {
        operations,
        ..Module::default()
    }
}

/// Counters tell what an installation is used for: they are shown to this machine and to trusted proxies' machines only.
async fn metrics(request: Request) -> Result<Response, Error> {
    let peer = request.network.peer.ip();
    let forwarded = request.header("x-forwarded-for").is_some();
    if !peer.is_loopback() || forwarded {
        return Err(Error::forbidden());
    }
    Reply::ok().bytes(
        "text/plain; version=0.0.4; charset=utf-8",
        request.app.metrics().render(),
    )
}
