//! What must hold when everything is over.

use std::collections::{HashMap, HashSet};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::fleet::Floor;
use crate::http::encode;
use crate::server::Server;

/// How often a job began and ended.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Runs {
    began: u32,
    ended: u32,
}

/// Compares the server's jobs with the ledger. Gives their number.
///
/// # Errors
/// The first promise that was broken.
pub fn jobs(server: &Server, floor: &Floor, acknowledged: &HashSet<String>, ledger: &str) -> anyhow::Result<usize> {
    let runs = read(ledger)?;
    let jobs = all(server, floor)?;
    let known: HashSet<&str> = jobs.iter().filter_map(|job| job["Key"].as_str()).collect();
    for key in acknowledged {
        ensure!(known.contains(key.as_str()), "job {key} was acknowledged and is lost");
    }
    for key in runs.keys() {
        ensure!(known.contains(key), "job {key} ran, and the server does not know it");
    }
    for job in &jobs {
        let key = job["Key"].as_str().context("a job without a key")?;
        let run = runs.get(key).copied().unwrap_or_default();
        ensure!(run == Runs { began: 1, ended: 1 }, "{run:?} of {job}");
        let output = format!("{{\"job\":\"{key}\"}}");
        if key.ends_with('0') {
            ensure!(job["State"] == "Faulted", "exit code 3 is no success: {job}");
        } else {
            ensure!(
                job["State"] == "Successful" && job["OutputArguments"] == json!(output),
                "it was a success: {job}"
            );
        }
        let filter = encode(&format!("JobKey eq {key}"));
        let path = format!("/odata/RobotLogs?$top=100&$select=Message&$filter={filter}");
        let logs = server.get(&path, &floor.token, Some(floor.folder))?;
        let line = json!(format!("work of {key}"));
        let lines = logs["value"].as_array().context("no page of logs")?;
        let count = lines.iter().filter(|entry| entry["Message"] == line).count();
        ensure!(count == 1, "its line is in the log {count} times: {job} {logs}");
    }
    Ok(jobs.len())
}

fn read(ledger: &str) -> anyhow::Result<HashMap<&str, Runs>> {
    let mut runs: HashMap<&str, Runs> = HashMap::new();
    for line in ledger.lines() {
        let (what, key) = line
            .split_once(' ')
            .with_context(|| format!("the ledger says {line:?}"))?;
        let run = runs.entry(key).or_default();
        match what {
            "b" => run.began += 1,
            _ => run.ended += 1,
        }
    }
    Ok(runs)
}

fn all(server: &Server, floor: &Floor) -> anyhow::Result<Vec<Value>> {
    let mut jobs: Vec<Value> = Vec::new();
    loop {
        let last = jobs.last().map_or(0, |job| job["Id"].as_i64().unwrap_or(i64::MAX));
        let filter = encode(&format!("Id gt {last}"));
        let path = format!("/odata/Jobs?$orderby=Id&$top=100&$filter={filter}");
        let page = server.get(&path, &floor.token, Some(floor.folder))?;
        let rows = page["value"].as_array().context("no page of jobs")?;
        if rows.is_empty() {
            return Ok(jobs);
        }
        jobs.extend(rows.iter().cloned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ledger_tells_how_often_each_job_ran() {
        let runs = read("b x\nb y\ne x\nb x\n").unwrap();
        assert_eq!(runs["x"], Runs { began: 2, ended: 1 });
        assert_eq!(runs["y"], Runs { began: 1, ended: 0 });
        assert!(read("nonsense").is_err());
    }
}
