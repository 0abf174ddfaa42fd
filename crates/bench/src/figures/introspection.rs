//! Introspection of a valid token by the application it was issued to.

use anyhow::ensure;
use base64::Engine as _;

use super::Bench;
use crate::http::{form, request};
use crate::load::Requests;
use crate::report::{Figure, Target};
use crate::server::{CLIENT_ID, CLIENT_SECRET, FORM};

const CONNECTIONS: usize = 32;
/// Different tokens, so that no single one can be remembered as the answer.
const TOKENS: usize = 200;

pub(super) fn measure(bench: &mut Bench<'_>) -> anyhow::Result<Vec<Figure>> {
    let server = bench.server()?;
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}"));
    let basic = format!("authorization: Basic {pair}");
    let mut requests = Vec::with_capacity(TOKENS);
    for _ in 0..TOKENS {
        let body = form(&[("token", &server.token("OR.Assets")?)]);
        requests.push(request("POST", "/identity_/connect/introspect", &[FORM, &basic], &body));
    }
    let answer = server.connect()?.exchange(&requests[0])?.json(200)?;
    ensure!(answer["active"] == true, "the token is not active: {answer}");
    let outcome = bench.load_shared(CONNECTIONS, 200, Requests::Cycle(requests))?;
    let figure = Figure::rate("introspection", Target::AtLeast(12_000.0), &outcome);
    Ok(vec![figure.note(format!("{TOKENS} tokens in turn"))])
}
