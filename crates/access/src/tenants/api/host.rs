//! Tenants of the installation, for system administrators. `GET /odata/Tenants`, `GET /odata/Tenants({key})`

use accounts::organizations;
use context::Error;
use http::Method;
use serde_json::{Value, json};
use store::{Entity as _, Tx};
use uuid::Uuid;
use web::{Access as AccessRule, Operation, Request, Response, Shape, reply};

use crate::rows;
use crate::tenants::model::Tenant;
use crate::tenants::service;

pub fn list() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/Tenants", "Tenants_Get")
        .summary("Lists the tenants of all organizations. Host only.")
        .access(AccessRule::HostOnly)
        .scope("OR.Administration.Read")
        .parameters(&["skipLastLoginTime"])
        .queryable()
        .answers(200, Shape::Collection(Tenant::model()))
        .handler(get_all)
}

pub fn by_id() -> Operation {
    Operation::orchestrator(Method::GET, "/odata/Tenants({key})", "Tenants_GetById")
        .summary("Gets a tenant. Host only.")
        .access(AccessRule::HostOnly)
        .scope("OR.Administration.Read")
        .queryable()
        .answers(200, Shape::Entity(Tenant::model()))
        .handler(get_one)
}

async fn get_all(cx: Request) -> Result<Response, Error> {
    let query = cx.odata(Tenant::model())?;
    let without_visits = cx.parse::<bool>("skipLastLoginTime")?.unwrap_or(false);
    let mut values = cx.store().read(everywhere).await?;
    if without_visits {
        for value in &mut values {
            value["LastLoginTime"] = Value::Null;
        }
    }
    let page = rows::page(values, &query)?;
    reply::collection(&cx, "Tenants", Tenant::model(), &query, page.items, page.count)
}

async fn get_one(cx: Request) -> Result<Response, Error> {
    let query = cx.odata(Tenant::model())?;
    let id = cx.integer("key")?;
    let values = cx.store().read(everywhere).await?;
    let found = values.into_iter().find(|value| value["Id"] == json!(id));
    let value = found.ok_or_else(|| Error::not_found("Tenant", id))?;
    reply::entity(&cx, 200, "Tenants", Tenant::model(), Some(&query), value)
}

/// `TenantDto` rows of all tenants.
fn everywhere(tx: &mut Tx) -> Result<Vec<Value>, Error> {
    let found = service::everywhere(tx)?;
    found
        .into_iter()
        .map(|(organization, tenant)| to_value(tx, organization, &tenant))
        .collect()
}

fn to_value(tx: &mut Tx, organization: Uuid, tenant: &Tenant) -> Result<Value, Error> {
    let organization = organizations::service::get(tx, organization)?;
    let mut value = rows::published(tenant);
    value["OrganizationName"] = json!(organization.map(|organization| organization.name));
    for absent in [
        "AdminEmailAddress",
        "AdminName",
        "AdminSurname",
        "AdminUserKey",
        "AdminPassword",
        "License",
    ] {
        value[absent] = Value::Null;
    }
    Ok(value)
}
