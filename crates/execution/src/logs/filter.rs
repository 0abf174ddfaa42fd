//! What a filter of log entries asks for: what leads to an index, and what is left to be looked at entry by entry.

use odata::{Comparison, Constant, Enumeration as _, Expr, Root};
use uuid::Uuid;

use super::model::{LabelKind, Level};

/// A filter taken apart.
#[derive(Debug, Default, PartialEq)]
pub struct Wanted {
    /// The levels that can match.
    pub levels: Vec<Level>,
    /// The jobs, where the filter names them.
    pub jobs: Option<Vec<Uuid>>,
    /// Names of process, robot or host that an entry must have one of.
    pub labels: Vec<(LabelKind, Vec<String>)>,
    /// The latest time in microseconds, where the filter has one.
    pub until: Option<i64>,
    /// Terms about the time alone, which every index answers.
    pub times: Vec<Expr>,
    /// All other terms: these are looked at entry by entry.
    pub rest: Vec<Expr>,
}

impl Wanted {
    /// Takes a filter apart.
    pub fn of(filter: Option<&Expr>) -> Self {
        let mut wanted = Self {
            levels: Level::ALL.to_vec(),
            ..Self::default()
        };
        for term in filter.into_iter().flat_map(terms) {
            wanted.take(term);
        }
        wanted
    }

    /// The filter that is left for the database.
    pub fn filter(&self) -> Option<Expr> {
        let mut left: Vec<Expr> = self.times.iter().chain(&self.rest).cloned().collect();
        match left.len() {
            0 => None,
            1 => left.pop(),
            _ => Some(Expr::And(left)),
        }
    }

    fn take(&mut self, term: &Expr) {
        match side(term) {
            Some(("Level", test)) => match levels(&test) {
                Some(chosen) => self.levels.retain(|level| chosen(*level)),
                None => self.rest.push(term.clone()),
            },
            Some(("JobKey", test)) => match (equal(&test, guid), &self.jobs) {
                (Some(jobs), None) => self.jobs = Some(jobs),
                _ => self.rest.push(term.clone()),
            },
            Some(("TimeStamp", Test::Compare(operator, Constant::DateTime(at)))) if operator != Comparison::Ne => {
                if matches!(operator, Comparison::Lt | Comparison::Le | Comparison::Eq) {
                    let at = at.as_microsecond();
                    self.until = Some(self.until.map_or(at, |until| until.min(at)));
                }
                self.times.push(term.clone());
            }
            Some((name, test)) => match (kind(name), equal(&test, text)) {
                (Some(kind), Some(names)) => self.labels.push((kind, names)),
                _ => self.rest.push(term.clone()),
            },
            None => self.rest.push(term.clone()),
        }
    }
}

/// The terms that all must hold.
fn terms(filter: &Expr) -> Vec<&Expr> {
    match filter {
        Expr::And(terms) => terms.iter().flat_map(terms_of).collect(),
        other => vec![other],
    }
}

fn terms_of(term: &Expr) -> Vec<&Expr> {
    terms(term)
}

