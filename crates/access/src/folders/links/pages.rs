//! The console pages every linked kind has, as handlers: each kind declares where they are and who may open them.
//!
//! Below the list of a folder, `/{org}/tenants/{tenant}/folders/{folder}/{PAGE}`:
//!
//! * `link`: things of other folders, to be linked into this one ([`show_others`], [`link_others`]);
//! * `{id}/links`: the folders one thing is in, with a tick each ([`show_folders`], [`save_folders`]).

use context::{Error, Kind};
use maud::html;
use serde_json::Value;
use ui::field::{self, Choice};
use ui::{Form, Grid, Row, Tone, button, callout, link_button};
use web::{Request, Response, page};

use super::sharing::{self, Permits, Sharing};
use super::{Last, Linked, across, find_to_read, one};
use crate::console::{Asked, csrf, folder_path, grid_query, numbers, quoted};

/// A linked kind that has pages of its own.
pub trait Shown: Linked {
    /// The last segment of the address of a folder's list, which is the name of its navigation entry too: `assets`.
    const PAGE: &'static str;
    /// The operation that lists what is in other folders: `/odata/Assets/…GetAssetsAcrossFolders`.
    const ACROSS: &'static str;
    /// What is the same in all its folders, beside the name: `value`.
    const SAME: &'static str;
    /// Headings of the columns that [`cells`](Self::cells) fills.
    const HEADINGS: &'static [&'static str];

    /// What tells it from others of the same name in other folders.
    fn cells(&self) -> Vec<String>;
}

/// The address of the list of the folder.
fn list_path<T: Shown>(request: &Request) -> Result<String, Error> {
    Ok(format!("{}/{}", folder_path(request, request.folder()?.id)?, T::PAGE))
}

/// `GET …/link`
pub async fn show_others<T: Shown>(request: Request) -> Result<Response, Error> {
    others::<T>(&request, None).await
}

/// `POST …/link`: links the ticked things into the folder.
pub async fn link_others<T: Shown>(request: Request) -> Result<Response, Error> {
    let ids = numbers(&request.form(), "id");
    let count = ids.len();
    let sharing = Sharing {
        ids,
        add: vec![request.folder()?.id],
        remove: Vec::new(),
    };
    match share::<T>(&request, sharing).await {
        Ok(()) => page::done(
            &list_path::<T>(&request)?,
            &format!("{count} {}(s) linked into this folder.", T::NOUN),
        ),
        Err(error) if matches!(error.kind, Kind::Forbidden | Kind::Conflict | Kind::NotFound) => {
            others::<T>(&request, Some(&error)).await
        }
        Err(error) => Err(error),
    }
}

async fn share<T: Shown>(request: &Request, sharing: Sharing) -> Result<(), Error> {
    let (tenant, ctx) = (request.tenant()?.id, request.ctx.clone());
    let permits = Permits::<T>::of(request)?;
    let work = request
        .store()
        .write(move |tx| sharing::share(&mut tx.tenant(tenant), &ctx, &permits, &sharing));
    work.await
}

async fn others<T: Shown>(request: &Request, error: Option<&Error>) -> Result<Response, Error> {
    let base = list_path::<T>(request)?;
    let state = grid_query(request);
    let filters: Vec<String> = if state.search.is_empty() {
        Vec::new()
    } else {
        vec![format!("contains(Name,{})", quoted(&state.search))]
    };
    let query = Asked::new(T::model(), &state, &filters, &[], "Name", request.ctx.now)?.query;
    let (tenant, folder) = (request.tenant()?.id, request.folder()?.id);
    let permits = Permits::<T>::of(request)?;
    let (found, places) = request
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant);
            let found = across(&mut scope, &permits, Some(folder), &query)?;
            let mut places = Vec::with_capacity(found.items.len());
            for thing in &found.items {
                places.push(sharing::folders_for(&mut scope, &permits, thing.key())?);
            }
            Ok::<_, Error>((found, places))
        })
        .await?;
    let (title, noun) = (T::TITLE, T::NOUN);
    let back = || link_button(&format!("Back to the {noun}s"), &base);
    let mut grid = Grid::new(&format!("other-{noun}s"), &format!("{title}s of other folders"), &state)
        .search("Name")
        .column("Name");
    for heading in T::HEADINGS {
        grid = grid.column(heading);
    }
    let grid = grid
        .column("Folders")
        .rows(
            found
                .items
                .iter()
                .zip(&places)
                .map(|(thing, places)| row(thing, places)),
        )
        .total(found.count.unwrap_or(0))
        .bulk(
            csrf(request),
            &format!("{base}/link"),
            vec![button("Link into this folder").primary().small().icon("link")],
        )
        .empty(ui::empty_state(
            "link",
            "Nothing to link",
            &format!("There is no {noun} in another folder that you may see."),
            html! { (back()) },
        ))
        .api("GET", &format!("{}?excludeFolderId={folder}", T::ACROSS));
    let lead = format!(
        "A linked {noun} is one {noun} that several folders share: a change in one of them is a change in all."
    );
    let content = html! {
        (ui::page_header("Link from other folders", &lead, html! { (back()) }))
        @if let Some(error) = error { (callout(Tone::Danger, html! { (error.message) })) }
        (grid.render())
    };
    let status = error.map_or(200, |error| web::error::status(error.kind));
    page::render_with(request, status, &format!("Link {noun}s"), T::PAGE, content).await
}

