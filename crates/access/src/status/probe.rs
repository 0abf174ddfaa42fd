//! Whether a host can be reached from here, without becoming a way to look around in the server's own network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use context::Error;
use serde::Serialize;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use url::{Host, Url};

/// Longest time for name, connection and handshake together.
const PATIENCE: Duration = Duration::from_secs(5);

/// `HostAvailabilityDto`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// A TCP connection could be made.
    pub can_connect: bool,
    /// The connection could be made, and TLS failed.
    pub has_bad_ssl: bool,
    /// Why no connection could be made.
    pub connection_error: Option<String>,
}

impl Outcome {
    fn failed(reason: &str) -> Self {
        Self {
            connection_error: Some(reason.to_owned()),
            ..Self::default()
        }
    }
}

/// Tries to connect. Addresses that are not public are refused unless `private_too` is set; the address that was
/// checked is the one that is used, so a name cannot change its meaning in between.
pub async fn reach(url: &Url, private_too: bool) -> Result<Outcome, Error> {
    let port = url
        .port_or_known_default()
        .filter(|_| matches!(url.scheme(), "http" | "https"));
    let (Some(host), Some(port)) = (url.host(), port) else {
        return Err(Error::field(
            "url",
            "The address must start with http:// or https:// and name a host.",
        ));
    };
    let work = connect(host.to_owned(), port, url.scheme() == "https", private_too);
    Ok(tokio::time::timeout(PATIENCE, work)
        .await
        .unwrap_or_else(|_| Outcome::failed("TimedOut")))
}

async fn connect(host: Host, port: u16, tls: bool, private_too: bool) -> Outcome {
    let Some(addresses) = resolve(&host, port, private_too).await else {
        return Outcome::failed("HostNotFound");
    };
    let Ok(stream) = TcpStream::connect(addresses.as_slice()).await else {
        return Outcome::failed("ConnectionRefused");
    };
    if !tls {
        return Outcome {
            can_connect: true,
            ..Outcome::default()
        };
    }
    let handshake = handshake(&host, stream).await;
    Outcome {
        can_connect: true,
        has_bad_ssl: handshake.is_err(),
        connection_error: None,
    }
}

/// The addresses of a host; none when one of them is not public, unless `private_too` is set.
pub(crate) async fn resolve(host: &Host, port: u16, private_too: bool) -> Option<Vec<SocketAddr>> {
    let addresses: Vec<SocketAddr> = match host {
        Host::Ipv4(address) => vec![SocketAddr::new(IpAddr::V4(*address), port)],
        Host::Ipv6(address) => vec![SocketAddr::new(IpAddr::V6(*address), port)],
        Host::Domain(name) => tokio::net::lookup_host((name.as_str(), port)).await.ok()?.collect(),
    };
    // One answer that is not public is enough to refuse: the name may be made for it.
    let refused = addresses.is_empty() || (!private_too && addresses.iter().any(|address| !is_public(address.ip())));
    (!refused).then_some(addresses)
}

/// What a certificate must be made for.
pub(crate) fn server_name(host: &Host) -> Result<ServerName<'static>, std::io::Error> {
    Ok(match host {
        Host::Domain(name) => ServerName::try_from(name.clone()).map_err(std::io::Error::other)?,
        Host::Ipv4(address) => ServerName::from(IpAddr::V4(*address)),
        Host::Ipv6(address) => ServerName::from(IpAddr::V6(*address)),
    })
}

async fn handshake(host: &Host, stream: TcpStream) -> Result<(), std::io::Error> {
    let config = ClientConfig::builder()
        .with_root_certificates(system_roots())
        .with_no_client_auth();
    let name = server_name(host)?;
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .map(drop)
}

/// The authorities that the system trusts. Without any of these files no certificate is good.
pub(crate) fn system_roots() -> RootCertStore {
    const BUNDLES: &[&str] = &[
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ];
    let mut roots = RootCertStore::empty();
    if let Some(bundle) = BUNDLES.iter().find_map(|file| CertificateDer::pem_file_iter(file).ok()) {
        roots.add_parsable_certificates(bundle.flatten());
    }
    roots
}

/// Whether an address belongs to the public internet (RFC 6890 and its registries).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => is_public_v4(mapped),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (b == 18 || b == 19)))
}

/// Only global unicast counts, without the parts of it that lead to other address families or nowhere.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    (0x2000..0x4000).contains(&first) && first != 0x2002 && !(first == 0x2001 && (second < 0x200 || second == 0xdb8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_inner_networks_are_not_public() {
        let inner = [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "fe80::1",
            "fc00::1",
            "::ffff:10.0.0.1",
            "2002:a00:1::",
            "64:ff9b::a00:1",
            "2001:db8::1",
        ];
        for address in inner {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in ["1.1.1.1", "8.8.8.8", "2606:4700::1111"] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }
}
