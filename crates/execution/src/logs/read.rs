//! Lists of log entries (reference: execution 9).
//!
//! A list is read level by level, each along the index of what the filter names (a job, a process, a robot, a host, else the folder),
//! and merged by time. So a page costs what it shows. Terms that no index answers, such as `contains(Message,'x')`, are looked up in the
//! newest [`LOOKED_AT`] entries of each level that the other terms lead to, and in no older ones.

use std::collections::HashMap;

use context::{Error, codes};
use odata::{OrderTerm, Query};
use serde_json::{Map, Value, json};
use store::{DEFAULT_TOP, Entity as _, MOST_PARTS, Page, Scoped, Tenant, Value as Bound, params};
use uuid::Uuid;

use super::filter::Wanted;
use super::model::{Label, LabelKind, Level, LogEntry};
use super::service::counted;

/// Entries of each level that are looked at one by one, at most.
pub const LOOKED_AT: i64 = 50_000;
/// Most bytes of texts of one page.
const LONGEST_PAGE: i64 = 64 << 20;

/// An entry with all that belongs to it.
#[derive(Debug, Clone)]
pub struct Shown {
    pub entry: LogEntry,
    pub message: String,
    pub raw: String,
    pub process: Option<String>,
    pub robot: Option<String>,
    pub host: Option<String>,
    pub identity: Option<String>,
    pub machine_key: Option<Uuid>,
}

/// A page of a list.
#[derive(Debug)]
pub struct Found {
    pub page: Page<Shown>,
    /// There are older entries that were not looked at.
    pub cut: bool,
}

impl Shown {
    /// The wire form.
    pub fn to_json(&self) -> Value {
        let mut members: Map<String, Value> = self.entry.to_json();
        let more = [
            ("Message", json!(self.message)),
            ("RawMessage", json!(self.raw)),
            ("WindowsIdentity", json!(self.identity)),
            ("ProcessName", json!(self.process)),
            ("RobotName", json!(self.robot)),
            ("HostMachineName", json!(self.host)),
            ("MachineKey", json!(self.machine_key)),
        ];
        members.extend(more.map(|(name, value)| (name.to_owned(), value)));
        Value::Object(members)
    }
}

/// How the entries that a query asks for are found.
#[derive(Debug)]
pub struct Plan {
    /// The condition on each part, and its values.
    condition: String,
    parts: Vec<Vec<Bound>>,
    query: Query,
    /// The levels and nothing else: their numbers are kept.
    counted: Option<Vec<Level>>,
    cut: bool,
}

