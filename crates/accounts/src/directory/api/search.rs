//! Principals whose name starts with a text. `GET /api/Directory/Search/{partitionGlobalId}`

use context::Error;
use http::Method;
use serde_json::Value;
use web::{Operation, Reply, Request, Response};

use crate::directory::service::{self, Entry, Kind};
use crate::rest::partition;

pub fn operation() -> Operation {
    Operation::identity(
        Method::GET,
        "/api/Directory/Search/{partitionGlobalId}",
        "Directory_Search",
    )
    .summary("Users, groups and applications whose name starts with a text.")
    .parameters(&["startsWith", "sourceFilter"])
    .answers_json::<Vec<Value>>(200, "DirectorySearchResults")
    .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let organization = partition(&request, Some(request.guid("partitionGlobalId")?))?;
    let prefix = request
        .parameter("startsWith")
        .unwrap_or_default()
        .chars()
        .take(256)
        .collect::<String>();
    let named: Vec<String> = request
        .parameters("sourceFilter")
        .flat_map(|value| value.split(','))
        .map(|value| value.trim().to_ascii_lowercase())
        .filter(|value| !value.is_empty())
        .collect();
    let wanted = |name: &str| named.is_empty() || named.iter().any(|given| given == name);
    let kinds: Vec<Kind> = [
        ("localusers", Kind::User),
        ("localgroups", Kind::Group),
        ("applications", Kind::Application),
    ]
    .into_iter()
    .filter(|(name, _)| wanted(name))
    .map(|(_, kind)| kind)
    .collect();
    let found = request
        .store()
        .read(move |tx| service::search(&mut tx.organization(organization), &kinds, &prefix));
    let found: Vec<Value> = found.await?.iter().map(Entry::to_search_json).collect();
    Reply::ok().json(&found)
}
