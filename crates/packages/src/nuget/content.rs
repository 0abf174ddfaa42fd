//! Versions and files of a package. `GET /nuget/v3/{feed}/flat/{id}/index.json`, `…/{version}/{file}`

use context::{Error, codes};
use serde_json::json;
use web::{Operation, Reply, Request, Response, Shape};

use super::{Addressed, no_such_package, normal};
use crate::{api, service};

/// Versions that are told.
const MOST: i64 = 10_000;

pub fn operations() -> Vec<Operation> {
    vec![
        super::operation("/nuget/v3/{feed}/flat/{id}/index.json", "NuGet_Versions")
            .summary("The versions of a package, the lowest first.")
            .handler(versions),
        super::operation("/nuget/v3/{feed}/flat/{id}/{version}/{file}", "NuGet_Content")
            .summary("The file of a version, or its specification.")
            .answers(200, Shape::Media("application/octet-stream"))
            .handler(file),
    ]
}

async fn versions(request: Request) -> Result<Response, Error> {
    let place = Addressed::of(&request).await?;
    let id = request.text("id")?;
    let versions = request
        .store()
        .read(move |tx| {
            let found = service::spelled(&mut tx.tenant(place.tenant), &place.feed, &id, MOST)?;
            if found.is_empty() {
                return Err(no_such_package(&id));
            }
            let texts = found.iter().rev().map(|version| normal(version).to_lowercase());
            Ok(texts.collect::<Vec<_>>())
        })
        .await?;
    super::json(&json!({ "versions": versions }))
}

async fn file(request: Request) -> Result<Response, Error> {
    let place = Addressed::of(&request).await?;
    let (id, version, file) = (request.text("id")?, request.text("version")?, request.text("file")?);
    let (tenant, feed) = (place.tenant, place.feed);
    let key = format!("{id}:{version}");
    let found = request
        .store()
        .read(move |tx| service::by_key(&mut tx.tenant(tenant), &feed, &key))
        .await?;
    if file.eq_ignore_ascii_case(&format!("{id}.{version}.nupkg")) {
        return api::send(&request, &found).await;
    }
    if file.eq_ignore_ascii_case(&format!("{id}.nuspec")) {
        let text = request
            .store()
            .read(move |tx| service::part(&mut tx.tenant(tenant), found.id, service::NUSPEC))
            .await?;
        return Reply::ok().bytes("application/xml; charset=utf-8", text.unwrap_or_default());
    }
    Err(Error::missing(codes::ITEM_NOT_FOUND, "The package has no such file."))
}
