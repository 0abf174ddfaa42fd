//! Jobs over time: those that were started, and those that ended, by how they ended, by process and by machine.

use access::rows::within;
use context::{Error, Reach};
use jiff::Timestamp;
use store::{Row, Scoped, Tenant, params};

use super::numbers::and;
use super::tally::Span;

/// Rows of a table of processes or machines, at most.
pub const MOST: i64 = 100;

/// Jobs of one stretch of time, one process or one machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Past {
    pub created: i64,
    pub successful: i64,
    pub faulted: i64,
    pub stopped: i64,
    /// How long those that ended took together, in microseconds.
    pub micros: i64,
}

impl Past {
    /// Jobs that ended.
    pub fn ended(&self) -> i64 {
        self.successful + self.faulted + self.stopped
    }

    /// How long a job took on average, in microseconds; `None` where none ended.
    pub fn mean_micros(&self) -> Option<i64> {
        (self.ended() > 0).then(|| self.micros / self.ended())
    }

    fn read(row: &Row, first: usize) -> store::Result<Self> {
        Ok(Self {
            created: row.get(first)?,
            successful: row.get(first + 1)?,
            faulted: row.get(first + 2)?,
            stopped: row.get(first + 3)?,
            micros: row.get(first + 4)?,
        })
    }
}

const SUMS: &str = "cast(sum(created) as bigint), cast(sum(successful) as bigint), cast(sum(faulted) as bigint),
    cast(sum(stopped) as bigint), cast(sum(micros) as bigint)";

/// How far back charts look, and in which steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame {
    Day,
    Week,
    Month,
}

impl Frame {
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// As it stands in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The frame with this name; the last day for any other.
    pub fn parse(name: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|frame| frame.name() == name)
            .unwrap_or(Self::Day)
    }

    /// What people read.
    pub fn title(self) -> &'static str {
        match self {
            Self::Day => "Last day",
            Self::Week => "Last week",
            Self::Month => "Last 30 days",
        }
    }

    /// The steps of its charts.
    pub fn span(self) -> Span {
        match self {
            Self::Day => Span::Hour,
            Self::Week | Self::Month => Span::Day,
        }
    }

    /// How many steps there are.
    pub fn steps(self) -> i64 {
        match self {
            Self::Day => 24,
            Self::Week => 7,
            Self::Month => 30,
        }
    }

    /// The beginning of its first step, in microseconds.
    pub fn begin(self, now: Timestamp) -> i64 {
        self.span().begin(now) - (self.steps() - 1) * self.span().micros()
    }
}

/// The jobs of folders over time: every step of the frame, the oldest first, with the moment at which it begins.
pub fn over_time(
    scope: &mut Scoped<'_, Tenant>,
    folders: &Reach,
    frame: Frame,
    now: Timestamp,
) -> Result<Vec<(Timestamp, Past)>, Error> {
    let (begin, span) = (frame.begin(now), frame.span());
    let sql = format!(
        "select begins_at, {SUMS} from job_times where {{scope}}{} and span = ? and begins_at >= ? group by begins_at",
        and(folders, "folder_id")
    );
    let mut steps: Vec<(Timestamp, Past)> = (0..frame.steps())
        .map(|step| {
            let at = Timestamp::from_microsecond(begin + step * span.micros()).unwrap_or(now);
            (at, Past::default())
        })
        .collect();
    for row in scope.rows(&sql, params![span as i64, begin])? {
        let at: i64 = row.get(0)?;
        let step = usize::try_from((at - begin) / span.micros()).unwrap_or(usize::MAX);
        if let Some(step) = steps.get_mut(step) {
            step.1 = Past::read(&row, 1)?;
        }
    }
    Ok(steps)
}

/// What jobs are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Process,
    /// Jobs that ran on no machine are left out.
    Machine,
}

/// The jobs of folders in a frame by process or by machine: id and numbers, those with most jobs first.
pub fn by(
    scope: &mut Scoped<'_, Tenant>,
    folders: &Reach,
    frame: Frame,
    by: By,
    now: Timestamp,
) -> Result<Vec<(i64, Past)>, Error> {
    let column = match by {
        By::Process => "release_id",
        By::Machine => "machine_id",
    };
    let sql = format!(
        "select {column}, {SUMS} from job_times where {{scope}}{} and span = ? and begins_at >= ? and {column} > 0
         group by {column} order by sum(successful + faulted + stopped) desc, {column} limit ?",
        and(folders, "folder_id")
    );
    let rows = scope.rows(&sql, params![frame.span() as i64, frame.begin(now), MOST])?;
    Ok(rows
        .iter()
        .map(|row| Ok((row.get(0)?, Past::read(row, 1)?)))
        .collect::<store::Result<_>>()?)
}

/// Names of processes by id.
pub fn process_names(
    scope: &mut Scoped<'_, Tenant>,
    releases: &[i64],
) -> Result<std::collections::HashMap<i64, String>, Error> {
    let found = scope.get_many::<crate::processes::model::Release>(releases)?;
    Ok(found.into_iter().map(|release| (release.id, release.name)).collect())
}

/// Names of machines by id.
pub fn machine_names(
    scope: &mut Scoped<'_, Tenant>,
    machines: &[i64],
) -> Result<std::collections::HashMap<i64, String>, Error> {
    let found = scope.get_many::<crate::machines::model::Machine>(machines)?;
    Ok(found.into_iter().map(|machine| (machine.id, machine.name)).collect())
}

/// Processes of folders, by their number.
pub fn processes(scope: &mut Scoped<'_, Tenant>, folders: &Reach) -> Result<i64, Error> {
    let condition = within(folders, "folder_id");
    Ok(scope.count::<crate::processes::model::Release>(&condition, params![])?)
}
