//! The command line.

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::sync::Arc;

use accounts::FirstStart;
use anyhow::Context as _;
use clap::{Parser, Subcommand};
use context::SystemClock;
use orchestrion::config::{Config, LogFormat, Options};
use tracing_subscriber::EnvFilter;
use vault::Secret;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Self-hosted automation orchestrator with its own identity server.
#[derive(Parser)]
#[command(name = "orchestrion", version, args_conflicts_with_subcommands = true)]
struct Command {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    options: Options,
}

#[derive(Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one, read once")]
enum Action {
    /// Serve the API, the identity server and the console (the default)
    Serve(Options),
    /// Check configuration, database, keys and clock
    Doctor(Options),
    /// Print the OpenAPI document
    Openapi,
    /// Run jobs on this machine
    Robot(orchestrion::robot::Options),
}

fn main() -> ExitCode {
    if let Some(code) = orchestrion::robot::supervisor() {
        return code;
    }
    let command = Command::parse();
    let outcome = match command.action {
        None => serve(command.options),
        Some(Action::Serve(options)) => serve(options),
        Some(Action::Doctor(options)) => doctor(options),
        Some(Action::Openapi) => openapi(),
        Some(Action::Robot(options)) => orchestrion::robot::run(options),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn serve(options: Options) -> anyhow::Result<ExitCode> {
    let config = options.resolve()?;
    log(&config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        // The socket first: an address in use is told before the database is touched.
        let listener = orchestrion::bind(&config).await?;
        let address = listener.socket.local_addr()?;
        let app = orchestrion::build(&config, Arc::new(SystemClock), first_start()?).await?;
        orchestrion::background::start(&app);
        let scheme = if config.tls.is_some() { "https" } else { "http" };
        let url = config
            .public_url
            .clone()
            .unwrap_or_else(|| format!("{scheme}://{address}"));
        tracing::info!(%address, version = orchestrion::VERSION, "ready at {url}");
        web::serve(app, listener, stop_signal()).await?;
        tracing::info!("stopped");
        Ok(ExitCode::SUCCESS)
    })
}

fn doctor(options: Options) -> anyhow::Result<ExitCode> {
    let config = options.resolve()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let findings = runtime.block_on(orchestrion::doctor::examine(&config));
    let mut code = ExitCode::SUCCESS;
    for finding in findings {
        match finding.result {
            Ok(text) => println!("ok       {}: {text}", finding.subject),
            Err(text) => {
                println!("PROBLEM  {}: {text}", finding.subject);
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}

fn openapi() -> anyhow::Result<ExitCode> {
    let operations = orchestrion::modules().into_iter().flat_map(|module| module.operations);
    let operations = operations.map(|operation| &*Box::leak(Box::new(operation)));
    let document = web::openapi_document(operations, orchestrion::VERSION);
    println!("{}", serde_json::to_string_pretty(&document)?);
    Ok(ExitCode::SUCCESS)
}

/// What the environment says about a first start; it is not looked at again afterwards.
fn first_start() -> anyhow::Result<FirstStart> {
    let read = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let client = match (
        read("ORCHESTRION_BOOTSTRAP_CLIENT_ID"),
        read("ORCHESTRION_BOOTSTRAP_CLIENT_SECRET"),
    ) {
        (Some(id), Some(secret)) => Some((id, Secret::from(secret))),
        (None, None) => None,
        _ => anyhow::bail!("ORCHESTRION_BOOTSTRAP_CLIENT_ID and ORCHESTRION_BOOTSTRAP_CLIENT_SECRET go together"),
    };
    Ok(FirstStart {
        admin_password: read("ORCHESTRION_ADMIN_PASSWORD").map(Secret::from),
        bootstrap_client: client,
        announce: Arc::new(|password: &Secret| {
            // Straight to the terminal, past the log: it is shown once and kept nowhere.
            let password = password.expose_str().unwrap_or_default();
            println!("\n  First start. Sign in as `admin` with the password  {password}\n");
        }),
    })
}

fn log(config: &Config) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.log).context("--log is not a valid filter")?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match config.log_format {
        LogFormat::Text => builder.with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    Ok(())
}

/// Resolves when the process is asked to end (SIGINT, SIGTERM).
async fn stop_signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
            let _ = interrupt.await;
            return;
        };
        tokio::select! {
            _ = interrupt => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    {
        let _ = interrupt.await;
    }
    tracing::info!("stopping; running requests may finish");
}
