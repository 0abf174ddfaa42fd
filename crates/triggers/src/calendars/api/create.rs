//! Makes a calendar. `POST /odata/Calendars`

use context::Error;
use http::Method;
use store::Entity as _;
use web::{Operation, Request, Response, Shape, reply};

use super::SET;
use crate::calendars::model::Calendar;
use crate::calendars::service::{self, CalendarInput};

pub fn operation() -> Operation {
    Operation::orchestrator(Method::POST, "/odata/Calendars", "Calendars_Post")
        .summary("Makes a calendar.")
        .scope("OR.Settings.Write")
        .permission("Settings.Create")
        .takes_entity(Calendar::model())
        .answers(201, Shape::Entity(Calendar::model()))
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let draft = request.json::<CalendarInput>()?.check()?;
    let (tenant, ctx) = (request.tenant()?.id, request.ctx.clone());
    let calendar = request
        .store()
        .write(move |tx| {
            let mut scope = tx.tenant(tenant);
            let id = service::create(&mut scope, &ctx, &draft)?;
            service::by_id(&mut scope, id)
        })
        .await?;
    reply::entity(&request, 201, SET, Calendar::model(), None, calendar)
}
