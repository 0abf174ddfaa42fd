//! One user. `GET /api/User/{userId}`

use context::Error;
use http::Method;
use web::{Operation, Reply, Request, Response};

use crate::groups::{self, MemberKind};
use crate::users::{UserDto, service};

pub fn operation() -> Operation {
    Operation::identity(Method::GET, "/api/User/{userId}", "User_GetUser")
        .summary("The user with this id.")
        .scope("PM.User.Read")
        .administrator()
        .answers_json::<UserDto>(200, "UserDto")
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let (organization, id) = (request.organization()?, request.guid("userId")?);
    let found = request.store().read(move |tx| {
        let mut scope = tx.organization(organization);
        let user = service::get(&mut scope, id)?;
        let groups = groups::service::groups_of(&mut scope, MemberKind::User, id)?;
        Ok::<_, Error>(UserDto::of(user, groups))
    });
    Reply::ok().json(&found.await?)
}
