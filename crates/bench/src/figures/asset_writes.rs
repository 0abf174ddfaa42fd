//! New assets, each acknowledged when it and its audit record are on disk.

use serde_json::json;

use super::Bench;
use crate::load::Requests;
use crate::report::{Figure, Target};
use crate::server::post;

const CONNECTIONS: usize = 32;

pub(super) fn measure(bench: &mut Bench<'_>) -> anyhow::Result<Vec<Figure>> {
    let server = bench.server()?;
    let token = server.token("OR.Assets OR.Folders.Read")?;
    let folder = server.folder(&token)?;
    let body = json!({
        "Name": "written-#########", "ValueScope": "Global", "ValueType": "Text", "StringValue": "value",
    });
    let requests = Requests::numbered(post("/odata/Assets", &token, folder, &body));
    let outcome = bench.load_shared(CONNECTIONS, 201, requests)?;
    let note = format!("the disk does {:.0} appends/s", bench.machine.appends);
    Ok(vec![
        Figure::rate("POST /odata/Assets, durable", Target::AtLeast(6_000.0), &outcome).note(note),
        Figure::p99("POST /odata/Assets p99", Target::None, &outcome),
    ])
}
