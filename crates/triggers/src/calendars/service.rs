//! What can happen to a calendar.

use access::audit::{self, Action, Component, Entry};
use context::{Ctx, Error, Wrong, codes, has_hidden};
use jiff::civil::Date;
use odata::Query;
use serde::Deserialize;
use serde_json::{Value, json};
use store::{Page, Scoped, Tenant, params};

use super::days;
use super::model::{Calendar, Day};
use crate::schedules::model::Schedule;
use crate::zones;

/// Characters of a name.
pub const LONGEST_NAME: usize = 150;
/// Calendars of a tenant.
const MOST: i64 = 1_000;
/// Told to the change feed when a calendar changes.
pub const TOPIC: &str = "calendars";

/// Contract schema `ExtendedCalendarDto`, as far as callers may set it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CalendarInput {
    pub id: Option<i64>,
    pub name: Option<String>,
    pub time_zone_id: Option<String>,
    pub excluded_dates: Option<Vec<String>>,
}

/// A calendar that is right as far as can be told without the database.
#[derive(Debug, Clone)]
pub struct Draft {
    pub name: String,
    pub time_zone: Option<String>,
    /// Sorted, each once.
    pub days: Vec<i64>,
}

impl CalendarInput {
    /// # Errors
    /// 400 with every member that is wrong.
    pub fn check(self) -> Result<Draft, Error> {
        let mut wrong = Wrong::default();
        let name = self.name.unwrap_or_default().trim().to_owned();
        if name.is_empty() || name.chars().count() > LONGEST_NAME {
            wrong.add("Name", format!("Name needs 1 to {LONGEST_NAME} characters."));
        } else if has_hidden(&name) {
            wrong.add("Name", "Name must not contain hidden characters.");
        }
        let time_zone = self
            .time_zone_id
            .map(|id| id.trim().to_owned())
            .filter(|id| !id.is_empty());
        let unknown = time_zone.as_deref().filter(|id| zones::find(id).is_none());
        let given = self.excluded_dates.unwrap_or_default();
        if given.len() > days::MOST {
            wrong.add(
                "ExcludedDates",
                format!("A calendar can have at most {} days.", days::MOST),
            );
        }
        let mut read = Vec::new();
        for (at, text) in given.iter().enumerate().take(days::MOST) {
            if let Some(day) = days::of_wire(text) {
                read.push(day);
            } else {
                wrong.add(
                    format!("ExcludedDates[{at}]"),
                    "ExcludedDates takes days like 2026-12-25T00:00:00Z.",
                );
                break;
            }
        }
        wrong.finish()?;
        if let Some(id) = unknown {
            return Err(no_such_zone(id));
        }
        read.sort_unstable();
        read.dedup();
        Ok(Draft {
            name,
            time_zone,
            days: read,
        })
    }
}

/// 400 with code 1614.
pub fn no_such_zone(id: &str) -> Error {
    Error::invalid(
        crate::codes::INVALID_TIME_ZONE_ID,
        format!("The time zone {} is not known.", context::shortened(id, zones::LONGEST)),
    )
}

/// Makes a calendar and answers its id.
///
/// # Errors
/// 409 when the name is taken.
pub fn create(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, draft: &Draft) -> Result<i64, Error> {
    if scope.count::<Calendar>("", params![])? >= MOST {
        return Err(Error::conflict(
            codes::FORBIDDEN_OPERATION,
            format!("There can be at most {MOST} calendars."),
        ));
    }
    let mut calendar = Calendar {
        id: 0,
        key: ctx.id(),
        name: draft.name.clone(),
        time_zone: draft.time_zone.clone(),
        created_at: ctx.now,
        modified_at: ctx.now,
    };
    calendar.id = scope.insert(&calendar).map_err(|error| taken(error, &draft.name))?;
    write_days(scope, calendar.id, &draft.days)?;
    record(scope, ctx, Action::Create, &calendar, &draft.days)?;
    scope.changed(TOPIC, calendar.id);
    Ok(calendar.id)
}

/// Replaces what a calendar says, with all its days.
///
/// # Errors
/// 404 for a calendar that does not exist, 409 when the new name is taken.
pub fn replace(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, id: i64, draft: &Draft) -> Result<(), Error> {
    let mut calendar = scope.lock::<Calendar>(id)?.ok_or_else(|| no_such(id))?;
    calendar.name.clone_from(&draft.name);
    calendar.time_zone.clone_from(&draft.time_zone);
    calendar.modified_at = ctx.now;
    scope.update(&calendar).map_err(|error| taken(error, &draft.name))?;
    scope.delete_where::<Day>("calendar_id = ?", params![id])?;
    write_days(scope, id, &draft.days)?;
    let renamed = "update process_schedules set calendar_name = ? where {scope} and calendar_id = ?";
    scope.execute(renamed, params![draft.name.clone(), id])?;
    record(scope, ctx, Action::Update, &calendar, &draft.days)?;
    scope.changed(TOPIC, id);
    Ok(())
}

