//! Raising alerts, reading them, and marking them as read.

use std::collections::{BTreeMap, HashSet};

use context::{Ctx, Error, codes};
use odata::{Comparison, Constant, Enumeration as _, Expr, Query, Root};
use serde_json::{Map, Value, json};
use store::{Entity as _, Json, Page, Scoped, Tenant, Value as Bound, params};
use uuid::Uuid;

use super::model::{Alert, AlertState, Component, Mark, ReaderRow, Severity};
use super::reader::{Preferences, Reader};

/// Bytes of the data of an alert, at most; what is longer is left out.
const LONGEST_DATA: usize = 10_000;
/// Characters of a name or a link that are kept.
const LONGEST_NAME: usize = 250;
const LONGEST_LINK: usize = 2_000;
/// Unread alerts that are counted, at most.
pub const MOST_UNREAD: i64 = 10_000;

/// What is to be told.
#[derive(Debug, Clone)]
pub struct Raised {
    pub component: Component,
    pub severity: Severity,
    /// `Entity.Change.State`: `Job.StatusChanged.Faulted`
    pub name: &'static str,
    /// The folder it is about; `None`: the tenant.
    pub folder: Option<i64>,
    /// The only principal it is for; `None`: all that may see it.
    pub reader: Option<Uuid>,
    /// An object. Its member `Message` is what people read.
    pub data: Value,
    /// Where the thing can be seen: an address below `/console/{org}/tenants/{tenant}`.
    pub link: Option<String>,
}

/// Tells those who may know, in the unit of work that makes it true. Costs one row, however many there are.
pub fn raise(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, raised: Raised) -> Result<Uuid, Error> {
    let mut data = raised.data.to_string();
    if data.len() > LONGEST_DATA {
        let message = raised.data["Message"].as_str().unwrap_or_default();
        data = json!({ "Message": context::shortened(message, 512) }).to_string();
    }
    let key = ctx.id();
    scope.insert(&Alert {
        id: 0,
        key,
        name: context::shortened(raised.name, LONGEST_NAME),
        component: raised.component,
        severity: raised.severity,
        folder_id: raised.folder,
        reader: raised.reader,
        data,
        link: raised.link.map(|link| link.chars().take(LONGEST_LINK).collect()),
        created_at: ctx.now,
    })?;
    scope.changed(TOPIC, scope.scope().0);
    Ok(key)
}

/// What the feed tells when there is a new alert, with the tenant's id, or when a reader marked some, with its GUID.
pub const TOPIC: &str = "alerts";

/// An alert as its reader sees it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub alert: Alert,
    pub state: AlertState,
}

impl Seen {
    /// The wire form.
    pub fn to_json(&self) -> Value {
        let mut members: Map<String, Value> = self.alert.to_json();
        members.insert("UserNotificationId".to_owned(), json!(self.alert.key));
        members.insert("State".to_owned(), json!(self.state));
        Value::Object(members)
    }

    /// What people read: the member `Message` of its data, else its name in words.
    pub fn message(&self) -> String {
        let data: Value = serde_json::from_str(&self.alert.data).unwrap_or_default();
        match data["Message"].as_str() {
            Some(message) if !message.is_empty() => message.to_owned(),
            _ => self.alert.name.replace('.', " "),
        }
    }
}

/// A page of the alerts that a reader sees, the newest first unless the query says otherwise.
///
/// # Errors
/// 400 for a filter that uses `State` other than by `State eq` beside other terms.
pub fn list(scope: &mut Scoped<'_, Tenant>, reader: &Reader, query: &Query) -> Result<Page<Seen>, Error> {
    let preferences = Preferences::of(scope, reader.id)?;
    let (mut condition, mut values) = reader.condition(&preferences);
    let (filter, state) = without_state(query)?;
    if let Some(state) = state {
        let (unread, marks) = unread(&preferences, reader.id);
        let is_not = if state == AlertState::Unread { "" } else { "not " };
        condition = format!("{condition} and {is_not}({unread})");
        values.extend(marks);
    }
    let mut query = Query {
        filter,
        ..query.clone()
    };
    let newest = query.order.is_empty();
    query = query.or_order_by("CreationTime", true);
    if newest && let Some(mut by_id) = query.order.pop() {
        // In the order in which they were raised: by id, which is not on the wire.
        if let Expr::Path(path) = &mut by_id.expr {
            path.property = odata::Reference(&BY_ID);
        }
        query.order.push(by_id);
    }
    let page = scope.list::<Alert>(&query, &condition, values)?;
    let ids: Vec<i64> = page.items.iter().map(|alert| alert.id).collect();
    let read = marked(scope, reader.id, &ids)?;
    let upto = preferences.read_upto();
    Ok(page.map(|alert| Seen {
        state: if alert.id <= upto || read.contains(&alert.id) {
            AlertState::Read
        } else {
            AlertState::Unread
        },
        alert,
    }))
}

