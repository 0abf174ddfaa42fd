//! The calls of robots (`robot-protocol`).

use std::time::Duration;

use access::Access;
use context::{Ctx, Error, check_length};
use http::Method;
use jiff::SignedDuration;
use robot_protocol::{
    Accept, Connect, Connected, LOG_ENTRIES, Log, POLL_SECONDS, Poll, ROOT, Report, SessionRef, Work,
};
use store::{Scoped, Tenant};
use web::{Access as Guarded, Operation, Reply, Request, Response, Shape, reply};

use super::service;
use crate::Execution;
use crate::jobs::model::Job;
use crate::jobs::{allocate, step};
use crate::logs::Logs;
use crate::machines::model::Machine;
use crate::sessions::model::Session;
use crate::sessions::service as sessions;

/// Longest body of a call, in bytes.
const LONGEST_BODY: usize = 4 << 20;
/// Longest body of a call with log entries, in bytes.
const LONGEST_LOG: usize = 16 << 20;
/// How old the noted heartbeat may be before it is noted again, in seconds.
const HEARTBEAT_SECONDS: i64 = 10;
/// Executions that one call names, at most.
const MOST_NAMED: usize = 10_000;

/// All operations.
pub fn operations() -> Vec<Operation> {
    vec![connect(), poll(), accept(), report(), log(), disconnect()]
}

/// An operation for robots. `path` begins with [`ROOT`].
pub(super) fn calling(method: Method, path: &'static str, id: &'static str) -> Operation {
    debug_assert!(path.starts_with(ROOT));
    Operation::orchestrator(method, path, id)
        .access(Guarded::Machine)
        .body_limit(LONGEST_BODY)
}

fn connect() -> Operation {
    calling(Method::POST, "/api/RobotAgent/Connect", "RobotAgent_Connect")
        .summary("A robot comes up on a host of the machine.")
        .takes::<Connect>("RobotConnect")
        .answers_json::<Connected>(200, "RobotConnected")
        .handler(handle_connect)
}

async fn handle_connect(request: Request) -> Result<Response, Error> {
    let asked: Connect = request.json()?;
    check_length("holds", &asked.holds)?;
    let tenant = request.tenant()?.clone();
    let organization = request
        .state::<Access>()?
        .accounts
        .require_organization(tenant.organization)
        .await?;
    let base_url = request.origin.clone();
    let ctx = request.ctx.clone();
    let connected = request
        .store()
        .write_locking(move |tx| {
            let mut scope = tx.tenant(tenant.id);
            let machine = service::machine(&mut scope, &ctx)?;
            let session = sessions::connect(&mut scope, &ctx, &machine, &asked)?;
            let drop = service::settle(&mut scope, &ctx, &session, &asked.holds)?;
            allocate::for_session(&mut scope, &ctx, session.id)?;
            // A process that still waits in the name of the session is told that it is over.
            scope.changed("sessions", session.id);
            Ok::<_, Error>(Connected {
                session: session.key,
                epoch: session.epoch,
                machine: machine.name.clone(),
                organization: service::named(tenant.organization, &organization.name),
                tenant: service::named(tenant.key, &tenant.name),
                base_url: base_url.clone(),
                slots: service::slots(&machine),
                drop,
            })
        })
        .await?;
    Reply::ok().json(&connected)
}

fn poll() -> Operation {
    calling(Method::POST, "/api/RobotAgent/Poll", "RobotAgent_Poll")
        .summary("A robot asks for work, and waits until there is some. It is its heartbeat as well.")
        .takes::<Poll>("RobotPoll")
        .answers_json::<Work>(200, "RobotWork")
        .handler(handle_poll)
}

async fn handle_poll(request: Request) -> Result<Response, Error> {
    let asked: Poll = request.json()?;
    if asked.known.len().max(asked.stopping.len()) > MOST_NAMED {
        return Err(Error::field(
            "known",
            format!("known must name at most {MOST_NAMED} executions."),
        ));
    }
    let execution = request.state::<Execution>()?;
    let tenant = request.tenant()?.id;
    let session = hear(&request, asked.by).await?;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(u64::from(asked.wait_seconds.min(POLL_SECONDS)));
    let bell = execution.bells.of(session);
    let mut over = request.app.over();
    let result = loop {
        let rung = bell.notified();
        tokio::pin!(rung);
        // From here on a ring is not missed.
        rung.as_mut().enable();
        let (ctx, poll) = (request.ctx.clone(), asked.clone());
        let look = request.store().read_here(move |tx| {
            let mut scope = tx.tenant(tenant);
            let session = service::session(&mut scope, &ctx, poll.by)?;
            let machine = service::machine(&mut scope, &ctx)?;
            service::work(&mut scope, &session, &machine, &poll)
        });
        match look.await {
            Ok(work) if service::is_idle(&work) && tokio::time::Instant::now() < deadline && !*over.borrow() => {}
            other => break other,
        }
        tokio::select! {
            () = &mut rung => {}
            () = tokio::time::sleep_until(deadline) => {}
            _ = over.changed() => {}
        }
    };
    execution.bells.leave(session, bell);
    Reply::ok().json(&result?)
}

