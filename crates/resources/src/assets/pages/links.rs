//! In which folders an asset is visible: a tick per folder.

use access::Permit;
use context::{Error, Kind};
use http::Method;
use maud::html;
use odata::Query;
use store::Entity as _;
use ui::field::{self, Choice};
use ui::{Form, Tone, callout};
use web::{Folder, Operation, Request, Response, page};

use super::{ACTIVE, csrf, list_path};
use crate::assets::model::FolderAsset;
use crate::assets::read;
use crate::assets::sharing::{self, Permits, Sharing};

const LINKS: &str = "/{org}/tenants/{tenant}/folders/{folder}/assets/{id}/links";

pub fn operations() -> Vec<Operation> {
    let page = |method, id| {
        Operation::page(method, LINKS, id)
            .permission("Assets.View")
            .folder(Folder::Required)
    };
    vec![
        page(Method::GET, "Console_AssetLinks")
            .summary("The folders an asset is in.")
            .handler(show),
        page(Method::POST, "Console_SaveAssetLinks")
            .summary("Changes the folders an asset is in.")
            .takes_form()
            .handler(save),
    ]
}

async fn show(request: Request) -> Result<Response, Error> {
    render(&request, None).await
}

async fn save(request: Request) -> Result<Response, Error> {
    let form = request.form();
    let read = |name: &str| -> Vec<i64> {
        page::fields(&form, name)
            .into_iter()
            .filter_map(|id| id.parse().ok())
            .collect()
    };
    let (shown, ticked) = (read("shown"), read("folders"));
    let (tenant, id, ctx) = (request.tenant()?.id, request.integer("id")?, request.ctx.clone());
    let sharing = Sharing {
        asset_ids: vec![id],
        to_add_folder_ids: ticked.clone(),
        to_remove_folder_ids: shown.into_iter().filter(|folder| !ticked.contains(folder)).collect(),
    };
    let permits = Permits::new(&Permit::of(&request))?;
    let work = request
        .store()
        .write(move |tx| sharing::share(&mut tx.tenant(tenant), &ctx, &permits, &sharing));
    match work.await {
        Ok(()) => page::done(&list_path(&request), "The folders of the asset were changed."),
        Err(error) if matches!(error.kind, Kind::Forbidden | Kind::Conflict | Kind::Invalid) => {
            render(&request, Some(&error)).await
        }
        Err(error) => Err(error),
    }
}

async fn render(request: &Request, error: Option<&Error>) -> Result<Response, Error> {
    let (tenant, folder, id) = (request.tenant()?.id, request.folder()?.id, request.integer("id")?);
    let view = Permit::requiring(request, "Assets.View")?;
    let permits = Permits::new(&view)?;
    let (asset, current, offered) = request
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant);
            let asset = read::by_id(&mut scope, folder, id, &Query::new(FolderAsset::model()))?;
            let current = sharing::folders_for(&mut scope, &view, id)?;
            let offered = sharing::targets(&mut scope, &permits, id)?;
            Ok::<_, Error>((asset, current, offered))
        })
        .await?;
    let name = asset["Name"].as_str().unwrap_or_default();
    let total = current["TotalFoldersCount"].as_u64().unwrap_or(0);
    let hidden = total.saturating_sub(current["AccessibleFolders"].as_array().map_or(0, Vec::len) as u64);
    let choices = offered
        .iter()
        .map(|target| Choice::new(&target.id.to_string(), &target.path).disabled(!target.changeable))
        .collect();
    let ticked = offered
        .iter()
        .filter(|target| target.linked)
        .map(|target| target.id.to_string());
    let form = Form::new(&csrf(request), &format!("{}/{id}/links", list_path(request)))
        .submit("Save")
        .cancel(&list_path(request));
    let form = match error {
        Some(error) => form.error("folders", &error.message),
        None => form,
    };
    let content = html! {
        (ui::page_header(&format!("Links of {name}"), "Every folder with a tick has this asset under the same name, with the same value.", html! {}))
        @if hidden > 0 {
            (callout(Tone::Info, html! { "It is in " (hidden) " more folder(s) that you cannot see." }))
        }
        (form.render(html! {
            @for target in offered.iter().filter(|target| target.linked && target.changeable) {
                (field::hidden("shown", &target.id.to_string()))
            }
            (field::checks("folders", "Folders", choices).values(ticked))
            (callout(Tone::Warning, html! { "An asset that is left without any folder is deleted." }))
        }))
    };
    let status = error.map_or(200, |error| web::error::status(error.kind));
    page::render_with(request, status, "Links", ACTIVE, content).await
}
