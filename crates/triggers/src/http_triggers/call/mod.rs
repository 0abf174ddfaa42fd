//! Calls of API triggers: `/t/{folderKey}/{slug}` and, for functions of processes, `/t/{folderKey}/{slug}/{function}` (reference:
//! execution 8.7).

mod answer;
mod arguments;
mod start;
pub mod wait;

use context::Error;
use http::Method;
use web::{Folder, Operation, Request, Response, Shape};

pub fn operations() -> Vec<Operation> {
    let call = |method: Method, path, id| {
        Operation::orchestrator(method, path, id)
            .scope("OR.Jobs.Write")
            .permission("Jobs.Create")
            .folder(Folder::InRequest)
            .answers(200, Shape::Media("application/json"))
            .answers(202, Shape::Media("application/json"))
            .answers(303, Shape::Nothing)
    };
    let simple = |method, id| {
        call(method, "/t/{folderKey}/{slug}", id)
            .summary("Calls an API trigger of a folder: starts its jobs, and answers as its calling mode says.")
            .handler(start::handle)
    };
    let function = |method, id| {
        call(method, "/t/{folderKey}/{slug}/{function}", id)
            .summary("Calls a function of a process as an API trigger.")
            .handler(start::handle)
    };
    let mut operations = vec![
        simple(Method::GET, "HttpTriggers_CallGet"),
        simple(Method::POST, "HttpTriggers_CallPost"),
        simple(Method::PUT, "HttpTriggers_CallPut"),
        simple(Method::DELETE, "HttpTriggers_CallDelete"),
        function(Method::GET, "HttpTriggers_CallFunctionGet"),
        function(Method::POST, "HttpTriggers_CallFunctionPost"),
        function(Method::PUT, "HttpTriggers_CallFunctionPut"),
        function(Method::DELETE, "HttpTriggers_CallFunctionDelete"),
    ];
    operations.extend(answer::operations());
    operations
}

/// 404 with code 1623: nothing is called like this here.
fn nothing_here() -> Error {
    Error::missing(
        crate::codes::HTTP_TRIGGER_NOT_FOUND,
        "No enabled API trigger matches the request.",
    )
}

/// The folder in the address.
async fn folder_of(request: &Request) -> Result<web::FolderRef, Error> {
    let key = request.guid("folderKey").map_err(|_| nothing_here())?;
    let tree = request.state::<access::Access>()?.tree(request.tenant()?.id).await?;
    let found = tree
        .find(&web::FolderSelector::Key(key))
        .map(access::folders::model::Folder::to_ref);
    let folder = found.filter(|folder| request.rights.is_assigned(folder.id) || request.require_in(folder.id).is_ok());
    let folder = folder.ok_or_else(nothing_here)?;
    request.require_in(folder.id)?;
    Ok(folder)
}

/// The address of something that belongs to a call: `status`, `output` or `wait`.
fn place(request: &Request, folder: uuid::Uuid, slug: &str, what: &str, job: uuid::Uuid) -> String {
    let slug: String = percent_encoding::utf8_percent_encode(slug, percent_encoding::NON_ALPHANUMERIC).to_string();
    format!(
        "{}{}/t/{folder}/{slug}/{what}/{job}",
        request.origin, request.layout.base
    )
}

/// The first part of the slug in the address.
fn slug_of(request: &Request) -> Result<String, Error> {
    request.text("slug")
}

pub(super) use answer::{failure_of, output_of};

type Outcome = Result<Response, Error>;
