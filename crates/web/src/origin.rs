//! Which addresses are ours, and who may say so on a client's behalf.

use std::net::{IpAddr, SocketAddr};

use context::{Error, codes};
use http::HeaderMap;
use http::request::Parts;

/// The origins under which the server answers. Issuers and links are built from these only, never from an
/// unchecked `Host` header.
#[derive(Debug, Clone)]
pub struct Origins {
    /// `--public-url` without a slash at the end.
    pub public: Option<String>,
    /// Answer under loopback names (`localhost`, `127.0.0.1`, `[::1]`) too, with any port.
    pub loopback: bool,
}

/// How the request reached us.
#[derive(Debug, Clone, Copy)]
pub struct Network {
    pub peer: SocketAddr,
    pub tls: bool,
}

impl Origins {
    /// The origin this request was addressed to.
    ///
    /// # Errors
    /// 400 when the host is not one of ours.
    pub fn of(&self, parts: &Parts, network: Network, trusted: bool) -> Result<String, Error> {
        let refuse = || Error::invalid(codes::INVALID_REQUEST, "The host of the request is not served here.");
        let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let forwarded = |name: &str| {
            text(name)
                .filter(|_| trusted)
                .and_then(|value| value.split(',').next())
                .map(str::trim)
        };
        // HTTP/2 and absolute request targets name the host in the target; a header that says something else is a trick.
        let named = parts.uri.authority().map(http::uri::Authority::as_str);
        let differs = named.is_some_and(|named| text("host").is_some_and(|host| !host.eq_ignore_ascii_case(named)));
        if differs || parts.headers.get_all("host").iter().count() > 1 {
            return Err(refuse());
        }
        let host = forwarded("x-forwarded-host")
            .or(named)
            .or_else(|| text("host"))
            .unwrap_or_default();
        let encrypted = forwarded("x-forwarded-proto").map_or(network.tls, |scheme| scheme == "https");
        let scheme = if encrypted { "https" } else { "http" };
        let origin = format!("{scheme}://{}", host.to_ascii_lowercase());
        if self.is_ours(&origin) {
            return Ok(origin);
        }
        // Behind a proxy that is not configured as trusted the scheme is unknown, but the host may still be right.
        match &self.public {
            Some(public) if host_of(public) == host_of(&origin) => Ok(public.clone()),
            _ => Err(refuse()),
        }
    }

    /// Whether `origin` (scheme, host and port) belongs to this server.
    pub fn is_ours(&self, origin: &str) -> bool {
        self.public.as_deref() == Some(origin) || (self.loopback && is_loopback(host_of(origin)))
    }
}

fn host_of(origin: &str) -> &str {
    origin.split_once("://").map_or(origin, |(_, host)| host)
}

fn is_loopback(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    };
    let port_is_number = port.is_none_or(|port| port.parse::<u16>().is_ok());
    port_is_number && ["localhost", "127.0.0.1", "[::1]"].contains(&name)
}

/// The client's address: the peer, or what a trusted proxy says.
///
/// Trusted hops are taken off `X-Forwarded-For` from the right; the first one that is not trusted is the client.
pub fn client_address(headers: &HeaderMap, peer: IpAddr, trusted: &[IpAddr]) -> IpAddr {
    if !trusted.contains(&peer) {
        return peer;
    }
    let lists = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = lists.flat_map(|list| list.split(',')).collect();
    let mut client = peer;
    for hop in hops.iter().rev() {
        // What cannot be read was not written by a proxy of ours, and neither was anything left of it.
        let Some(address) = address_of(hop.trim()) else { break };
        client = address;
        if !trusted.contains(&address) {
            break;
        }
    }
    client
}

/// An address with or without a port.
fn address_of(hop: &str) -> Option<IpAddr> {
    hop.parse()
        .or_else(|_| hop.parse().map(|socket: SocketAddr| socket.ip()))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(tls: bool) -> Network {
        Network {
            peer: ([127, 0, 0, 1], 1).into(),
            tls,
        }
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    fn parts(target: &str, pairs: &[(&'static str, &str)]) -> Parts {
        let (mut parts, ()) = http::Request::get(target).body(()).unwrap().into_parts();
        parts.headers = headers(pairs);
        parts
    }

    #[test]
    fn the_host_in_the_target_counts_and_must_not_be_contradicted() {
        let origins = Origins {
            public: None,
            loopback: true,
        };
        let ask = |target: &str, pairs: &[(&'static str, &str)]| {
            origins.of(&parts(target, pairs), network(false), false).ok()
        };
        assert_eq!(ask("http://localhost:1/x", &[]).as_deref(), Some("http://localhost:1"));
        assert_eq!(
            ask("http://localhost:1/x", &[("host", "LOCALHOST:1")]).as_deref(),
            Some("http://localhost:1")
        );
        assert_eq!(ask("http://evil.example/x", &[("host", "localhost:1")]), None);
        let mut twice = parts("/x", &[("host", "localhost:1")]);
        twice.headers.append("host", "localhost:2".parse().unwrap());
        assert!(origins.of(&twice, network(false), false).is_err());
    }

    #[test]
    fn unknown_hosts_are_refused_and_forwarded_ones_need_trust() {
        let origins = Origins {
            public: Some("https://orch.example".into()),
            loopback: true,
        };
        let ask =
            |pairs: &[(&'static str, &str)], trusted| origins.of(&parts("/", pairs), network(false), trusted).ok();
        assert_eq!(ask(&[("host", "evil.example")], false), None);
        assert_eq!(
            ask(&[("host", "localhost:8080")], false).as_deref(),
            Some("http://localhost:8080")
        );
        assert_eq!(
            ask(&[("host", "orch.example")], false).as_deref(),
            Some("https://orch.example")
        );
        let forwarded = [
            ("host", "10.0.0.1"),
            ("x-forwarded-host", "orch.example"),
            ("x-forwarded-proto", "https"),
        ];
        assert_eq!(ask(&forwarded, true).as_deref(), Some("https://orch.example"));
        assert_eq!(ask(&forwarded, false), None);
        assert_eq!(ask(&[("host", "localhost:evil")], false), None);
    }

    #[test]
    fn only_trusted_hops_are_taken_off() {
        let trusted: Vec<IpAddr> = vec!["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()];
        let list = headers(&[("x-forwarded-for", "6.6.6.6, 1.2.3.4, 10.0.0.2")]);
        assert_eq!(
            client_address(&list, trusted[0], &trusted),
            "1.2.3.4".parse::<IpAddr>().unwrap()
        );
        let forged = headers(&[("x-forwarded-for", "6.6.6.6, unknown, 1.2.3.4:5555, 10.0.0.2")]);
        assert_eq!(
            client_address(&forged, trusted[0], &trusted),
            "1.2.3.4".parse::<IpAddr>().unwrap()
        );
        let broken = headers(&[("x-forwarded-for", "6.6.6.6, unknown, 10.0.0.2")]);
        assert_eq!(client_address(&broken, trusted[0], &trusted), trusted[1]);
        let stranger: IpAddr = "9.9.9.9".parse().unwrap();
        assert_eq!(client_address(&list, stranger, &trusted), stranger);
    }
}
