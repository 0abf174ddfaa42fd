//! Writing and reading the tenant's audit log.

use std::collections::HashMap;

use context::{Ctx, Error, Principal};
use odata::Query;
use serde_json::{Map, Value, json};
use store::{Entity, Page, Scoped, Tenant, params};

use super::model::{Action, AuditEntity, AuditLog, Component};
use crate::users::model::{TenantUser, UserType};

/// What happened, to be written down in the unit of work that did it.
#[derive(Debug, Clone)]
pub struct Entry {
    component: Component,
    action: Action,
    /// What kind of thing it happened to, in words (`folder`).
    noun: &'static str,
    name: String,
    id: Option<i64>,
    parameters: Value,
    text: Option<String>,
    touched: Vec<AuditEntity>,
}

impl Entry {
    /// `noun` and `name` say what was acted on: `folder`, `Shared`. `id` is its numeric id, if it has one.
    pub fn new(
        component: Component,
        action: Action,
        noun: &'static str,
        id: impl Into<Option<i64>>,
        name: &str,
    ) -> Self {
        Self {
            component,
            action,
            noun,
            name: name.to_owned(),
            id: id.into(),
            parameters: Value::Null,
            text: None,
            touched: Vec::new(),
        }
    }

    /// The arguments of the call. Must hold nothing secret.
    pub fn parameters(mut self, parameters: Value) -> Self {
        self.parameters = parameters;
        self
    }

    /// The part of the sentence after the user's name, where the usual one does not fit.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// Something that was touched, with its stored form (the last one, if it was deleted). Must hold nothing secret.
    pub fn entity(mut self, name: &'static str, id: impl Into<Option<i64>>, action: Action, data: Value) -> Self {
        self.touched.push(AuditEntity {
            id: 0,
            audit_log_id: 0,
            custom_data: data.to_string(),
            entity_id: id.into(),
            entity_name: name.to_owned(),
            action,
        });
        self
    }

    /// [`entity`](Self::entity) with the published form of a row.
    pub fn row<E: Entity<Key = i64>>(self, name: &'static str, action: Action, row: &E) -> Self {
        let id = row.key();
        self.entity(name, id, action, Value::Object(row.to_json()))
    }
}

/// Writes an entry, in the same unit of work as the change itself.
pub fn record(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, entry: Entry) -> Result<(), Error> {
    let caller = &ctx.caller;
    let user = match caller.principal_id() {
        Some(id) => scope.find_one::<TenantUser>("key = ?", params![id])?,
        None => None,
    };
    let user_type = match caller.principal {
        Principal::Application(_) => UserType::DirectoryExternalApplication,
        Principal::Robot(_) => UserType::DirectoryRobot,
        Principal::User(_) => UserType::DirectoryUser,
        Principal::Machine(_) | Principal::System | Principal::Anonymous => UserType::User,
    };
    let who = if caller.name.is_empty() {
        "unknown"
    } else {
        &*caller.name
    };
    let text = entry
        .text
        .unwrap_or_else(|| format!("{} {} {}", past(entry.action), entry.noun, entry.name));
    let kind = match caller.principal {
        Principal::Application(_) => "Application ",
        Principal::Machine(_) => "Machine ",
        Principal::System => "",
        Principal::User(_) | Principal::Robot(_) | Principal::Anonymous => "User ",
    };
    let log = AuditLog {
        id: 0,
        service_name: format!("{}Service", entry.component),
        method_name: entry.action.to_string(),
        parameters: (!entry.parameters.is_null()).then(|| entry.parameters.to_string()),
        executed_at: ctx.now,
        action: entry.action,
        component: entry.component,
        display_name: Some(entry.name),
        entity_id: entry.id,
        operation_text: format!("{kind}{who} {text}"),
        user_name: Some(who.to_owned()),
        user_type,
        external_client_id: caller.client.map(|client| client.to_string()),
        user_id: user.map(|user| user.id),
        user_is_deleted: false,
    };
    let log_id = scope.insert(&log)?;
    let touched: Vec<AuditEntity> = entry
        .touched
        .into_iter()
        .map(|touched| AuditEntity {
            audit_log_id: log_id,
            ..touched
        })
        .collect();
    scope.insert_many(&touched)?;
    Ok(())
}

