//! Operations of tags Queues, QueueItems, QueueItemComments and QueueItemEvents.

mod add;
pub mod bulk;
mod change;
mod comments;
mod events;
mod export;
mod finish;
mod list;
mod notes;
mod review;
mod start;

use access::sealing::Sealer;
use access::{Access, Permit};
use context::Error;
use uuid::Uuid;
use web::{Operation, Request};

use super::change::Change;
use super::read::View;
use super::write::Who;

/// Names of the entity sets.
pub const SET: &str = "QueueItems";
pub const COMMENTS: &str = "QueueItemComments";
pub const EVENTS: &str = "QueueItemEvents";

/// How often a call is checked anew because its queue changed meanwhile.
const TRIES: usize = 3;

/// All operations.
pub fn operations() -> Vec<Operation> {
    let mut operations = Vec::new();
    operations.extend(add::operations());
    operations.extend(bulk::operations());
    operations.extend([start::operation(), finish::result(), finish::progress()]);
    operations.extend(list::operations());
    operations.extend(change::operations());
    operations.extend(review::operations());
    operations.extend(comments::operations());
    operations.extend(events::operations());
    operations.push(export::operation());
    operations
}

/// What the caller of a request may see: the folder it names, else all folders in which it holds the permission of the operation.
///
/// # Errors
/// 403 when there is none.
pub async fn view(request: &Request) -> Result<View, Error> {
    let access = request.state::<Access>()?;
    Ok(View {
        folders: Permit::of(request).folders_of(request)?,
        tree: access.tree(request.tenant()?.id).await?,
        sealer: Sealer::of(request).await?,
    })
}

/// The caller as history tells it.
pub async fn who(request: &Request) -> Result<Who, Error> {
    let access = request.state::<Access>()?;
    let user = access.user_id(&request.ctx.caller, request.tenant()?).await?;
    Ok(Who::new(&request.ctx.caller, user))
}

pub async fn change_by(request: &Request) -> Result<Change, Error> {
    Ok(Change {
        ctx: request.ctx.clone(),
        who: who(request).await?,
        folder: request.folder()?.id,
        sealer: Sealer::of(request).await?,
    })
}

/// The job that calls by its own credential, or that somebody calls for (header `x-uipath-jobkey`).
///
/// # Errors
/// 400 for one that is no GUID.
fn job(request: &Request) -> Result<Option<Uuid>, Error> {
    if let Some(own) = request.ctx.caller.confined.and_then(|confined| confined.job) {
        return Ok(Some(own));
    }
    let Some(text) = request
        .header("x-uipath-jobkey")
        .map(str::trim)
        .filter(|text| !text.is_empty())
    else {
        return Ok(None);
    };
    let key = Uuid::parse_str(text).map_err(|_| Error::field("x-uipath-jobkey", "x-uipath-jobkey must be a GUID."))?;
    Ok(Some(key))
}

/// The name of a queue that a request must give.
fn name(given: Option<&str>, member: &'static str) -> Result<String, Error> {
    let name = given.map(str::trim).filter(|name| !name.is_empty());
    name.map(str::to_owned)
        .ok_or_else(|| Error::field(member, format!("{member} is required: the name of the queue.")))
}
