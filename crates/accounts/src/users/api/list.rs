//! A page of users. `GET /api/User/users/{partitionGlobalId}`

use context::Error;
use http::Method;
use web::{Operation, Reply, Request, Response};

use crate::rest::{Paged, Paging, partition};
use crate::users::UserDto;
use crate::users::service::{self, Listing};

pub fn operation() -> Operation {
    Operation::identity(Method::GET, "/api/User/users/{partitionGlobalId}", "User_GetUsers")
        .summary("The users of the organization, page by page.")
        .scope("PM.User.Read")
        .administrator()
        .parameters(&["searchTerm", "top", "skip", "sortBy", "sortOrder"])
        .answers_json::<Paged<UserDto>>(200, "UserDtoPagedResultDto")
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let organization = partition(&request, Some(request.guid("partitionGlobalId")?))?;
    let paging = Paging::of(&request)?;
    let listing = Listing {
        search: request.parameter("searchTerm").map(str::to_owned),
        group: None,
        sort_by: paging.sort_by,
        descending: paging.descending.unwrap_or(false),
        top: paging.top,
        skip: paging.skip,
    };
    let found = request.store().read(move |tx| {
        let mut scope = tx.organization(organization);
        let (total_count, users) = service::list(&mut scope, &listing)?;
        let groups = service::groups_of_all(&mut scope, &users)?;
        let results = users
            .into_iter()
            .zip(groups)
            .map(|(user, groups)| UserDto::of(user, groups))
            .collect();
        Ok::<_, Error>(Paged { total_count, results })
    });
    Reply::ok().json(&found.await?)
}
