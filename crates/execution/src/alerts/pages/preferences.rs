//! Which alerts the visitor wants to see. `GET /console/{org}/tenants/{tenant}/alerts/preferences`

use std::collections::BTreeMap;

use access::console::csrf;
use context::Error;
use http::Method;
use maud::html;
use odata::Enumeration as _;
use ui::field::Choice;
use ui::{button, link_button};
use web::{Operation, Request, Response, page};

use super::{ACTIVE, list_path};
use crate::alerts::model::{Component, Severity};
use crate::alerts::reader::{NOTHING, Preferences};
use crate::alerts::service;

/// Components that something of this product raises.
const COMPONENTS: [Component; 8] = [
    Component::Jobs,
    Component::Process,
    Component::Robots,
    Component::Schedules,
    Component::Queues,
    Component::Transactions,
    Component::Export,
    Component::Webhooks,
];

pub fn operations() -> Vec<Operation> {
    let page = |method: Method, id, summary| {
        Operation::page(method, "/{org}/tenants/{tenant}/alerts/preferences", id)
            .permission("Alerts.View")
            .summary(summary)
    };
    vec![
        page(
            Method::GET,
            "Console_AlertPreferences",
            "Which alerts the visitor wants to see.",
        )
        .handler(show),
        page(
            Method::POST,
            "Console_SetAlertPreferences",
            "Sets which alerts the visitor wants to see.",
        )
        .takes_form()
        .handler(save),
    ]
}

async fn show(request: Request) -> Result<Response, Error> {
    let reader = request.ctx.caller.principal_id().ok_or_else(Error::unauthenticated)?;
    let tenant = request.tenant()?.id;
    let preferences = request
        .store()
        .read(move |tx| Preferences::of(&mut tx.tenant(tenant), reader))
        .await?;
    let path = list_path(&request)?;
    let mut choices = vec![
        Choice::new("0", "All"),
        Choice::new("1", "Successes and worse"),
        Choice::new("2", "Warnings and worse"),
        Choice::new("3", "Errors and worse"),
        Choice::new("4", "Fatal errors only"),
    ];
    choices.push(Choice::new(&NOTHING.to_string(), "None"));
    let content = html! {
        (ui::page_header("Alert preferences", "Which alerts you see. It changes nothing for others.", html! {
            (link_button("All alerts", &path).icon("left"))
        }))
        (ui::form(csrf(&request), &format!("{path}/preferences"), html! {
            @for component in COMPONENTS {
                (ui::field::select(&name(component), component.title(), choices.clone()).value(&preferences.lowest(component).to_string()))
            }
            p.actions { (button("Save").primary()) }
        }))
    };
    page::render(&request, "Alert preferences", ACTIVE, content).await
}

fn name(component: Component) -> String {
    format!("component-{}", component.number())
}

async fn save(request: Request) -> Result<Response, Error> {
    let reader = request.ctx.caller.principal_id().ok_or_else(Error::unauthenticated)?;
    let (tenant, form) = (request.tenant()?.id, request.form());
    let mut wanted = BTreeMap::new();
    for component in COMPONENTS {
        let chosen = page::field(&form, &name(component)).parse::<i64>().ok();
        if let Some(lowest) = chosen.filter(|lowest| (Severity::Info.number()..=NOTHING).contains(lowest)) {
            wanted.insert(component.number(), lowest);
        }
    }
    request
        .store()
        .write(move |tx| service::prefer(&mut tx.tenant(tenant), reader, &wanted))
        .await?;
    page::done(&list_path(&request)?, "Your preferences were saved.")
}
