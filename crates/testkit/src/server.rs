//! The server under test.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use context::ManualClock;
use http::Method;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use orchestrion::config::{self, Config, LogFormat};
use serde_json::{Value, json};
use tempfile::TempDir;
use throwaway::postgres::Database;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use crate::template::Template;
use crate::{Browser, Call};

/// Password of the first organization user and of the first system administrator, both called `admin`.
pub const ADMIN_PASSWORD: &str = "correct-horse-battery-1";
/// The external application made at first start; it has every application scope.
pub const CLIENT_ID: &str = "11111111-1111-4111-8111-111111111111";
/// Its secret.
pub const CLIENT_SECRET: &str = "bootstrap-secret-of-the-tests-0123456789";

/// A running server with a database of its own. Stops when dropped.
pub struct Server {
    runtime: Option<Runtime>,
    address: SocketAddr,
    client: Client<HttpConnector, Full<Bytes>>,
    client2: Client<HttpConnector, Full<Bytes>>,
    stop: Option<oneshot::Sender<()>>,
    /// The server's clock.
    pub clock: Arc<ManualClock>,
    /// The application, for tests that look behind the surface (metrics, declarations).
    pub app: web::App,
    _database: Option<Database>,
    _data: TempDir,
}

/// A change to the configuration of a test server.
type Configure = Box<dyn Fn(&mut Config)>;

/// Settings of a test server that differ from the default.
#[derive(Default)]
pub struct ServerBuilder {
    postgres: bool,
    at_rest: bool,
    configure: Option<Configure>,
}

impl ServerBuilder {
    pub fn configure(mut self, change: impl Fn(&mut Config) + 'static) -> Self {
        self.configure = Some(Box::new(change));
        self
    }

    pub fn postgres(mut self) -> Self {
        self.postgres = true;
        self
    }

    /// Without the work in the background.
    pub fn at_rest(mut self) -> Self {
        self.at_rest = true;
        self
    }

    /// Starts the server; `None` when PostgreSQL was asked for and is not installed.
    ///
    /// # Panics
    /// When the server does not start.
    pub fn start(self) -> Option<Server> {
        // What servers log is shown when it is asked for, as in ORCHESTRION_TEST_LOG=warn.
        if let Ok(filter) = std::env::var("ORCHESTRION_TEST_LOG") {
            let _ = tracing_subscriber::fmt()
                .with_env_filter(filter)
                .with_test_writer()
                .try_init();
        }
        let data = tempfile::tempdir().expect("a temporary directory");
        let clock = Arc::new(ManualClock::default());
        let database = match &self.configure {
            // Another configuration may mean another first start.
            Some(_) if self.postgres => Some(Database::create()?),
            Some(_) => None,
            None => {
                let clock = clock.clone();
                let first_start = |data: &Path, database: Option<&Database>| {
                    let runtime = runtime();
                    drop(runtime.block_on(build(&config_of(data, database), clock)));
                };
                Template::of(self.postgres, first_start)?.copy(data.path())
            }
        };
        let mut config = config_of(data.path(), database.as_ref());
        if let Some(change) = &self.configure {
            change(&mut config);
        }
        let runtime = runtime();
        let (app, listener) = runtime.block_on(async {
            let app = build(&config, clock.clone()).await;
            let listener = orchestrion::bind(&config).await.expect("a socket");
            (app, listener)
        });
        let address = listener.socket.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let served = app.clone();
        let at_rest = self.at_rest;
        runtime.spawn(async move {
            if !at_rest {
                orchestrion::background::start(&served);
            }
            web::serve(served, listener, async { drop(stopped.await) }).await
        });
        Some(Server {
            client: Client::builder(TokioExecutor::new()).build_http(),
            client2: Client::builder(TokioExecutor::new()).http2_only(true).build_http(),
            runtime: Some(runtime),
            address,
            stop: Some(stop),
            clock,
            app,
            _database: database,
            _data: data,
        })
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
}

fn config_of(data: &Path, database: Option<&Database>) -> Config {
    let url = database.map_or_else(|| format!("sqlite:{}", data.join("test.db").display()), Database::url);
    Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        data: data.to_owned(),
        database: config::Database(url),
        blobs: blobs::Location::Directory(data.join("blobs")),
        public_url: None,
        tls: None,
        trusted_proxies: Vec::new(),
        rate_limits: false,
        signing_algorithm: jose::Algorithm::Es256,
        robot_log_days: 30,
        log: "warn".to_owned(),
        log_format: LogFormat::Text,
    }
}

async fn build(config: &Config, clock: Arc<ManualClock>) -> web::App {
    let first = accounts::FirstStart {
        admin_password: Some(vault::Secret::from(ADMIN_PASSWORD.to_owned())),
        bootstrap_client: Some((CLIENT_ID.to_owned(), vault::Secret::from(CLIENT_SECRET.to_owned()))),
        announce: Arc::new(|_| {}),
    };
    orchestrion::build(config, clock, first)
        .await
        .expect("the server starts")
}

