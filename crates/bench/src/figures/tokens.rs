//! Tokens by client credentials: each is a look-up of the application, a comparison of its secret and a signature.

use std::time::Duration;

use jose::Algorithm;

use super::Bench;
use crate::load::Requests;
use crate::machine::signatures;
use crate::report::{Figure, Target};
use crate::server::token_request;

const CONNECTIONS: usize = 16;
const SCOPES: &str = "OR.Assets OR.Folders.Read";
/// Of the signatures one core makes: RS256 must use the second core too.
const SHARE: f64 = 1.1;

/// With RS256, beside what one core signs at the same time of day.
pub(super) fn rs256(bench: &mut Bench<'_>) -> anyhow::Result<Vec<Figure>> {
    bench.server()?;
    let raw = signatures(Algorithm::Rs256, Duration::from_secs(2))?;
    let outcome = bench.load_shared(CONNECTIONS, 200, Requests::same(token_request(SCOPES)))?;
    let note = format!(
        "{:.2} x the {raw:.0} signatures/s of one core",
        outcome.per_second / raw
    );
    Ok(vec![
        Figure::rate("client_credentials RS256", Target::AtLeast(SHARE * raw), &outcome).note(note),
        Figure::p99("client_credentials RS256 p99", Target::AtMost(10.0), &outcome),
    ])
}

/// With ES256, on a server of its own.
pub(super) fn es256(bench: &mut Bench<'_>) -> anyhow::Result<Vec<Figure>> {
    let server = bench.settings("es256", "ES256").start()?;
    let outcome = bench.load(&server, CONNECTIONS, 200, Requests::same(token_request(SCOPES)))?;
    let note = format!("one core signs {:.0}/s", bench.machine.es256);
    Ok(vec![
        Figure::rate("client_credentials ES256", Target::AtLeast(15_000.0), &outcome).note(note),
        Figure::p99("client_credentials ES256 p99", Target::None, &outcome),
    ])
}
