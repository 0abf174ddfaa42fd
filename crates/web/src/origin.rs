//! Which addresses are ours, and who may say so on a client's behalf.

use std::net::{IpAddr, SocketAddr};

use context::{Error, codes};
use http::HeaderMap;

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
    pub fn of(&self, headers: &HeaderMap, network: Network, trusted: bool) -> Result<String, Error> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let forwarded = |name: &str| {
            text(name)
                .filter(|_| trusted)
                .and_then(|value| value.split(',').next())
                .map(str::trim)
        };
        let host = forwarded("x-forwarded-host")
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
            _ => Err(Error::invalid(
                codes::INVALID_REQUEST,
                "The host of the request is not served here.",
            )),
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
    let hops: Vec<IpAddr> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|hop| hop.trim().parse().ok())
        .collect();
    hops.iter()
        .rev()
        .copied()
        .find(|hop| !trusted.contains(hop))
        .or(hops.first().copied())
        .unwrap_or(peer)
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

    #[test]
    fn unknown_hosts_are_refused_and_forwarded_ones_need_trust() {
        let origins = Origins {
            public: Some("https://orch.example".into()),
            loopback: true,
        };
        let ask = |pairs: &[(&'static str, &str)], trusted| origins.of(&headers(pairs), network(false), trusted).ok();
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
        let stranger: IpAddr = "9.9.9.9".parse().unwrap();
        assert_eq!(client_address(&list, stranger, &trusted), stranger);
    }
}
