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
    let mut comparison = Comparison::new(ledger);
    each_page(server, access, "/odata/Assets", "startswith(Name,'crash-')", |asset| {
        comparison.asset(asset);
    })?;
    let creations = "Component eq 'Assets' and Action eq 'Create'";
    each_page(server, access, "/odata/AuditLogs", creations, |entry| {
        comparison.audit_entry(entry);
    })?;
    let faults = comparison.finish();
    if faults.is_empty() {
        return Ok(());
    }
    let told = faults.iter().take(TOLD).cloned().collect::<Vec<_>>().join("\n  ");
    bail!("{} faults:\n  {told}", faults.len());
}

/// What the server shows, held against what it promised.
struct Comparison<'a> {
    ledger: &'a Ledger,
    ids: BTreeMap<String, i64>,
    /// How many entries tell of the creation of an asset.
    entries: HashMap<i64, usize>,
    faults: Vec<String>,
}

impl<'a> Comparison<'a> {
    fn new(ledger: &'a Ledger) -> Self {
        Self {
            ledger,
            ids: BTreeMap::new(),
            entries: HashMap::new(),
            faults: Vec::new(),
        }
    }

    fn asset(&mut self, asset: &Value) {
        let name = asset["Name"].as_str().unwrap_or_default();
        self.faults.extend(self.ledger.fault(asset));
        match self.ledger.state(name) {
            Some(State::Acknowledged | State::Present) => {}
            Some(State::Absent) => self
                .faults
                .push(format!("{name} was not there after the crash and is there now")),
            Some(State::Doubtful) | None => self.faults.push(format!("{name} is there and was never sent")),
        }
        let id = asset["Id"].as_i64().unwrap_or_default();
        if let Some(other) = self.ids.insert(name.to_owned(), id) {
            self.faults
                .push(format!("{name} is there twice, with ids {other} and {id}"));
        }
    }

    fn audit_entry(&mut self, entry: &Value) {
        *self
            .entries
            .entry(entry["EntityId"].as_i64().unwrap_or_default())
            .or_default() += 1;
    }

    /// All that is wrong, once everything was shown.
    fn finish(mut self) -> Vec<String> {
        for (name, state) in self.ledger.iter() {
            if matches!(state, State::Acknowledged | State::Present) && !self.ids.contains_key(name) {
                self.faults.push(format!("{name} is lost ({state:?})"));
            }
        }
        for (name, id) in &self.ids {
            let count = self.entries.remove(id).unwrap_or(0);
            if count != 1 {
                self.faults
                    .push(format!("{name} has {count} audit entries of its creation"));
            }
        }
        let strangers = self.entries.keys();
        self.faults
            .extend(strangers.map(|id| format!("the audit log tells of an asset {id} that is not there")));
        self.faults
    }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Compares assets (name and id) and audit entries (id) with one acknowledged and one absent write.
    fn check(assets: &[(&str, i64)], entries: &[i64], expected: &[&str]) {
        let mut ledger = Ledger::new(7);
        ledger.set("a", State::Acknowledged);
        ledger.set("b", State::Absent);
        let mut comparison = Comparison::new(&ledger);
        for (name, id) in assets {
            let mut asset = Ledger::body(7, name);
            asset["Id"] = json!(id);
            comparison.asset(&asset);
        }
        for id in entries {
            comparison.audit_entry(&json!({ "EntityId": id }));
        }
        let faults = comparison.finish();
        assert_eq!(faults.len(), expected.len(), "{faults:?}");
        assert!(
            expected
                .iter()
                .all(|part| faults.iter().any(|fault| fault.contains(part))),
            "{faults:?}"
        );
    }

    #[test]
    fn what_was_promised_and_nothing_else_is_in_order() {
        check(&[("a", 1)], &[1], &[]);
    }

    #[test]
    fn what_is_lost_doubled_or_risen_from_the_dead_is_told() {
        check(&[], &[], &["a is lost"]);
        check(
            &[("a", 1), ("a", 2)],
            &[1, 2],
            &["a is there twice", "an asset 1 that is not there"],
        );
        check(&[("a", 1), ("b", 2)], &[1, 2], &["b was not there"]);
        check(&[("a", 1), ("c", 2)], &[1, 2], &["c is there and was never sent"]);
    }

    #[test]
    fn an_audit_log_that_disagrees_is_told() {
        check(&[("a", 1)], &[], &["a has 0 audit entries"]);
        check(&[("a", 1)], &[1, 1], &["a has 2 audit entries"]);
        check(&[("a", 1)], &[1, 9], &["an asset 9 that is not there"]);
    }
}