/// Works out how to find the entries of a folder that a query asks for.
///
/// # Errors
/// 400 for an order by anything but time and level.
pub fn plan(scope: &mut Scoped<'_, Tenant>, folder: i64, query: &Query) -> Result<Plan, Error> {
    let wanted = Wanted::of(query.filter.as_ref());
    let mut labels = Vec::new();
    for (kind, names) in &wanted.labels {
        labels.push((*kind, label_ids(scope, folder, *kind, names)?));
    }
    let levels = wanted.levels.len();
    let fits = |keys: usize| keys * levels <= MOST_PARTS;
    // What leads to the entries, by how few there are likely to be.
    let mut conditions = Vec::new();
    let keys: Vec<Bound> = match &wanted.jobs {
        Some(jobs) if fits(jobs.len()) => {
            conditions.push("job_key = ?".to_owned());
            // Jobs lead to fewer entries than folders do.
            conditions.push(format!("+folder_id = {folder}"));
            let mut keys: Vec<Uuid> = jobs.clone();
            keys.sort_unstable();
            keys.dedup();
            keys.into_iter().map(Bound::Guid).collect()
        }
        _ => {
            let by = [LabelKind::Robot, LabelKind::Host, LabelKind::Process];
            let at = by.iter().find_map(|wanted| {
                labels
                    .iter()
                    .position(|(kind, ids): &(LabelKind, Vec<i64>)| kind == wanted && fits(ids.len()))
            });
            if let Some(at) = at {
                let (kind, ids) = labels.remove(at);
                conditions.push(format!("{} = ?", column(kind)));
                ids.into_iter().map(Bound::Int).collect()
            } else {
                conditions.push("folder_id = ?".to_owned());
                vec![Bound::Int(folder)]
            }
        }
    };
    conditions.push("level = ?".to_owned());
    let mut looked_at = !wanted.rest.is_empty() || !labels.is_empty();
    let by_job = conditions[0].starts_with("job");
    let exact = conditions.join(" and ");
    let mut more = Vec::new();
    for (kind, ids) in &labels {
        more.push(if ids.is_empty() {
            "1 = 0".to_owned()
        } else {
            format!("{} in ({})", column(*kind), access::rows::integers(ids))
        });
    }
    let mut query = Query {
        filter: wanted.filter(),
        order: order(query)?,
        ..query.clone()
    };
    if let (Some(jobs), false) = (&wanted.jobs, by_job) {
        // More jobs than can be merged.
        looked_at = true;
        let list = jobs.iter().map(|job| odata::Constant::Guid(*job)).collect();
        let operand = OrderTerm::by(LogEntry::model(), "JobKey", false).map(|term| term.expr);
        if let Some(operand) = operand {
            let term = odata::Expr::In {
                operand: Box::new(operand),
                list,
            };
            query.filter = Some(match query.filter.take() {
                Some(filter) => odata::Expr::And(vec![filter, term]),
                None => term,
            });
        }
    }
    let mut parts = Vec::with_capacity(keys.len() * levels);
    for key in &keys {
        for level in &wanted.levels {
            parts.push(vec![key.clone(), Bound::Int(*level as i64)]);
        }
    }
    let counted =
        (query.filter.is_none() && conditions[0].starts_with("folder") && !looked_at).then(|| wanted.levels.clone());
    let mut cut = false;
    if looked_at {
        let sql = format!(
            "select at from robot_logs where {{scope}} and {exact} and at <= ? order by at desc, id desc limit 1 offset ?"
        );
        for part in &mut parts {
            let mut values = part.clone();
            values.extend([Bound::Int(wanted.until.unwrap_or(i64::MAX)), Bound::Int(LOOKED_AT)]);
            let oldest: Option<i64> = scope.row(&sql, values)?.map(|row| row.get(0)).transpose()?;
            cut |= oldest.is_some();
            part.push(Bound::Int(oldest.unwrap_or(i64::MIN)));
        }
        more.insert(0, "at >= ?".to_owned());
    }
    more.insert(0, exact);
    Ok(Plan {
        condition: more.join(" and "),
        parts,
        query,
        counted,
        cut,
    })
}

fn column(kind: LabelKind) -> &'static str {
    match kind {
        LabelKind::Process => "process_id",
        LabelKind::Robot => "robot_id",
        LabelKind::Host => "host_id",
        LabelKind::Identity => "identity_id",
    }
}

fn label_ids(
    scope: &mut Scoped<'_, Tenant>,
    folder: i64,
    kind: LabelKind,
    names: &[String],
) -> Result<Vec<i64>, Error> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let (marks, names) = store::any_of(names.iter().map(|name| Bound::Text(store::fold(name))));
    let sql = format!(
        "select id from log_labels where {{scope}} and folder_id = ? and kind = ? and text_folded in ({marks}) order by id"
    );
    let mut values = params![folder, kind];
    values.extend(names);
    let rows = scope.rows(&sql, values)?;
    Ok(rows.iter().map(|row| row.get(0)).collect::<store::Result<_>>()?)
}

/// The order of a list: by time and level as asked, the newest first where nothing else is, and by id last.
fn order(query: &Query) -> Result<Vec<OrderTerm>, Error> {
    let by = |name: &str, descending: bool| {
        OrderTerm::by(LogEntry::model(), name, descending).ok_or_else(|| Error::internal("LogDto lost a member"))
    };
    let mut order = Vec::new();
    let mut newest_first = true;
    let mut timed = false;
    for term in &query.order {
        match &term.expr {
            odata::Expr::Path(path) if path.property.name == "TimeStamp" => {
                newest_first = term.descending;
                timed = true;
            }
            odata::Expr::Path(path) if path.property.name == "Level" => {}
            _ => {
                return Err(Error::invalid(
                    codes::INVALID_REQUEST,
                    "Invalid OData query options. Logs can be sorted by TimeStamp and Level only.",
                ));
            }
        }
        order.push(term.clone());
    }
    if !timed {
        order.push(by("TimeStamp", true)?);
    }
    order.push(by("Id", newest_first)?);
    Ok(order)
}

