//! An HTTP client with connections that are kept, over TCP or TLS.

use std::future::Future;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use anyhow::Context as _;
use bytes::{Bytes, BytesMut};
use http::{Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, combinators::UnsyncBoxBody};
use hyper::body::Incoming;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tower_service::Service;

/// Answers longer than this are refused; packages and files are read in pieces instead.
const ANSWER_BYTES: usize = 32 << 20;

pub type Body = UnsyncBoxBody<Bytes, io::Error>;

/// A body that is in memory.
pub fn whole(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// The client.
#[derive(Clone)]
pub struct Http {
    client: Client<Connector, Body>,
}

/// An answer that was read to its end.
pub struct Reply {
    pub status: StatusCode,
    pub body: Bytes,
}

/// Why there is no answer: no connection, a broken one, or too late. In words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unreachable(String);

impl Unreachable {
    fn new(error: &dyn std::error::Error) -> Self {
        // The causes say what matters: "client error (Connect)" alone helps nobody.
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let more = error.to_string();
            if !text.contains(&more) {
                text.push_str(": ");
                text.push_str(&more);
            }
            cause = error.source();
        }
        Self(text)
    }

    fn late(limit: Duration) -> Self {
        Self(format!("no answer within {} s", limit.as_secs()))
    }
}

impl Http {
    /// A client that trusts the system's certificates and those in `ca_file`.
    ///
    /// # Errors
    /// A `ca_file` that cannot be read or holds no certificate.
    pub fn new(ca_file: Option<&Path>) -> anyhow::Result<Self> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(Duration::from_secs(10)));
        tcp.set_keepalive(Some(Duration::from_secs(30)));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots(ca_file)?)
            .with_no_client_auth();
        let connector = Connector {
            tcp,
            tls: TlsConnector::from(Arc::new(tls)),
        };
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(60))
            .build(connector);
        Ok(Self { client })
    }

    /// Sends a request and reads the whole answer, within `limit`.
    ///
    /// # Errors
    /// [`Unreachable`]; whether the server got the request is not known then.
    pub async fn send(&self, request: Request<Body>, limit: Duration) -> Result<Reply, Unreachable> {
        let sending = async {
            let response = self
                .client
                .request(request)
                .await
                .map_err(|error| Unreachable::new(&error))?;
            let (parts, mut body) = response.into_parts();
            let mut bytes = BytesMut::new();
            while let Some(chunk) = chunk(&mut body).await? {
                if bytes.len() + chunk.len() > ANSWER_BYTES {
                    return Err(Unreachable("the answer is too long".into()));
                }
                bytes.extend_from_slice(&chunk);
            }
            Ok(Reply {
                status: parts.status,
                body: bytes.freeze(),
            })
        };
        tokio::time::timeout(limit, sending)
            .await
            .unwrap_or_else(|_| Err(Unreachable::late(limit)))
    }

    /// Sends a request; the answer's body is still to be read with [`chunk`].
    ///
    /// # Errors
    /// [`Unreachable`].
    pub async fn open(&self, request: Request<Body>, limit: Duration) -> Result<Response<Incoming>, Unreachable> {
        match tokio::time::timeout(limit, self.client.request(request)).await {
            Ok(answer) => answer.map_err(|error| Unreachable::new(&error)),
            Err(_) => Err(Unreachable::late(limit)),
        }
    }
}

/// The next piece of a body; `None` at its end. A server that is silent for a minute is gone.
///
/// # Errors
/// [`Unreachable`] when the connection breaks.
pub async fn chunk(body: &mut Incoming) -> Result<Option<Bytes>, Unreachable> {
    const SILENCE: Duration = Duration::from_secs(60);
    loop {
        let frame = tokio::time::timeout(SILENCE, body.frame()).await;
        match frame.map_err(|_| Unreachable::late(SILENCE))? {
            None => return Ok(None),
            Some(Err(error)) => return Err(Unreachable::new(&error)),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

/// The certificates that are trusted: the system's bundle (or `SSL_CERT_FILE`), and a file of the user's.
fn roots(ca_file: Option<&Path>) -> anyhow::Result<rustls::RootCertStore> {
    const BUNDLES: [&str; 4] = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ];
    let mut store = rustls::RootCertStore::empty();
    let named = std::env::var_os("SSL_CERT_FILE").map(std::path::PathBuf::from);
    let bundle = named.or_else(|| {
        BUNDLES
            .iter()
            .map(Into::into)
            .find(|path: &std::path::PathBuf| path.exists())
    });
    if let Some(bundle) = bundle {
        let found = CertificateDer::pem_file_iter(&bundle)
            .with_context(|| format!("cannot read certificates from {}", bundle.display()))?;
        // Bundles hold odd old certificates; one that cannot be understood is one that is not trusted.
        store.add_parsable_certificates(found.filter_map(Result::ok));
    }
    if let Some(file) = ca_file {
        let mut count = 0;
        let problem = || format!("cannot read certificates from {}", file.display());
        for certificate in CertificateDer::pem_file_iter(file).with_context(problem)? {
            store.add(certificate.with_context(problem)?).with_context(problem)?;
            count += 1;
        }
        anyhow::ensure!(count > 0, "{} holds no certificate", file.display());
    }
    Ok(store)
}

#[derive(Clone)]
struct Connector {
    tcp: HttpConnector,
    tls: TlsConnector,
}

trait Plain: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Plain for T {}

/// A connection, encrypted or not.
struct Stream(TokioIo<Box<dyn Plain>>);

type Problem = Box<dyn std::error::Error + Send + Sync>;

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, Problem>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Problem>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let secure = uri.scheme_str() == Some("https");
        let host = uri.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let connecting = self.tcp.call(uri);
        let tls = self.tls.clone();
        Box::pin(async move {
            let tcp = connecting.await?.into_inner();
            let plain: Box<dyn Plain> = if secure {
                let name = ServerName::try_from(host)?;
                let shaking = tls.connect(name, tcp);
                Box::new(tokio::time::timeout(Duration::from_secs(10), shaking).await??)
            } else {
                Box::new(tcp)
            };
            Ok(Stream(TokioIo::new(plain)))
        })
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl Write for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
