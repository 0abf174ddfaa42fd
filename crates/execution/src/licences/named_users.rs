//! People who attend robots. `GET /odata/LicensesNamedUser/…GetLicensesNamedUser(robotType='{robotType}')`

use access::users::model::TenantUser;
use access::users::robots::UserRobot;
use context::Error;
use http::Method;
use odata::{EntityType, Enumeration as _, Kind, Property, Source};
use serde_json::{Value, json};
use store::{Scoped, Tenant, params};
use web::{Operation, Request, Response, Shape, reply};

use super::runtimes::read_type;
use crate::machines::model::RuntimeType;

/// `LicenseNamedUserDto`. Its rows are made in memory, so the columns exist in name only.
fn model() -> &'static EntityType {
    static MODEL: EntityType = EntityType {
        name: "LicenseNamedUserDto",
        key: Some("Key"),
        properties: &[
            Property::new("Key", Kind::String, Source::Column("key")),
            Property::new("UserName", Kind::String, Source::Column("user_name")),
            Property::new("LastLoginDate", Kind::DateTime, Source::Column("last_login_at")),
            Property::new("MachinesCount", Kind::Int32, Source::Column("machines")),
            Property::new("IsLicensed", Kind::Boolean, Source::Column("licensed")),
            Property::new("IsExternalLicensed", Kind::Boolean, Source::Column("external_licensed")),
            Property::new("ActiveRobotId", Kind::Int64, Source::Column("robot_id")),
            Property::computed("MachineNames", Kind::Collection(&Kind::String)),
            Property::computed("ActiveMachineNames", Kind::Collection(&Kind::String)),
        ],
        navigations: &[],
    };
    &MODEL
}

pub fn list() -> Operation {
    let path =
        "/odata/LicensesNamedUser/UiPath.Server.Configuration.OData.GetLicensesNamedUser(robotType='{robotType}')";
    Operation::orchestrator(Method::GET, path, "LicensesNamedUser_GetLicensesNamedUserByRobottype")
        .summary("Lists the people who have an attended robot of a type.")
        .scope("OR.License.Read")
        .permission("License.View")
        .queryable()
        .answers(200, Shape::Collection(model()))
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let query = request.odata(model())?;
    let kind = read_type(&request.text("robotType")?)?;
    let tenant = request.tenant()?.id;
    let rows = request
        .store()
        .read(move |tx| rows(&mut tx.tenant(tenant), kind))
        .await?;
    let page = access::rows::page(rows, &query)?;
    reply::collection(&request, "LicensesNamedUser", model(), &query, page.items, page.count)
}

fn rows(scope: &mut Scoped<'_, Tenant>, kind: RuntimeType) -> Result<Vec<Value>, Error> {
    let condition = "attended = ? and robot_type = ? order by id";
    let robots = scope.find::<UserRobot>(condition, params![true, kind.name()])?;
    let ids: Vec<i64> = robots.iter().map(|robot| robot.user_id).collect();
    let users = scope.get_many::<TenantUser>(&ids)?;
    let row = |user: &TenantUser| {
        json!({
            "Key": user.key.to_string(), "UserName": user.user_name,
            "LastLoginDate": user.last_login_at.map(|at| at.to_string()), "MachinesCount": 0, "IsLicensed": true,
            "IsExternalLicensed": false, "ActiveRobotId": null, "MachineNames": [], "ActiveMachineNames": [],
        })
    };
    Ok(users
        .iter()
        .filter(|user| user.is_active && user.robot_session)
        .map(row)
        .collect())
}
