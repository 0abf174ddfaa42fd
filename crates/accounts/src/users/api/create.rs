//! Adds a user. `POST /api/User`

use context::{Ctx, Error};
use http::Method;
use schemars::JsonSchema;
use serde::Deserialize;
use uuid::Uuid;
use vault::Secret;
use web::{Operation, Request, Response};

use crate::rest::{check_length, identity_result, partition};
use crate::state::Accounts;
use crate::users::service::{self, NewUser};
use crate::users::{Failure, Fault, IdentityResult, UserType};

/// Contract schema `CreateUserCommand`. `id`, `legacyId` and `userLogins` are not looked at: ids are made here, or a new account
/// could take the place of another principal, and there are local accounts only.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Command {
    #[serde(default)]
    pub user_name: String,
    pub email: Option<String>,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub surname: String,
    #[serde(default)]
    pub display_name: String,
    #[serde(rename = "type")]
    #[schemars(with = "Option<String>")]
    pub kind: Option<UserType>,
    #[serde(default)]
    pub bypass_basic_auth_restriction: bool,
    pub invitation_accepted: Option<bool>,
    pub partition_global_id: Option<Uuid>,
    #[schemars(with = "Option<String>")]
    pub password: Option<Secret>,
    pub validate_password: Option<bool>,
    #[serde(default, rename = "groupIDs")]
    pub group_ids: Vec<Uuid>,
}

pub fn operation() -> Operation {
    Operation::identity(Method::POST, "/api/User", "User_CreateUser")
        .summary("Adds a user; fails when the user name or the e-mail address is taken.")
        .scope("PM.User.Write")
        .administrator()
        .takes::<Command>("CreateUserCommand")
        .answers_json::<IdentityResult>(200, "IdentityResult")
        .answers_json::<IdentityResult>(400, "IdentityResult")
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let command: Command = request.json()?;
    let organization = partition(&request, command.partition_global_id)?;
    check_length("groupIDs", &command.group_ids)?;
    super::check_groups(&request, &[&command.group_ids]).await?;
    let accounts = request.state::<Accounts>()?;
    let new = match prepare(&accounts, &request.ctx, organization, command).await {
        Ok(new) => new,
        Err(failure) => return identity_result::<()>(Err(failure)),
    };
    let ctx = request.ctx.clone();
    let created = request
        .store()
        .write(move |tx| service::create(&mut tx.organization(organization), &ctx, new.clone()));
    identity_result(created.await)
}

/// Checks what needs no transaction and hashes the password.
pub async fn prepare(accounts: &Accounts, ctx: &Ctx, organization: Uuid, command: Command) -> Result<NewUser, Failure> {
    if command.kind.is_some_and(|kind| kind != UserType::User) {
        return Err(Fault::new("InvalidType", "Only accounts of type user can be created here.").into());
    }
    let password = match command.password.filter(|password| !password.is_empty()) {
        Some(password) => {
            let validate = command.validate_password.unwrap_or(true);
            Some(accounts.prepare_password(ctx, organization, password, validate).await?)
        }
        None => None,
    };
    Ok(NewUser {
        user_name: command.user_name,
        email: command.email,
        name: command.name,
        surname: command.surname,
        display_name: command.display_name,
        bypass_basic_auth: command.bypass_basic_auth_restriction,
        invitation_accepted: command.invitation_accepted.unwrap_or(true),
        is_built_in: false,
        must_change_password: password.as_ref().is_some_and(|password| password.temporary),
        password: password.map(|password| password.phc),
        groups: command.group_ids,
    })
}
