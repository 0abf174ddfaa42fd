//! Requests to other people's servers, made so that nobody can look around in this server's own network with them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{self, ClientConfig, DigitallySignedStruct, SignatureScheme};
use url::Url;

use crate::status::probe::{resolve, server_name, system_roots};

/// Longest time for name, connection, request and the beginning of the answer together.
const PATIENCE: Duration = Duration::from_secs(15);

/// A request with a JSON body.
pub struct Post {
    /// `http` or `https`.
    pub url: Url,
    pub body: Vec<u8>,
    /// Headers besides those of every request.
    pub headers: Vec<(&'static str, String)>,
    /// Addresses that are not public may be asked too.
    pub private_too: bool,
    /// Any certificate will do.
    pub any_certificate: bool,
}

/// Why no answer came. Holds nothing of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The address has another scheme, or no host.
    BadAddress,
    /// The name leads nowhere, or to an address that is not public.
    HostNotFound,
    ConnectionRefused,
    BadCertificate,
    TimedOut,
    /// The server speaks something else than HTTP, or hung up.
    NoAnswer,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadAddress => "the address cannot be used",
            Self::HostNotFound => "the host was not found",
            Self::ConnectionRefused => "no connection could be made",
            Self::BadCertificate => "the certificate is not trusted",
            Self::TimedOut => "it took too long",
            Self::NoAnswer => "there was no answer",
        })
    }
}

/// Sends the request and answers the status. Redirects are not followed, and the body of the answer is not read. The address that was
/// looked at is the one that is asked, so a name cannot change its meaning in between.
pub async fn post(post: Post) -> Result<u16, Failure> {
    tokio::time::timeout(PATIENCE, send(post))
        .await
        .unwrap_or(Err(Failure::TimedOut))
}

async fn send(post: Post) -> Result<u16, Failure> {
    let url = &post.url;
    let port = url
        .port_or_known_default()
        .filter(|_| matches!(url.scheme(), "http" | "https"));
    let (Some(host), Some(port)) = (url.host(), port) else {
        return Err(Failure::BadAddress);
    };
    let host = host.to_owned();
    let addresses = resolve(&host, port, post.private_too)
        .await
        .ok_or(Failure::HostNotFound)?;
    let stream = TcpStream::connect(addresses.as_slice())
        .await
        .map_err(|_| Failure::ConnectionRefused)?;
    if url.scheme() == "http" {
        return exchange(stream, post).await;
    }
    let config = if post.any_certificate {
        let provider = CryptoProvider::get_default()
            .cloned()
            .unwrap_or_else(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
        ClientConfig::builder()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
            .with_no_client_auth()
    } else {
        ClientConfig::builder()
            .with_root_certificates(system_roots())
            .with_no_client_auth()
    };
    let name = server_name(&host).map_err(|_| Failure::BadAddress)?;
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .map_err(|_| Failure::BadCertificate)?;
    exchange(stream, post).await
}

async fn exchange<S>(stream: S, post: Post) -> Result<u16, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let path = match post.url.query() {
        Some(query) => format!("{}?{query}", post.url.path()),
        None => post.url.path().to_owned(),
    };
    let host = post.url.host_str().unwrap_or_default();
    let host = match post.url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    let mut request = http::Request::post(path)
        .header("host", host)
        .header("user-agent", "orchestrion")
        .header("content-type", "application/json; charset=utf-8")
        .header("connection", "close");
    for (name, value) in &post.headers {
        request = request.header(*name, value);
    }
    let request = request
        .body(Full::new(Bytes::from(post.body)))
        .map_err(|_| Failure::BadAddress)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|_| Failure::NoAnswer)?;
    let connection = tokio::spawn(connection);
    let answer = sender.send_request(request).await;
    connection.abort();
    answer
        .map(|answer| answer.status().as_u16())
        .map_err(|_| Failure::NoAnswer)
}

/// Takes whatever certificate a server shows, for those who said so. Its signature must still be right.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