/// The order in which alerts were raised.
static BY_ID: odata::Property = odata::Property::new("Order", odata::Kind::Int64, odata::Source::Column("id"));

/// The condition that a reader has not read an alert, with its values.
fn unread(preferences: &Preferences, reader: Uuid) -> (String, Vec<Bound>) {
    (
        format!(
            "alerts.id > {} and not exists (select 1 from alert_marks m
                where m.tenant_id = alerts.tenant_id and m.reader = ? and m.alert_id = alerts.id)",
            preferences.read_upto()
        ),
        params![reader],
    )
}

/// Those of some alerts that a reader has marked.
fn marked(scope: &mut Scoped<'_, Tenant>, reader: Uuid, ids: &[i64]) -> Result<HashSet<i64>, Error> {
    let mut found = HashSet::new();
    for ids in ids.chunks(500) {
        let sql = format!(
            "select alert_id from alert_marks where {{scope}} and reader = ? and alert_id in ({})",
            access::rows::integers(ids)
        );
        for row in scope.rows(&sql, params![reader])? {
            found.insert(row.get(0)?);
        }
    }
    Ok(found)
}

/// The filter without its terms about the state, and the state that they ask for.
fn without_state(query: &Query) -> Result<(Option<Expr>, Option<AlertState>), Error> {
    let is_state =
        |expr: &Expr| matches!(expr, Expr::Path(path) if path.root == Root::Row && path.property.name == "State");
    let wrong = || {
        Error::invalid(
            codes::INVALID_REQUEST,
            "Invalid OData query options. Alerts can be filtered by State with `State eq`, joined to other terms by `and`.",
        )
    };
    let mut state = None;
    let mut rest = Vec::new();
    let terms = match &query.filter {
        Some(Expr::And(terms)) => terms.as_slice(),
        Some(other) => std::slice::from_ref(other),
        None => &[],
    };
    for term in terms {
        match term {
            Expr::Compare { left, operator, right } if is_state(left) || is_state(right) => {
                let constant = if is_state(left) { right } else { left };
                let found = match (operator, constant.as_ref()) {
                    (Comparison::Eq, Expr::Constant(Constant::Int(number))) => AlertState::from_number(*number),
                    (Comparison::Ne, Expr::Constant(Constant::Int(number))) => AlertState::from_number(1 - *number),
                    _ => None,
                };
                let found = found.ok_or_else(wrong)?;
                if state.is_some_and(|state| state != found) {
                    // Neither can hold together with the other.
                    rest.push(Expr::Constant(Constant::Boolean(false)));
                }
                state = Some(found);
            }
            other if mentions_state(other) => return Err(wrong()),
            other => rest.push(other.clone()),
        }
    }
    if query.order.iter().any(|term| mentions_state(&term.expr)) {
        return Err(wrong());
    }
    let filter = match rest.len() {
        0 => None,
        1 => rest.pop(),
        _ => Some(Expr::And(rest)),
    };
    Ok((filter, state))
}

fn mentions_state(expr: &Expr) -> bool {
    match expr {
        Expr::Constant(_) => false,
        Expr::Path(path) => path.property.name == "State",
        Expr::And(terms) | Expr::Or(terms) => terms.iter().any(mentions_state),
        Expr::Not(inner) | Expr::Negate(inner) => mentions_state(inner),
        Expr::Compare { left, right, .. } | Expr::Arithmetic { left, right, .. } => {
            mentions_state(left) || mentions_state(right)
        }
        Expr::In { operand, .. } | Expr::Has { operand, .. } => mentions_state(operand),
        Expr::Call { arguments, .. } => arguments.iter().any(mentions_state),
        Expr::Quantified { predicate, .. } => predicate.as_deref().is_some_and(mentions_state),
    }
}

/// How many alerts a reader sees that it has not read, `most` at most.
pub fn count_unread(scope: &mut Scoped<'_, Tenant>, reader: &Reader, most: i64) -> Result<i64, Error> {
    let preferences = Preferences::of(scope, reader.id)?;
    let (condition, mut values) = reader.condition(&preferences);
    let (unread, marks) = unread(&preferences, reader.id);
    values.extend(marks);
    values.push(Bound::Int(most));
    let sql =
        format!("select count(*) from (select 1 from alerts where {{scope}} and {condition} and {unread} limit ?) n");
    let row = scope.row(&sql, values)?;
    Ok(row.map_or(Ok(0), |row| row.get(0))?)
}

