//! One version of a package, what it is entered by, and its other versions. `GET /console/{org}/tenants/{tenant}/packages/{id}`,
//! `GET …/{id}/download`, and the same for libraries

use access::console::{csrf, grid_query, moment};
use context::Error;
use http::Method;
use maud::{Markup, html};
use odata::{Enumeration as _, Query};
use serde_json::Value;
use store::Entity as _;
use ui::{Confirm, Grid, MenuItem, Row, Tone, button, chip, link_button};
use web::{Operation, Request, Response, page};

use super::{Shelf, bytes};
use crate::feeds::Deed;
use crate::model::{EntryPoint, PackageVersion};
use crate::{api, service};

/// Entry points that the page shows.
const MOST_SHOWN: usize = 50;

pub fn operations(shelf: &'static Shelf) -> Vec<Operation> {
    vec![
        shelf
            .page(Method::GET, shelf.version, Deed::View)
            .summary("A version, its entry points, and the other versions.")
            .handler(move |request| show(request, shelf)),
        shelf
            .page(Method::GET, shelf.download, Deed::View)
            .summary("The file of a version.")
            .handler(move |request| download(request, shelf)),
    ]
}

async fn download(request: Request, shelf: &'static Shelf) -> Result<Response, Error> {
    let (version, _) = shelf.found(&request, Deed::View).await?;
    api::send(&request, &version).await
}

async fn show(request: Request, shelf: &'static Shelf) -> Result<Response, Error> {
    let (version, feed) = shelf.found(&request, Deed::View).await?;
    let state = grid_query(&request);
    let query = Query {
        top: Some(state.size),
        skip: state.skip(),
        count: true,
        ..Query::new(PackageVersion::model())
    };
    let (tenant, id, package, wanted) = (
        request.tenant()?.id,
        version.id,
        version.package_id.clone(),
        feed.clone(),
    );
    let (entries, others) = request
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant);
            let entries = service::entry_points(&mut scope, id)?;
            Ok::<_, Error>((entries, service::versions(&mut scope, &wanted, &package, &query)?))
        })
        .await?;
    let base = shelf.address(&request)?;
    let may_delete = feed.allows(&request.rights, Deed::Delete)?;
    let path = format!("{base}/{}", version.id);
    let rows = others.items.iter().map(|other| {
        let address = format!("{base}/{}", other.id);
        let mut menu = vec![
            MenuItem::link("View", "eye", &address),
            MenuItem::link("Download", "download", &format!("{address}/download")),
        ];
        if may_delete && other.uses == 0 {
            menu.push(MenuItem::delete(
                "Delete",
                &format!("{address}/delete"),
                csrf(&request),
                Confirm::delete(&other.key_text()),
            ));
        }
        Row::new(&other.id.to_string(), &other.version)
            .link(&other.version, &address)
            .cell(status(other))
            .cell(moment(Some(other.published_at)))
            .cell(bytes(other.size))
            .menu(menu)
    });
    let grid = Grid::new("versions", "Versions", &state)
        .column("Version")
        .column("Status")
        .column("Published")
        .column("Size")
        .numeric()
        .rows(rows)
        .total(others.count.unwrap_or_default())
        .api("GET", &versions_call(shelf, &version))
        .render();
    let unused = Confirm::new(
        "Delete all versions that no process uses?",
        "They cannot be brought back.",
        "Delete",
    );
    let lead = version.description.as_deref().unwrap_or_default();
    let title = format!("{} {}", version.package_id, version.version);
    let content = html! {
        (ui::page_header(&title, &context::shortened(lead, 300), html! {
            (link_button("Back", &shelf.address_of(&request, &feed)?))
            (link_button("Download", &format!("{path}/download")).icon("download"))
            @if may_delete {
                (ui::form(csrf(&request), &format!("{path}/delete-unused"), html! {
                    (button("Remove all inactive").danger().confirm(unused))
                }))
            }
        }))
        (ui::section("Details", details(&version, &feed.name)))
        @if !entries.is_empty() { (ui::section("Entry points", html! { (entry_points(&entries)) })) }
        (ui::section("Versions", grid))
    };
    page::render(&request, &title, shelf.active, content).await
}

fn versions_call(shelf: &Shelf, version: &PackageVersion) -> String {
    let (function, parameter) = match shelf.kind {
        crate::model::PackageKind::Process => ("GetProcessVersions", "processId"),
        crate::model::PackageKind::Library => ("GetVersions", "packageId"),
    };
    format!(
        "/odata/{}/UiPath.Server.Configuration.OData.{function}({parameter}='{}')",
        shelf.set, version.package_id
    )
}

