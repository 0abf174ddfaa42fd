//! What stands above every page of one queue: its name, what can be done with it, and the tabs.

use context::Error;
use maud::{Markup, html};
use serde_json::Value;
use store::{Entity as _, Scoped, Tenant};
use ui::link_button;
use web::Request;

use crate::console::{self, ItemRights, may, queue_path};
use crate::definitions::model::FolderQueue;
use crate::definitions::read::{self, Seen};

/// Members of a queue that its pages show.
const SHOWN: &str = "Id,Key,Name,Description,MaxNumberOfRetries,AcceptAutomaticallyRetry,RetryAbandonedItems,EnforceUniqueReference,\
    Encrypted,SlaInMinutes,RiskSlaInMinutes,Tags,FoldersCount,RetentionAction,RetentionPeriod,StaleRetentionAction,\
    StaleRetentionPeriod,CreationTime";

/// Tabs of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    Items,
    Overview,
    Settings,
}

/// The queue of a page, without its schemas.
///
/// # Errors
/// 404 when the folder has no such queue.
pub fn queue(scope: &mut Scoped<'_, Tenant>, seen: &Seen, id: i64, now: jiff::Timestamp) -> Result<Value, Error> {
    let query = console::query(&[("$select", SHOWN.to_owned())], FolderQueue::model(), now)?;
    read::by_id(scope, seen, id, &query)
}

/// The head of a page of the queue.
pub fn render(request: &Request, queue: &Value, tab: Tab) -> Result<Markup, Error> {
    let id = queue["Id"].as_i64().unwrap_or_default();
    let path = queue_path(request, id)?;
    let rights = ItemRights::of(request)?;
    let text = |member: &str| queue[member].as_str().unwrap_or_default();
    let actions = html! {
        @if rights.create {
            (link_button("Upload items", &format!("{path}/upload")).icon("upload"))
            (link_button("Add item", &format!("{path}/items/new")).primary().icon("plus"))
        }
    };
    let (overview, settings) = (format!("{path}/overview"), format!("{path}/edit"));
    let mut tabs = vec![
        ("Items", path.as_str(), tab == Tab::Items),
        ("Overview", overview.as_str(), tab == Tab::Overview),
    ];
    if may(request, "Queues.Edit")? {
        tabs.push(("Settings", settings.as_str(), tab == Tab::Settings));
    }
    Ok(html! {
        (ui::page_header(text("Name"), text("Description"), actions))
        (ui::link_tabs("Queue", &tabs))
    })
}
