//! Operations of tags Jobs and JobTriggers, and those that clients call beside them.

mod change;
mod export;
mod list;
pub mod start;
pub mod validate;
mod waits;

use access::{Access, Permit};
use context::Error;
use serde_json::Value;
use uuid::Uuid;
use web::{Operation, Request};

use super::read::View;

/// Name of the entity set.
pub const SET: &str = "Jobs";
pub const WAITS: &str = "JobTriggers";

/// All operations.
pub fn operations() -> Vec<Operation> {
    let mut operations = list::operations();
    operations.extend([start::operation(), export::operation()]);
    operations.extend(change::operations());
    operations.extend(validate::operations());
    operations.extend(waits::operations());
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
    })
}

/// The job that calls, by header `x-uipath-jobkey`; `None` also for one that is no GUID, since the header is only a note.
pub fn calling_job(request: &Request) -> Option<Uuid> {
    request
        .header("x-uipath-jobkey")
        .and_then(|text| Uuid::parse_str(text.trim()).ok())
}

/// A value whose members are all spelled in camelCase, as the older half of the API does.
pub fn camel(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| {
                let mut letters = name.chars();
                let first = letters.next().map(|first| first.to_ascii_lowercase());
                (first.into_iter().chain(letters).collect::<String>(), value)
            })
            .collect(),
        other => other,
    }
}
