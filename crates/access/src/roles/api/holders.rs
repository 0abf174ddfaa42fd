//! Who holds a role on the tenant. `POST /odata/Roles({key})/…SetUsers`, `GET /odata/Roles/…GetUserIdsForRole(key={key})`,
//! `…GetUsersForRole(key={key})`

use context::{Error, check_length};
use http::Method;
use odata::Query;
use serde::Deserialize;
use store::{Entity as _, Page, Scoped, Tenant, params};
use web::{Operation, Request, Response, Shape, reply};

use crate::Access;
use crate::roles::model::{Assignment, ON_TENANT};
use crate::roles::{assignments, service};
use crate::users::model::TenantUser;
use crate::users::service as users;

pub fn set() -> Operation {
    let path = "/odata/Roles({key})/UiPath.Server.Configuration.OData.SetUsers";
    Operation::orchestrator(Method::POST, path, "Roles_SetUsersById")
        .summary("Gives the role to some users and takes it from others.")
        .scope("OR.Users.Write")
        .permission("Roles.Edit and Users.View")
        .takes::<Changes>("SetUsersRequest")
        .answers(204, Shape::Nothing)
        .handler(change)
}

pub fn ids() -> Operation {
    let path = "/odata/Roles/UiPath.Server.Configuration.OData.GetUserIdsForRole(key={key})";
    Operation::orchestrator(Method::GET, path, "Roles_GetUserIdsForRoleByKey")
        .summary("Lists the ids of the users that hold the role on the tenant.")
        .scope("OR.Users.Read")
        .permission("Roles.View or Users.View")
        .answers(200, Shape::Media("application/json"))
        .handler(list_ids)
}

pub fn users() -> Operation {
    let path = "/odata/Roles/UiPath.Server.Configuration.OData.GetUsersForRole(key={key})";
    Operation::orchestrator(Method::GET, path, "Roles_GetUsersForRoleByKey")
        .summary("Lists all users; those that hold the role come first unless another order is asked for.")
        .scope("OR.Users.Read")
        .permission("Roles.View and Users.View")
        .queryable()
        .answers(200, Shape::Collection(TenantUser::model()))
        .handler(list_users)
}

/// `SetUsersRequest`
#[derive(Deserialize, schemars::JsonSchema, Default)]
#[serde(rename_all = "camelCase", default)]
struct Changes {
    added_user_ids: Vec<i64>,
    removed_user_ids: Vec<i64>,
}

async fn change(cx: Request) -> Result<Response, Error> {
    let changes: Changes = cx.json()?;
    check_length("addedUserIds", &changes.added_user_ids)?;
    check_length("removedUserIds", &changes.removed_user_ids)?;
    let (tenant, ctx, role) = (cx.tenant()?.id, cx.ctx.clone(), cx.integer("key")?);
    cx.store()
        .write(move |tx| {
            let mut scope = tx.tenant(tenant);
            let role = service::find(&mut scope, role)?;
            let added = users::find_all(&mut scope, &changes.added_user_ids)?;
            let removed = users::find_all(&mut scope, &changes.removed_user_ids)?;
            assignments::change_holders(&mut scope, &ctx, &role, &added, &removed)
        })
        .await?;
    reply::no_content()
}

async fn list_ids(cx: Request) -> Result<Response, Error> {
    let (tenant, role) = (cx.tenant()?.id, cx.integer("key")?);
    let holders = cx
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant);
            service::find(&mut scope, role)?;
            let condition = "role_id = ? and folder_id = ? order by user_id";
            Ok::<_, Error>(scope.find::<Assignment>(condition, params![role, ON_TENANT])?)
        })
        .await?;
    let ids: Vec<i64> = holders.iter().map(|holder| holder.user_id).collect();
    reply::value(&cx, "Collection(Edm.Int64)", serde_json::json!(ids))
}

async fn list_users(cx: Request) -> Result<Response, Error> {
    let query = cx.odata(TenantUser::model())?;
    let access = cx.state::<Access>()?;
    let (tenant, role, asked) = (cx.tenant()?.clone(), cx.integer("key")?, query.clone());
    let home = access.home(&tenant).await?;
    let page = cx
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant.id);
            service::find(&mut scope, role)?;
            let page = holders_first(&mut scope, &asked, role)?;
            let items = users::to_values(&mut scope, &home, page.items, asked.expands("OrganizationUnits"))?;
            Ok::<_, Error>(Page {
                items,
                count: page.count,
            })
        })
        .await?;
    reply::collection(&cx, "Users", TenantUser::model(), &query, page.items, page.count)
}

/// A page of the list that has the holders of the role in front of everybody else.
fn holders_first(scope: &mut Scoped<'_, Tenant>, query: &Query, role: i64) -> Result<Page<TenantUser>, Error> {
    if !query.order.is_empty() {
        return users::list(scope, query, "");
    }
    let holds = users::holds(role);
    let wanted = query.top.unwrap_or(1000);
    let mut front = users::list(
        scope,
        &Query {
            count: true,
            ..query.clone()
        },
        &holds,
    )?;
    let holders = front.count.unwrap_or_default();
    let rest = Query {
        skip: query.skip.saturating_sub(holders),
        top: Some(wanted.saturating_sub(front.items.len() as u64)),
        ..query.clone()
    };
    let others = users::list(scope, &rest, &format!("not {holds}"))?;
    front.items.extend(others.items);
    Ok(Page {
        items: front.items,
        count: others.count.map(|others| others + holders),
    })
}
