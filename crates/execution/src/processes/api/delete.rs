//! Deletes a process. `DELETE /odata/Releases({key})` and `DELETE /api/Releases/DeleteByKey?key=`

use context::Error;
use http::Method;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::asked;
use crate::processes::service::By;
use crate::processes::{Processes, service};

pub fn by_id() -> Operation {
    deleting("/odata/Releases({key})", "Releases_DeleteById")
        .summary(
            "Deletes a process that no jobs wait for and nothing rests on. Its finished jobs stay as long as it said.",
        )
        .handler(|request: Request| async move {
            let by = By::Id(request.integer("key")?);
            handle(request, by).await
        })
}

pub fn by_key() -> Operation {
    deleting("/api/Releases/DeleteByKey", "Releases_DeleteByKey")
        .summary("Deletes a process by its GUID.")
        .parameters(&["key"])
        .handler(|request: Request| async move {
            let key = request.parse("key")?;
            let by = By::Key(key.ok_or_else(|| Error::field("key", "key is required."))?);
            handle(request, by).await
        })
}

fn deleting(path: &'static str, id: &'static str) -> Operation {
    Operation::orchestrator(Method::DELETE, path, id)
        .scope("OR.Execution.Write")
        .permission("Processes.Delete")
        .folder(Folder::Optional)
        .answers(204, Shape::Nothing)
}

async fn handle(request: Request, by: By<'static>) -> Result<Response, Error> {
    let (tenant, ctx, asked) = (request.tenant()?.id, request.ctx.clone(), asked(&request));
    let processes = request.state::<Processes>()?;
    request
        .store()
        .write(move |tx| service::remove(&mut tx.tenant(tenant), &ctx, &processes, &asked, by))
        .await?;
    reply::no_content()
}
