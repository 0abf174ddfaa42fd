//! The caller's organization and its tenants. `GET /portal_/api/filtering/leftnav/tenantsAndOrganizationInfo`

use context::Error;
use http::Method;
use serde::Serialize;
use web::{Operation, Reply, Request, Response};

use crate::Access;

pub fn operation() -> Operation {
    Operation::portal(
        Method::GET,
        "/api/filtering/leftnav/tenantsAndOrganizationInfo",
        "Portal_TenantsAndOrganizationInfo",
    )
    .summary("Names the caller's organization and the active tenants in it.")
    .answers_json::<Info>(200, "TenantsAndOrganizationInfo")
    .handler(handle)
}

#[derive(Serialize, schemars::JsonSchema)]
struct Info {
    organization: Named,
    tenants: Vec<Named>,
}

#[derive(Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Named {
    id: String,
    /// As it stands in addresses.
    name: String,
    display_name: String,
}

async fn handle(cx: Request) -> Result<Response, Error> {
    let access = cx.state::<Access>()?;
    let organization = access.accounts.require_organization(cx.organization()?).await?;
    let tenants = access.tenants(organization.id).await?;
    let tenants = tenants.iter().filter(|tenant| tenant.active).map(|tenant| Named {
        id: tenant.key.to_string(),
        name: tenant.name.clone(),
        display_name: tenant.display_name.clone(),
    });
    let info = Info {
        organization: Named {
            id: organization.id.to_string(),
            name: organization.url_name.to_string(),
            display_name: organization.name.to_string(),
        },
        tenants: tenants.collect(),
    };
    Reply::ok().json(&info)
}