impl Server {
    /// A server on SQLite.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start() -> Self {
        ServerBuilder::default().start().expect("SQLite is linked in")
    }

    /// A server on a database of a throw-away PostgreSQL cluster; `None` (and a visible line) where that is not installed.
    pub fn start_on_postgres() -> Option<Self> {
        ServerBuilder::default().postgres().start()
    }

    /// A server with other settings.
    pub fn builder() -> ServerBuilder {
        ServerBuilder::default()
    }

    /// `http://127.0.0.1:<port>`
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn call(&self, method: Method, path: &str) -> Call<'_> {
        Call::new(self, method, path)
    }

    pub fn get(&self, path: &str) -> Call<'_> {
        self.call(Method::GET, path)
    }

    pub fn post(&self, path: &str) -> Call<'_> {
        self.call(Method::POST, path)
    }

    pub fn put(&self, path: &str) -> Call<'_> {
        self.call(Method::PUT, path)
    }

    pub fn patch(&self, path: &str) -> Call<'_> {
        self.call(Method::PATCH, path)
    }

    pub fn delete(&self, path: &str) -> Call<'_> {
        self.call(Method::DELETE, path)
    }

    /// An access token of the first application with these application scopes, by client credentials.
    ///
    /// # Panics
    /// When the token endpoint refuses.
    #[track_caller]
    pub fn token(&self, scopes: &str) -> String {
        self.token_of(CLIENT_ID, CLIENT_SECRET, scopes)
    }

    /// An access token of an application by client credentials.
    ///
    /// # Panics
    /// When the token endpoint refuses.
    #[track_caller]
    pub fn token_of(&self, id: &str, secret: &str, scopes: &str) -> String {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", id),
            ("client_secret", secret),
            ("scope", scopes),
        ];
        let answer = self.post("/identity_/connect/token").form(&form).send().expect(200);
        answer.json()["access_token"]
            .as_str()
            .expect("an access token")
            .to_owned()
    }

    /// GUID of the organization `default`.
    ///
    /// # Panics
    /// When no token can be had.
    pub fn organization(&self) -> String {
        let claims = claims(&self.token("OR.Folders.Read"));
        claims["prt_id"].as_str().expect("the claim prt_id").to_owned()
    }

    /// Id of the folder `Shared`.
    ///
    /// # Panics
    /// When there is none.
    pub fn shared_folder(&self) -> i64 {
        let token = self.token("OR.Folders.Read");
        let answer = self
            .get("/odata/Folders?$filter=FullyQualifiedName eq 'Shared'")
            .bearer(&token)
            .send()
            .expect(200);
        answer.json()["value"][0]["Id"].as_i64().expect("the folder Shared")
    }

    /// Registers an external application. Scopes are given as `OR.Assets.Read:user` or `OR.Assets:application`.
    /// The answer is the client DTO with `id` and, for confidential applications, `secret`.
    ///
    /// # Panics
    /// When registration is refused.
    #[track_caller]
    pub fn register(&self, name: &str, confidential: bool, redirect: &str, scopes: &[&str]) -> Value {
        let scopes: Vec<Value> = scopes
            .iter()
            .map(|scope| {
                let (name, kind) = scope.split_once(':').expect("name:kind");
                json!({ "name": name, "type": i32::from(kind == "application") })
            })
            .collect();
        let body = json!({
            "partitionGlobalId": self.organization(), "name": name, "isConfidential": confidential,
            "redirectUri": redirect, "scopes": scopes
        });
        let token = self.token("PM.OAuthApp");
        self.post("/identity_/api/ExternalClient")
            .bearer(&token)
            .json(&body)
            .send()
            .expect(201)
            .json()
    }

    /// A browser signed in as the organization's first administrator.
    pub fn admin_session(&self) -> Browser<'_> {
        Browser::new(self).sign_in("default", "admin", ADMIN_PASSWORD)
    }

    /// A browser that is not signed in.
    pub fn browser(&self) -> Browser<'_> {
        Browser::new(self)
    }

    /// Runs a future on the server's runtime.
    ///
    /// # Panics
    /// Never while the server lives.
    pub fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.as_ref().expect("the server is running").block_on(work)
    }

    pub(crate) fn client(&self, http2: bool) -> &Client<HttpConnector, Full<Bytes>> {
        if http2 { &self.client2 } else { &self.client }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
        // Hundreds of servers live in a test process, and something may hold the application longer than this.
        self.app.store().close();
    }
}

/// The claims of a token, unverified.
///
/// # Panics
/// When it is not a signed token.
pub fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("a signed token");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("JSON claims")
}
