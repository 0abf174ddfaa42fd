//! Links assets of other folders into this one.

use access::Permit;
use context::{Error, Kind, codes};
use http::Method;
use maud::html;
use odata::Query;
use serde_json::Value;
use store::Entity as _;
use ui::{Grid, GridQuery, Row, Tone, button, callout, link_button};
use web::{Folder, Operation, Request, Response, page};

use super::{ACTIVE, csrf, list_path};
use crate::assets::model::Asset;
use crate::assets::read;
use crate::assets::sharing::{self, Permits, Sharing};

const LINK: &str = "/{org}/tenants/{tenant}/folders/{folder}/assets/link";

pub fn operations() -> Vec<Operation> {
    let page = |method, id| {
        Operation::page(method, LINK, id)
            .permission("Assets.Create")
            .folder(Folder::Required)
    };
    vec![
        page(Method::GET, "Console_LinkAssets")
            .summary("Assets of other folders.")
            .handler(show),
        page(Method::POST, "Console_SaveLinkedAssets")
            .summary("Links assets of other folders.")
            .takes_form()
            .handler(link),
    ]
}

async fn show(request: Request) -> Result<Response, Error> {
    render(&request, None).await
}

async fn link(request: Request) -> Result<Response, Error> {
    let form = request.form();
    let assets: Vec<i64> = page::fields(&form, "id")
        .into_iter()
        .filter_map(|id| id.parse().ok())
        .collect();
    let count = assets.len();
    let (tenant, folder, ctx) = (request.tenant()?.id, request.folder()?.id, request.ctx.clone());
    let sharing = Sharing {
        asset_ids: assets,
        to_add_folder_ids: vec![folder],
        to_remove_folder_ids: Vec::new(),
    };
    let permits = Permits::new(&Permit::of(&request))?;
    let work = request
        .store()
        .write(move |tx| sharing::share(&mut tx.tenant(tenant), &ctx, &permits, &sharing));
    match work.await {
        Ok(()) => page::done(
            &list_path(&request),
            &format!("{count} asset(s) linked into this folder."),
        ),
        Err(error) if matches!(error.kind, Kind::Forbidden | Kind::Conflict | Kind::NotFound) => {
            render(&request, Some(&error)).await
        }
        Err(error) => Err(error),
    }
}

async fn render(request: &Request, error: Option<&Error>) -> Result<Response, Error> {
    let base = list_path(request);
    let state = GridQuery::parse(&format!("{base}/link"), request.parts.uri.query().unwrap_or_default());
    let mut options = vec![
        ("$orderby".to_owned(), "Name".to_owned()),
        ("$top".to_owned(), state.size.to_string()),
        ("$skip".to_owned(), state.skip().to_string()),
        ("$count".to_owned(), "true".to_owned()),
    ];
    if !state.search.is_empty() {
        options.push((
            "$filter".to_owned(),
            format!("contains(Name,'{}')", state.search.replace('\'', "''")),
        ));
    }
    let query = Query::parse(&options, Asset::model(), &odata::Limits::DEFAULT, request.ctx.now)
        .map_err(|error| Error::invalid(codes::INVALID_REQUEST, error.to_string()))?;
    let (tenant, folder) = (request.tenant()?.id, request.folder()?.id);
    let view = Permit::requiring(request, "Assets.View")?;
    let (found, places) = request
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant);
            let found = read::across_folders(&mut scope, &view.reach(), Some(folder), &query)?;
            let mut places = Vec::with_capacity(found.items.len());
            for asset in &found.items {
                let id = asset["Id"].as_i64().unwrap_or_default();
                places.push(sharing::folders_for(&mut scope, &view, id)?);
            }
            Ok::<_, Error>((found, places))
        })
        .await?;
    let rows = found
        .items
        .iter()
        .zip(&places)
        .map(|(asset, places)| row(asset, places));
    let grid = Grid::new("other-assets", "Assets of other folders", &state)
        .search("Name")
        .column("Name")
        .column("Type")
        .column("Folders")
        .rows(rows)
        .total(found.count.unwrap_or(0))
        .bulk(
            &csrf(request),
            &format!("{base}/link"),
            vec![button("Link into this folder").primary().small().icon("link")],
        )
        .empty(ui::empty_state(
            "link",
            "Nothing to link",
            "There is no asset in another folder that you may see.",
            html! {
                (link_button("Back to the assets", &base))
            },
        ))
        .api(
            "GET",
            &format!("/odata/Assets/UiPath.Server.Configuration.OData.GetAssetsAcrossFolders?excludeFolderId={folder}"),
        );
    let lead = "A linked asset is one asset that several folders share: a change in one of them is a change in all.";
    let content = html! {
        (ui::page_header("Link from other folders", lead, html! { (link_button("Back to the assets", &base)) }))
        @if let Some(error) = error { (callout(Tone::Danger, html! { (error.message) })) }
        (grid.render())
    };
    let status = error.map_or(200, |error| web::error::status(error.kind));
    page::render_with(request, status, "Link assets", ACTIVE, content).await
}

fn row(asset: &Value, places: &Value) -> Row {
    let name = asset["Name"].as_str().unwrap_or_default();
    let folders = places["AccessibleFolders"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let paths: Vec<&str> = folders
        .iter()
        .filter_map(|folder| folder["FullyQualifiedName"].as_str())
        .collect();
    Row::new(&asset["Id"].to_string(), name)
        .cell(name)
        .cell(asset["ValueType"].as_str().unwrap_or_default())
        .cell(ui::chips(&paths, 3))
}