/// Deletes a calendar.
///
/// # Errors
/// 404 for a calendar that does not exist, 409 while triggers use it.
pub fn remove(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, id: i64) -> Result<(), Error> {
    let calendar = scope.lock::<Calendar>(id)?.ok_or_else(|| no_such(id))?;
    if scope.exists::<Schedule>("calendar_id = ?", params![id])? {
        return Err(Error::conflict(
            codes::ITEM_IS_IN_USE,
            format!("The calendar {} cannot be deleted: triggers use it.", calendar.name),
        ));
    }
    let days = days_of(scope, id)?;
    record(scope, ctx, Action::Delete, &calendar, &days)?;
    scope.delete_where::<Day>("calendar_id = ?", params![id])?;
    scope.delete::<Calendar>(id)?;
    scope.changed(TOPIC, id);
    Ok(())
}

/// The calendar with this id.
///
/// # Errors
/// 404
pub fn find(scope: &mut Scoped<'_, Tenant>, id: i64) -> Result<Calendar, Error> {
    scope.get::<Calendar>(id)?.ok_or_else(|| no_such(id))
}

/// A calendar with its days, as the wire shows it.
///
/// # Errors
/// 404
pub fn by_id(scope: &mut Scoped<'_, Tenant>, id: i64) -> Result<Value, Error> {
    let calendar = find(scope, id)?;
    let mut members = access::rows::published(&calendar);
    let days: Vec<String> = days_of(scope, id)?.into_iter().filter_map(days::wire).collect();
    members["ExcludedDates"] = json!(days);
    Ok(members)
}

/// The calendars of the tenant, without their days.
pub fn list(scope: &mut Scoped<'_, Tenant>, query: &Query) -> Result<Page<Value>, Error> {
    let page = scope.list::<Calendar>(query, "", params![])?;
    Ok(page.map(|calendar| {
        let mut members = access::rows::published(&calendar);
        members["ExcludedDates"] = json!([]);
        members
    }))
}

/// All calendars by name, for forms.
pub fn offered(scope: &mut Scoped<'_, Tenant>) -> Result<Vec<Calendar>, Error> {
    Ok(scope.find::<Calendar>("1 = 1 order by name_folded limit 500", params![])?)
}

/// Whether a calendar has this name, in any case.
pub fn exists(scope: &mut Scoped<'_, Tenant>, name: &str) -> Result<bool, Error> {
    Ok(scope.exists::<Calendar>("name_folded = ?", params![store::fold(name.trim())])?)
}

/// The days of a calendar in their order.
pub fn days_of(scope: &mut Scoped<'_, Tenant>, id: i64) -> Result<Vec<i64>, Error> {
    let days = scope.find::<Day>("calendar_id = ? order by day", params![id])?;
    Ok(days.into_iter().map(|day| day.day).collect())
}

/// Whether a day is a day of the calendar.
pub fn excludes(scope: &mut Scoped<'_, Tenant>, id: i64, day: Date) -> Result<bool, Error> {
    Ok(scope.exists::<Day>("calendar_id = ? and day = ?", params![id, days::number(day)])?)
}

fn write_days(scope: &mut Scoped<'_, Tenant>, calendar_id: i64, days: &[i64]) -> Result<(), Error> {
    let rows: Vec<Day> = days
        .iter()
        .map(|day| Day {
            id: 0,
            calendar_id,
            day: *day,
        })
        .collect();
    scope.insert_many(&rows)?;
    Ok(())
}

fn no_such(id: i64) -> Error {
    Error::not_found("Calendar", id)
}

fn taken(error: store::Error, name: &str) -> Error {
    if error.is_unique("calendars_name") {
        return Error::conflict(
            codes::NAME_ALREADY_USED,
            format!("The name {name} is already used by another calendar."),
        );
    }
    error.into()
}

fn record(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    action: Action,
    calendar: &Calendar,
    days: &[i64],
) -> Result<(), Error> {
    let shown: Vec<String> = days.iter().copied().filter_map(days::wire).collect();
    let data = json!({
        "Id": calendar.id, "Key": calendar.key, "Name": calendar.name, "TimeZoneId": calendar.time_zone, "ExcludedDates": shown,
    });
    let parameters = match action {
        Action::Delete => audit::service::key(calendar.id),
        _ => json!({ "calendarDto": data.clone() }),
    };
    let entry = Entry::new(Component::Settings, action, "calendar", calendar.id, &calendar.name)
        .parameters(parameters)
        .entity("Calendar", calendar.id, action, data);
    audit::record(scope, ctx, entry)
}
