//! One asset by its id, with a bearer token and a folder.

use anyhow::Context as _;
use serde_json::json;

use super::Bench;
use crate::http::request;
use crate::load::Requests;
use crate::report::{Figure, Target};
use crate::server::{api_headers, post};

const CONNECTIONS: usize = 32;
const ASSETS: usize = 100;

pub(super) fn measure(bench: &mut Bench<'_>) -> anyhow::Result<Vec<Figure>> {
    let server = bench.server()?;
    let token = server.token("OR.Assets OR.Folders.Read")?;
    let folder = server.folder(&token)?;
    let headers = api_headers(&token, Some(folder));
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    let mut connection = server.connect()?;
    let mut requests = Vec::with_capacity(ASSETS);
    for number in 0..ASSETS {
        let body = json!({
            "Name": format!("by-id-{number}"), "ValueScope": "Global", "ValueType": "Text", "StringValue": "value",
        });
        let made = connection
            .exchange(&post("/odata/Assets", &token, folder, &body))?
            .json(201)?;
        let id = made["Id"].as_i64().context("a new asset has no id")?;
        requests.push(request("GET", &format!("/odata/Assets({id})"), &headers, ""));
    }
    let outcome = bench.load_shared(CONNECTIONS, 200, Requests::Cycle(requests))?;
    let figure = Figure::rate("GET /odata/Assets({id})", Target::AtLeast(12_000.0), &outcome);
    Ok(vec![figure.note(format!("{ASSETS} assets in turn, one token"))])
}
