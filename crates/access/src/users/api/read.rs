//! Users of the tenant. `GET /odata/Users`, `GET /odata/Users({key})`, `…GetByKey(identifier={identifier})`,
//! `…GetUserId(userKey={userKey})`, `…Validate(userIds=[{userIds}])`

use std::collections::BTreeSet;

use context::{Error, Reach};
use http::Method;
use odata::Literal;
use serde_json::{Map, Value};
use store::{Entity as _, Page, Scoped, Tenant, params};
use web::{Operation, Request, Response, Shape, reply};

use crate::Access;
use crate::folders::api::LIST_MEMBERS;
use crate::folders::model::{Folder, FolderMember};
use crate::permit::{Permit, requirement};
use crate::users::model::TenantUser;
use crate::users::service;

pub fn list() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/Users", "Users_Get")
        .summary("Lists the users of the tenant.")
        .scope("OR.Users.Read")
        .permission("Users.View")
        .queryable()
        .answers(200, Shape::Collection(TenantUser::model()))
        .handler(get_all)
}

pub fn by_id() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/Users({key})", "Users_GetById")
        .summary(
            "Gets a user: oneself, one whom a folder's list of users shows to the caller, or with Users.View anyone.",
        )
        .scope("OR.Users.Read")
        .queryable()
        .answers(200, Shape::Entity(TenantUser::model()))
        .handler(|cx: Request| async move {
            let id = cx.integer("key")?;
            let sight = Sight::of(&cx).await?;
            one(cx, 200, move |scope| {
                sight.check(scope, id)?;
                service::find(scope, id)
            })
            .await
        })
}

/// Whom the caller may look at.
enum Sight {
    Everyone,
    Some {
        own: Option<i64>,
        /// Folders whose users the caller may list, with their ancestors, whose users are listed along.
        folders: BTreeSet<i64>,
    },
}

impl Sight {
    async fn of(cx: &Request) -> Result<Self, Error> {
        if cx.rights.allow(&requirement("Users.View")?, None) {
            return Ok(Self::Everyone);
        }
        let (access, tenant) = (cx.state::<Access>()?, cx.tenant()?);
        let tree = access.tree(tenant.id).await?;
        let folders = match Permit::requiring(cx, LIST_MEMBERS)?.reach() {
            Reach::All => tree.in_order().into_iter().map(|folder| folder.id).collect(),
            Reach::Only(folders) => {
                let shown = folders.into_iter().filter_map(|folder| tree.get(folder));
                shown.flat_map(Folder::ids).collect()
            }
        };
        let own = access.user_id(&cx.ctx.caller, tenant).await?;
        Ok(Self::Some { own, folders })
    }

    fn check(&self, scope: &mut Scoped<'_, Tenant>, id: i64) -> Result<(), Error> {
        let Self::Some { own, folders } = self else {
            return Ok(());
        };
        if *own == Some(id) {
            return Ok(());
        }
        let memberships = scope.find::<FolderMember>("user_id = ?", params![id])?;
        if memberships.iter().any(|member| folders.contains(&member.folder_id)) {
            return Ok(());
        }
        Err(Error::forbidden())
    }
}

pub fn by_key() -> Operation {
    let path = "/odata/Users/UiPath.Server.Configuration.OData.GetByKey(identifier={identifier})";
    Operation::orchestrator(Method::GET, path, "Users_GetByKey")
        .summary("Gets a user by its GUID.")
        .scope("OR.Users.Read")
        .permission("Users.View")
        .queryable()
        .answers(200, Shape::Entity(TenantUser::model()))
        .handler(|cx: Request| async move {
            let key = cx.guid("identifier")?;
            one(cx, 200, move |scope| service::by_key(scope, key)).await
        })
}

