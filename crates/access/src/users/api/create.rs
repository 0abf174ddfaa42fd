//! Takes an account of the directory into the tenant. `POST /odata/Users`

use context::Error;
use http::Method;
use serde::Deserialize;
use store::Entity as _;
use web::{Operation, Request, Response, Shape};

use super::read::answer;
use crate::Access;
use crate::directory;
use crate::folders::api::read_name;
use crate::sealing::Sealer;
use crate::users::model::{TenantUser, UserType};
use crate::users::robots::{self, input::RobotsInput};
use crate::users::service::{self, Switches};

pub fn operation() -> Operation {
    Operation::orchestrator(Method::POST, "/odata/Users", "Users_Post")
        .summary("Takes an account, group or application of the directory into the tenant.")
        .scope("OR.Users.Write")
        .permission("Users.Create")
        .takes_entity(TenantUser::model())
        .answers(201, Shape::Entity(TenantUser::model()))
        .handler(handle)
}

/// `UserDto`, as far as a client names the account and its roles.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Body {
    user_name: Option<String>,
    directory_identifier: Option<String>,
    #[serde(rename = "Type")]
    kind: Option<String>,
    roles_list: Option<Vec<String>>,
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let (body, mut switches): (Body, Switches) = (cx.json()?, cx.json()?);
    let robots = cx.json::<RobotsInput>()?.check()?;
    if robots.unattended.is_some() {
        switches.may_have_unattended_session.get_or_insert(true);
    }
    let sealer = Sealer::of(&cx).await?;
    let name = read_name(
        body.directory_identifier.as_deref(),
        body.user_name,
        body.kind.as_deref(),
    )?;
    let needs_identifier = matches!(
        name.kind,
        Some(UserType::DirectoryRobot | UserType::DirectoryExternalApplication)
    );
    if needs_identifier && name.identifier.is_none() {
        return Err(Error::field(
            "DirectoryIdentifier",
            "The directory identifier is required for this kind of account.",
        ));
    }
    let access = cx.state::<Access>()?;
    let (tenant, ctx, roles) = (cx.tenant()?.clone(), cx.ctx.clone(), body.roles_list);
    let home = access.home(&tenant).await?;
    let value = cx
        .store()
        .write(move |tx| {
            let principal = directory::resolve(tx, tenant.organization, &name)?;
            let mut scope = tx.tenant(tenant.id);
            if service::known(&mut scope, principal.key)?.is_some_and(|user| !user.only_inherited) {
                return Err(service::is_known(&principal.user_name));
            }
            let user = service::import(&mut scope, &ctx, &principal)?;
            let user = service::edit(&mut scope, &ctx, user.id, &switches, roles.as_deref())?;
            robots::service::put(&mut scope, &ctx, &sealer, &user, &robots)?;
            service::to_values(&mut scope, &home, vec![user], true)
        })
        .await?
        .pop()
        .unwrap_or_default();
    answer(&cx, 201, None, value)
}
