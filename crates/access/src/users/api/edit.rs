//! Changes a user. `PUT /odata/Users({key})`, `PATCH /odata/Users({key})`, `POST …ChangeUserCulture`, `…ChangeCulture`

use context::{Error, codes};
use http::Method;
use serde::Deserialize;
use store::Entity as _;
use web::{Operation, Reply, Request, Response, Shape};

use super::read::answer;
use crate::Access;
use crate::permit::requirement;
use crate::sealing::Sealer;
use crate::users::model::TenantUser;
use crate::users::robots::{self, input::RobotsInput};
use crate::users::service::{self, Switches};

pub fn put() -> Operation {
    Operation::orchestrator(Method::PUT, "/odata/Users({key})", "Users_PutById")
        .summary("Replaces the switches of a user, and its roles on the tenant where they are named.")
        .scope("OR.Users.Write")
        .permission("Users.Edit or Robots.Create or Robots.Edit or Robots.Delete")
        .takes_entity(TenantUser::model())
        .answers(200, Shape::Entity(TenantUser::model()))
        .handler(replace)
}

pub fn patch() -> Operation {
    Operation::orchestrator(Method::PATCH, "/odata/Users({key})", "Users_PatchById")
        .summary("Changes switches of a user. Without Users.Edit a user can patch itself only, and no switch.")
        .scope("OR.Users.Write")
        .takes_entity(TenantUser::model())
        .answers(200, Shape::Nothing)
        .handler(change)
}

pub fn culture_of_user() -> Operation {
    let path = "/odata/Users({key})/UiPath.Server.Configuration.OData.ChangeUserCulture";
    Operation::orchestrator(Method::POST, path, "Users_ChangeUserCultureById")
        .summary("Sets the language of a user.")
        .scope("OR.Users.Write")
        .permission("Users.Edit")
        .takes::<Culture>("UserChangeCultureRequest")
        .answers(200, Shape::Nothing)
        .handler(|cx: Request| async move {
            let id = cx.integer("key")?;
            change_culture(cx, id).await
        })
}

pub fn own_culture() -> Operation {
    let path = "/odata/Users/UiPath.Server.Configuration.OData.ChangeCulture";
    Operation::orchestrator(Method::POST, path, "Users_ChangeCulture")
        .summary("Sets the language of the caller.")
        .scope("OR.Users.Write")
        .takes::<Culture>("UserChangeCultureRequest")
        .answers(200, Shape::Nothing)
        .handler(|cx: Request| async move {
            let id = cx.state::<Access>()?.user_id(&cx.ctx.caller, cx.tenant()?).await?;
            change_culture(cx, id.ok_or_else(Error::forbidden)?).await
        })
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Roles {
    roles_list: Option<Vec<String>>,
}

async fn replace(cx: Request) -> Result<Response, Error> {
    let (mut switches, roles): (Switches, Roles) = (cx.json()?, cx.json()?);
    let robots = cx.json::<RobotsInput>()?.check()?;
    let sealer = Sealer::of(&cx).await?;
    let (tenant, ctx, id) = (cx.tenant()?.clone(), cx.ctx.clone(), cx.integer("key")?);
    let may_edit = cx.rights.allow(&requirement("Users.Edit")?, None);
    if !may_edit {
        // Robot permissions open robot settings only.
        switches = Switches {
            may_have_unattended_session: switches.may_have_unattended_session,
            ..Switches::default()
        };
    }
    if robots.unattended.is_some() {
        switches.may_have_unattended_session.get_or_insert(true);
    }
    let roles = roles.roles_list.filter(|_| may_edit);
    let home = cx.state::<Access>()?.home(&tenant).await?;
    let value = cx
        .store()
        .write(move |tx| {
            let mut scope = tx.tenant(tenant.id);
            let user = service::edit(&mut scope, &ctx, id, &switches, roles.as_deref())?;
            robots::service::put(&mut scope, &ctx, &sealer, &user, &robots)?;
            service::to_values(&mut scope, &home, vec![user], true)
        })
        .await?
        .pop()
        .unwrap_or_default();
    answer(&cx, 200, None, value)
}

async fn change(cx: Request) -> Result<Response, Error> {
    let mut switches: Switches = cx.json()?;
    let mut robots = cx.json::<RobotsInput>()?.check()?;
    let sealer = Sealer::of(&cx).await?;
    let (tenant, ctx, id) = (cx.tenant()?.clone(), cx.ctx.clone(), cx.integer("key")?);
    let may_edit = cx.rights.allow(&requirement("Users.Edit")?, None);
    if !may_edit {
        if cx.state::<Access>()?.user_id(&ctx.caller, &tenant).await? != Some(id) {
            return Err(Error::forbidden());
        }
        switches = Switches::default();
        robots = robots.own();
        let owner = tenant.id;
        let has_robot = move |tx: &mut store::Tx| robots::of_users(&mut tx.tenant(owner), &[id]);
        if robots.unattended.is_some() && cx.store().read(has_robot).await?.is_empty() {
            return Err(Error::invalid(
                codes::USER_DOES_NOT_HAVE_ROBOT,
                "The user has no robot.",
            ));
        }
    }
    if robots.unattended.is_some() && switches.may_have_unattended_session.is_none() && may_edit {
        switches.may_have_unattended_session = Some(true);
    }
    cx.store()
        .write(move |tx| {
            let scope = &mut tx.tenant(tenant.id);
            let user = service::edit(scope, &ctx, id, &switches, None)?;
            robots::service::put(scope, &ctx, &sealer, &user, &robots)
        })
        .await?;
    Reply::ok().empty()
}

/// `UserChangeCultureRequest`
#[derive(Deserialize, schemars::JsonSchema)]
struct Culture {
    culture: String,
}

async fn change_culture(cx: Request, id: i64) -> Result<Response, Error> {
    let body: Culture = cx.json()?;
    let (tenant, ctx) = (cx.tenant()?.id, cx.ctx.clone());
    cx.store()
        .write(move |tx| service::change_culture(&mut tx.tenant(tenant), &ctx, id, &body.culture))
        .await?;
    Reply::ok().empty()
}
