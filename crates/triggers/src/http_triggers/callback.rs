//! Tells callers that their job ended (calling mode AsyncCallback). A callback is a row: it is sent after the end of the job, again and
//! again until the other server takes it, for about a day.

use std::sync::Arc;
use std::time::Duration;

use access::Access;
use access::outbound::{self, Post};
use access::sealing::Sealer;
use access::trim;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use context::{Ctx, Error};
use execution::jobs::model::{Job, JobState};
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use serde_json::{Value, json};
use store::{Scoped, Tenant, params};
use tokio::task::JoinSet;
use url::Url;
use web::{App, Reconciler};

use super::call::{failure_of, output_of};
use super::model::{Call, Callback, CallbackMode, HttpTrigger};
use super::service::secret_place;
use crate::jobs;
use crate::schedules::history;
use crate::schedules::model::Reason;

/// What jobs of API triggers tell the change feed when they end.
const ENDED: &str = execution::jobs::step::TRIGGER_JOBS;
/// Calls looked at by one unit of work.
const AT_A_TIME: usize = 100;
/// Callbacks under way at the same time.
const AT_ONCE: usize = 8;
/// Pauses before a callback is sent again, in seconds: about a day in all.
const PAUSES: [i64; 9] = [10, 30, 120, 600, 1_800, 3_600, 7_200, 21_600, 43_200];
/// Hours that a call is remembered.
const KEPT_HOURS: i64 = 720;

pub fn reconciler() -> Reconciler {
    Reconciler {
        name: "trigger-callbacks",
        every: Duration::from_secs(60),
        wakes_on: &[ENDED],
        run: Arc::new(|app| Box::pin(run(app))),
    }
}

async fn run(app: App) -> Result<Option<Duration>, Error> {
    forget(&app).await?;
    find_ended(&app).await?;
    loop {
        let now = app.clock().now();
        let due = app
            .store()
            .read(move |tx| {
                let due = format!("due_at is not null and due_at <= ? order by due_at, id limit {AT_A_TIME}");
                tx.locate_all::<Call>(&due, params![now])
            })
            .await
            .map_err(Error::from)?;
        if due.is_empty() {
            break;
        }
        send_all(&app, due).await?;
    }
    let next = app
        .store()
        .read(|tx| tx.locate::<Call>("due_at is not null order by due_at limit 1", params![]))
        .await
        .map_err(Error::from)?;
    let next = next.and_then(|(_, call)| call.due_at);
    Ok(next.map(|at| Duration::try_from(at.duration_since(app.clock().now())).unwrap_or(Duration::ZERO)))
}

/// Makes the callbacks due whose jobs have ended.
async fn find_ended(app: &App) -> Result<(), Error> {
    let now = app.clock().now();
    let tenants = app
        .store()
        .read(|tx| tx.each_scope::<Call>("callback = ?", params![Callback::Waiting]))
        .await
        .map_err(Error::from)?;
    for tenant in tenants {
        app.store()
            .write_locking(move |tx| {
                let mut scope = tx.scope(tenant);
                let ended = "select c.id from trigger_calls c join jobs j on j.key = c.job_key and j.{scope}
                    where c.{scope} and c.callback = 1 and j.ended_at is not null order by c.id limit 1000";
                let rows = scope.rows(ended, params![])?;
                for row in rows {
                    let id: i64 = row.get(0)?;
                    scope.update_where::<Call>(
                        "callback = ?, due_at = ?",
                        "id = ? and callback = ?",
                        params![Callback::Due, now, id, Callback::Waiting],
                    )?;
                }
                Ok::<_, Error>(())
            })
            .await?;
    }
    Ok(())
}

/// Sends callbacks, a few at the same time.
async fn send_all(app: &App, due: Vec<(Tenant, Call)>) -> Result<(), Error> {
    let mut under_way = JoinSet::new();
    for (tenant, call) in due {
        if under_way.len() >= AT_ONCE {
            under_way.join_next().await;
        }
        let app = app.clone();
        under_way.spawn(async move {
            if let Err(error) = send(&app, tenant, &call).await {
                tracing::warn!(job = %call.job_key, %error, "a callback could not be sent");
            }
        });
    }
    while under_way.join_next().await.is_some() {}
    Ok(())
}

/// What a callback consists of.
struct Message {
    url: Option<String>,
    body: Value,
    secret: Option<Vec<u8>>,
    trigger: HttpTrigger,
}

