//! What is done to jobs: stop, kill, resume, restart.

use context::{Error, Kind};
use http::Method;
use store::{Scoped, Tenant};
use web::{Folder, Operation, Request, Response, page};

use super::{job_path, list_path, with_query};
use crate::jobs::control;
use crate::jobs::model::{Job, JobState, StopStrategy};

const STOP_SEVERAL: &str = "/{org}/tenants/{tenant}/folders/{folder}/jobs/stop";
const STOP: &str = "/{org}/tenants/{tenant}/folders/{folder}/jobs/{job}/stop";
const KILL: &str = "/{org}/tenants/{tenant}/folders/{folder}/jobs/{job}/kill";
const RESUME: &str = "/{org}/tenants/{tenant}/folders/{folder}/jobs/{job}/resume";
const RESTART: &str = "/{org}/tenants/{tenant}/folders/{folder}/jobs/{job}/restart";
/// The parameter that leads back to the page of the job.
pub const FROM_JOB: &str = "?from=job";

pub fn operations() -> Vec<Operation> {
    let form = |path, id, permission: &str, summary| {
        Operation::page(Method::POST, path, id)
            .permission(permission)
            .folder(Folder::Required)
            .summary(summary)
            .takes_form()
    };
    let (edit, create) = ("Jobs.View and Jobs.Edit", "Jobs.View and Jobs.Create");
    vec![
        form(
            STOP_SEVERAL,
            "Console_StopJobs",
            edit,
            "Stops or kills the selected jobs.",
        )
        .handler(stop_selected),
        form(STOP, "Console_StopJob", edit, "Lets a job come to an end.")
            .handler(async |request| stop_one(request, StopStrategy::SoftStop).await),
        form(KILL, "Console_KillJob", edit, "Ends a job at once.")
            .handler(async |request| stop_one(request, StopStrategy::Kill).await),
        form(RESUME, "Console_ResumeJob", edit, "Lets a suspended job go on.").handler(resume),
        form(
            RESTART,
            "Console_RestartJob",
            create,
            "Starts a job like one that has ended.",
        )
        .handler(restart),
    ]
}

/// What became of a job that was stopped.
fn told(state: JobState) -> &'static str {
    match state {
        JobState::Stopping => "told to stop",
        JobState::Terminating => "told to end at once",
        _ => "stopped",
    }
}

/// The page of the job, or the list as it was, wherever the deed was started.
fn back(request: &Request) -> Result<String, Error> {
    if request.parameter("from") == Some("job") {
        job_path(request, request.guid("job")?)
    } else {
        Ok(with_query(request, &list_path(request)?))
    }
}

