//! Whether jobs could start now. `POST /odata/Jobs/…ValidateDynamicJob` and `POST /odata/Jobs({key})/…ValidateExistingJob`

use context::{Error, Kind};
use http::Method;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use store::Entity as _;
use web::{Folder, Operation, Reply, Request, Response};

use super::start::{Asked, StartInfo};
use super::view;
use crate::jobs::model::{Job, JobState, Lane};
use crate::jobs::pending::{self, Reason};
use crate::jobs::start::{self, Start, Target};
use crate::jobs::{control, read};

/// `ValidationResultDto`
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct ValidationResult {
    pub is_valid: bool,
    pub errors: Vec<String>,
    pub error_codes: Vec<String>,
}

impl ValidationResult {
    fn of(reasons: &[Reason]) -> Self {
        Self {
            is_valid: reasons.is_empty(),
            errors: reasons.iter().map(|reason| reason.text.to_owned()).collect(),
            error_codes: reasons.iter().map(|reason| reason.code.to_owned()).collect(),
        }
    }
}

pub fn operations() -> Vec<Operation> {
    vec![dynamic(), existing()]
}

fn dynamic() -> Operation {
    Operation::orchestrator(
        Method::POST,
        "/odata/Jobs/UiPath.Server.Configuration.OData.ValidateDynamicJob",
        "Jobs_ValidateDynamicJob",
    )
    .summary("Tells whether jobs could start now, without starting any.")
    .scope("OR.Jobs.Write")
    .permission("Jobs.Create")
    .folder(Folder::Required)
    .queryable()
    .takes::<StartInfo>("StartProcessDto")
    .answers_json::<ValidationResult>(200, "ValidationResultDto")
    .handler(handle_dynamic)
}

async fn handle_dynamic(request: Request) -> Result<Response, Error> {
    let asked = Asked::of(&request).await?;
    let tenant = request.tenant()?.id;
    let ctx = request.ctx.clone();
    let result = request
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant);
            let wanted = asked.resolve(&mut scope)?;
            match of_start(&mut scope, &ctx, &wanted) {
                Ok(reasons) => Ok(ValidationResult::of(&reasons)),
                // What keeps jobs from ever starting is an answer here.
                Err(error) if error.kind == Kind::Conflict => Ok(ValidationResult {
                    is_valid: false,
                    errors: vec![error.message],
                    error_codes: vec![code_of(error.code).to_owned()],
                }),
                Err(error) => Err(error),
            }
        })
        .await?;
    answer(&request, &result)
}

/// Why the jobs of a start would wait now; nothing where all could start at once.
///
/// # Errors
/// As [`start::start`].
pub fn of_start(
    scope: &mut store::Scoped<'_, store::Tenant>,
    ctx: &context::Ctx,
    wanted: &Start,
) -> Result<Vec<Reason>, Error> {
    let (release, folder) = start::place(scope, wanted)?.ok_or_else(start::no_such_process)?;
    let checked = start::check(scope, wanted, release, &folder)?;
    let any = [Target::default()];
    let targets = if checked.targets.is_empty() {
        &any[..]
    } else {
        &checked.targets
    };
    let mut reasons: Vec<Reason> = Vec::new();
    for target in targets {
        let need = checked.need(*target, &wanted.sessions);
        for reason in pending::reasons(scope, ctx, &folder, &need)? {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
    }
    Ok(reasons)
}

/// The reason that stands for a refusal to start.
fn code_of(code: i32) -> &'static str {
    match code {
        context::codes::NO_MACHINE_ASSOCIATED_WITH_FOLDER => "TemplateNotAssignedToFolder",
        _ => "RobotNotAssignedToFolder",
    }
}

fn answer(request: &Request, result: &ValidationResult) -> Result<Response, Error> {
    let mut body = serde_json::to_value(result).map_err(Error::internal)?;
    body["@odata.context"] = json!(request.context_url("UiPath.Server.Configuration.OData.ValidationResultDto"));
    Reply::ok().odata(&body)
}

fn existing() -> Operation {
    Operation::orchestrator(
        Method::POST,
        "/odata/Jobs({key})/UiPath.Server.Configuration.OData.ValidateExistingJob",
        "Jobs_ValidateExistingJobById",
    )
    .summary("Tells why a job waits.")
    .scope("OR.Jobs.Write")
    .permission("Jobs.View")
    .folder(Folder::Required)
    .queryable()
    .answers_json::<ValidationResult>(200, "ValidationResultDto")
    .handler(handle_existing)
}

async fn handle_existing(request: Request) -> Result<Response, Error> {
    let (tenant, view, id) = (request.tenant()?.id, view(&request).await?, request.integer("key")?);
    let ctx = request.ctx.clone();
    let result = request
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant);
            read::by_id(&mut scope, &view, id, &odata::Query::new(Job::model()))?;
            let job = scope.get::<Job>(id)?.ok_or_else(|| control::no_such_job(id))?;
            let reasons = of_job(&mut scope, &ctx, &job)?;
            Ok::<_, Error>(ValidationResult::of(&reasons))
        })
        .await?;
    answer(&request, &result)
}

/// Why a job waits; nothing for one that does not.
pub fn of_job(
    scope: &mut store::Scoped<'_, store::Tenant>,
    ctx: &context::Ctx,
    job: &Job,
) -> Result<Vec<Reason>, Error> {
    let waits = matches!(job.state, JobState::Pending | JobState::Resumed) && job.session_id.is_none();
    let (Some(lane), Some(folder)) = (scope.get::<Lane>(job.lane_id)?, scope.get(job.folder_id)?) else {
        return Ok(Vec::new());
    };
    if waits {
        pending::reasons(scope, ctx, &folder, &lane.into())
    } else {
        Ok(Vec::new())
    }
}
