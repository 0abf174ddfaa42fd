//! Replaces a calendar with all its days. `PUT /odata/Calendars({key})`

use context::Error;
use http::Method;
use store::Entity as _;
use web::{Operation, Request, Response, Shape, reply};

use super::SET;
use crate::calendars::model::Calendar;
use crate::calendars::service::{self, CalendarInput};

pub fn operation() -> Operation {
    Operation::orchestrator(Method::PUT, "/odata/Calendars({key})", "Calendars_PutById")
        .summary("Replaces a calendar with all its days; triggers that use it keep to them at once.")
        .scope("OR.Settings.Write")
        .permission("Settings.Edit")
        .takes_entity(Calendar::model())
        .answers(200, Shape::Entity(Calendar::model()))
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let id = request.integer("key")?;
    let input = request.json::<CalendarInput>()?;
    if input.id.is_some_and(|given| given != 0 && given != id) {
        return Err(Error::field("Id", "The Id in the body is not that of the address."));
    }
    let draft = input.check()?;
    let (tenant, ctx) = (request.tenant()?.id, request.ctx.clone());
    let calendar = request
        .store()
        .write(move |tx| {
            let mut scope = tx.tenant(tenant);
            service::replace(&mut scope, &ctx, id, &draft)?;
            service::by_id(&mut scope, id)
        })
        .await?;
    reply::entity(&request, 200, SET, Calendar::model(), None, calendar)
}
