//! What is known about the versions of a package. `GET /nuget/v3/{feed}/registrations/{id}/index.json`, `…/page/{number}.json`,
//! `…/{version}.json`

use context::Error;
use serde_json::{Map, Value, json};
use store::{Scoped, Tenant};
use web::{Operation, Request, Response};

use super::search::tags;
use super::{Addressed, no_such_package, normal};
use crate::model::PackageVersion;
use crate::service;

/// Versions of a page.
const PAGE: u64 = 64;
/// Packages with more versions than this tell of their pages without what is on them.
const INLINE: u64 = 2 * PAGE;

pub fn operations() -> Vec<Operation> {
    vec![
        super::operation("/nuget/v3/{feed}/registrations/{id}/index.json", "NuGet_Registration")
            .summary("The versions of a package, the lowest first, in pages.")
            .handler(index),
        super::operation(
            "/nuget/v3/{feed}/registrations/{id}/page/{number}",
            "NuGet_RegistrationPage",
        )
        .summary("A page of the versions of a package.")
        .handler(page),
        super::operation(
            "/nuget/v3/{feed}/registrations/{id}/{version}",
            "NuGet_RegistrationLeaf",
        )
        .summary("A version of a package.")
        .handler(leaf),
    ]
}

async fn index(request: Request) -> Result<Response, Error> {
    let place = Addressed::of(&request).await?;
    let id = request.text("id")?;
    let answer = request
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(place.tenant);
            let count = service::count(&mut scope, &place.feed, &id)?;
            if count == 0 {
                return Err(no_such_package(&id));
            }
            let mut pages = Vec::new();
            for number in 0..count.div_ceil(PAGE) {
                pages.push(page_of(&mut scope, &place, &id, number, count <= INLINE)?);
            }
            Ok(json!({ "@id": place.registration(&id), "count": pages.len(), "items": pages }))
        })
        .await?;
    super::json(&answer)
}

async fn page(request: Request) -> Result<Response, Error> {
    let place = Addressed::of(&request).await?;
    let (id, number) = (request.text("id")?, request.text("number")?);
    let number = number
        .strip_suffix(".json")
        .and_then(|number| number.parse::<u32>().ok());
    let number = number.ok_or_else(|| no_such_package(&id))?;
    let answer = request
        .store()
        .read(move |tx| page_of(&mut tx.tenant(place.tenant), &place, &id, u64::from(number), true))
        .await?;
    super::json(&answer)
}

async fn leaf(request: Request) -> Result<Response, Error> {
    let place = Addressed::of(&request).await?;
    let (id, version) = (request.text("id")?, request.text("version")?);
    let version = version.strip_suffix(".json").unwrap_or(&version).to_owned();
    let answer = request
        .store()
        .read(move |tx| {
            let key = format!("{id}:{version}");
            let found = service::by_key(&mut tx.tenant(place.tenant), &place.feed, &key)?;
            Ok::<_, Error>(leaf_of(&place, &found))
        })
        .await?;
    super::json(&answer)
}

fn page_of(
    scope: &mut Scoped<'_, Tenant>,
    place: &Addressed,
    id: &str,
    number: u64,
    with_items: bool,
) -> Result<Value, Error> {
    let skip = number * PAGE;
    let versions = if with_items {
        service::by_rank(scope, &place.feed, id, PAGE, skip, false)?
    } else {
        // Its bounds only.
        let mut ends = service::by_rank(scope, &place.feed, id, 1, skip, false)?;
        ends.extend(service::by_rank(scope, &place.feed, id, 1, skip + PAGE - 1, false)?);
        if ends.len() == 1 {
            ends.extend(service::by_rank(scope, &place.feed, id, 1, 0, true)?);
        }
        ends
    };
    let (Some(first), Some(last)) = (versions.first(), versions.last()) else {
        return Err(no_such_package(id));
    };
    let registration = place.registration(id);
    let address = registration.replace("/index.json", &format!("/page/{number}.json"));
    let mut members = Map::new();
    members.insert("@id".to_owned(), json!(address));
    members.insert("parent".to_owned(), json!(registration));
    members.insert("lower".to_owned(), json!(normal(&first.version)));
    members.insert("upper".to_owned(), json!(normal(&last.version)));
    if with_items {
        members.insert("count".to_owned(), json!(versions.len()));
        let items = versions.iter().map(|version| leaf_of(place, version)).collect();
        members.insert("items".to_owned(), Value::Array(items));
    } else {
        let count = service::count(scope, &place.feed, id)?;
        members.insert("count".to_owned(), json!(PAGE.min(count.saturating_sub(skip))));
    }
    Ok(Value::Object(members))
}

fn leaf_of(place: &Addressed, version: &PackageVersion) -> Value {
    let (id, number) = (&version.package_id, normal(&version.version));
    let (address, content) = (place.leaf(id, &number), place.content(id, &number));
    json!({
        "@id": address, "registration": place.registration(id), "packageContent": content, "listed": true,
        "published": version.published_at.to_string(),
        "catalogEntry": {
            "@id": address, "id": id, "version": number, "title": version.title, "authors": version.authors,
            "description": version.description.as_deref().unwrap_or_default(), "summary": version.shown("Summary"),
            "tags": tags(version), "projectUrl": version.shown("ProjectUrl"), "licenseUrl": version.shown("LicenseUrl"),
            "iconUrl": version.shown("IconUrl"), "listed": true, "published": version.published_at.to_string(),
            "packageContent": content, "dependencyGroups": dependencies(version),
        }
    })
}

/// Dependencies by the framework they are needed for.
fn dependencies(version: &PackageVersion) -> Vec<Value> {
    let listed = version.shown("Dependencies");
    let mut groups: Vec<(String, Vec<Value>)> = Vec::new();
    for one in listed.as_array().into_iter().flatten() {
        let framework = one["framework"].as_str().unwrap_or_default();
        let range = one["range"].as_str().unwrap_or_default();
        let dependency = json!({ "id": one["id"], "range": range });
        match groups.iter_mut().find(|(known, _)| known == framework) {
            Some((_, members)) => members.push(dependency),
            None => groups.push((framework.to_owned(), vec![dependency])),
        }
    }
    groups
        .into_iter()
        .map(|(framework, members)| {
            if framework.is_empty() {
                json!({ "dependencies": members })
            } else {
                json!({ "targetFramework": framework, "dependencies": members })
            }
        })
        .collect()
}
