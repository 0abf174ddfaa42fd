//! The log entries of a folder as an export (reference: execution 9; resources 15).

use access::audit::Component;
use access::exports::{Criteria, ExportType, Exporter, New, Sheet, Task};
use context::Error;
use odata::Query;
use serde::{Deserialize, Serialize};
use store::{Entity as _, Scoped, Tenant, params};

use super::model::LogEntry;
use super::read::{self, Shown};

/// The kind of these exports.
const KIND: &str = "robot-logs";
/// Entries that one window looks at, whether they match or not.
const LOOKED_AT: usize = 1_000;
/// Entries whose texts are read at a time.
const PIECE: usize = 20;

/// Which folder is wanted.
#[derive(Debug, Serialize, Deserialize)]
struct Parameters {
    folder: i64,
}

/// An export of the entries of a folder that meet the criteria.
pub fn wanted(criteria: Criteria, folder: i64) -> Result<New, Error> {
    Ok(New {
        kind: KIND,
        export_type: ExportType::Logs,
        name: "Logs.csv".to_owned(),
        component: Component::Monitoring,
        criteria: criteria.with(&Parameters { folder })?,
    })
}

/// Fails for a filter that exports cannot work out: they look at entries in memory, one by one.
///
/// # Errors
/// 400 for functions that lists of rows do not have.
pub fn check(query: &Query) -> Result<(), Error> {
    let filter = Query {
        order: Vec::new(),
        ..query.clone()
    };
    access::rows::page(vec![serde_json::json!({})], &filter).map(drop)
}

/// Writes the entries of a folder in the order in which they arrived.
#[derive(Debug)]
pub struct Entries;

impl Exporter for Entries {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn columns(&self) -> &'static [&'static str] {
        &[
            "Time",
            "Level",
            "Process",
            "Hostname",
            "Host identity",
            "Message",
            "Robot",
            "Job key",
            "Raw message",
        ]
    }

    fn read(
        &self,
        scope: &mut Scoped<'_, Tenant>,
        task: &Task,
        after: i64,
        sheet: &mut Sheet,
    ) -> Result<Option<i64>, Error> {
        let Parameters { folder } = task.parameters()?;
        let query = task.query(LogEntry::model())?;
        // The plus keeps the databases to the order of ids.
        let rows = scope.rows(
            "select id, folder_id from robot_logs where +{scope} and id > ? order by id limit ?",
            params![after, LOOKED_AT as i64],
        )?;
        let mut upto = None;
        let mut ids: Vec<i64> = Vec::new();
        for row in &rows {
            let id = row.get(0)?;
            upto = Some(id);
            if row.get::<i64>(1)? == folder {
                ids.push(id);
            }
        }
        for ids in ids.chunks(PIECE) {
            for shown in read::with_ids(scope, ids)? {
                if matches(&shown, &query)? {
                    write(sheet, &shown);
                }
                if sheet.is_full() {
                    return Ok(Some(shown.entry.id));
                }
            }
        }
        Ok(upto.filter(|_| rows.len() == LOOKED_AT))
    }
}

fn matches(shown: &Shown, query: &Query) -> Result<bool, Error> {
    if query.filter.is_none() {
        return Ok(true);
    }
    Ok(!access::rows::page(vec![shown.to_json()], query)?.items.is_empty())
}

fn write(sheet: &mut Sheet, shown: &Shown) {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    sheet.row(&[
        &shown.entry.at.to_string(),
        &shown.entry.level.to_string(),
        &text(&shown.process),
        &text(&shown.host),
        &text(&shown.identity),
        &shown.message,
        &text(&shown.robot),
        &shown.entry.job_key.to_string(),
        &shown.raw,
    ]);
}