/// Does something to the job of the address. What it is not ready for is told where the deed was started.
async fn act(
    request: &Request,
    deed: impl Fn(&mut Scoped<'_, Tenant>, Job) -> Result<Job, Error> + Send + Sync + 'static,
) -> Result<Result<Job, Error>, Error> {
    let (tenant, folder, key) = (request.tenant()?.id, request.folder()?.id, request.guid("job")?);
    let done = request
        .store()
        .write_locking(move |tx| {
            let mut scope = tx.tenant(tenant);
            let job = control::find_by_key(&mut scope, folder, key)?;
            deed(&mut scope, job)
        })
        .await;
    match done {
        Err(error) if matches!(error.kind, Kind::Conflict | Kind::Invalid) => Ok(Err(error)),
        other => other.map(Ok),
    }
}

async fn stop_one(request: Request, strategy: StopStrategy) -> Result<Response, Error> {
    let ctx = request.ctx.clone();
    let done = act(&request, move |scope, mut job| {
        control::stop(scope, &ctx, &mut job, strategy)?;
        Ok(job)
    });
    let message = match done.await? {
        Ok(job) => format!("The job was {}.", told(job.state)),
        Err(error) => error.message,
    };
    page::done(&back(&request)?, &message)
}

async fn resume(request: Request) -> Result<Response, Error> {
    let ctx = request.ctx.clone();
    let done = act(&request, move |scope, mut job| {
        control::resume(scope, &ctx, &mut job)?;
        Ok(job)
    });
    let message = match done.await? {
        Ok(_) => "The job goes on as soon as a robot is free.".to_owned(),
        Err(error) => error.message,
    };
    page::done(&back(&request)?, &message)
}

async fn restart(request: Request) -> Result<Response, Error> {
    let ctx = request.ctx.clone();
    let done = act(&request, move |scope, job| control::restart(scope, &ctx, &job));
    match done.await? {
        Ok(job) => page::done(&job_path(&request, job.key)?, "A job like it was started."),
        Err(error) => page::done(&back(&request)?, &error.message),
    }
}

async fn stop_selected(request: Request) -> Result<Response, Error> {
    let form = request.form();
    let strategy: StopStrategy = page::field(&form, "strategy")
        .parse()
        .map_err(|_| Error::field("strategy", "Choose between a stop and a kill."))?;
    let mut ids = access::console::numbers(&form, "id");
    ids.sort_unstable();
    ids.dedup();
    ids.truncate(control::MOST);
    let message = stop(&request, ids, strategy).await?;
    page::done(&with_query(&request, &list_path(&request)?), &message)
}

/// Stops jobs, each by itself, and says what came of it.
async fn stop(request: &Request, ids: Vec<i64>, strategy: StopStrategy) -> Result<String, Error> {
    let (tenant, folder, ctx) = (request.tenant()?.id, request.folder()?.id, request.ctx.clone());
    let total = ids.len();
    let (states, failed) = request
        .store()
        .write_locking(move |tx| {
            let (mut states, mut failed) = (Vec::new(), Vec::new());
            for id in &ids {
                let done = tx.attempt::<_, Error>(|tx| {
                    let mut scope = tx.tenant(tenant);
                    let mut job = control::find(&mut scope, folder, *id)?;
                    control::stop(&mut scope, &ctx, &mut job, strategy)?;
                    Ok(job.state)
                });
                match done {
                    Ok(state) => states.push(state),
                    Err(error) if error.kind == Kind::Internal => return Err(error),
                    Err(error) => failed.push((*id, error)),
                }
            }
            Ok::<_, Error>((states, failed))
        })
        .await?;
    Ok(summary(total, &states, &failed))
}

fn summary(total: usize, states: &[JobState], failed: &[(i64, Error)]) -> String {
    let waiting = states.iter().filter(|state| state.is_final()).count();
    let running = states.iter().find(|state| !state.is_final());
    let jobs = |number: usize| {
        if number == 1 {
            "1 job was".to_owned()
        } else {
            format!("{number} jobs were")
        }
    };
    let mut said = Vec::new();
    if waiting > 0 {
        said.push(format!("{} stopped.", jobs(waiting)));
    }
    if let Some(state) = running {
        said.push(format!("{} {}.", jobs(states.len() - waiting), told(*state)));
    }
    match failed {
        [] => {}
        [(_, error)] if total == 1 => said.push(error.message.clone()),
        [(id, error)] => said.push(format!("1 job was not: number {id}. {}", error.message)),
        [(id, error), ..] => said.push(format!(
            "{} jobs were not, among them number {id}. {}",
            failed.len(),
            error.message
        )),
    }
    if said.is_empty() {
        said.push("No job was selected.".to_owned());
    }
    said.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_tells_what_came_of_each() {
        let refused = || (7, Error::conflict(1658, "It has ended."));
        assert_eq!(summary(0, &[], &[]), "No job was selected.");
        assert_eq!(summary(1, &[JobState::Stopped], &[]), "1 job was stopped.");
        assert_eq!(summary(1, &[], &[refused()]), "It has ended.");
        assert_eq!(
            summary(
                4,
                &[JobState::Stopped, JobState::Stopping, JobState::Stopping],
                &[refused()]
            ),
            "1 job was stopped. 2 jobs were told to stop. 1 job was not: number 7. It has ended."
        );
        assert_eq!(
            summary(3, &[JobState::Terminating], &[refused(), refused()]),
            "1 job was told to end at once. 2 jobs were not, among them number 7. It has ended."
        );
    }
}
