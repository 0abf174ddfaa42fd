//! Events about sessions for subscribers (reference: execution 12).

use access::outbox;
use access::users::service::of_caller;
use context::{Ctx, Error};
use serde_json::json;
use store::{Json, Scoped, Tenant};

use super::model::Session;

const STATUS: &str = "robot.status";

/// Tells that a host came, went, or went silent.
pub(super) fn write(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, session: &Session) -> Result<(), Error> {
    if !outbox::is_wanted(scope, STATUS)? {
        return Ok(());
    }
    let body = json!({ "Sessions": [{
        "SessionId": session.id, "RobotId": null, "HostMachineName": session.host_name, "State": session.state.to_string(),
        "ReportingTime": session.reported_at.to_string(), "IsUnresponsive": session.connected && session.is_silent(ctx.now),
    }] });
    let user_id = of_caller(scope, ctx)?;
    let entry = outbox::Entry {
        id: 0,
        key: ctx.id(),
        event_type: STATUS.to_owned(),
        entity_key: Some(session.key),
        folder_id: None,
        user_id,
        happened_at: ctx.now,
        body: Json(body),
    };
    outbox::write(scope, vec![entry])
}
