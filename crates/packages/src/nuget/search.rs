//! Searching a feed. `GET /nuget/v3/{feed}/query?q=&skip=&take=&prerelease=`

use context::Error;
use odata::Query;
use serde_json::{Value, json};
use store::{Entity as _, Scoped, Tenant};
use web::{Operation, Request, Response};

use super::{Addressed, normal};
use crate::model::PackageVersion;
use crate::order::Version;
use crate::service;

/// Packages of an answer, and versions told of each.
const MOST: u64 = 100;
const MOST_VERSIONS: u64 = 100;

pub fn operations() -> Vec<Operation> {
    vec![
        super::operation("/nuget/v3/{feed}/query", "NuGet_Search")
            .summary("Packages of a feed whose id or title contains a text.")
            .parameters(&["q", "skip", "take", "prerelease", "semVerLevel", "packageType"])
            .handler(handle),
    ]
}

async fn handle(request: Request) -> Result<Response, Error> {
    let place = Addressed::of(&request).await?;
    let search = request.parameter("q").map(str::trim).filter(|text| !text.is_empty());
    let search = search.map(str::to_owned);
    let prerelease = request.parse::<bool>("prerelease")?.unwrap_or(false);
    let query = Query {
        top: Some(request.parse::<u64>("take")?.unwrap_or(20).min(MOST)),
        skip: request.parse::<u32>("skip")?.map_or(0, u64::from),
        count: true,
        ..Query::new(PackageVersion::model())
    };
    let answer = request
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(place.tenant);
            let page = service::list(&mut scope, &place.feed, &query, search.as_deref())?;
            let mut data = Vec::with_capacity(page.items.len());
            for latest in &page.items {
                data.extend(found(&mut scope, &place, latest, prerelease)?);
            }
            Ok::<_, Error>(json!({ "totalHits": page.count.unwrap_or(0), "data": data }))
        })
        .await?;
    super::json(&answer)
}

/// A package with its versions. One that has prereleases only is left out where they are not wanted.
fn found(
    scope: &mut Scoped<'_, Tenant>,
    place: &Addressed,
    latest: &PackageVersion,
    prerelease: bool,
) -> Result<Option<Value>, Error> {
    let mut versions = service::by_rank(scope, &place.feed, &latest.package_id, MOST_VERSIONS, 0, true)?;
    let is_wanted = |version: &PackageVersion| {
        prerelease || Version::parse(&version.version).is_some_and(|version| !version.is_prerelease())
    };
    versions.retain(is_wanted);
    let Some(shown) = versions.first() else {
        return Ok(None);
    };
    let id = &shown.package_id;
    // The protocol lists versions from the lowest on.
    let listed: Vec<Value> = versions
        .iter()
        .rev()
        .map(|version| {
            let version = normal(&version.version);
            json!({ "@id": place.leaf(id, &version), "version": version, "downloads": 0 })
        })
        .collect();
    Ok(Some(json!({
        "@id": place.registration(id), "@type": "Package", "registration": place.registration(id),
        "id": id, "version": normal(&shown.version), "title": shown.title, "description": shown.description.as_deref().unwrap_or_default(),
        "summary": shown.shown("Summary"), "authors": shown.authors.iter().collect::<Vec<_>>(),
        "tags": tags(shown), "projectUrl": shown.shown("ProjectUrl"), "licenseUrl": shown.shown("LicenseUrl"),
        "iconUrl": shown.shown("IconUrl"), "totalDownloads": 0, "versions": listed,
    })))
}

/// The tags of a version, which are one text in the package.
pub(super) fn tags(version: &PackageVersion) -> Vec<String> {
    let text = version.shown("Tags");
    let words = text.as_str().unwrap_or_default().split([' ', ',', ';']);
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}
