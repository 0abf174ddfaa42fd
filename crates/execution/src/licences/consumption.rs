//! Units that are used up. `POST /api/Licensing/Acquire`, `PUT /api/Licensing/Release`. There is no limit, so whoever asks gets them.

use context::{Error, Wrong};
use http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{Operation, Reply, Request, Response};

pub fn acquire() -> Operation {
    operation(Method::POST, "/api/Licensing/Acquire", "Licensing_Acquire").summary("Acquires units. There is no limit.")
}

pub fn release() -> Operation {
    operation(Method::PUT, "/api/Licensing/Release", "Licensing_Release")
        .summary("Gives units back. There is no limit.")
}

fn operation(method: Method, path: &'static str, id: &'static str) -> Operation {
    Operation::orchestrator(method, path, id)
        .scope("OR.Administration.Write")
        .takes::<Consumption>("ConsumptionLicenseDto")
        .answers_json::<Outcome>(200, "LicenseResultDto")
        .handler(handle)
}

#[derive(Deserialize, JsonSchema, Default)]
#[serde(rename_all = "camelCase", default)]
struct Consumption {
    reference: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    count: i64,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    is_success: bool,
    error_code: Option<String>,
    error_message: Option<String>,
}

async fn handle(request: Request) -> Result<Response, Error> {
    let wanted: Consumption = request.json()?;
    let mut wrong = Wrong::default();
    if wanted.count < 1 {
        wrong.add("count", "count must be 1 or more.");
    }
    wrong.text("type", wanted.kind.as_deref(), 256);
    wrong.text("reference", wanted.reference.as_deref(), 1_000);
    wrong.finish()?;
    Reply::ok().json(&Outcome {
        is_success: true,
        error_code: None,
        error_message: None,
    })
}
