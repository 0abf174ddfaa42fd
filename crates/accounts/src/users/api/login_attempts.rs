//! Attempts to sign in as a user. `GET /api/User/{userId}/loginAttempts`

use context::Error;
use http::Method;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;
use web::{Operation, Reply, Request, Response};

use crate::rest::{Paged, Paging};
use crate::sign_in::attempts;
use crate::state::Accounts;
use crate::users::service;

/// Contract schema `UserLoginAttemptDto`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AttemptDto {
    id: i64,
    partition_name: String,
    user_id: Option<Uuid>,
    user_name_or_email_address: String,
    client_ip_address: Option<String>,
    client_name: Option<String>,
    browser_info: Option<String>,
    result: String,
    #[schemars(with = "String")]
    creation_time: Timestamp,
    partition_global_id: Uuid,
}

pub fn operation() -> Operation {
    Operation::identity(
        Method::GET,
        "/api/User/{userId}/loginAttempts",
        "UserLoginAttempt_GetLoginAttempts",
    )
    .summary("The attempts to sign in as this user, the latest first.")
    .scope("PM.UserLoginAttempt.Read")
    .administrator()
    .parameters(&["userSID", "since", "top", "skip", "sortBy", "sortOrder"])
    .answers_json::<Paged<AttemptDto>>(200, "UserLoginAttemptDtoPagedResultDto")
    .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let (organization, id) = (request.organization()?, request.guid("userId")?);
    let paging = Paging::of(&request)?;
    let since = request.parse::<Timestamp>("since")?;
    let ascending = paging.descending == Some(false);
    let partition = request.state::<Accounts>()?.require_organization(organization).await?;
    let found = request.store().read(move |tx| {
        let mut scope = tx.organization(organization);
        service::get(&mut scope, id)?;
        attempts::of_user(&mut scope, id, since, ascending, paging.top, paging.skip)
    });
    let (total_count, rows) = found.await?;
    let results = rows
        .into_iter()
        .map(|row| AttemptDto {
            id: row.id,
            partition_name: partition.name.to_string(),
            user_id: row.user_id,
            user_name_or_email_address: row.user_name_or_email,
            client_ip_address: row.client_address,
            client_name: None,
            browser_info: row.agent,
            result: row.result.to_string(),
            creation_time: row.created_at,
            partition_global_id: organization,
        })
        .collect();
    Reply::ok().json(&Paged { total_count, results })
}
