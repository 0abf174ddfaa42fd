//! Raises an alert from within a process. `POST /odata/Alerts/…RaiseProcessAlert`

use access::Permit;
use context::{Error, Wrong};
use http::Method;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use store::params;
use uuid::Uuid;
use web::{Operation, Reply, Request, Response, Shape};

use crate::alerts::model::{Component, Severity};
use crate::alerts::service::{self, Raised};
use crate::jobs::model::Job;

/// Characters of its texts, at most.
const LONGEST: usize = 512;

/// Contract schema `ProcessAlertDto`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", default)]
struct ProcessAlert {
    message: Option<String>,
    #[schemars(with = "Option<String>")]
    severity: Option<Severity>,
    robot_name: Option<String>,
    process_name: Option<String>,
}

/// Contract schema `RaiseProcessAlertRequest`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "it stands for the body in the OpenAPI document")]
struct Body {
    process_alert: ProcessAlert,
}

pub fn operation() -> Operation {
    Operation::orchestrator(
        Method::POST,
        "/odata/Alerts/UiPath.Server.Configuration.OData.RaiseProcessAlert",
        "Alerts_RaiseProcessAlert",
    )
    .summary("Tells those who may see processes something; the header x-uipath-jobkey says from which job. Deprecated.")
    .scope("OR.Monitoring.Write")
    .permission("Alerts.Create")
    .takes::<Body>("RaiseProcessAlertRequest")
    .answers(200, Shape::Nothing)
    .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let given: ProcessAlert = request.action("processAlert")?;
    let mut wrong = Wrong::default();
    for (name, text) in [
        ("Message", &given.message),
        ("RobotName", &given.robot_name),
        ("ProcessName", &given.process_name),
    ] {
        if text.is_none() {
            wrong.add(name, format!("{name} is required."));
        }
        wrong.text(name, text.as_deref(), LONGEST);
    }
    let Some(severity) = given.severity else {
        wrong.add("Severity", "Severity is required.");
        return Err(wrong.into_error());
    };
    wrong.finish()?;
    let job = match request
        .header("x-uipath-jobkey")
        .map(str::trim)
        .filter(|key| !key.is_empty())
    {
        Some(key) => {
            Some(Uuid::parse_str(key).map_err(|_| Error::field("x-uipath-jobkey", "x-uipath-jobkey must be a GUID."))?)
        }
        None => None,
    };
    let (tenant, ctx, permit) = (request.tenant()?.id, request.ctx.clone(), Permit::of(&request));
    request
        .store()
        .write(move |tx| {
            let mut scope = tx.tenant(tenant);
            // A job that is not there, or in a folder the caller may not know of, says nothing about a folder.
            let job = match job {
                Some(key) => scope.find_one::<Job>("key = ?", params![key])?,
                None => None,
            };
            let job = job.filter(|job| permit.sees(job.folder_id));
            let data = json!({
                "Message": given.message, "RobotName": given.robot_name, "ProcessName": given.process_name,
                "JobKey": job.as_ref().map(|job| job.key),
            });
            let raised = Raised {
                component: Component::Process,
                severity,
                name: "Process.Alert.Raised",
                folder: job.as_ref().map(|job| job.folder_id),
                reader: None,
                data,
                link: job.map(|job| format!("/folders/{}/logs/jobs/{}", job.folder_id, job.key)),
            };
            service::raise(&mut scope, &ctx, raised).map(drop)
        })
        .await?;
    Reply::ok().empty()
}
