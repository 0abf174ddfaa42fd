//! The settings of a process. `GET` and `POST …/processes/{id}/edit`

use access::console::{Errors, csrf, mendable};
use context::Error;
use http::Method;
use maud::html;
use serde_json::json;
use ui::Form;
use ui::field;
use web::{Folder, Operation, Request, Response, page};

use super::editor::{self, Entry};
use super::overview::{self, Tab};
use super::{ACTIVE, asked, list_path, tree};
use crate::arguments::Signature;
use crate::processes::model::Release;
use crate::processes::read;
use crate::processes::service::{self, By};
use serde_json::Value;
use store::Entity as _;

const ONE: &str = "/{org}/tenants/{tenant}/folders/{folder}/processes/{id}/edit";
const LARGEST_FORM: usize = 1 << 20;

pub fn operations() -> Vec<Operation> {
    let page = |method, id, summary| {
        Operation::page(method, ONE, id)
            .permission("Processes.Edit")
            .folder(Folder::Required)
            .summary(summary)
    };
    vec![
        page(Method::GET, "Console_ProcessSettings", "The settings of a process.").handler(show),
        page(
            Method::POST,
            "Console_SaveProcess",
            "Changes the settings of a process.",
        )
        .takes_form()
        .body_limit(LARGEST_FORM)
        .handler(save),
    ]
}

/// A process as its form needs it.
struct Found {
    release: Release,
    signature: Signature,
    shown: Value,
}

async fn find(request: &Request) -> Result<Found, Error> {
    let (tenant, id, asked, tree) = (
        request.tenant()?.id,
        request.integer("id")?,
        asked(request)?,
        tree(request).await?,
    );
    let work = request.store().read(move |tx| {
        let mut scope = tx.tenant(tenant);
        let release = asked.find_to_read(&mut scope, By::Id(id))?;
        let deployed = read::deployed(&mut scope, &release)?;
        let signature = match &deployed {
            Some(deployed) => Signature::read(deployed.input()),
            None => Signature::Unknown,
        };
        let query = odata::Query::new(Release::model());
        let shown = read::whole(&mut scope, &tree, release.clone(), &query)?;
        Ok::<_, Error>(Found {
            release,
            signature,
            shown,
        })
    });
    work.await
}

async fn show(request: Request) -> Result<Response, Error> {
    let found = find(&request).await?;
    let entry = Entry::of(&found.release, &found.signature);
    render(&request, &found, &entry, &Errors::new(), 200).await
}

async fn save(request: Request) -> Result<Response, Error> {
    let found = find(&request).await?;
    let entry = Entry::posted(&request.form());
    let mut body = match entry.to_body(&found.signature, &found.release.settings.0) {
        Ok(body) => body,
        Err(errors) => return render(&request, &found, &entry, &errors, 400).await,
    };
    // The fields of arguments are those of this version and entry point.
    body["ProcessVersion"] = json!(found.release.package_version);
    let (tenant, id, ctx, asked) = (
        request.tenant()?.id,
        found.release.id,
        request.ctx.clone(),
        asked(&request)?,
    );
    let saved = request.store().write(move |tx| {
        let mut scope = tx.tenant(tenant);
        service::patch(&mut scope, &ctx, &asked, By::Id(id), body.clone())
    });
    match saved.await {
        Ok(release) => page::done(
            &format!("{}/{id}", list_path(&request)?),
            &format!("Process “{}” was saved.", release.name),
        ),
        Err(error) => {
            let status = super::status_of(Some(&error));
            let errors = mendable(error)?;
            render(&request, &found, &entry, &errors, status).await
        }
    }
}

async fn render(
    request: &Request,
    found: &Found,
    entry: &Entry,
    errors: &Errors,
    status: u16,
) -> Result<Response, Error> {
    let path = format!("{}/{}", list_path(request)?, found.release.id);
    let form = Form::new(csrf(request), &format!("{path}/edit"))
        .errors(errors)
        .submit("Save")
        .cancel(&path);
    let content = html! {
        (overview::head(request, &found.shown, Tab::Settings)?)
        (form.render(html! {
            (field::hidden("version", &found.release.package_version))
            (editor::render(entry, &found.signature, errors))
        }))
    };
    page::render_with(request, status, &found.release.name, ACTIVE, content).await
}