/// `Create` as in "created".
fn past(action: Action) -> String {
    let verb = action.to_string().to_lowercase();
    match action {
        Action::Set => verb,
        _ if verb.ends_with('e') => format!("{verb}d"),
        _ => format!("{verb}ed"),
    }
}

/// A page of the log, newest first unless the query says otherwise, with entities where they are expanded.
pub fn list(scope: &mut Scoped<'_, Tenant>, query: &Query, component_filter: &str) -> Result<Page<Value>, Error> {
    let page = if query.order.is_empty() {
        newest_first(scope, query, component_filter)?
    } else {
        scope.list::<AuditLog>(query, component_filter, Vec::new())?
    };
    let mut entities = if query.expands("Entities") {
        entities_of(scope, &page.items.iter().map(|log| log.id).collect::<Vec<_>>())?
    } else {
        HashMap::new()
    };
    Ok(page.map(|log| {
        let mut members = log.to_json();
        members.insert(
            "Entities".to_owned(),
            Value::Array(entities.remove(&log.id).unwrap_or_default()),
        );
        Value::Object(members)
    }))
}

/// Ids grow with time, so the newest come first by descending id, which needs no sort.
fn newest_first(scope: &mut Scoped<'_, Tenant>, query: &Query, condition: &str) -> Result<Page<AuditLog>, Error> {
    let mut query = query.clone();
    let key = odata::Query::parse(
        &[("$orderby".to_owned(), "Id desc".to_owned())],
        AuditLog::model(),
        &odata::Limits::DEFAULT,
        jiff::Timestamp::UNIX_EPOCH,
    );
    query.order = key.map_err(Error::internal)?.order;
    Ok(scope.list::<AuditLog>(&query, condition, Vec::new())?)
}

fn entities_of(scope: &mut Scoped<'_, Tenant>, logs: &[i64]) -> Result<HashMap<i64, Vec<Value>>, Error> {
    let mut found: HashMap<i64, Vec<Value>> = HashMap::new();
    for chunk in logs.chunks(500) {
        let condition = format!("audit_log_id in ({}) order by id", crate::rows::integers(chunk));
        for entity in scope.find::<AuditEntity>(&condition, Vec::new())? {
            found
                .entry(entity.audit_log_id)
                .or_default()
                .push(Value::Object(entity.to_json()));
        }
    }
    Ok(found)
}

/// The entities of one entry.
pub fn details(scope: &mut Scoped<'_, Tenant>, log: i64) -> Result<Vec<AuditEntity>, Error> {
    if scope.get::<AuditLog>(log)?.is_none() {
        return Err(Error::not_found("Audit log", log));
    }
    Ok(scope.find::<AuditEntity>("audit_log_id = ? order by id", params![log])?)
}

/// One entry.
pub fn get(scope: &mut Scoped<'_, Tenant>, log: i64) -> Result<AuditLog, Error> {
    scope
        .get::<AuditLog>(log)?
        .ok_or_else(|| Error::not_found("Audit log", log))
}

/// The condition that picks the entries of a service.
pub fn of_service(service: Option<&str>) -> Result<&'static str, Error> {
    const TESTING: &str = "component between 45 and 48";
    match service.unwrap_or("Orchestrator").to_ascii_lowercase().as_str() {
        "orchestrator" => Ok(""),
        "testautomation" => Ok(TESTING),
        _ => Err(Error::field(
            "auditedService",
            "The audited service must be Orchestrator or TestAutomation.",
        )),
    }
}

/// `{"key": 7}`
pub fn key(id: i64) -> Value {
    json!({ "key": id })
}

/// Members of an object without those that are null.
pub fn without_nulls(members: Map<String, Value>) -> Value {
    Value::Object(members.into_iter().filter(|(_, value)| !value.is_null()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_told_in_the_past_tense() {
        let told: Vec<String> = [Action::Create, Action::Assign, Action::Move, Action::Set]
            .into_iter()
            .map(past)
            .collect();
        assert_eq!(told, ["created", "assigned", "moved", "set"]);
    }
}
