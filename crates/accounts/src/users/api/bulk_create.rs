//! Adds several users, all or none. `POST /api/User/BulkCreate`

use context::Error;
use http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use web::{Operation, Reply, Request, Response};

use super::create;
use crate::groups::{self, MemberKind};
use crate::rest::{check_length, identity_result, partition};
use crate::state::Accounts;
use crate::users::service::{self, NewUser};
use crate::users::{Failure, IdentityResult, UserDto};

/// Passwords take time to hash; one request asks for so many at most.
const MOST_USERS: usize = 100;

/// Contract schema `CreateUsersCommand`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Command {
    #[serde(default)]
    users: Vec<create::Command>,
    partition_global_id: Option<Uuid>,
    #[serde(default, rename = "groupIDs")]
    group_ids: Vec<Uuid>,
}

/// As the live service answers.
#[derive(Debug, Serialize, JsonSchema)]
struct Created {
    result: IdentityResult,
    users: Vec<UserDto>,
}

pub fn operation() -> Operation {
    Operation::identity(Method::POST, "/api/User/BulkCreate", "User_CreateUsers")
        .summary("Adds several users to the same groups, all or none.")
        .scope("PM.User.Write")
        .administrator()
        .takes::<Command>("CreateUsersCommand")
        .answers_json::<Created>(200, "CreateUsersResult")
        .answers_json::<IdentityResult>(400, "IdentityResult")
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let command: Command = request.json()?;
    let organization = partition(&request, command.partition_global_id)?;
    if command.users.len() > MOST_USERS {
        return Err(Error::field(
            "users",
            format!("At most {MOST_USERS} users can be created at a time."),
        ));
    }
    check_length("groupIDs", &command.group_ids)?;
    for user in &command.users {
        check_length("groupIDs", &user.group_ids)?;
    }
    let own: Vec<&[Uuid]> = command.users.iter().map(|user| user.group_ids.as_slice()).collect();
    super::check_groups(&request, &[own.as_slice(), &[&command.group_ids]].concat()).await?;
    let accounts = request.state::<Accounts>()?;
    let mut users: Vec<NewUser> = Vec::with_capacity(command.users.len());
    for mut user in command.users {
        partition(&request, user.partition_global_id)?;
        user.group_ids.extend_from_slice(&command.group_ids);
        user.group_ids.sort_unstable();
        user.group_ids.dedup();
        match create::prepare(&accounts, &request.ctx, organization, user).await {
            Ok(user) => users.push(user),
            Err(failure) => return identity_result::<()>(Err(failure)),
        }
    }
    let ctx = request.ctx.clone();
    let created = request.store().write(move |tx| {
        let mut scope = tx.organization(organization);
        users.iter().try_fold(Vec::new(), |mut created, new| {
            let user = service::create(&mut scope, &ctx, new.clone())?;
            let groups = groups::service::groups_of(&mut scope, MemberKind::User, user.id)?;
            created.push(UserDto::of(user, groups));
            Ok::<_, Failure>(created)
        })
    });
    match created.await {
        Ok(users) => Reply::ok().json(&Created {
            result: IdentityResult::success(),
            users,
        }),
        Err(failure) => identity_result::<()>(Err(failure)),
    }
}
