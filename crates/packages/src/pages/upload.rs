//! Uploading from the console. `GET` and `POST /console/{org}/tenants/{tenant}/packages/upload`, and the same for libraries

use access::console::csrf;
use context::{Error, Kind};
use http::Method;
use maud::{Markup, html};
use ui::{Form, Tone, callout, chip, field, link_button};
use web::{Operation, Request, Response, Shape, page};

use super::Shelf;
use crate::feeds::{Deed, Feed};
use crate::upload::{self, Outcome};

pub fn operations(shelf: &'static Shelf) -> Vec<Operation> {
    let (path, [show_id, save_id]) = shelf.upload;
    vec![
        shelf
            .page(Method::GET, (path, show_id), Deed::Create)
            .summary("The form for files.")
            .handler(move |request| show(request, shelf)),
        shelf
            .page(Method::POST, (path, save_id), Deed::Create)
            .summary("Publishes files.")
            .takes_shape(Shape::Media("multipart/form-data"))
            .streams(upload::LARGEST)
            .handler(move |request| save(request, shelf)),
    ]
}

async fn show(request: Request, shelf: &'static Shelf) -> Result<Response, Error> {
    let feed = shelf.feed(&request, Deed::Create).await?;
    render(&request, shelf, &feed, None).await
}

async fn render(
    request: &Request,
    shelf: &'static Shelf,
    feed: &Feed,
    error: Option<&Error>,
) -> Result<Response, Error> {
    let base = shelf.address(request)?;
    let action = match feed.key {
        Some(key) => format!("{base}/upload?feed={key}"),
        None => format!("{base}/upload"),
    };
    let errors: Vec<(String, String)> = error
        .into_iter()
        .map(|error| ("file".to_owned(), error.message.clone()))
        .collect();
    let form = Form::new(csrf(request), &action)
        .files()
        .errors(&errors)
        .submit("Upload")
        .cancel(&shelf.address_of(request, feed)?);
    let title = format!("Upload {}", shelf.title.to_lowercase());
    let content = html! {
        (ui::page_header(&title, &format!("Publishes .nupkg files in the feed {}.", feed.name), html! {}))
        (form.render(html! {
            (field::files("file", "Files", ".nupkg").required().hint("Up to ten files, 500 MB together.").error_in(&errors))
        }))
    };
    let status = if error.is_some() { 400 } else { 200 };
    page::render_with(request, status, &title, shelf.active, content).await
}

async fn save(request: Request, shelf: &'static Shelf) -> Result<Response, Error> {
    let feed = shelf.feed(&request, Deed::Create).await?;
    let outcomes = match upload::publish(&request, &feed).await {
        Ok(outcomes) => outcomes,
        Err(error) if error.kind == Kind::Invalid => return render(&request, shelf, &feed, Some(&error)).await,
        Err(error) => return Err(error),
    };
    if let [outcome] = outcomes.as_slice()
        && let Ok(version) = &outcome.result
    {
        let address = format!("{}/{}", shelf.address(&request)?, version.id);
        return page::done(&address, &format!("{} was published.", version.key_text()));
    }
    let list = shelf.address_of(&request, &feed)?;
    let failed = outcomes.iter().filter(|outcome| outcome.result.is_err()).count();
    let title = format!("Upload {}", shelf.title.to_lowercase());
    let content = html! {
        (ui::page_header(&title, "", html! { (link_button("Go to the list", &list).primary()) }))
        (ui::stack(html! {
            @if failed > 0 {
                (callout(Tone::Warning, html! { (failed) " of " (outcomes.len()) " files could not be published." }))
            } @else {
                (callout(Tone::Success, html! { (outcomes.len()) " files were published." }))
            }
            (results(&outcomes))
        }))
    };
    page::render(&request, &title, shelf.active, content).await
}

fn results(outcomes: &[Outcome]) -> Markup {
    html! {
        div.grid { div.table-box tabindex="0" role="region" aria-label="Files" {
            table.table {
                thead { tr { th scope="col" { "File" } th scope="col" { "Result" } th scope="col" { "Reason" } } }
                tbody {
                    @for outcome in outcomes {
                        tr {
                            td.lead-cell data-label="File" { b { (outcome.file_name) } }
                            @match &outcome.result {
                                Ok(version) => {
                                    td data-label="Result" { (chip("Published", Tone::Success)) }
                                    td data-label="Reason" { (version.key_text()) }
                                }
                                Err(error) => {
                                    td data-label="Result" { (chip("Refused", Tone::Danger)) }
                                    td data-label="Reason" { (reason(error)) }
                                }
                            }
                        }
                    }
                }
            }
        } }
    }
}

fn reason(error: &Error) -> &str {
    if error.kind == Kind::Internal {
        "An error has occurred."
    } else {
        &error.message
    }
}
