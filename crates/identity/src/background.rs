//! Work that is due by itself.

use std::time::Duration;

use context::Error;
use web::App;

use crate::{Identity, oauth, personal_tokens};

/// Makes, activates, retires and deletes signing keys.
pub(crate) async fn rotate_keys(app: App) -> Result<Option<Duration>, Error> {
    app.state::<Identity>()?.rotate_keys().await?;
    Ok(None)
}

/// Removes grants, codes, denied tokens, assertions and personal access tokens whose time has passed.
pub(crate) async fn clean_up(app: App) -> Result<Option<Duration>, Error> {
    let now = app.clock().now();
    app.state::<Identity>()?.denied.prune(now);
    let more = app
        .store()
        .write(move |tx| {
            personal_tokens::service::prune(tx, now)?;
            oauth::grants::prune(tx, now)
        })
        .await?;
    Ok(more.then_some(Duration::from_secs(1)))
}

/// Tells the audit log of secrets that expired.
pub(crate) async fn secret_expiry(app: App) -> Result<Option<Duration>, Error> {
    let ctx = app.system();
    let now = ctx.now;
    let next = app
        .store()
        .write(move |tx| crate::clients::notice_expired(tx, &ctx))
        .await?;
    Ok(next.map(|at| Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO) + Duration::from_secs(1)))
}