/// Notes the heartbeat of a session, and gives one that was silent the jobs that wait for it. The answer is the session's id.
async fn hear(request: &Request, by: SessionRef) -> Result<i64, Error> {
    let (tenant, ctx) = (request.tenant()?.id, request.ctx.clone());
    let session = request
        .store()
        .read_here(move |tx| service::session(&mut tx.tenant(tenant), &ctx, by))
        .await?;
    let now = request.ctx.now;
    let fresh = session.connected
        && session
            .reported_at
            .saturating_add(SignedDuration::from_secs(HEARTBEAT_SECONDS))
            .is_ok_and(|until| until > now);
    if !fresh {
        let ctx = request.ctx.clone();
        request
            .store()
            .write_locking(move |tx| {
                let mut scope = tx.tenant(tenant);
                let session = service::session(&mut scope, &ctx, by)?;
                let was_away = session.is_silent(ctx.now) || !session.connected;
                sessions::heard(&mut scope, &session, ctx.now)?;
                if was_away {
                    allocate::for_session(&mut scope, &ctx, session.id)?;
                }
                Ok::<_, Error>(())
            })
            .await?;
    }
    Ok(session.id)
}

fn accept() -> Operation {
    calling(Method::POST, "/api/RobotAgent/Accept", "RobotAgent_Accept")
        .summary("A robot starts a job that was assigned to it.")
        .takes::<Accept>("RobotAccept")
        .answers_json::<robot_protocol::Order>(200, "RobotOrder")
        .handler(handle_accept)
}

async fn handle_accept(request: Request) -> Result<Response, Error> {
    let asked: Accept = request.json()?;
    let (tenant, ctx) = (request.tenant()?.id, request.ctx.clone());
    let order = request
        .store()
        .write_locking(move |tx| {
            let mut scope = tx.tenant(tenant);
            let session = service::session(&mut scope, &ctx, asked.by)?;
            service::accept(&mut scope, &ctx, &session, asked.attempt)
        })
        .await?;
    Reply::ok().header("cache-control", "no-store").json(&order)
}

fn report() -> Operation {
    calling(Method::POST, "/api/RobotAgent/Report", "RobotAgent_Report")
        .summary("A robot tells how a job ended.")
        .takes::<Report>("RobotReport")
        .answers(204, Shape::Nothing)
        .handler(handle_report)
}

async fn handle_report(request: Request) -> Result<Response, Error> {
    let asked: Report = request.json()?;
    let (tenant, ctx) = (request.tenant()?.id, request.ctx.clone());
    request
        .store()
        .write_locking(move |tx| {
            let mut scope = tx.tenant(tenant);
            let session = service::session(&mut scope, &ctx, asked.by)?;
            service::report(&mut scope, &ctx, &session, &asked)
        })
        .await?;
    reply::no_content()
}

fn log() -> Operation {
    calling(Method::POST, "/api/RobotAgent/Log", "RobotAgent_Log")
        .summary("A robot hands over log entries of a job, in order.")
        .body_limit(LONGEST_LOG)
        .takes::<Log>("RobotLog")
        .answers(204, Shape::Nothing)
        .handler(handle_log)
}

async fn handle_log(request: Request) -> Result<Response, Error> {
    let asked: Log = request.json()?;
    if asked.entries.len() > LOG_ENTRIES {
        return Err(Error::field(
            "entries",
            format!("entries must be at most {LOG_ENTRIES}."),
        ));
    }
    let told = request.state::<Logs>()?.told.clone();
    let (tenant, ctx) = (request.tenant()?.id, request.ctx.clone());
    request
        .store()
        .write_locking(move |tx| {
            let mut scope = tx.tenant(tenant);
            let session = service::session(&mut scope, &ctx, asked.by)?;
            let job = service::held(&mut scope, &session, asked.attempt)?;
            service::log(&mut scope, &ctx, &told, job, &asked)
        })
        .await?;
    reply::no_content()
}

fn disconnect() -> Operation {
    calling(Method::POST, "/api/RobotAgent/Disconnect", "RobotAgent_Disconnect")
        .summary("A robot goes, in order.")
        .takes::<SessionRef>("RobotSession")
        .answers(204, Shape::Nothing)
        .handler(handle_disconnect)
}

async fn handle_disconnect(request: Request) -> Result<Response, Error> {
    let by: SessionRef = request.json()?;
    let (tenant, ctx) = (request.tenant()?.id, request.ctx.clone());
    request
        .store()
        .write_locking(move |tx| {
            let mut scope = tx.tenant(tenant);
            let session = service::session(&mut scope, &ctx, by)?;
            sessions::disconnect(&mut scope, &ctx, &session)?;
            give_back(&mut scope, &ctx, &session)
        })
        .await?;
    reply::no_content()
}

/// What was assigned to a session that goes and not started waits for another.
fn give_back(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, session: &Session) -> Result<(), Error> {
    let condition = "session_id = ? and accepted = ?";
    let jobs = scope.find::<Job>(condition, store::params![session.id, false])?;
    for mut job in jobs {
        step::unassign(scope, &mut job)?;
        step::wait_for_robot(scope, ctx, &job)?;
    }
    Ok(())
}

/// Jobs at the same time that a machine offers per host, for pages.
pub fn offered(machine: &Machine) -> u32 {
    service::slots(machine)
}