impl Plan {
    /// For tests that pin the use of an index.
    pub fn explain(&self, scope: &mut Scoped<'_, Tenant>) -> Result<(String, Vec<String>), Error> {
        Ok(scope.explain_parts::<LogEntry>(&self.query, &self.condition, &self.parts)?)
    }
}

/// A page of the entries of a folder, the newest first unless the query says otherwise.
///
/// # Errors
/// 400 for an order by anything but time and level, and for a page whose texts are too long.
pub fn list(scope: &mut Scoped<'_, Tenant>, folder: i64, query: &Query) -> Result<Found, Error> {
    let plan = plan(scope, folder, query)?;
    let asked = Query {
        count: query.count && plan.counted.is_none(),
        ..plan.query.clone()
    };
    let mut page = scope.list_parts::<LogEntry>(&asked, &plan.condition, &plan.parts)?;
    if query.count && plan.parts.is_empty() {
        page.count = Some(0);
    }
    if let (true, Some(levels)) = (query.count, &plan.counted) {
        page.count = Some(total(scope, folder, levels)?);
    }
    let with_texts = query.selects("Message") || query.selects("RawMessage");
    Ok(Found {
        cut: plan.cut,
        page: Page {
            count: page.count,
            items: complete(scope, page.items, with_texts)?,
        },
    })
}

/// The number of entries of a folder that a query asks for, and whether older ones were not looked at.
pub fn count(scope: &mut Scoped<'_, Tenant>, folder: i64, query: &Query) -> Result<(u64, bool), Error> {
    let counting = Query {
        count: true,
        top: Some(0),
        skip: 0,
        ..query.clone()
    };
    let found = list(scope, folder, &counting)?;
    Ok((found.page.count.unwrap_or_default(), found.cut))
}

fn total(scope: &mut Scoped<'_, Tenant>, folder: i64, levels: &[Level]) -> Result<u64, Error> {
    let counts = counted(scope, folder)?;
    let sum: i64 = levels.iter().filter_map(|level| counts.get(level)).sum();
    Ok(sum.unsigned_abs())
}

/// An entry of a folder.
///
/// # Errors
/// 404 when there is none.
pub fn one(scope: &mut Scoped<'_, Tenant>, folder: i64, id: i64) -> Result<Shown, Error> {
    let entry = scope.find::<LogEntry>("id = ? and folder_id = ?", params![id, folder])?;
    let shown = complete(scope, entry, true)?;
    shown
        .into_iter()
        .next()
        .ok_or_else(|| Error::not_found("Log entry", id))
}

/// The entries with these ids, in the order of ids.
pub(super) fn with_ids(scope: &mut Scoped<'_, Tenant>, ids: &[i64]) -> Result<Vec<Shown>, Error> {
    let mut entries = scope.get_many::<LogEntry>(ids)?;
    entries.sort_unstable_by_key(|entry| entry.id);
    complete(scope, entries, true)
}

