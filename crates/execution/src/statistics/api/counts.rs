//! How many there are of what. `GET /api/Stats/GetCountStats`, `…/GetJobsStats`, `…/GetSessionsStats`

use access::{Access, Permit};
use context::{Error, Reach};
use http::Method;
use schemars::JsonSchema;
use serde::Serialize;
use web::{Folder, Operation, Reply, Request, Response};

use crate::statistics::{history, numbers, sessions};

/// A number with its name. Contract schema `CountStats`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CountStats {
    title: &'static str,
    /// -1 where the caller may not know it.
    count: i64,
    has_permissions: bool,
}

impl CountStats {
    fn new(title: &'static str, count: i64) -> Self {
        Self {
            title,
            count,
            has_permissions: true,
        }
    }

    fn hidden(title: &'static str) -> Self {
        Self {
            title,
            count: -1,
            has_permissions: false,
        }
    }
}

pub fn operations() -> Vec<Operation> {
    let stats = |path, id, summary| {
        Operation::orchestrator(Method::GET, path, id)
            .summary(summary)
            .scope("OR.Monitoring.Read")
            .answers_json::<Vec<CountStats>>(200, "ArrayOfCountStats")
    };
    vec![
        stats(
            "/api/Stats/GetCountStats",
            "Stats_GetCountStats",
            "Counts processes, assets, queues and triggers, in a folder or in all within reach.",
        )
        .folder(Folder::Optional)
        .handler(things),
        stats(
            "/api/Stats/GetJobsStats",
            "Stats_GetJobsStats",
            "Counts jobs by how they ended, in a folder or in all within reach.",
        )
        .permission("Jobs.View")
        .folder(Folder::Optional)
        .handler(jobs),
        stats(
            "/api/Stats/GetSessionsStats",
            "Stats_GetSessionsStats",
            "Counts robots by whether they are there, and busy.",
        )
        .permission("Robots.View")
        .handler(robots),
    ]
}

/// What is counted: title on the wire, the permission to see it, and the kind of folder contents.
const THINGS: [(&str, &str, &[&str]); 4] = [
    ("Processes", "Processes.View", &[]),
    ("Assets", "Assets.View", &["Assets"]),
    ("Queues", "Queues.View", &["Queues"]),
    ("Schedules", "Schedules.View", &["Schedules", "Triggers"]),
];

/// The folders in which the caller has a permission, narrowed to the folder of the request.
fn reach(request: &Request, expression: &str) -> Result<Reach, Error> {
    let permit = Permit::requiring(request, expression)?;
    Ok(match request.chosen_folder() {
        Some(folder) if permit.holds(Some(folder.id)) => Reach::Only(vec![folder.id]),
        Some(_) => Reach::Only(Vec::new()),
        None => permit.reach(),
    })
}

async fn things(request: Request) -> Result<Response, Error> {
    let access = request.state::<Access>()?;
    let tenant = request.tenant()?.id;
    let tree = access.tree(tenant).await?;
    let all: Vec<i64> = tree.in_order().iter().map(|folder| folder.id).collect();
    let contents = access.contents.all();
    let mut wanted = Vec::with_capacity(THINGS.len());
    for (title, permission, kinds) in THINGS {
        let kind = contents
            .iter()
            .find(|contents| kinds.contains(&contents.kind()))
            .cloned();
        wanted.push((title, kind, reach(&request, permission)?));
    }
    let counted = request
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant);
            let mut counted = Vec::with_capacity(wanted.len());
            for (title, kind, reach) in wanted {
                counted.push(match (&reach, kind) {
                    (Reach::Only(folders), _) if folders.is_empty() => CountStats::hidden(title),
                    (reach, None) if title == "Processes" => {
                        CountStats::new(title, history::processes(&mut scope, reach)?)
                    }
                    (_, None) => CountStats::new(title, 0),
                    (Reach::All, Some(kind)) => CountStats::new(title, kind.count(&mut scope, &all)?),
                    (Reach::Only(folders), Some(kind)) => CountStats::new(title, kind.count(&mut scope, folders)?),
                });
            }
            Ok::<_, Error>(counted)
        })
        .await?;
    Reply::ok().json(&counted)
}

async fn jobs(request: Request) -> Result<Response, Error> {
    let (tenant, reach) = (request.tenant()?.id, Permit::of(&request).folders_of(&request)?);
    let numbers = request
        .store()
        .read(move |tx| numbers::of(&mut tx.tenant(tenant), &reach))
        .await?;
    Reply::ok().json(&[
        CountStats::new("Successful", numbers.successful),
        CountStats::new("Faulted", numbers.faulted),
        CountStats::new("Canceled", numbers.stopped),
    ])
}

async fn robots(request: Request) -> Result<Response, Error> {
    let (tenant, now) = (request.tenant()?.id, request.ctx.now);
    let sessions = request
        .store()
        .read(move |tx| sessions::count(&mut tx.tenant(tenant), now))
        .await?;
    Reply::ok().json(&[
        CountStats::new("Available", sessions.available),
        CountStats::new("Busy", sessions.busy),
        CountStats::new("Disconnected", sessions.disconnected),
        CountStats::new("Unresponsive", sessions.unresponsive),
    ])
}
