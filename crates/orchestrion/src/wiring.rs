//! Puts the capability crates together. Adding one costs a line in [`MIGRATIONS`], in [`modules`] and in [`build`].

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use context::Clock;
use store::{Migration, Options, Store};
use vault::{SystemRandom, Vault};
use web::{App, AppBuilder, Listener, Module, Origins, Settings};

use crate::config::Config;
use crate::{VERSION, site, tls};

/// Entries of the console's navigation by how often they are wanted; others follow in the order of the modules.
const NAVIGATION: &[&str] = &[
    "folder-home",
    "processes",
    "jobs",
    "triggers",
    "queues",
    "assets",
    "logs",
    "monitoring",
    "folder-machines",
    "folder-access",
    "folder-settings",
    "home",
    "folders",
    "packages",
    "libraries",
    "machines",
    "tenant-monitoring",
    "alerts",
    "calendars",
    "access",
    "audit",
    "exports",
];

/// Migrations of all modules, in the order they build on each other.
pub const MIGRATIONS: &[&[Migration]] = &[
    accounts::MIGRATIONS,
    identity::MIGRATIONS,
    access::MIGRATIONS,
    resources::MIGRATIONS,
    queues::MIGRATIONS,
    blobs::MIGRATIONS,
    packages::MIGRATIONS,
    execution::machines::MIGRATIONS,
    execution::sessions::MIGRATIONS,
    execution::processes::MIGRATIONS,
    execution::jobs::MIGRATIONS,
    execution::attachments::MIGRATIONS,
    execution::logs::MIGRATIONS,
    execution::statistics::MIGRATIONS,
    execution::alerts::MIGRATIONS,
    triggers::MIGRATIONS,
];

/// Everything the server can do.
pub fn modules() -> Vec<Module> {
    let mut modules = vec![
        site::module(),
        accounts::module(),
        identity::module(),
        access::module(),
        resources::module(),
        queues::module(),
        blobs::module(),
        packages::module(),
    ];
    modules.extend(execution::modules());
    modules.push(triggers::module());
    modules
}

/// Opens the database the configuration names.
///
/// # Errors
/// A data directory that cannot be made, or a database that cannot be reached.
pub fn open_store(config: &Config) -> anyhow::Result<Store> {
    create_private(&config.data)
        .with_context(|| format!("cannot create the data directory {}", config.data.display()))?;
    Store::open(&Options::new(config.database.0.clone())).map_err(|error| anyhow!("cannot open the database: {error}"))
}

/// Creates a directory that only this account can look into; one that exists stays as it is.
fn create_private(directory: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(directory)
}

/// Opens the vault with the installation keys of the environment or of the data directory. A key is made for a new
/// database only: for another one it would open nothing.
///
/// # Errors
/// Keys that are missing or cannot be read.
pub async fn open_vault(config: &Config, store: &Store) -> anyhow::Result<Vault> {
    let variable = std::env::var(vault::MASTER_KEY_VARIABLE).ok();
    let file = config.data.join(vault::MASTER_KEY_FILE);
    if variable.is_none() && !file.exists() {
        let host = store
            .read(|tx| accounts::organizations::service::get(tx, accounts::HOST))
            .await;
        if host
            .map_err(|error| anyhow!("cannot read the database: {error}"))?
            .is_some()
        {
            bail!(
                "the master key of this database is missing: put {} back, or set {}",
                file.display(),
                vault::MASTER_KEY_VARIABLE
            );
        }
    }
    let keys = vault::load_installation_keys(&config.data, variable.as_deref(), &SystemRandom)
        .context("cannot load the master key")?;
    Vault::open(keys, Arc::new(SystemRandom)).context("cannot use the master key")
}

/// Opens the storage of files.
///
/// # Errors
/// A place that cannot be used.
pub fn open_blobs(config: &Config, store: &Store, vault: &Arc<Vault>) -> anyhow::Result<Arc<blobs::Blobs>> {
    let spool = config.data.join("spool");
    blobs::Blobs::open(&config.blobs, spool, store.clone(), vault.clone())
        .map_err(|reason| anyhow!("cannot open the storage of files: {reason}"))
}

/// Builds the application on a migrated and seeded database.
///
/// # Errors
/// Whatever keeps the server from starting, in words for the operator.
pub async fn build(config: &Config, clock: Arc<dyn Clock>, first: accounts::FirstStart) -> anyhow::Result<App> {
    let store = open_store(config)?;
    store
        .migrate(MIGRATIONS)
        .map_err(|error| anyhow!("cannot bring the database up to date: {error}"))?;
    let random: Arc<dyn vault::Random + Send + Sync> = Arc::new(SystemRandom);
    let vault = Arc::new(open_vault(config, &store).await?);
    let settings = Settings {
        origins: Origins {
            public: config.public_url.clone(),
            loopback: true,
        },
        trusted_proxies: config.trusted_proxies.clone(),
        rate_limits: config.rate_limits,
        odata: odata::Limits::default(),
        version: VERSION,
    };
    let options = identity::Options {
        algorithm: config.signing_algorithm,
        ..identity::Options::default()
    };
    let accounts = accounts::Accounts::new(store.clone(), vault.clone());
    let (clocked, drawn) = (clock.clone(), random.clone());
    let identity = identity::Identity::new(store.clone(), vault.clone(), accounts.clone(), clocked, drawn, options);
    let (clocked, drawn) = (clock.clone(), random.clone());
    let (one, other) = (accounts.clone(), identity.clone());
    let access = access::Access::new(store.clone(), vault.clone(), one, other, clocked, drawn);
    let gate = access::Gate::new(access.clone());
    let queues = queues::Queues::new(&store, access.clone());
    let triggers = triggers::Triggers::new(&store, access.clone());
    let logs = execution::logs::Logs::new(&store, config.robot_log_days);
    let blobs = open_blobs(config, &store, &vault)?;
    let packages = packages::Packages::new(access.clone(), blobs.clone());
    let mut builder = AppBuilder::new(store, clock, random, settings)
        .state(Arc::new(first))
        .state(vault)
        .state(accounts.clone())
        .state(identity.clone())
        .state(access.clone())
        .state(queues)
        .state(logs)
        .state(execution::processes::Processes::new())
        .state(execution::Execution::new())
        .state(blobs)
        .state(packages)
        .state(triggers);
    for module in modules() {
        builder = builder.module(module);
    }
    let app = builder
        .navigation(NAVIGATION)
        .build(gate)
        .map_err(|reason| anyhow!("the operations do not fit together: {reason}"))?;
    // Before the seeds: what they or other nodes change from here on is heard.
    accounts.watch();
    identity.watch();
    for seed in app.seeds() {
        seed(app.clone())
            .await
            .map_err(|error| anyhow!("cannot prepare the database: {error}"))?;
    }
    Ok(app)
}

/// Opens the socket, and TLS where it is configured.
///
/// # Errors
/// An address in use, or unusable certificates.
pub async fn bind(config: &Config) -> anyhow::Result<Listener> {
    let tls = config
        .tls
        .as_ref()
        .map(|(certificate, key)| tls::load(certificate, key))
        .transpose()?;
    let socket = tokio::net::TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    Ok(Listener { socket, tls })
}
