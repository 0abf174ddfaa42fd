//! Replaces what an asset says. `PUT /odata/Assets({key})`

use context::Error;
use http::Method;
use store::Entity as _;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::SET;
use crate::assets::input::AssetInput;
use crate::assets::model::Asset;
use crate::assets::sealing::Sealer;
use crate::assets::{read, service};

/// The contract answers 200 without a shape; the asset is sent because some clients parse a body after every call.
pub fn operation() -> Operation {
    Operation::orchestrator(Method::PUT, "/odata/Assets({key})", "Assets_PutById")
        .summary("Replaces an asset. A password or secret that is left out stays what it was.")
        .scope("OR.Assets.Write")
        .permission("Assets.Edit")
        .folder(Folder::Required)
        .queryable()
        .takes_entity(Asset::model())
        .answers(200, Shape::Entity(Asset::model()))
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let query = request.odata(Asset::model())?;
    let input: AssetInput = request.json()?;
    let (tenant, folder, id) = (request.tenant()?.id, request.folder()?.id, request.integer("key")?);
    let sealer = Sealer::of(&request).await?;
    let (ctx, options) = (request.ctx.clone(), query.clone());
    let asset = request
        .store()
        .write(move |tx| {
            let mut scope = tx.tenant(tenant);
            service::replace(&mut scope, &ctx, &sealer, folder, id, &input)?;
            read::by_id(&mut scope, folder, id, &options)
        })
        .await?;
    reply::entity(&request, 200, SET, Asset::model(), Some(&query), asset)
}
