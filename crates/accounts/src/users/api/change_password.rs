//! A user chooses a new password. `POST /api/User/{userId}/changepassword`

use context::Error;
use http::Method;
use schemars::JsonSchema;
use serde::Deserialize;
use vault::Secret;
use web::{Operation, Request, Response};

use crate::rest::identity_result;
use crate::state::Accounts;
use crate::users::IdentityResult;

/// Contract schema `ChangeUserPasswordCommand`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Command {
    #[schemars(with = "String")]
    old_password: Secret,
    #[schemars(with = "String")]
    new_password: Secret,
}

pub fn operation() -> Operation {
    Operation::identity(Method::POST, "/api/User/{userId}/changepassword", "User_ChangePassword")
        .summary("Changes a password whose old value is known; wrong values count towards lockout.")
        .scope("PM.User.Write")
        .takes::<Command>("ChangeUserPasswordCommand")
        .answers_json::<IdentityResult>(200, "IdentityResult")
        .answers_json::<IdentityResult>(400, "IdentityResult")
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let (organization, id) = (request.organization()?, request.guid("userId")?);
    let command: Command = request.json()?;
    let accounts = request.state::<Accounts>()?;
    let caller = &request.ctx.caller;
    if caller.user().is_some_and(|user| user != id) && !accounts.is_administrating(caller).await? {
        return Err(Error::forbidden());
    }
    let (old, new) = (Some(command.old_password), command.new_password);
    identity_result(
        accounts
            .change_password(&request.ctx, organization, id, old, new, None)
            .await,
    )
}