fn status(version: &PackageVersion) -> Markup {
    html! {
        @if version.uses > 0 { (chip("Active", Tone::Success)) } @else { (chip("Inactive", Tone::Neutral)) }
        @if version.latest == 1 { " " (chip("Latest", Tone::Info)) }
    }
}

fn details(version: &PackageVersion, feed: &str) -> Markup {
    let shown = |name: &str| {
        let value = version.shown(name);
        html! { @if let Some(text) = value.as_str() { (context::shortened(text, 2_000)) } @else { (ui::muted("–")) } }
    };
    let or_dash = |text: Option<&str>| html! { @if let Some(text) = text { (text) } @else { (ui::muted("–")) } };
    let runtime = match version.runtime.as_deref() {
        Some("python") => "Python",
        Some("command") => "Command",
        _ => "Robots of other makers only",
    };
    let mut entries = vec![
        ("Title", or_dash(version.title.as_deref())),
        ("Status", status(version)),
        ("Published", moment(Some(version.published_at))),
        ("Authors", or_dash(version.authors.as_deref())),
        ("Feed", html! { (feed) }),
        ("Type", shown("ProjectType")),
        ("Compatibility", html! { (version.target_framework.name()) }),
        ("Size", html! { (bytes(version.size)) }),
        ("Tags", shown("Tags")),
        ("Release notes", shown("ReleaseNotes")),
    ];
    if version.kind == crate::model::PackageKind::Process {
        entries.push(("Runs with", html! { (runtime) }));
        let interaction = if version.requires_user_interaction {
            "Foreground: needs a desktop"
        } else {
            "Background"
        };
        entries.push(("Interaction", html! { (interaction) }));
    }
    ui::definitions(&entries)
}

fn entry_points(entries: &[EntryPoint]) -> Markup {
    html! {
        div.grid { div.table-box tabindex="0" role="region" aria-label="Entry points" {
            table.table {
                thead { tr { th scope="col" { "Path" } th scope="col" { "Input" } th scope="col" { "Output" } } }
                tbody {
                    @for entry in entries.iter().take(MOST_SHOWN) {
                        tr {
                            td.lead-cell data-label="Path" {
                                b { (entry.path) }
                                @if entry.is_main { " " (chip("Main", Tone::Info)) }
                            }
                            td data-label="Input" { (arguments(entry.input.as_deref())) }
                            td data-label="Output" { (arguments(entry.output.as_deref())) }
                        }
                    }
                }
            }
        } }
        @if entries.len() > MOST_SHOWN { p.muted { "… and " (entries.len() - MOST_SHOWN) " more." } }
    }
}

/// Names and types of arguments, whichever of the two forms they have.
fn arguments(text: Option<&str>) -> Markup {
    let names = names(text.unwrap_or_default());
    html! {
        @if names.is_empty() { (ui::muted("–")) }
        @for (name, kind) in &names { div { code { (name) } @if !kind.is_empty() { " " (ui::muted(kind)) } } }
    }
}

fn names(text: &str) -> Vec<(String, String)> {
    let most = 50;
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Array(list)) => list
            .iter()
            .take(most)
            .map(|argument| {
                let kind = argument["type"].as_str().unwrap_or_default();
                let kind = kind.split(',').next().unwrap_or_default();
                (
                    argument["name"].as_str().unwrap_or_default().to_owned(),
                    kind.to_owned(),
                )
            })
            .collect(),
        Ok(schema) => {
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            let properties = schema["properties"].as_object().cloned().unwrap_or_default();
            let one = |(name, of): (String, Value)| {
                let kind = of["type"].as_str().unwrap_or_default();
                let mark = if required.iter().any(|wanted| *wanted == name) {
                    ", required"
                } else {
                    ""
                };
                (name, format!("{kind}{mark}"))
            };
            properties.into_iter().take(most).map(one).collect()
        }
        Err(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_arguments_are_told_by_name_and_type() {
        let pair = |name: &str, kind: &str| (name.to_owned(), kind.to_owned());
        assert_eq!(
            names(r#"[{"name":"a","type":"System.Int32, mscorlib, Version=4.0.0.0"}]"#),
            [pair("a", "System.Int32")]
        );
        assert_eq!(
            names(r#"{"properties":{"a":{"type":"integer"},"b":{}},"required":["a"]}"#),
            [pair("a", "integer, required"), pair("b", "")]
        );
        assert_eq!(names("nothing"), []);
    }
}
