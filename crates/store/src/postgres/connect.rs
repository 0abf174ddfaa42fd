//! Where the server is and how it is reached.

use std::path::Path;
use std::time::Duration;

use postgres::config::SslMode;
use postgres::{Client, Config, NoTls};

use crate::{Error, Result};

/// How long a server may be silent on the network before the connection counts as broken.
const SILENCE: Duration = Duration::from_secs(30);

/// A parsed connection URL.
pub(crate) struct Target {
    config: Config,
    tls: Option<tls::Connector>,
}

impl Target {
    /// Parses `postgres://user:password@host:port/database?sslmode=require`. With TLS the certificate must
    /// be issued by an authority of `roots`, a PEM file, or of the system where that is not given.
    pub(crate) fn parse(url: &str, roots: Option<&Path>) -> Result<Self> {
        let mut config: Config = url
            .parse()
            .map_err(|_| Error::Unavailable("the PostgreSQL URL cannot be read".into()))?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(10));
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(SILENCE);
        }
        config.keepalives_idle(SILENCE);
        if config.get_application_name().is_none() {
            config.application_name("orchestrion");
        }
        let tls = match config.get_ssl_mode() {
            SslMode::Require => Some(tls::connector(roots)?),
            _ => None,
        };
        Ok(Target { config, tls })
    }

    pub(crate) fn connect(&self) -> Result<Client> {
        let client = match &self.tls {
            Some(tls) => self.config.connect(tls.clone()),
            None => self.config.connect(NoTls),
        };
        client.map_err(|error| Error::Unavailable(reason(&error)))
    }
}

/// Why connecting failed, with the cause the driver wraps.
fn reason(error: &postgres::Error) -> String {
    use std::error::Error as _;
    match (error.as_db_error(), error.source()) {
        (Some(told), _) => told.message().to_owned(),
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    }
}

mod tls {
    use std::path::Path;

    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    use rustls::{ClientConfig, RootCertStore};
    use tokio_postgres_rustls::MakeRustlsConnect;

    use crate::{Error, Result};

    pub(super) type Connector = MakeRustlsConnect;

    /// Where Linux distributions and BSDs keep the bundle of trusted authorities.
    const BUNDLES: [&str; 3] = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/cert.pem",
    ];

    pub(super) fn connector(roots: Option<&Path>) -> Result<Connector> {
        let wrong = |reason: String| Error::Unavailable(format!("TLS to PostgreSQL: {reason}"));
        let file = roots
            .or_else(|| BUNDLES.iter().map(Path::new).find(|file| file.exists()))
            .ok_or_else(|| wrong("no file of trusted authorities is found".into()))?;
        let mut store = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(file)
            .map_err(|error| wrong(format!("{}: {error}", file.display())))?
            .flatten()
        {
            // A bundle may hold old certificates of a form that is not taken any more.
            let _skipped = store.add(certificate);
        }
        if store.is_empty() {
            return Err(wrong(format!("{} holds no certificate", file.display())));
        }
        let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong(error.to_string()))?
            .with_root_certificates(store)
            .with_no_client_auth();
        Ok(MakeRustlsConnect::new(config))
    }
}
