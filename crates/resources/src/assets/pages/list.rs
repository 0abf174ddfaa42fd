//! The assets of a folder.

use access::console::{csrf, tenant_path};
use access::tags;
use context::{Error, codes};
use http::Method;
use maud::{Markup, html};
use odata::Query;
use serde_json::Value;
use store::Entity as _;
use ui::field::Choice;
use ui::{Confirm, Grid, GridQuery, MenuItem, Row, Tone, button, chip, link_button};
use web::{Folder, Operation, Request, Response, page};

use super::{ACTIVE, LIST, api_folder, list_path, may};
use crate::assets::model::FolderAsset;
use crate::assets::read;

/// Types that can be chosen, with their names.
pub const TYPES: [&str; 5] = ["Text", "Bool", "Integer", "Credential", "Secret"];
/// Characters of a value that are shown.
const SHOWN: usize = 40;

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::page(Method::GET, LIST, "Console_Assets")
            .permission("Assets.View")
            .folder(Folder::Required)
            .summary("The assets of a folder.")
            .handler(handle),
    ]
}

async fn handle(request: Request) -> Result<Response, Error> {
    let state = GridQuery::parse(&list_path(&request)?, request.parts.uri.query().unwrap_or_default());
    let options = options(&state);
    let query = parse(&options, &request)?;
    let (tenant, folder) = (request.tenant()?.id, request.folder()?.id);
    let found = request
        .store()
        .read(move |tx| read::in_folder(&mut tx.tenant(tenant), folder, &query, true))
        .await?;
    let content = render(&request, &state, &options, &found.items, found.count.unwrap_or(0))?;
    page::render(&request, "Assets", ACTIVE, content).await
}

