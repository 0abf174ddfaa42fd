//! Compares what the server says with what it promised.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use super::Access;
use super::ledger::{Ledger, State};
use crate::http::encode;
use crate::server::Server;

/// Rows per request.
const PAGE: usize = 1_000;
/// Faults told in full; a broken database has many.
const TOLD: usize = 20;

/// Finds out about every write whose answer was lost: from now on it must stay there, or stay away.
///
/// # Errors
/// One that is there twice or in part.
pub fn settle_doubts(server: &Server, access: &Access, ledger: &mut Ledger) -> anyhow::Result<()> {
    for name in ledger.doubtful() {
        let filter = encode(&format!("Name eq '{name}'"));
        let found = assets(server, access, &filter)?;
        let state = match found.as_slice() {
            [] => State::Absent,
            [asset] => {
                if let Some(fault) = ledger.fault(asset) {
                    bail!("an unanswered write was kept in part: {fault}");
                }
                State::Present
            }
            more => bail!("{name} is there {} times", more.len()),
        };
        ledger.set(&name, state);
    }
    Ok(())
}

/// Compares all assets and all audit entries of their creation with the ledger.
///
/// # Errors
/// Everything that differs.
pub fn compare_everything(server: &Server, access: &Access, ledger: &Ledger) -> anyhow::Result<()> {
    let mut faults = Vec::new();
    let mut ids: BTreeMap<String, i64> = BTreeMap::new();
    each_page(server, access, "/odata/Assets", "startswith(Name,'crash-')", |asset| {
        let name = asset["Name"].as_str().unwrap_or_default().to_owned();
        faults.extend(ledger.fault(asset));
        match ledger.state(&name) {
            Some(State::Acknowledged | State::Present) => {}
            Some(State::Absent) => faults.push(format!("{name} was not there after the crash and is there now")),
            Some(State::Doubtful) | None => faults.push(format!("{name} is there and was never sent")),
        }
        let id = asset["Id"].as_i64().unwrap_or_default();
        if let Some(other) = ids.insert(name.clone(), id) {
            faults.push(format!("{name} is there twice, with ids {other} and {id}"));
        }
    })?;
    for (name, state) in ledger.iter() {
        if matches!(state, State::Acknowledged | State::Present) && !ids.contains_key(name) {
            faults.push(format!("{name} is lost ({state:?})"));
        }
    }
    compare_audit(server, access, &ids, &mut faults)?;
    if faults.is_empty() {
        return Ok(());
    }
    let told = faults.iter().take(TOLD).cloned().collect::<Vec<_>>().join("\n  ");
    bail!("{} faults:\n  {told}", faults.len());
}

/// Every asset has exactly one entry of its creation, and there is none for anything else.
fn compare_audit(
    server: &Server,
    access: &Access,
    ids: &BTreeMap<String, i64>,
    faults: &mut Vec<String>,
) -> anyhow::Result<()> {
    let mut entries: HashMap<i64, usize> = HashMap::new();
    each_page(
        server,
        access,
        "/odata/AuditLogs",
        "Component eq 'Assets' and Action eq 'Create'",
        |entry| {
            *entries
                .entry(entry["EntityId"].as_i64().unwrap_or_default())
                .or_default() += 1;
        },
    )?;
    for (name, id) in ids {
        match entries.remove(id).unwrap_or(0) {
            1 => {}
            count => faults.push(format!("{name} has {count} audit entries of its creation")),
        }
    }
    faults.extend(
        entries
            .keys()
            .map(|id| format!("the audit log tells of an asset {id} that is not there")),
    );
    Ok(())
}

fn assets(server: &Server, access: &Access, filter: &str) -> anyhow::Result<Vec<Value>> {
    let path = format!("/odata/Assets?$filter={filter}");
    let mut page = server.get(&path, &access.token, Some(access.folder))?;
    rows(&mut page)
}

/// Visits all rows in the order of their ids.
fn each_page(
    server: &Server,
    access: &Access,
    path: &str,
    filter: &str,
    mut visit: impl FnMut(&Value),
) -> anyhow::Result<()> {
    let mut last = 0;
    loop {
        let filter = encode(&format!("Id gt {last} and {filter}"));
        let path = format!("{path}?$filter={filter}&$orderby=Id&$top={PAGE}");
        let mut page = server.get(&path, &access.token, Some(access.folder))?;
        let rows = rows(&mut page)?;
        for row in &rows {
            let id = row["Id"].as_i64().context("a row without an id")?;
            ensure!(id > last, "the rows of {path} are not in the order of their ids");
            last = id;
            visit(row);
        }
        if rows.len() < PAGE {
            return Ok(());
        }
    }
}

fn rows(page: &mut Value) -> anyhow::Result<Vec<Value>> {
    match page["value"].take() {
        Value::Array(rows) => Ok(rows),
        other => bail!("not a list: {other}"),
    }
}
