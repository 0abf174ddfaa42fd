//! Runs the reconcilers: each in a task of its own, one node at a time by lease.

use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use web::{App, Reconciler};

/// Pause after a look that failed.
const AFTER_FAILURE: Duration = Duration::from_secs(10);
/// A lease outlives the longest pause by this much, so that a slow look is not overtaken.
const LEASE_MARGIN: Duration = Duration::from_secs(60);

/// Starts all reconcilers; they end with the runtime.
pub fn start(app: &App) {
    for reconciler in app.reconcilers() {
        tokio::spawn(run(app.clone(), reconciler.clone()));
    }
}

async fn run(app: App, reconciler: Reconciler) {
    let mut changes = app.store().changes();
    loop {
        let pause = look(&app, &reconciler).await;
        let deadline = tokio::time::sleep(pause);
        tokio::pin!(deadline);
        loop {
            tokio::select! {
                () = &mut deadline => break,
                change = changes.recv() => match change {
                    Ok(change) if reconciler.wakes_on.iter().any(|topic| change.concerns(topic)) => break,
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => return,
                },
            }
        }
    }
}

/// One look, if this node holds the lease. The answer is the pause until the next one.
async fn look(app: &App, reconciler: &Reconciler) -> Duration {
    let now = app.clock().now();
    match app
        .store()
        .lease(reconciler.name, reconciler.every + LEASE_MARGIN, now)
        .await
    {
        Ok(Some(_)) => {}
        Ok(None) => return reconciler.every,
        Err(error) => {
            tracing::warn!(reconciler = reconciler.name, %error, "could not claim the lease");
            return AFTER_FAILURE;
        }
    }
    match (reconciler.run)(app.clone()).await {
        Ok(wish) => wish.map_or(reconciler.every, |wish| wish.min(reconciler.every)),
        Err(error) => {
            tracing::warn!(reconciler = reconciler.name, %error, "background work failed and is tried again");
            AFTER_FAILURE
        }
    }
}