/// The newest alerts that a reader has not read, `most` at most: how many there are, and the gravest five of them, the newest first
/// among those of the same severity.
pub fn gravest_unread(scope: &mut Scoped<'_, Tenant>, reader: &Reader, most: i64) -> Result<(i64, Vec<Alert>), Error> {
    let preferences = Preferences::of(scope, reader.id)?;
    let (condition, mut values) = reader.condition(&preferences);
    let (unread, marks) = unread(&preferences, reader.id);
    values.extend(marks);
    values.push(Bound::Int(most));
    let sql = format!(
        "select severity, id from alerts where {{scope}} and {condition} and {unread} order by id desc limit ?"
    );
    let rows = scope.rows(&sql, values)?;
    let mut found: Vec<(i64, i64)> = rows
        .iter()
        .map(|row| Ok((row.get(0)?, row.get(1)?)))
        .collect::<store::Result<_>>()?;
    let count = found.len() as i64;
    found.sort_unstable_by(|one, other| other.cmp(one));
    let ids: Vec<i64> = found.into_iter().take(5).map(|(_, id)| id).collect();
    let mut alerts = scope.get_many::<Alert>(&ids)?;
    alerts.sort_unstable_by_key(|alert| (std::cmp::Reverse(alert.severity), std::cmp::Reverse(alert.id)));
    Ok((count, alerts))
}

/// Marks alerts as read and says how many remain unread. Alerts that the reader does not see are passed over.
///
/// # Errors
/// 400 for more than 1,000.
pub fn mark_as_read(scope: &mut Scoped<'_, Tenant>, reader: &Reader, keys: &[Uuid]) -> Result<i64, Error> {
    context::check_length("ids", keys)?;
    let preferences = Preferences::of(scope, reader.id)?;
    let mut marks = Vec::new();
    for keys in keys.chunks(500) {
        let (condition, mut values) = reader.condition(&preferences);
        let (marks_of, keys) = store::any_of(keys.iter().map(|key| Bound::Guid(*key)));
        values.extend(keys);
        values.push(Bound::Int(preferences.read_upto()));
        let seen = scope.find::<Alert>(&format!("{condition} and key in ({marks_of}) and id > ?"), values)?;
        marks.extend(seen.into_iter().map(|alert| Mark {
            id: 0,
            reader: reader.id,
            alert_id: alert.id,
        }));
    }
    marks.sort_unstable_by_key(|mark| mark.alert_id);
    if !marks.is_empty() {
        scope.insert_new(&marks, "id")?;
        scope.changed(TOPIC, reader.id);
    }
    count_unread(scope, reader, MOST_UNREAD)
}

/// Marks everything as read that there is.
pub fn mark_all_as_read(scope: &mut Scoped<'_, Tenant>, reader: &Reader) -> Result<(), Error> {
    let row = scope.row("select coalesce(max(id), 0) from alerts where {scope}", params![])?;
    let newest: i64 = row.map_or(Ok(0), |row| row.get(0))?;
    change(scope, reader.id, |row| row.read_upto = row.read_upto.max(newest))?;
    scope.delete_where::<Mark>("reader = ? and alert_id <= ?", params![reader.id, newest])?;
    scope.changed(TOPIC, reader.id);
    Ok(())
}

/// Sets the lowest severity that a reader wants of each component, by their numbers; see [`super::reader::NOTHING`].
pub fn prefer(scope: &mut Scoped<'_, Tenant>, reader: Uuid, wanted: &BTreeMap<i64, i64>) -> Result<(), Error> {
    change(scope, reader, |row| row.wanted = Json(wanted.clone()))?;
    scope.changed(TOPIC, reader);
    Ok(())
}

fn change(scope: &mut Scoped<'_, Tenant>, reader: Uuid, change: impl FnOnce(&mut ReaderRow)) -> Result<(), Error> {
    let known = scope.find_one::<ReaderRow>("reader = ? {for_update}", params![reader])?;
    let is_new = known.is_none();
    let mut row = known.unwrap_or(ReaderRow {
        id: 0,
        reader,
        read_upto: 0,
        wanted: Json(BTreeMap::new()),
    });
    change(&mut row);
    if is_new {
        scope.insert(&row)?;
    } else {
        scope.update(&row)?;
    }
    Ok(())
}
