//! The jobs of folders as an export (reference: execution 5.7; resources 15).

use access::audit::Component;
use access::exports::{Criteria, ExportType, Exporter, New, Sheet, Task, window};
use context::{Error, Reach};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Entity as _, Scoped, Tenant, params};

use super::model::Job;

/// The kind of these exports.
const KIND: &str = "jobs";

/// Which jobs are wanted.
#[derive(Debug, Serialize, Deserialize)]
struct Parameters {
    /// `None`: those of all folders.
    folders: Option<Vec<i64>>,
}

/// An export of the jobs of some folders that meet the criteria.
pub fn wanted(criteria: Criteria, folders: &Reach) -> Result<New, Error> {
    let folders = match folders {
        Reach::All => None,
        Reach::Only(folders) => Some(folders.clone()),
    };
    Ok(New {
        kind: KIND,
        export_type: ExportType::Jobs,
        name: "jobs.csv".to_owned(),
        component: Component::Jobs,
        criteria: criteria.with(&Parameters { folders })?,
    })
}

/// Writes jobs, oldest first.
#[derive(Debug)]
pub struct Jobs;

impl Exporter for Jobs {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn columns(&self) -> &'static [&'static str] {
        &[
            "Id",
            "Key",
            "Process",
            "State",
            "Priority",
            "Source",
            "Runtime type",
            "Entry point",
            "Host",
            "Host identity",
            "Created",
            "Started",
            "Ended",
            "Duration (seconds)",
            "Reference",
            "Info",
            "Input arguments",
            "Output arguments",
        ]
    }

    fn read(
        &self,
        scope: &mut Scoped<'_, Tenant>,
        task: &Task,
        after: i64,
        sheet: &mut Sheet,
    ) -> Result<Option<i64>, Error> {
        let Parameters { folders } = task.parameters()?;
        let condition = match folders {
            None => String::new(),
            Some(folders) if folders.is_empty() => "1 = 0".to_owned(),
            Some(folders) => format!("jobs.folder_id in ({})", access::rows::integers(&folders)),
        };
        let query = task.query(Job::model())?;
        let window = window::<Job>(scope, &query, ("", &params![]), &condition, after)?;
        for job in &window.rows {
            write(sheet, job);
            if sheet.is_full() {
                return Ok(Some(job.id));
            }
        }
        Ok(window.upto)
    }
}

fn write(sheet: &mut Sheet, job: &Job) {
    let at = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let seconds = match (job.started_at, job.ended_at) {
        (Some(started), Some(ended)) => {
            let micros = (ended.as_microsecond() - started.as_microsecond()).max(0);
            format!("{:.3}", micros as f64 / 1e6)
        }
        _ => String::new(),
    };
    sheet.row(&[
        &job.id.to_string(),
        &job.key.to_string(),
        &job.release_name,
        &job.state.to_string(),
        &job.priority.to_string(),
        &job.source,
        &job.runtime_type.to_string(),
        &text(&job.entry_point),
        &text(&job.host_name),
        &text(&job.host_identity),
        &job.created_at.to_string(),
        &at(job.started_at),
        &at(job.ended_at),
        &seconds,
        &job.reference,
        &text(&job.info),
        &text(&job.input),
        &text(&job.output),
    ]);
}
