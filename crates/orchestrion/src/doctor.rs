//! `orchestrion doctor`: looks at everything the server needs and says what is wrong.

use context::Clock as _;

use crate::config::Config;
use crate::{open_store, open_vault, tls};

/// A check and what it found.
pub struct Finding {
    pub subject: &'static str,
    /// What is fine, or what is wrong and how to mend it.
    pub result: Result<String, String>,
}

/// Runs all checks; none of them changes anything.
pub async fn examine(config: &Config) -> Vec<Finding> {
    let mut findings = vec![configuration(config), certificates(config), clock()];
    let exists = match config.database.0.strip_prefix("sqlite:") {
        Some(file) => std::path::Path::new(file).exists(),
        None => true,
    };
    if !exists {
        let result = Ok("no database yet; the first start creates it".to_owned());
        findings.push(Finding {
            subject: "database",
            result,
        });
        return findings;
    }
    match open_store(config) {
        Err(error) => findings.push(Finding {
            subject: "database",
            result: Err(format!("{error:#}")),
        }),
        Ok(store) => {
            findings.push(database(&store).await);
            findings.push(keys(config, &store).await);
        }
    }
    findings
}

fn configuration(config: &Config) -> Finding {
    let open = !config.listen.ip().is_loopback();
    let result = match (&config.public_url, open) {
        (None, true) => Err(format!(
            "listening on {} without --public-url: only loopback names are answered; set the address clients use",
            config.listen
        )),
        (Some(url), _) if url.starts_with("http://") && open => Err(format!(
            "{url} is not encrypted; use --tls-cert and --tls-key or a TLS proxy"
        )),
        _ => Ok(format!("listens on {}", config.listen)),
    };
    Finding {
        subject: "configuration",
        result,
    }
}

fn certificates(config: &Config) -> Finding {
    let result = match &config.tls {
        None => Ok("TLS is off".to_owned()),
        Some((certificate, key)) => match tls::load(certificate, key) {
            Ok(_) => Ok("certificate and key belong together".to_owned()),
            Err(error) => Err(format!("{error:#}")),
        },
    };
    Finding { subject: "TLS", result }
}

fn clock() -> Finding {
    let now = context::SystemClock.now();
    // The first commit of the project is older than any right clock.
    let born = jiff::Timestamp::from_second(1_795_000_000).unwrap_or_default();
    let result = if now > born {
        Ok(format!("{now}"))
    } else {
        Err(format!(
            "the clock says {now}: tokens would be refused; set the machine's time"
        ))
    };
    Finding {
        subject: "clock",
        result,
    }
}

async fn database(store: &store::Store) -> Finding {
    let result = match store.check().await {
        Ok(health) if health.problems.is_empty() => Ok(format!(
            "{}, {} bytes, {} migrations",
            health.version, health.bytes, health.migrations
        )),
        Ok(health) => Err(health.problems.join("; ")),
        Err(error) => Err(error.to_string()),
    };
    Finding {
        subject: "database",
        result,
    }
}

async fn keys(config: &Config, store: &store::Store) -> Finding {
    let result = match open_vault(config, store).await {
        Err(error) => Err(format!("{error:#}")),
        Ok(vault) => identity::keys::examine(store, &vault).await,
    };
    Finding {
        subject: "keys",
        result,
    }
}
