//! A page of the audit log. `GET /api/AuditQuery/{partitionGlobalId}`

use context::Error;
use http::Method;
use web::{Operation, Reply, Request, Response};

use super::RecordDto;
use crate::audit::service::{self, Search};
use crate::rest::{Paged, Paging, partition};

pub fn operation() -> Operation {
    Operation::identity(
        Method::GET,
        "/api/AuditQuery/{partitionGlobalId}",
        "AuditQuery_GetAuditEvents",
    )
    .summary("What happened in the organization, the latest first.")
    .scope("PM.Audit.Read")
    .administrator()
    .parameters(&["language", "top", "skip", "sortBy", "sortOrder"])
    .answers_json::<Paged<RecordDto>>(200, "AuditQueryRecordDtoPagedResult")
    .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let organization = partition(&request, Some(request.guid("partitionGlobalId")?))?;
    let paging = Paging::of(&request)?;
    let search = Search {
        sort_by: paging.sort_by,
        ascending: paging.descending == Some(false),
        top: paging.top,
        skip: paging.skip,
        ..Search::default()
    };
    let found = request
        .store()
        .read(move |tx| service::search(&mut tx.organization(organization), &search));
    let (total_count, records) = found.await?;
    Reply::ok().json(&Paged {
        total_count,
        results: records.into_iter().map(RecordDto::from).collect(),
    })
}
