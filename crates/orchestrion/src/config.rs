//! Configuration: command line over environment over file over defaults.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use serde::Deserialize;

/// Options of `serve` and `doctor`. Each has an environment variable and a key of the TOML file of the same name.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Options {
    /// TOML file with the same names as these options
    #[arg(long, env = "ORCHESTRION_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,

    /// Address and port to listen on [default: 127.0.0.1:8080]
    #[arg(long, env = "ORCHESTRION_LISTEN", value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,

    /// Directory of the embedded database and the master key [default: ./data]
    #[arg(long, env = "ORCHESTRION_DATA", value_name = "DIRECTORY")]
    pub data: Option<PathBuf>,

    /// `sqlite:<file>` or `postgres://user:password@host/database` [default: SQLite in the data directory]
    #[arg(long, env = "ORCHESTRION_DATABASE", value_name = "URL", hide_env_values = true)]
    pub database: Option<String>,

    /// Where files (packages, attachments) are kept: a directory, or `s3://bucket/prefix` with the usual `AWS_` variables [default: `blobs`
    /// in the data directory]
    #[arg(long, env = "ORCHESTRION_BLOBS", value_name = "PLACE")]
    pub blobs: Option<String>,

    /// Scheme and host under which clients reach the server, for instance https://orchestrator.example
    #[arg(long, env = "ORCHESTRION_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,

    /// Certificate chain in PEM; turns TLS on together with --tls-key
    #[arg(long, env = "ORCHESTRION_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,

    /// Private key in PEM
    #[arg(long, env = "ORCHESTRION_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,

    /// Address of a reverse proxy whose X-Forwarded-* headers are believed; may be repeated
    #[arg(
        long,
        env = "ORCHESTRION_TRUSTED_PROXIES",
        value_name = "ADDRESS",
        value_delimiter = ','
    )]
    #[serde(default)]
    pub trusted_proxies: Vec<IpAddr>,

    /// Bound requests per organization to the identity API: in five minutes 300 GET, 24,000 POST and 160 others
    #[arg(long, env = "ORCHESTRION_RATE_LIMITS", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub rate_limits: Option<bool>,

    /// Algorithm of token signatures: RS256, ES256 or EdDSA [default: RS256]
    #[arg(long, env = "ORCHESTRION_SIGNING_ALGORITHM", value_name = "NAME")]
    pub signing_algorithm: Option<String>,

    /// What to log, for instance `info` or `warn,store=debug` [default: info]
    #[arg(long, env = "ORCHESTRION_LOG", value_name = "FILTER")]
    pub log: Option<String>,

    /// Days that log entries of robots and jobs are kept, 1 to 3650 [default: 30]
    #[arg(long, env = "ORCHESTRION_ROBOT_LOG_DAYS", value_name = "DAYS")]
    pub robot_log_days: Option<u32>,

    /// Form of log lines: text or json [default: text]
    #[arg(long, env = "ORCHESTRION_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
}

/// Form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

/// Checked configuration.
#[derive(Debug, Clone)]
pub struct Config {
    pub listen: SocketAddr,
    pub data: PathBuf,
    pub database: Database,
    /// Where files are kept.
    pub blobs: blobs::Location,
    /// Origin without a slash at the end.
    pub public_url: Option<String>,
    /// Certificate chain and private key.
    pub tls: Option<(PathBuf, PathBuf)>,
    pub trusted_proxies: Vec<IpAddr>,
    pub rate_limits: bool,
    pub signing_algorithm: jose::Algorithm,
    /// Days that log entries of robots and jobs are kept.
    pub robot_log_days: u32,
    pub log: String,
    pub log_format: LogFormat,
}

/// The database's address; `Debug` hides the password in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Database(pub String);

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = self.0.split(':').next().unwrap_or_default();
        write!(f, "{kind}:…")
    }
}

