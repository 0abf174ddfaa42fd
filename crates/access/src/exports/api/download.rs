//! The file of an export. `GET /api/Exports/{key}/Download`

use std::io;
use std::time::Duration;

use context::Error;
use http::Method;
use tokio::sync::mpsc;
use web::reply::attachment;
use web::{Operation, Reply, Request, Response, Shape};

use crate::exports::model::Export;
use crate::exports::service;
use crate::sealing::Sealer;

/// Parts that are read ahead of the client.
const AHEAD: usize = 1;
/// How long a client may take for a part before it is given up.
const PATIENCE: Duration = Duration::from_secs(120);

pub fn operation() -> Operation {
    Operation::orchestrator(Method::GET, "/api/Exports/{key}/Download", "Exports_Download")
        .summary("The file of a completed export.")
        .answers(200, Shape::Media("text/csv"))
        .handler(send)
}

/// Answers with the file part by part; no more than a few are in memory at a time.
pub async fn send(cx: Request) -> Result<Response, Error> {
    let (tenant, id, ctx) = (cx.tenant()?.id, cx.integer("key")?, cx.ctx.clone());
    let export = cx
        .store()
        .read(move |tx| service::completed(&mut tx.tenant(tenant), &ctx, id))
        .await?;
    let reply = Reply::ok().header("content-disposition", &attachment(&export.name));
    let (sender, parts) = mpsc::channel(AHEAD);
    let sealer = Sealer::of(&cx).await?;
    let length = u64::try_from(export.size.unwrap_or(0)).unwrap_or(0);
    tokio::spawn(read(cx.store().clone(), (tenant, sealer), export, sender));
    reply.parts("text/csv; charset=utf-8", length, parts)
}

async fn read(
    store: store::Store,
    (tenant, sealer): (i64, Sealer),
    export: Export,
    sender: mpsc::Sender<io::Result<Vec<u8>>>,
) {
    for number in 0..export.parts {
        let (id, sealer) = (export.id, sealer.clone());
        let found = store
            .read(move |tx| service::part(&mut tx.tenant(tenant), &sealer, id, number))
            .await;
        let part = match found {
            Ok(Some(part)) => Ok(part),
            // Its time was over meanwhile. The client sees that the file ends early.
            Ok(None) => Err(io::Error::other("the export is gone")),
            Err(error) => Err(io::Error::other(error.to_string())),
        };
        let is_last = part.is_err();
        let sent = tokio::time::timeout(PATIENCE, sender.send(part)).await;
        if is_last || !matches!(sent, Ok(Ok(()))) {
            return;
        }
    }
}
