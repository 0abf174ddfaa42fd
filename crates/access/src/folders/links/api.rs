//! The operations every linked kind has for sharing, as handlers: each kind declares where they are and who may call them.

use context::Error;
use web::{Reply, Request, Response, reply};

use super::sharing::{self, Permits, Sharing};
use super::{Linked, accessible_folders};

/// `POST …ShareToFolders`: adds things to folders and takes them out of folders. Rights are checked per folder.
pub async fn share<T: Linked>(request: Request) -> Result<Response, Error> {
    let sharing: Sharing = request.json::<T::Body>()?.into();
    let permits = Permits::<T>::of(&request)?;
    let (tenant, ctx) = (request.tenant()?.id, request.ctx.clone());
    request
        .store()
        .write(move |tx| sharing::share(&mut tx.tenant(tenant), &ctx, &permits, &sharing))
        .await?;
    reply::no_content()
}

/// `GET …GetFoldersFor…(id={id})`: in which folders a thing is, as far as the caller may see, and in how many.
pub async fn folders_for<T: Linked>(request: Request) -> Result<Response, Error> {
    let query = request.odata(accessible_folders())?;
    let permits = Permits::<T>::of(&request)?;
    let (tenant, id) = (request.tenant()?.id, request.integer("id")?);
    let folders = request
        .store()
        .read(move |tx| sharing::folders_for(&mut tx.tenant(tenant), &permits, id))
        .await?;
    let context = request.context_url("UiPath.Server.Configuration.OData.AccessibleFoldersDto");
    Reply::ok().odata(&odata::envelope::entity(
        &context,
        query.project(accessible_folders(), folders),
    ))
}