pub fn id_of_key() -> Operation {
    let path = "/odata/Users/UiPath.Server.Configuration.OData.GetUserId(userKey={userKey})";
    Operation::orchestrator(Method::GET, path, "Users_GetUserId")
        .summary("The numeric id of the user with a GUID.")
        .scope("OR.Users.Read")
        .permission("Users.View")
        .answers(200, Shape::Media("application/json"))
        .handler(get_id)
}

pub fn validate() -> Operation {
    let path = "/odata/Users/UiPath.Server.Configuration.OData.Validate(userIds=[{userIds}])";
    Operation::orchestrator(Method::GET, path, "Users_ValidateByUserids")
        .summary("Tells of each user whether one of its robots is busy.")
        .scope("OR.Users.Read")
        .permission("Users.View")
        .answers(200, Shape::Media("application/json"))
        .handler(get_busy)
}

async fn get_all(cx: Request) -> Result<Response, Error> {
    let query = cx.odata(TenantUser::model())?;
    let (tenant, asked) = (cx.tenant()?.clone(), query.clone());
    let home = cx.state::<Access>()?.home(&tenant).await?;
    let page = cx
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant.id);
            let page = service::list(&mut scope, &asked, "")?;
            let items = service::to_values(&mut scope, &home, page.items, asked.expands("OrganizationUnits"))?;
            Ok::<_, Error>(Page {
                items,
                count: page.count,
            })
        })
        .await?;
    reply::collection(&cx, "Users", TenantUser::model(), &query, page.items, page.count)
}

/// Answers with the user that `find` finds. Roles and folders are always told, since clients write them back.
pub(super) async fn one<F>(cx: Request, status: u16, find: F) -> Result<Response, Error>
where
    F: FnOnce(&mut Scoped<'_, Tenant>) -> Result<TenantUser, Error> + Send + 'static,
{
    let query = cx.odata(TenantUser::model())?;
    let tenant = cx.tenant()?.clone();
    let home = cx.state::<Access>()?.home(&tenant).await?;
    let value = cx
        .store()
        .read(move |tx| {
            let mut scope = tx.tenant(tenant.id);
            let user = find(&mut scope)?;
            service::to_values(&mut scope, &home, vec![user], true)
        })
        .await?
        .pop()
        .unwrap_or(Value::Null);
    answer(&cx, status, Some(query), value)
}

/// The wire form of one user.
pub(super) fn answer(cx: &Request, status: u16, query: Option<odata::Query>, value: Value) -> Result<Response, Error> {
    let mut query = query.unwrap_or_else(|| odata::Query::new(TenantUser::model()));
    if query.selection.select.is_none() && query.selection.expand.is_empty() {
        query.selection.expand = TenantUser::model()
            .navigations
            .iter()
            .map(|navigation| odata::Expansion {
                navigation: odata::Reference(navigation),
                selection: odata::Selection::default(),
            })
            .collect();
    }
    reply::entity(cx, status, "Users", TenantUser::model(), Some(&query), value)
}

async fn get_id(cx: Request) -> Result<Response, Error> {
    let (tenant, key) = (cx.tenant()?.id, cx.guid("userKey")?);
    let user = cx
        .store()
        .read(move |tx| service::by_key(&mut tx.tenant(tenant), key))
        .await?;
    reply::value(&cx, "Edm.Int64", Value::from(user.id))
}

async fn get_busy(cx: Request) -> Result<Response, Error> {
    let ids: Vec<i64> = cx
        .argument("userIds")
        .map(Literal::as_list)
        .unwrap_or_default()
        .iter()
        .filter_map(Literal::as_i64)
        .collect();
    let tenant = cx.tenant()?.id;
    let users = cx
        .store()
        .read(move |tx| service::find_all(&mut tx.tenant(tenant), &ids))
        .await?;
    // There are no robots that could be busy.
    let answers: Map<String, Value> = users
        .iter()
        .map(|user| (user.id.to_string(), Value::Bool(false)))
        .collect();
    reply::value(&cx, "Edm.Untyped", Value::Object(answers))
}