impl Options {
    /// Fills what the command line and the environment leave open from the file and the defaults.
    ///
    /// # Errors
    /// A file that cannot be read or holds unknown names, and values that make no sense together.
    pub fn resolve(self) -> anyhow::Result<Config> {
        let file = match &self.config {
            Some(path) => read(path)?,
            None => Self::default(),
        };
        let data = self.data.or(file.data).unwrap_or_else(|| PathBuf::from("data"));
        let database = self.database.or(file.database);
        let database = database.unwrap_or_else(|| format!("sqlite:{}", data.join("orchestrion.db").display()));
        if !["sqlite:", "postgres://", "postgresql://"]
            .iter()
            .any(|scheme| database.starts_with(scheme))
        {
            bail!("--database must start with `sqlite:` or `postgres://`");
        }
        let blobs = match self.blobs.or(file.blobs) {
            Some(text) => blobs::Location::parse(&text).map_err(|reason| anyhow!("--blobs: {reason}"))?,
            None => blobs::Location::Directory(data.join("blobs")),
        };
        let tls = match (self.tls_cert.or(file.tls_cert), self.tls_key.or(file.tls_key)) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => bail!("--tls-cert and --tls-key go together"),
        };
        let public_url = self
            .public_url
            .or(file.public_url)
            .map(|url| origin(&url))
            .transpose()?;
        let trusted_proxies = if self.trusted_proxies.is_empty() {
            file.trusted_proxies
        } else {
            self.trusted_proxies
        };
        let algorithm = self
            .signing_algorithm
            .or(file.signing_algorithm)
            .unwrap_or_else(|| "RS256".to_owned());
        let known = [jose::Algorithm::Rs256, jose::Algorithm::Es256, jose::Algorithm::EdDsa];
        let Some(signing_algorithm) = known
            .into_iter()
            .find(|known| known.name().eq_ignore_ascii_case(&algorithm))
        else {
            bail!("--signing-algorithm must be RS256, ES256 or EdDSA, not `{algorithm}`");
        };
        let robot_log_days = self.robot_log_days.or(file.robot_log_days).unwrap_or(30);
        if !(1..=3_650).contains(&robot_log_days) {
            bail!("--robot-log-days must be between 1 and 3650, not {robot_log_days}");
        }
        Ok(Config {
            listen: self
                .listen
                .or(file.listen)
                .unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080))),
            data,
            database: Database(database),
            blobs,
            public_url,
            tls,
            trusted_proxies,
            rate_limits: self.rate_limits.or(file.rate_limits).unwrap_or(false),
            signing_algorithm,
            robot_log_days,
            log: self.log.or(file.log).unwrap_or_else(|| "info".to_owned()),
            log_format: self.log_format.or(file.log_format).unwrap_or(LogFormat::Text),
        })
    }
}

fn read(path: &Path) -> anyhow::Result<Options> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{} is not a valid configuration", path.display()))
}

/// Scheme, host and port of an address that has nothing else.
fn origin(text: &str) -> anyhow::Result<String> {
    let url = url::Url::parse(text).with_context(|| format!("--public-url `{text}` is not a URL"))?;
    let plain = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    if !matches!(url.scheme(), "http" | "https") || !plain || !url.username().is_empty() {
        bail!("--public-url must be http(s)://host[:port] and nothing more, not `{text}`");
    }
    Ok(url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: impl FnOnce(&mut Options), expected: Result<&str, &str>) {
        let mut options = Options::default();
        change(&mut options);
        match (options.resolve(), expected) {
            (Ok(config), Ok(text)) => assert!(format!("{config:?}").contains(text), "{config:?}"),
            (Err(error), Err(text)) => assert!(error.to_string().contains(text), "{error}"),
            (result, _) => panic!("unexpected {result:?}"),
        }
    }

    #[test]
    fn defaults_serve_on_loopback_with_a_database_in_the_data_directory() {
        check(|_| (), Ok("127.0.0.1:8080"));
        let config = Options {
            data: Some("x".into()),
            ..Options::default()
        }
        .resolve()
        .unwrap();
        assert_eq!(config.database.0, "sqlite:x/orchestrion.db");
    }

    #[test]
    fn values_that_make_no_sense_are_refused_with_the_options_name() {
        check(
            |options| options.public_url = Some("ftp://x".into()),
            Err("--public-url"),
        );
        check(
            |options| options.public_url = Some("https://x/path".into()),
            Err("--public-url"),
        );
        check(
            |options| options.public_url = Some("https://X.example/".into()),
            Ok("https://x.example"),
        );
        check(|options| options.tls_cert = Some("c.pem".into()), Err("--tls-key"));
        check(|options| options.database = Some("mysql://x".into()), Err("--database"));
        check(|options| options.robot_log_days = Some(0), Err("--robot-log-days"));
        check(|options| options.blobs = Some("ftp://x".into()), Err("--blobs"));
        check(
            |options| options.signing_algorithm = Some("HS256".into()),
            Err("--signing-algorithm"),
        );
    }

    #[test]
    fn the_databases_password_is_not_printed() {
        assert!(!format!("{:?}", Database("postgres://u:hush@h/d".into())).contains("hush"));
    }
}
