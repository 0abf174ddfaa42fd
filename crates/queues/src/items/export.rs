//! The items of a queue as an export (reference: queues 13; resources 15).

use std::collections::HashMap;

use access::audit::Component;
use access::exports::{Criteria, ExportType, Exporter, New, Sheet, Task, window};
use access::folders::links::no_such;
use access::users::robots;
use context::Error;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Entity as _, Scoped, Tenant, params};

use super::content::{self, Part};
use super::model::{Item, ItemData};
use super::wire::{Content, Head};
use crate::definitions::model::{FolderQueue, Queue};

/// The kind of these exports.
const KIND: &str = "queue-items";
/// Items whose content is read at a time.
const PIECE: usize = 50;

/// Which queue is wanted.
#[derive(Debug, Serialize, Deserialize)]
struct Parameters {
    queue: i64,
    /// The folder that the items were asked for in.
    #[serde(default)]
    folder: Option<i64>,
}

/// An export of the items of a queue that meet the criteria.
pub fn wanted(criteria: Criteria, folder: i64, queue: i64, name: &str) -> Result<New, Error> {
    Ok(New {
        kind: KIND,
        export_type: ExportType::Queues,
        name: format!("{name}.csv"),
        component: Component::Queues,
        criteria: criteria.with(&Parameters {
            queue,
            folder: Some(folder),
        })?,
    })
}

/// Writes the items of a queue, oldest first.
#[derive(Debug)]
pub struct Items;

impl Exporter for Items {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn columns(&self) -> &'static [&'static str] {
        &[
            "Id",
            "Key",
            "Status",
            "Revision",
            "Reference",
            "Exception",
            "Exception reason",
            "Deadline",
            "Risk SLA",
            "Priority",
            "Robot",
            "Postpone",
            "Created",
            "Started",
            "Ended",
            "Transaction execution time (seconds)",
            "Retry number",
            "Progress",
            "Specific data",
            "Output",
            "Analytics",
        ]
    }

    fn read(
        &self,
        scope: &mut Scoped<'_, Tenant>,
        task: &Task,
        after: i64,
        sheet: &mut Sheet,
    ) -> Result<Option<i64>, Error> {
        let Parameters { queue, folder } = task.parameters()?;
        if let Some(folder) = folder
            && !scope.exists::<FolderQueue>("folder_id = ? and id = ?", params![folder, queue])?
        {
            return Err(no_such::<Queue>(queue));
        }
        let query = task.query(Item::model())?;
        let window = window::<Item>(scope, &query, ("queue_id = ?", &params![queue]), "", after)?;
        for items in window.rows.chunks(PIECE) {
            let ids: Vec<i64> = items.iter().map(|item| item.id).collect();
            let mut data: HashMap<i64, ItemData> = scope
                .get_many::<ItemData>(&ids)?
                .into_iter()
                .map(|data| (data.item_id, data))
                .collect();
            let robots: Vec<i64> = items.iter().filter_map(|item| item.robot_id).collect();
            let robots: HashMap<i64, String> = robots::by_ids(scope, &robots)?
                .into_iter()
                .map(|robot| (robot.id, robot.name))
                .collect();
            for item in items {
                let content = match data.remove(&item.id) {
                    Some(data) => Content::open(Head::from(item), data, &task.sealer)?,
                    None => Content::default(),
                };
                let robot = item.robot_id.and_then(|id| robots.get(&id));
                write(sheet, task, item, robot.map_or("", String::as_str), &content)?;
                if sheet.is_full() {
                    return Ok(Some(item.id));
                }
            }
        }
        Ok(window.upto)
    }
}

fn write(sheet: &mut Sheet, task: &Task, item: &Item, robot: &str, content: &Content) -> Result<(), Error> {
    let at = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let seconds = match (item.started_at, item.ended_at) {
        (Some(started), Some(ended)) => {
            format!(
                "{:.3}",
                (ended.as_microsecond() - started.as_microsecond()).max(0) as f64 / 1e6
            )
        }
        _ => String::new(),
    };
    let progress = match item.progress.clone() {
        Some(stored) => content::open(item.encrypted.then_some(&task.sealer), item.key, Part::Progress, stored)?,
        None => String::new(),
    };
    let reason = content
        .exception
        .as_ref()
        .and_then(|exception| exception.reason.clone());
    sheet.row(&[
        &item.id.to_string(),
        &item.key.to_string(),
        &item.status.to_string(),
        &item.review_status.to_string(),
        item.reference.as_deref().unwrap_or_default(),
        &item.exception_type.map(|of| of.to_string()).unwrap_or_default(),
        &reason.unwrap_or_default(),
        &at(item.due_at),
        &at(item.risk_at),
        &item.priority.to_string(),
        robot,
        &at(item.defer_at),
        &item.created_at.to_string(),
        &at(item.started_at),
        &at(item.ended_at),
        &seconds,
        &item.retry_number.to_string(),
        &progress,
        &text(&content.specific),
        &text(&content.output),
        &text(&content.analytics),
    ]);
    Ok(())
}
