//! The first key, and the application for automated set-up.

use std::sync::Arc;

use accounts::{Accounts, FIRST_ORGANIZATION, FirstStart};
use context::Error;
use uuid::Uuid;
use web::App;

use crate::Identity;
use crate::clients::service;
use crate::clients::{Changes, Creation, ScopeRef};
use crate::scopes::{DEFAULT, Kind, catalogue};

/// Longest secret that the token endpoint takes, in characters.
const LONGEST_SECRET: usize = 100;
const SHORTEST_SECRET: usize = 16;

/// Does nothing where its work is done already.
pub(crate) async fn run(app: App) -> Result<(), Error> {
    let identity = app.state::<Identity>()?;
    identity.denied.load(app.store(), None).await?;
    identity.load_keys().await?;
    if !identity.rings.is_ready() {
        // An RSA key takes its time; requests that need it wait, the start does not.
        tokio::spawn(make_first_key(identity.clone()));
    }
    bootstrap(&app, &identity).await
}

async fn make_first_key(identity: Arc<Identity>) {
    if let Err(error) = identity.rotate_keys().await {
        tracing::error!(%error, "the first signing key could not be made");
    }
}

/// Registers the application that the operator named, with every application scope, once.
async fn bootstrap(app: &App, identity: &Identity) -> Result<(), Error> {
    let first_start = app.state::<FirstStart>()?;
    let Some((id, secret)) = first_start.bootstrap_client.clone() else {
        return Ok(());
    };
    let id: Uuid = id.trim().parse().map_err(|_| {
        Error::field(
            "ORCHESTRION_BOOTSTRAP_CLIENT_ID",
            "The bootstrap client id must be a GUID.",
        )
    })?;
    let length = secret.expose_str().map_or(0, |text| text.chars().count());
    if !(SHORTEST_SECRET..=LONGEST_SECRET).contains(&length) {
        let message =
            format!("The bootstrap client secret must have {SHORTEST_SECRET} to {LONGEST_SECRET} characters.");
        return Err(Error::field("ORCHESTRION_BOOTSTRAP_CLIENT_SECRET", message));
    }
    let accounts = app.state::<Accounts>()?;
    let Some(organization) = accounts.organization(FIRST_ORGANIZATION).await? else {
        return Ok(());
    };
    let organization = organization.id;
    let ctx = app.system();
    let scopes = catalogue()
        .names(Kind::Application)
        .filter(|name| *name != DEFAULT)
        .map(ScopeRef::application)
        .collect();
    let creation = Creation {
        confidential: true,
        with_secret: true,
        changes: Changes {
            name: "Bootstrap".to_owned(),
            scopes,
            ..Changes::default()
        },
    };
    let register = move |tx: &mut store::Tx| {
        let scope = &mut tx.organization(organization);
        // Only a first start registers it: whoever deletes it later does not get it back.
        if !service::list(scope)?.is_empty() || service::was_used(scope)? {
            return Ok::<_, Error>(());
        }
        service::insert(scope, &ctx, id, &creation, Some(&secret)).map(|_| ())
    };
    app.store().write(register).await?;
    identity.clients.forget(id);
    Ok(())
}