/// Sends one callback and writes down what came of it.
async fn send(app: &App, tenant: Tenant, call: &Call) -> Result<(), Error> {
    let (trigger, job) = (call.trigger_key, call.job_key);
    let message = app
        .store()
        .read(move |tx| {
            let mut scope = tx.scope(tenant);
            let Some(trigger) = scope.get::<HttpTrigger>(trigger)? else {
                return Ok(None);
            };
            Ok::<_, Error>(jobs::by_key(&mut scope, job)?.map(|job| message_of(trigger, &job)))
        })
        .await?;
    let outcome = match message {
        Some(message) => deliver(app, tenant, message).await?,
        None => Outcome::NotWanted,
    };
    let ctx = app.system();
    let id = call.id;
    app.store()
        .write_locking(move |tx| conclude(&mut tx.scope(tenant), &ctx, id, &outcome))
        .await
}

fn message_of(trigger: HttpTrigger, job: &Job) -> Message {
    let succeeded = job.state == JobState::Successful;
    let url = match (trigger.callback_mode, succeeded) {
        (CallbackMode::OnSuccess | CallbackMode::OnAny, true) => trigger.success_url.clone(),
        (CallbackMode::OnFailure | CallbackMode::OnAny, false) => trigger.failure_url.clone(),
        _ => None,
    };
    let mut body = json!({
        "JobKey": job.key, "State": job.state, "ReleaseName": job.release_name, "StartTime": job.started_at, "EndTime": job.ended_at,
    });
    if succeeded {
        body["Output"] = output_of(job);
    } else {
        let failure = failure_of(job);
        body["Error"] = json!({ "message": failure.message, "errorCode": failure.code });
    }
    Message {
        url,
        body,
        secret: trigger.secret.clone(),
        trigger,
    }
}

#[derive(Debug)]
enum Outcome {
    /// Nobody is to be told of this end, or nobody can be any more.
    NotWanted,
    Taken,
    Failed(String),
}

async fn deliver(app: &App, tenant: Tenant, message: Message) -> Result<Outcome, Error> {
    let Some(url) = message.url.as_deref().and_then(|url| Url::parse(url).ok()) else {
        return Ok(Outcome::NotWanted);
    };
    let access = app.state::<Access>()?;
    let body = serde_json::to_vec(&message.body).map_err(Error::internal)?;
    let mut headers = Vec::new();
    if let Some(sealed) = &message.secret {
        let Some(place) = access.tenant_by_id(tenant.0).await? else {
            return Ok(Outcome::Failed("the tenant is switched off".to_owned()));
        };
        let sealer = Sealer::new(access.vault.clone(), access.tenant_key(&place).await?);
        let secret = sealer.unseal(&secret_place(message.trigger.key), sealed)?;
        let signature = vault::hmac_sha256(secret.expose_bytes(), &body);
        headers.push(("x-uipath-signature", STANDARD.encode(signature)));
    }
    let post = Post {
        url,
        body,
        headers,
        private_too: access.private_probes_allowed(),
        any_certificate: message.trigger.allow_insecure_ssl,
    };
    Ok(match outbound::post(post).await {
        Ok(200..=299) => Outcome::Taken,
        Ok(status) => Outcome::Failed(format!("the answer was {status}")),
        Err(failure) => Outcome::Failed(failure.to_string()),
    })
}

/// Moves a callback on.
fn conclude(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, id: i64, outcome: &Outcome) -> Result<(), Error> {
    let Some(mut call) = scope.lock::<Call>(id)?.filter(|call| call.callback == Callback::Due) else {
        return Ok(());
    };
    match outcome {
        Outcome::NotWanted => {
            call.callback = Callback::None;
            call.due_at = None;
        }
        Outcome::Taken => {
            call.callback = Callback::Sent;
            call.due_at = None;
        }
        Outcome::Failed(why) => {
            let pause = usize::try_from(call.attempts).ok().and_then(|at| PAUSES.get(at));
            call.attempts += 1;
            if let Some(seconds) = pause {
                call.due_at = ctx.now.checked_add(SignedDuration::from_secs(*seconds)).ok();
            } else {
                call.callback = Callback::GivenUp;
                call.due_at = None;
                let why = format!("The callback for job {} was given up: {why}.", call.job_key);
                history::write_of(scope, ctx, call.trigger_key, Reason::TriggerError, &why)?;
            }
        }
    }
    scope.update(&call)?;
    Ok(())
}

/// Removes calls whose answers nobody will fetch any more.
async fn forget(app: &App) -> Result<(), Error> {
    let now = app.clock().now();
    let before = now.checked_sub(KEPT_HOURS.hours()).unwrap_or(Timestamp::MIN);
    trim::older::<Call>(app, "created_at", before).await
}
