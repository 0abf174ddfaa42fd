//! Makes an asset in a folder. `POST /odata/Assets`

use context::Error;
use http::Method;
use store::Entity as _;
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::SET;
use crate::assets::input::AssetInput;
use crate::assets::model::Asset;
use crate::assets::sealing::Sealer;
use crate::assets::{read, service};

pub fn operation() -> Operation {
    Operation::orchestrator(Method::POST, "/odata/Assets", "Assets_Post")
        .summary("Makes an asset in a folder.")
        .scope("OR.Assets.Write")
        .permission("Assets.Create")
        .folder(Folder::Required)
        .queryable()
        .takes_entity(Asset::model())
        .answers(201, Shape::Entity(Asset::model()))
        .handler(handle)
}

async fn handle(request: Request) -> Result<Response, Error> {
    let query = request.odata(Asset::model())?;
    let input: AssetInput = request.json()?;
    let (tenant, folder) = (request.tenant()?.id, request.folder()?.id);
    let sealer = Sealer::of(&request).await?;
    let (ctx, options) = (request.ctx.clone(), query.clone());
    let asset = request
        .store()
        .write(move |tx| {
            let mut scope = tx.tenant(tenant);
            let id = service::create(&mut scope, &ctx, &sealer, folder, &input)?;
            read::by_id(&mut scope, folder, id, &options)
        })
        .await?;
    reply::entity(&request, 201, SET, Asset::model(), Some(&query), asset)
}
