//! Use of licences. `GET /api/Stats/GetLicenseStats`, `…/GetConsumptionLicenseStats`
//!
//! This installation has no limits and sells nothing, so that nothing is consumed. What is told is how many runtimes of each kind jobs
//! use now.

use context::Error;
use http::Method;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use web::{Operation, Reply, Request, Response};

use crate::statistics::sessions;

/// Contract schema `LicenseStatsModel`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct LicenceStats {
    robot_type: String,
    count: i64,
    #[schemars(with = "String")]
    timestamp: Timestamp,
}

/// Contract schema `ConsumptionLicenseStatsModel`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ConsumptionStats {
    #[serde(rename = "type")]
    kind: String,
    used: i64,
    total: i64,
    #[schemars(with = "String")]
    timestamp: Timestamp,
}

pub fn operations() -> Vec<Operation> {
    let stats = |path, id, summary| {
        Operation::orchestrator(Method::GET, path, id)
            .summary(summary)
            .scope("OR.Monitoring.Read")
            .permission("License.View")
            .parameters(&["tenantId", "days"])
    };
    vec![
        stats(
            "/api/Stats/GetLicenseStats",
            "Stats_GetLicenseStats",
            "Tells how many runtimes of each kind are in use.",
        )
        .answers_json::<Vec<LicenceStats>>(200, "ArrayOfLicenseStatsModel")
        .handler(runtimes),
        stats(
            "/api/Stats/GetConsumptionLicenseStats",
            "Stats_GetConsumptionLicenseStats",
            "Tells what was consumed: nothing, since nothing is bounded.",
        )
        .answers_json::<Vec<ConsumptionStats>>(200, "ArrayOfConsumptionLicenseStatsModel")
        .handler(async |request| {
            check(&request)?;
            Reply::ok().json(&Vec::<ConsumptionStats>::new())
        }),
    ]
}

/// The parameters must at least be numbers.
fn check(request: &Request) -> Result<(), Error> {
    request.parse::<i32>("tenantId")?;
    match request.parse::<i32>("days")? {
        Some(days) if days < 0 => Err(Error::field("days", "days must not be negative.")),
        _ => Ok(()),
    }
}

async fn runtimes(request: Request) -> Result<Response, Error> {
    check(&request)?;
    let (tenant, now) = (request.tenant()?.id, request.ctx.now);
    let slots = request
        .store()
        .read(move |tx| sessions::slots(&mut tx.tenant(tenant), &[]))
        .await?;
    let stats: Vec<LicenceStats> = slots
        .iter()
        .map(|slots| LicenceStats {
            robot_type: slots.runtime.to_string(),
            count: slots.used,
            timestamp: now,
        })
        .collect();
    Reply::ok().json(&stats)
}