fn row<T: Shown>(thing: &T, places: &Value) -> Row {
    let folders = places["AccessibleFolders"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let paths: Vec<&str> = folders
        .iter()
        .filter_map(|folder| folder["FullyQualifiedName"].as_str())
        .collect();
    let row = Row::new(&thing.key().to_string(), thing.name()).cell(thing.name());
    let cells = thing.cells();
    cells.into_iter().fold(row, Row::cell).cell(ui::chips(&paths, 3))
}

/// `GET …/{id}/links`
pub async fn show_folders<T: Shown>(request: Request) -> Result<Response, Error> {
    folders::<T>(&request, None).await
}

/// `POST …/{id}/links`: makes the folders the thing is in those that are ticked, as far as they were shown.
pub async fn save_folders<T: Shown>(request: Request) -> Result<Response, Error> {
    let form = request.form();
    let (shown, ticked) = (numbers(&form, "shown"), numbers(&form, "folders"));
    let sharing = Sharing {
        ids: vec![request.integer("id")?],
        remove: shown.into_iter().filter(|folder| !ticked.contains(folder)).collect(),
        add: ticked,
    };
    match share::<T>(&request, sharing).await {
        Ok(()) => page::done(
            &list_path::<T>(&request)?,
            &format!("The folders of the {} were changed.", T::NOUN),
        ),
        Err(error) if matches!(error.kind, Kind::Forbidden | Kind::Conflict | Kind::Invalid) => {
            folders::<T>(&request, Some(&error)).await
        }
        Err(error) => Err(error),
    }
}

async fn folders<T: Shown>(request: &Request, error: Option<&Error>) -> Result<Response, Error> {
    let (tenant, folder, id) = (request.tenant()?.id, request.folder()?.id, request.integer("id")?);
    let permits = Permits::<T>::of(request)?;
    let (thing, current, offered) = request
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant);
            let thing = find_to_read::<T>(&mut scope, folder, id)?;
            let current = sharing::folders_for(&mut scope, &permits, id)?;
            let offered = sharing::targets(&mut scope, &permits, id)?;
            Ok::<_, Error>((thing, current, offered))
        })
        .await?;
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
    let base = list_path::<T>(request)?;
    let form = Form::new(csrf(request), &format!("{base}/{id}/links"))
        .submit("Save")
        .cancel(&base);
    let form = match error {
        Some(error) => form.error("folders", &error.message),
        None => form,
    };
    let lead = format!(
        "Every folder with a tick has this {} under the same name, with the same {}.",
        T::NOUN,
        T::SAME
    );
    let last = match T::LAST {
        Last::Deletes => format!("{} that is left without any folder is deleted.", one::<T>()),
        Last::Stays => format!("{} must stay in at least one folder.", one::<T>()),
    };
    let content = html! {
        (ui::page_header(&format!("Links of {}", thing.name()), &lead, html! {}))
        @if hidden > 0 {
            (callout(Tone::Info, html! { "It is in " (hidden) " more folder(s) that you cannot see." }))
        }
        (form.render(html! {
            @for target in offered.iter().filter(|target| target.linked && target.changeable) {
                (field::hidden("shown", &target.id.to_string()))
            }
            (field::checks("folders", "Folders", choices).values(ticked))
            (callout(Tone::Warning, html! { (last) }))
        }))
    };
    let status = error.map_or(200, |error| web::error::status(error.kind));
    page::render_with(request, status, "Links", T::PAGE, content).await
}