/// What a term says about a member.
enum Test<'a> {
    Compare(Comparison, &'a Constant),
    In(&'a [Constant]),
}

/// The member that a term is about, and what it says, where it compares one with constants.
fn side(term: &Expr) -> Option<(&'static str, Test<'_>)> {
    let member = |expr: &Expr| match expr {
        Expr::Path(path) if path.root == Root::Row => Some(path.property.0.name),
        _ => None,
    };
    match term {
        Expr::Compare { left, operator, right } => match (left.as_ref(), right.as_ref()) {
            (path, Expr::Constant(constant)) => Some((member(path)?, Test::Compare(*operator, constant))),
            (Expr::Constant(constant), path) => Some((member(path)?, Test::Compare(turned(*operator), constant))),
            _ => None,
        },
        Expr::In { operand, list } => Some((member(operand)?, Test::In(list))),
        _ => None,
    }
}

/// The operator with its sides exchanged.
fn turned(operator: Comparison) -> Comparison {
    match operator {
        Comparison::Gt => Comparison::Lt,
        Comparison::Ge => Comparison::Le,
        Comparison::Lt => Comparison::Gt,
        Comparison::Le => Comparison::Ge,
        same => same,
    }
}

fn levels(test: &Test<'_>) -> Option<Box<dyn Fn(Level) -> bool>> {
    match test {
        Test::Compare(operator, Constant::Int(number)) => {
            let (operator, number) = (*operator, *number);
            Some(Box::new(move |level: Level| {
                let order = level.number().cmp(&number);
                match operator {
                    Comparison::Eq => order.is_eq(),
                    Comparison::Ne => order.is_ne(),
                    Comparison::Gt => order.is_gt(),
                    Comparison::Ge => order.is_ge(),
                    Comparison::Lt => order.is_lt(),
                    Comparison::Le => order.is_le(),
                }
            }))
        }
        Test::Compare(..) => None,
        Test::In(list) => {
            let numbers: Vec<i64> = list
                .iter()
                .map(|constant| match constant {
                    Constant::Int(number) => Some(*number),
                    _ => None,
                })
                .collect::<Option<_>>()?;
            Some(Box::new(move |level: Level| numbers.contains(&level.number())))
        }
    }
}

/// The values that a member must have one of.
fn equal<T>(test: &Test<'_>, read: impl Fn(&Constant) -> Option<T>) -> Option<Vec<T>> {
    match test {
        Test::Compare(Comparison::Eq, constant) => Some(vec![read(constant)?]),
        Test::Compare(..) => None,
        Test::In(list) => list.iter().map(read).collect(),
    }
}

fn guid(constant: &Constant) -> Option<Uuid> {
    match constant {
        Constant::Guid(guid) => Some(*guid),
        _ => None,
    }
}

fn text(constant: &Constant) -> Option<String> {
    match constant {
        Constant::Text(text) => Some(text.clone()),
        _ => None,
    }
}

fn kind(member: &str) -> Option<LabelKind> {
    match member {
        "ProcessName" => Some(LabelKind::Process),
        "RobotName" => Some(LabelKind::Robot),
        "HostMachineName" => Some(LabelKind::Host),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use odata::{Limits, Query};
    use store::Entity as _;

    use super::super::model::LogEntry;
    use super::*;

    fn wanted(filter: &str) -> Wanted {
        let options = [("$filter".to_owned(), filter.to_owned())];
        let query = Query::parse(&options, LogEntry::model(), &Limits::DEFAULT, Timestamp::UNIX_EPOCH).unwrap();
        Wanted::of(query.filter.as_ref())
    }

    #[test]
    fn levels_are_named_or_numbered_and_compared_in_order() {
        assert_eq!(
            wanted("Level ge '2'").levels,
            [Level::Info, Level::Warn, Level::Error, Level::Fatal]
        );
        assert_eq!(wanted("Level eq 'Error'").levels, [Level::Error]);
        assert_eq!(
            wanted("Level in ('Trace','Fatal') and Level ne 'Trace'").levels,
            [Level::Fatal]
        );
        assert_eq!(wanted("Level gt 'Fatal'").levels, []);
        assert!(wanted("Level ge '2'").rest.is_empty());
    }

    #[test]
    fn jobs_names_and_times_lead_to_an_index_and_the_rest_is_looked_at() {
        let job = "8066c309-cef8-4b47-9163-b273fc14cc43";
        let found = wanted(&format!(
            "JobKey eq {job} and (ProcessName eq 'P' and RobotName in ('a','b')) and TimeStamp lt 1970-01-01T00:00:01Z
             and TimeStamp ge 1969-01-01T00:00:00Z and contains(Message,'x')"
        ));
        assert_eq!(found.jobs, Some(vec![job.parse().unwrap()]));
        assert_eq!(
            found.labels,
            [
                (LabelKind::Process, vec!["P".to_owned()]),
                (LabelKind::Robot, vec!["a".to_owned(), "b".to_owned()])
            ]
        );
        assert_eq!(
            (found.until, found.times.len(), found.rest.len()),
            (Some(1_000_000), 2, 1)
        );
        assert!(wanted("ProcessName eq 'P' or Level eq 'Info'").labels.is_empty());
        assert_eq!(wanted("ProcessName ne 'P'").rest.len(), 1);
        assert_eq!(wanted("not (Level eq 'Info')").rest.len(), 1);
    }
}
