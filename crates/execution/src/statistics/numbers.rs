//! The numbers of jobs as they are now.

use std::collections::HashMap;

use access::rows::within;
use context::{Error, Reach};
use store::{Scoped, Tenant, params};

use crate::jobs::model::JobState;

/// Jobs by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Numbers {
    pub pending: i64,
    pub running: i64,
    pub stopping: i64,
    pub terminating: i64,
    pub faulted: i64,
    pub successful: i64,
    pub stopped: i64,
    pub suspended: i64,
    pub resumed: i64,
}

const SUMS: &str = "cast(coalesce(sum(pending), 0) as bigint), cast(coalesce(sum(running), 0) as bigint),
    cast(coalesce(sum(stopping), 0) as bigint), cast(coalesce(sum(terminating), 0) as bigint),
    cast(coalesce(sum(faulted), 0) as bigint), cast(coalesce(sum(successful), 0) as bigint),
    cast(coalesce(sum(stopped), 0) as bigint), cast(coalesce(sum(suspended), 0) as bigint),
    cast(coalesce(sum(resumed), 0) as bigint)";

impl Numbers {
    /// Jobs in a state.
    pub fn in_state(&self, state: JobState) -> i64 {
        match state {
            JobState::Pending => self.pending,
            JobState::Running => self.running,
            JobState::Stopping => self.stopping,
            JobState::Terminating => self.terminating,
            JobState::Faulted => self.faulted,
            JobState::Successful => self.successful,
            JobState::Stopped => self.stopped,
            JobState::Suspended => self.suspended,
            JobState::Resumed => self.resumed,
        }
    }

    fn read(row: &store::Row, first: usize) -> store::Result<Self> {
        let at = |column: usize| row.get::<i64>(first + column).map(|number| number.max(0));
        Ok(Self {
            pending: at(0)?,
            running: at(1)?,
            stopping: at(2)?,
            terminating: at(3)?,
            faulted: at(4)?,
            successful: at(5)?,
            stopped: at(6)?,
            suspended: at(7)?,
            resumed: at(8)?,
        })
    }
}

/// The jobs of all folders within reach.
pub fn of(scope: &mut Scoped<'_, Tenant>, folders: &Reach) -> Result<Numbers, Error> {
    let sql = format!(
        "select {SUMS} from job_totals where {{scope}}{}",
        and(folders, "folder_id")
    );
    let row = scope.row(&sql, params![])?;
    Ok(row.map(|row| Numbers::read(&row, 0)).transpose()?.unwrap_or_default())
}

/// The jobs of processes, by id; processes that never had one are missing.
pub fn of_releases(scope: &mut Scoped<'_, Tenant>, releases: &[i64]) -> Result<HashMap<i64, Numbers>, Error> {
    let mut found = HashMap::new();
    for chunk in releases.chunks(500) {
        let sql = format!(
            "select release_id, {SUMS} from job_totals where {{scope}} and release_id in ({}) group by release_id",
            access::rows::integers(chunk)
        );
        for row in scope.rows(&sql, params![])? {
            found.insert(row.get(0)?, Numbers::read(&row, 1)?);
        }
    }
    Ok(found)
}

/// ` and <column> in (…)`; nothing for all folders.
pub(super) fn and(folders: &Reach, column: &str) -> String {
    match within(folders, column) {
        condition if condition.is_empty() => condition,
        condition => format!(" and {condition}"),
    }
}
