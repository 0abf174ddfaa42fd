//! Events about robots for subscribers (reference: execution 12).

use context::{Ctx, Error};
use serde_json::json;
use store::{Json, Scoped, Tenant};

use super::model::UserRobot;
use crate::audit::Action;
use crate::outbox;
use crate::users::service::of_caller;

/// Tells that a robot was made, changed or taken away.
pub(super) fn write(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, action: Action, robot: &UserRobot) -> Result<(), Error> {
    let event_type = match action {
        Action::Create => "robot.created",
        Action::Delete => "robot.deleted",
        _ => "robot.updated",
    };
    if !outbox::is_wanted(scope, event_type)? {
        return Ok(());
    }
    let kind = if robot.attended {
        robot.robot_type.as_deref().unwrap_or("Attended")
    } else {
        "Unattended"
    };
    let body = json!({ "Robots": [{
        "Id": robot.id, "Name": robot.name, "Username": robot.user_name, "Type": kind, "HostingType": "Floating",
        "ProvisionType": "Automatic", "UserId": robot.user_id, "Enabled": robot.enabled,
        "CredentialType": robot.credential_type.to_string(), "ExecutionSettings": robot.settings.0,
    }] });
    let user_id = of_caller(scope, ctx)?;
    let entry = outbox::Entry {
        id: 0,
        key: ctx.id(),
        event_type: event_type.to_owned(),
        entity_key: Some(robot.key),
        folder_id: None,
        user_id,
        happened_at: ctx.now,
        body: Json(body),
    };
    outbox::write(scope, vec![entry])
}