/// The entries next to another one of the same job: the one before it in time, and the one after.
pub fn neighbours(scope: &mut Scoped<'_, Tenant>, entry: &LogEntry) -> Result<(Option<i64>, Option<i64>), Error> {
    let mut near = |comparison: &str, direction: &str| -> Result<Option<i64>, Error> {
        // The nearest of each level, since the index goes level by level.
        let one = format!(
            "select * from (select id, at from robot_logs where {{scope}} and job_key = ? and level = ?
                and (at, id) {comparison} (?, ?) order by at {direction}, id {direction} limit 1) n"
        );
        let levels = <Level as odata::Enumeration>::ALL;
        let sql = vec![one.as_str(); levels.len()].join(" union all ");
        let values = levels
            .iter()
            .flat_map(|level| params![entry.job_key, *level, entry.at, entry.id])
            .collect();
        let rows = scope.rows(&sql, values)?;
        let mut found: Vec<(i64, i64)> = rows
            .iter()
            .map(|row| Ok((row.get(1)?, row.get(0)?)))
            .collect::<store::Result<_>>()?;
        found.sort_unstable();
        let nearest = if direction == "desc" {
            found.last()
        } else {
            found.first()
        };
        Ok(nearest.map(|(_, id)| *id))
    };
    Ok((near("<", "desc")?, near(">", "asc")?))
}

/// Entries with what belongs to them, in the same order.
fn complete(scope: &mut Scoped<'_, Tenant>, entries: Vec<LogEntry>, with_texts: bool) -> Result<Vec<Shown>, Error> {
    let ids: Vec<i64> = entries.iter().map(|entry| entry.id).collect();
    let mut texts: HashMap<i64, (String, String)> = HashMap::new();
    if with_texts {
        if entries.iter().map(|entry| entry.size).sum::<i64>() > LONGEST_PAGE {
            return Err(Error::field(
                "$top",
                format!("These entries have more than {LONGEST_PAGE} bytes: ask for fewer, or $select without texts."),
            ));
        }
        for ids in ids.chunks(500) {
            let sql = format!(
                "select id, message, raw from robot_logs where +{{scope}} and id in ({})",
                access::rows::integers(ids)
            );
            for mut row in scope.rows(&sql, params![])? {
                texts.insert(row.get(0)?, (row.take(1)?, row.take(2)?));
            }
        }
    }
    let mut labels: Vec<i64> = entries
        .iter()
        .flat_map(|entry| [Some(entry.process_id), entry.robot_id, entry.host_id, entry.identity_id])
        .flatten()
        .collect();
    labels.sort_unstable();
    labels.dedup();
    let names: HashMap<i64, String> = scope
        .get_many::<Label>(&labels)?
        .into_iter()
        .map(|label| (label.id, label.text))
        .collect();
    let mut machines: Vec<i64> = entries.iter().filter_map(|entry| entry.machine_id).collect();
    machines.sort_unstable();
    machines.dedup();
    let machines: HashMap<i64, Uuid> = scope
        .get_many::<crate::machines::model::Machine>(&machines)?
        .into_iter()
        .map(|machine| (machine.id, machine.key))
        .collect();
    let name = |id: Option<i64>| id.and_then(|id| names.get(&id)).cloned();
    Ok(entries
        .into_iter()
        .map(|entry| {
            let (message, raw) = texts.remove(&entry.id).unwrap_or_default();
            Shown {
                message,
                raw,
                process: name(Some(entry.process_id)),
                robot: name(entry.robot_id),
                host: name(entry.host_id),
                identity: name(entry.identity_id),
                machine_key: entry.machine_id.and_then(|id| machines.get(&id)).copied(),
                entry,
            }
        })
        .collect())
}

/// Names of a kind that entries of a folder have, in their order, at most so many.
pub fn names(scope: &mut Scoped<'_, Tenant>, folder: i64, kind: LabelKind, most: i64) -> Result<Vec<String>, Error> {
    let labels = scope.find::<Label>(
        "folder_id = ? and kind = ? order by text_folded, id limit ?",
        params![folder, kind, most],
    )?;
    Ok(labels.into_iter().map(|label| label.text).collect())
}

/// Rows that a page shows: one more than its size tells that there is another page.
pub fn rows(scope: &mut Scoped<'_, Tenant>, folder: i64, query: &Query) -> Result<(Vec<Shown>, bool, bool), Error> {
    let mut found = list(scope, folder, query)?;
    let size = usize::try_from(query.top.unwrap_or(DEFAULT_TOP))
        .unwrap_or(usize::MAX)
        .saturating_sub(1);
    let more = found.page.items.len() > size;
    found.page.items.truncate(size);
    Ok((found.page.items, more, found.cut))
}
