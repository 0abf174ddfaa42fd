//! Public documents: what every client fetches first, and a trivial operation as the server's own ceiling.

use super::Bench;
use crate::http::request;
use crate::load::Requests;
use crate::report::{Figure, Target};

const CONNECTIONS: usize = 32;

/// The least a request to an API can cost.
pub(super) fn status(bench: &mut Bench<'_>) -> anyhow::Result<Vec<Figure>> {
    document(bench, "status", "/api/Status/Get", Target::None)
}

pub(super) fn discovery(bench: &mut Bench<'_>) -> anyhow::Result<Vec<Figure>> {
    let path = "/identity_/.well-known/openid-configuration";
    document(bench, "discovery", path, Target::AtLeast(40_000.0))
}

pub(super) fn jwks(bench: &mut Bench<'_>) -> anyhow::Result<Vec<Figure>> {
    let path = "/identity_/.well-known/openid-configuration/jwks";
    document(bench, "JWKS", path, Target::AtLeast(40_000.0))
}

fn document(bench: &mut Bench<'_>, name: &str, path: &str, target: Target) -> anyhow::Result<Vec<Figure>> {
    let outcome = bench.load_shared(CONNECTIONS, 200, Requests::same(request("GET", path, &[], "")))?;
    Ok(vec![Figure::rate(name, target, &outcome).note(path)])
}
