//! The packages of a feed. `GET /console/{org}/tenants/{tenant}/packages`, `GET …/libraries`

use access::Access;
use access::console::{Asked, grid_query, moment};
use context::Error;
use http::Method;
use maud::html;
use odata::Enumeration as _;
use store::Entity as _;
use ui::field::Choice;
use ui::{Grid, Row, Tone, chip, link_button};
use web::{Operation, Request, Response, page};

use super::Shelf;
use crate::feeds::{self, Deed, Feed};
use crate::model::{PackageKind, PackageVersion};
use crate::service;

pub fn operations(shelf: &'static Shelf) -> Vec<Operation> {
    vec![
        shelf
            .page(Method::GET, shelf.list, Deed::View)
            .summary("The packages or libraries of a feed.")
            .handler(move |request| handle(request, shelf)),
    ]
}

async fn handle(request: Request, shelf: &'static Shelf) -> Result<Response, Error> {
    let state = grid_query(&request);
    let choices = match shelf.kind {
        PackageKind::Process => {
            let access = request.state::<Access>()?;
            feeds::visible(&access, request.tenant()?, &request.rights).await?
        }
        PackageKind::Library => Vec::new(),
    };
    // Whoever may not look into the tenant's feed comes out at the first one that is open.
    let feed = match (state.filter("feed"), choices.first()) {
        (None, Some(first)) => first.clone(),
        _ => shelf.feed(&request, Deed::View).await?,
    };
    let asked = Asked::new(
        PackageVersion::model(),
        &state,
        &[],
        &["Id", "Published"],
        "Id asc",
        request.ctx.now,
    )?;
    let (tenant, query, wanted) = (request.tenant()?.id, asked.query.clone(), feed.clone());
    let search = (!state.search.is_empty()).then(|| state.search.clone());
    let found = request
        .store()
        .read(move |tx| service::list(&mut tx.tenant(tenant), &wanted, &query, search.as_deref()))
        .await?;
    let base = shelf.address(&request)?;
    let mut grid = Grid::new(shelf.active, shelf.title, &state)
        .search("Name or title")
        .sorted("Name", "Id")
        .column("Latest version")
        .column("Title")
        .column("Authors")
        .optional()
        .column("Type")
        .column("Compatibility")
        .optional()
        .sorted("Published", "Published");
    if choices.len() > 1 {
        let named = |feed: &Feed| Choice::new(&feed.public_id.to_string(), &feed.name);
        grid = grid.filter("feed", "Feed", choices.iter().map(named).collect());
    }
    let may_create = feed.allows(&request.rights, Deed::Create)?;
    let upload = upload_address(&base, &feed);
    let rows = found.items.iter().map(|version| row(&base, version));
    let grid = grid
        .rows(rows)
        .total(found.count.unwrap_or_default())
        .empty(ui::empty_state(
            shelf.icon,
            &format!("Nothing in this feed: no {} was published", shelf.one),
            "Publish with your tools, for instance `uipath publish`, or upload a .nupkg file.",
            html! { @if may_create { (link_button("Upload", &upload).primary()) } },
        ))
        .api("GET", &format!("/odata/{}?{}", shelf.set, asked.options))
        .render();
    let content = html! {
        (ui::page_header(shelf.title, shelf.lead, html! {
            @if may_create { (link_button("Upload", &upload).primary().icon("upload")) }
        }))
        @if choices.len() > 1 { p.muted { (feed.name) } }
        (grid)
    };
    page::render(&request, shelf.title, shelf.active, content).await
}

fn upload_address(base: &str, feed: &Feed) -> String {
    match feed.key {
        Some(key) => format!("{base}/upload?feed={key}"),
        None => format!("{base}/upload"),
    }
}

fn row(base: &str, version: &PackageVersion) -> Row {
    let kind = version.shown("ProjectType");
    Row::new(&version.id.to_string(), &version.package_id)
        .link(&version.package_id, &format!("{base}/{}", version.id))
        .cell(html! {
            (version.version)
            @if version.uses > 0 { " " (chip("Active", Tone::Success)) }
        })
        .cell(version.title.as_deref().unwrap_or_default())
        .cell(context::shortened(version.authors.as_deref().unwrap_or_default(), 80))
        .cell(kind.as_str().unwrap_or_default())
        .cell(version.target_framework.name())
        .cell(moment(Some(version.published_at)))
}
