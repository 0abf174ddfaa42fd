//! What the homes of tenants and folders show of jobs and robots.

use access::console::{folder_path, may, may_somewhere, tenant_path};
use access::{Panel, Permit};
use context::{Error, Reach};
use maud::{Markup, html};
use ui::{Slice, donut};
use web::{Future, Request};

use super::monitoring::running;
use crate::statistics::{numbers, sessions};

/// Jobs by state and sessions by state.
#[derive(Debug)]
pub struct Home;

impl Panel for Home {
    fn render<'a>(&'a self, request: &'a Request, folder: Option<i64>) -> Future<'a, Result<Markup, Error>> {
        Box::pin(render(request, folder))
    }
}

async fn render(request: &Request, folder: Option<i64>) -> Result<Markup, Error> {
    let jobs = Permit::requiring(request, "Jobs.View")?;
    let reach = match folder {
        Some(folder) if jobs.holds(Some(folder)) => Reach::Only(vec![folder]),
        Some(_) => Reach::Only(Vec::new()),
        None => jobs.reach(),
    };
    let sees_jobs = reach != Reach::Only(Vec::new());
    let sees_robots = may(request, "Robots.View", None)?;
    if !sees_jobs && !sees_robots {
        return Ok(html! {});
    }
    let (tenant, now) = (request.tenant()?.id, request.ctx.now);
    let (numbers, robots) = request
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant);
            let numbers = if sees_jobs {
                numbers::of(&mut scope, &reach)?
            } else {
                numbers::Numbers::default()
            };
            Ok::<_, Error>((numbers, sessions::count(&mut scope, now)?))
        })
        .await?;
    let monitoring = match folder {
        Some(folder) if may(request, "Monitoring.View and Jobs.View", Some(folder))? => {
            Some(folder_path(request, folder)?)
        }
        None if may_somewhere(request, "Monitoring.View and Jobs.View")? => Some(tenant_path(request)?),
        _ => None,
    };
    Ok(html! {
        @if sees_jobs {
            (ui::card("Jobs", html! {
                @if let Some(path) = monitoring { a href={ (path) "/monitoring" } { "Monitoring" } }
            }, html! {
                (running(&numbers))
                (donut("Jobs by how they ended", &[
                    Slice::new("Successful", numbers.successful as f64),
                    Slice::new("Faulted", numbers.faulted as f64),
                    Slice::new("Stopped", numbers.stopped as f64),
                ]))
            }))
        }
        @if sees_robots {
            (ui::card("Robots", html! {}, donut("Sessions", &[
                Slice::new("Available", robots.available as f64),
                Slice::new("Busy", robots.busy as f64),
                Slice::new("Disconnected", robots.disconnected as f64),
                Slice::new("Unresponsive", robots.unresponsive as f64),
            ])))
        }
    })
}