/// The OData options that show what the grid shows.
fn options(state: &GridQuery) -> Vec<(String, String)> {
    let mut terms = Vec::new();
    if !state.search.is_empty() {
        let text = state.search.replace('\'', "''");
        terms.push(format!("(contains(Name,'{text}') or contains(Description,'{text}'))"));
    }
    if let Some(of) = state.filter("type").filter(|of| TYPES.contains(of)) {
        terms.push(format!("ValueType eq '{of}'"));
    }
    let mut options = Vec::new();
    if !terms.is_empty() {
        options.push(("$filter", terms.join(" and ")));
    }
    let (column, descending) = state
        .sort_in(&["Name", "ValueType", "LastModificationTime"])
        .unwrap_or(("Name", false));
    options.push((
        "$orderby",
        format!("{column} {}", if descending { "desc" } else { "asc" }),
    ));
    options.push(("$top", state.size.to_string()));
    if state.skip() > 0 {
        options.push(("$skip", state.skip().to_string()));
    }
    options.push(("$count", "true".to_owned()));
    options.push(("$expand", "UserValues".to_owned()));
    options
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn parse(options: &[(String, String)], request: &Request) -> Result<Query, Error> {
    Query::parse(options, FolderAsset::model(), &odata::Limits::DEFAULT, request.ctx.now)
        .map_err(|error| Error::invalid(codes::INVALID_REQUEST, error.to_string()))
}

fn render(
    request: &Request,
    state: &GridQuery,
    options: &[(String, String)],
    assets: &[Value],
    total: u64,
) -> Result<Markup, Error> {
    let (base, above, csrf) = (list_path(request)?, tenant_path(request)?, csrf(request));
    let (create, edit, delete) = (
        may(request, "Assets.Create")?,
        may(request, "Assets.Edit")?,
        may(request, "Assets.Delete")?,
    );
    let folder = request.folder()?;
    let rights = Rights { edit, delete };
    let call: Vec<String> = options.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let api = format!(
        "/odata/Assets/UiPath.Server.Configuration.OData.GetFiltered?{}",
        call.join("&")
    );
    let types = TYPES.iter().map(|of| Choice::new(of, of)).collect();
    let mut grid = Grid::new("assets", "Assets", state)
        .search("Name or description")
        .filter("type", "Type", types)
        .sorted("Name", "Name")
        .sorted("Type", "ValueType")
        .column("Value")
        .column("Scope")
        .optional()
        .column("Description")
        .optional()
        .column("Credential store")
        .optional()
        .column("Tags")
        .optional()
        .column("Folders")
        .rows(assets.iter().map(|asset| row(&above, &base, csrf, asset, rights)))
        .total(total)
        .empty(ui::empty_state(
            "asset",
            "No assets in this folder",
            "An asset keeps a value that automations read by name: a text, a switch, a number, a credential or a secret.",
            html! { @if create { (link_button("Add asset", &format!("{base}/new")).primary()) } },
        ))
        .api("GET", &api);
    if delete {
        let confirm = Confirm::new(
            "Delete the selected assets?",
            "Assets that are shared stay in their other folders; the others are gone for good.",
            "Delete",
        );
        let remove = button("Delete").danger().small().icon("trash").confirm(confirm);
        grid = grid.bulk(csrf, &format!("{base}/delete"), vec![remove]);
    }
    let lead = format!("Values that automations in {} read by name.", folder.path);
    let actions = html! {
        @if create {
            (link_button("Link from other folders", &format!("{base}/link")).icon("link"))
            (link_button("Add asset", &format!("{base}/new")).primary().icon("plus"))
        }
    };
    Ok(html! {
        (ui::page_header("Assets", &lead, actions))
        (grid.render())
        p.muted { "The call needs the header " code { (api_folder(request)?) } "." }
    })
}

/// What the visitor may do in the folder.
#[derive(Clone, Copy)]
struct Rights {
    edit: bool,
    delete: bool,
}

/// `above` is the address of the tenant, `base` that of the list.
fn row(above: &str, base: &str, csrf: &str, asset: &Value, rights: Rights) -> Row {
    let id = asset["Id"].as_i64().unwrap_or_default();
    let text = |member: &str| asset[member].as_str().unwrap_or_default();
    let (name, of) = (text("Name"), text("ValueType"));
    let folders = asset["FoldersCount"].as_i64().unwrap_or(1);
    let sealed = matches!(of, "Credential" | "WindowsCredential" | "Secret");
    let mut menu = Vec::new();
    if rights.edit {
        menu.push(MenuItem::link("Edit", "edit", &format!("{base}/{id}")));
    }
    menu.push(MenuItem::link("Manage links", "link", &format!("{base}/{id}/links")));
    let mut audit = form_urlencoded::Serializer::new(String::new());
    audit.append_pair("component", "Assets").append_pair("q", name);
    menu.push(MenuItem::link(
        "Audit",
        "audit",
        &format!("{above}/audit?{}", audit.finish()),
    ));
    if rights.delete {
        let confirm = if folders > 1 {
            Confirm::new(
                &format!("Remove “{name}” from this folder?"),
                &format!("It stays in {} other folder(s).", folders - 1),
                "Remove",
            )
        } else {
            Confirm::delete(name).explain("Automations that read it will fail. This cannot be undone.")
        };
        let label = if folders > 1 { "Remove from folder" } else { "Delete" };
        menu.push(MenuItem::delete(label, &format!("{base}/{id}/delete"), csrf, confirm));
    }
    Row::new(&id.to_string(), name)
        .link(name, &format!("{base}/{id}"))
        .cell(of)
        .cell(value(asset, of))
        .cell(scope(asset))
        .cell(text("Description"))
        .cell(html! { @if sealed { "Built in" } @else { (ui::muted("–")) } })
        .cell(ui::chips(&tags::labels(asset), 3))
        .cell(html! { @if folders > 1 { a href={ (base) "/" (id) "/links" } title="Shared between folders" { (chip(&format!("{folders} folders"), Tone::Info)) } } })
        .menu(menu)
}

/// The default value, masked where it is secret.
fn value(asset: &Value, of: &str) -> Markup {
    if asset["HasDefaultValue"] == Value::Bool(false) {
        return ui::muted("per account");
    }
    match of {
        "Secret" => ui::muted("•••••"),
        "Credential" | "WindowsCredential" => {
            html! { (asset["CredentialUsername"].as_str().unwrap_or_default()) " " (ui::muted("•••••")) }
        }
        "KeyValueList" => html! { (asset["KeyValueList"].as_array().map_or(0, Vec::len)) " entries" },
        _ => {
            let text = asset["Value"].as_str().unwrap_or_default();
            let shown: String = text.chars().take(SHOWN).collect();
            html! { (shown) @if shown.len() < text.len() { "…" } }
        }
    }
}

fn scope(asset: &Value) -> Markup {
    let accounts = asset["UserValues"].as_array().map_or(0, Vec::len);
    match (asset["ValueScope"].as_str(), accounts) {
        (Some("PerRobot"), 1) => chip("1 account", Tone::Info),
        (Some("PerRobot"), many) => chip(&format!("{many} accounts"), Tone::Info),
        _ => chip("Global", Tone::Neutral),
    }
}
