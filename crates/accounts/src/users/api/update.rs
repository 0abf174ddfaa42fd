//! Changes a user. `PUT /api/User/{userId}`

use context::Error;
use http::Method;
use schemars::JsonSchema;
use serde::Deserialize;
use uuid::Uuid;
use vault::Secret;
use web::{Operation, Request, Response};

use crate::rest::{check_length, identity_result};
use crate::state::Accounts;
use crate::users::IdentityResult;
use crate::users::service::{self, UserChange};

/// Contract schema `UpdateUserCommand`; what is absent stays as it is. Extension attributes are not kept.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Command {
    name: Option<String>,
    surname: Option<String>,
    display_name: Option<String>,
    email: Option<String>,
    is_active: Option<bool>,
    #[schemars(with = "Option<String>")]
    password: Option<Secret>,
    #[serde(default, rename = "groupIDsToAdd")]
    groups_to_add: Vec<Uuid>,
    #[serde(default, rename = "groupIDsToRemove")]
    groups_to_remove: Vec<Uuid>,
    bypass_basic_auth_restriction: Option<bool>,
    invitation_accepted: Option<bool>,
}

pub fn operation() -> Operation {
    Operation::identity(Method::PUT, "/api/User/{userId}", "User_Update")
        .summary("Changes a user; a new password and deactivation end sessions and void refresh and access tokens.")
        .scope("PM.User.Write")
        .administrator()
        .takes::<Command>("UpdateUserCommand")
        .answers_json::<IdentityResult>(200, "IdentityResult")
        .answers_json::<IdentityResult>(400, "IdentityResult")
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let (organization, id) = (request.organization()?, request.guid("userId")?);
    let command: Command = request.json()?;
    check_length("groupIDsToAdd", &command.groups_to_add)?;
    check_length("groupIDsToRemove", &command.groups_to_remove)?;
    super::check_groups(&request, &[&command.groups_to_add, &command.groups_to_remove]).await?;
    let accounts = request.state::<Accounts>()?;
    let password = match command.password.filter(|password| !password.is_empty()) {
        Some(password) => {
            // Whoever sets an administrator's password can become that administrator.
            if accounts.is_administrator(id).await? && !super::decides_groups(&accounts, &request.ctx.caller).await? {
                return Err(Error::denied(
                    0,
                    "Only organization administrators may set an administrator's password.",
                ));
            }
            match accounts
                .prepare_password(&request.ctx, organization, password, true)
                .await
            {
                Ok(password) => Some(password),
                Err(failure) => return identity_result::<()>(Err(failure)),
            }
        }
        None => None,
    };
    let change = UserChange {
        name: command.name,
        surname: command.surname,
        display_name: command.display_name,
        email: command.email,
        is_active: command.is_active,
        bypass_basic_auth: command.bypass_basic_auth_restriction,
        invitation_accepted: command.invitation_accepted,
        password,
        groups_to_add: command.groups_to_add,
        groups_to_remove: command.groups_to_remove,
    };
    let ctx = request.ctx.clone();
    let updated = request
        .store()
        .write(move |tx| service::update(&mut tx.organization(organization), &ctx, id, change.clone()));
    identity_result(updated.await)
}
