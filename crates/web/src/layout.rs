//! Every form an address may take, told apart by shape (reference: clients, chapter 1.1).

use percent_encoding::percent_decode_str;

/// The service an address belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// `/{org}/{tenant}/orchestrator_/…`, `/odata/…`, `/api/…` and their aliases.
    Orchestrator,
    /// `/identity/…`, `/identity_/…`, also below an organization.
    Identity,
    /// `/{org}/portal_/…`, `/portal/…`.
    Portal,
    /// `/console/…`: pages for people.
    Console,
    /// Everything else.
    Root,
}

/// The two names of the identity authority. Tokens carry the issuer of the one that made them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum IdentityPath {
    /// `/identity`, as stand-alone installations have it.
    Standalone,
    /// `/identity_`, as suite and cloud have it.
    #[default]
    Suite,
}

impl IdentityPath {
    pub const ALL: [Self; 2] = [Self::Standalone, Self::Suite];

    /// Path below the origin, without a slash at the end.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Standalone => "/identity",
            Self::Suite => "/identity_",
        }
    }
}

/// An address taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    pub family: Family,
    /// Which authority was addressed; meaningful for [`Family::Identity`].
    pub identity: IdentityPath,
    /// Organization by name or GUID, as written.
    pub organization: Option<String>,
    /// Tenant by name or GUID, as written.
    pub tenant: Option<String>,
    /// The part of the path before the family's own path, without a slash at the end; undecoded.
    pub base: String,
    /// The segments of the family's own path, percent-decoded.
    pub segments: Vec<String>,
}

/// A path that is not UTF-8 after decoding, or too long.
#[derive(Debug, PartialEq, Eq)]
pub struct BadPath;

/// Longest path that is looked at, in bytes.
const LONGEST_PATH: usize = 8 << 10;

impl Layout {
    /// Takes a request path apart. Segment names are matched without regard to case.
    pub fn parse(path: &str) -> Result<Self, BadPath> {
        if path.len() > LONGEST_PATH {
            return Err(BadPath);
        }
        let raw: Vec<&str> = path.split('/').skip(1).collect();
        let is = |index: usize, names: &[&str]| {
            raw.get(index)
                .is_some_and(|segment| names.iter().any(|name| segment.eq_ignore_ascii_case(name)))
        };
        // Position of the word that names the service, and how many segments of it belong to the base.
        let found = (0..=2usize).find_map(|index| {
            let family = if is(index, &["identity", "identity_"]) && index <= 1 {
                (Family::Identity, index + 1)
            } else if is(index, &["portal", "portal_"]) && index <= 1 {
                if is(index + 1, &["api"]) && is(index + 2, &["identity"]) {
                    return Some((Family::Identity, index, index + 3));
                }
                (Family::Portal, index + 1)
            } else if is(index, &["orchestrator", "orchestrator_"]) {
                (Family::Orchestrator, index + 1)
            } else if is(index, &["odata", "api", "tasks", "forms"]) && index != 1 {
                (Family::Orchestrator, index)
            } else if index != 1 && is(index, &["t"]) && raw.get(index + 1).is_some_and(|key| is_guid(key)) {
                // Calls of API triggers: the key of a folder follows, so an organization or tenant may be called `t`.
                (Family::Orchestrator, index)
            } else if index == 0 && is(0, &["console"]) {
                (Family::Console, 1)
            } else {
                return None;
            };
            Some((family.0, index, family.1))
        });
        let decode = |segment: &str| {
            percent_decode_str(segment)
                .decode_utf8()
                .map(std::borrow::Cow::into_owned)
                .map_err(|_| BadPath)
        };
        let (family, marker, own) = found.unwrap_or((Family::Root, 0, 0));
        let mut identity = IdentityPath::Suite;
        let (mut organization, mut tenant) = (None, None);
        match family {
            Family::Identity | Family::Portal => {
                if marker == 1 {
                    organization = Some(decode(raw[0])?);
                }
                if is(marker, &["identity", "portal"]) {
                    identity = IdentityPath::Standalone;
                }
            }
            Family::Orchestrator => match marker {
                1 => tenant = Some(decode(raw[0])?),
                2 => {
                    organization = Some(decode(raw[0])?);
                    tenant = Some(decode(raw[1])?);
                }
                _ => {}
            },
            Family::Console | Family::Root => {}
        }
        let mut segments: Vec<String> = raw[own..]
            .iter()
            .map(|segment| decode(segment))
            .collect::<Result<_, _>>()?;
        if segments.last().is_some_and(String::is_empty) {
            segments.pop();
        }
        // The identity API behind the portal proxy is the same API one level up.
        if family == Family::Identity && own == marker + 3 {
            segments.insert(0, "api".to_owned());
        }
        let base = raw[..own]
            .iter()
            .fold(String::new(), |base, segment| base + "/" + segment);
        Ok(Self {
            family,
            identity,
            organization,
            tenant,
            base,
            segments,
        })
    }
}

fn is_guid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, family: Family, organization: Option<&str>, tenant: Option<&str>, own: &str) {
        let layout = Layout::parse(path).unwrap();
        assert_eq!(layout.family, family, "{path}");
        assert_eq!(layout.organization.as_deref(), organization, "{path}");
        assert_eq!(layout.tenant.as_deref(), tenant, "{path}");
        assert_eq!(layout.segments.join("/"), own, "{path}");
    }

    #[test]
    fn every_layout_of_the_clients_is_understood() {
        use Family::{Console, Identity, Orchestrator, Portal, Root};
        check(
            "/acme/prod/orchestrator_/odata/Assets(1)",
            Orchestrator,
            Some("acme"),
            Some("prod"),
            "odata/Assets(1)",
        );
        check(
            "/acme/prod/odata/Assets",
            Orchestrator,
            Some("acme"),
            Some("prod"),
            "odata/Assets",
        );
        check(
            "/acme/prod/api/Buckets/1/ListFiles",
            Orchestrator,
            Some("acme"),
            Some("prod"),
            "api/Buckets/1/ListFiles",
        );
        check("/odata/Assets", Orchestrator, None, None, "odata/Assets");
        check("/api/Status/Version", Orchestrator, None, None, "api/Status/Version");
        check("/orchestrator/odata/Assets", Orchestrator, None, None, "odata/Assets");
        check(
            "/orchestrator_/api/status/version",
            Orchestrator,
            None,
            None,
            "api/status/version",
        );
        check(
            "/prod/Orchestrator_/odata/Assets",
            Orchestrator,
            None,
            Some("prod"),
            "odata/Assets",
        );
        check("/identity/connect/token", Identity, None, None, "connect/token");
        check("/identity_/connect/token", Identity, None, None, "connect/token");
        check(
            "/acme/identity_/api/ExternalClient",
            Identity,
            Some("acme"),
            None,
            "api/ExternalClient",
        );
        check(
            "/acme/portal_/api/filtering/x",
            Portal,
            Some("acme"),
            None,
            "api/filtering/x",
        );
        check("/portal/api/filtering/x", Portal, None, None, "api/filtering/x");
        check(
            "/acme/portal_/api/identity/Group/7",
            Identity,
            Some("acme"),
            None,
            "api/Group/7",
        );
        let key = "4f2c1a39-0f5f-4d8c-8f3a-3c9d5b6a7e10";
        check(
            &format!("/acme/prod/orchestrator_/t/{key}/fn/fn"),
            Orchestrator,
            Some("acme"),
            Some("prod"),
            &format!("t/{key}/fn/fn"),
        );
        check(&format!("/t/{key}/a"), Orchestrator, None, None, &format!("t/{key}/a"));
        check(
            &format!("/acme/prod/t/{key}/a"),
            Orchestrator,
            Some("acme"),
            Some("prod"),
            &format!("t/{key}/a"),
        );
        check("/t/x/odata/Assets", Orchestrator, Some("t"), Some("x"), "odata/Assets");
        check("/t/something", Root, None, None, "t/something");
        check("/console/acme/admin", Console, None, None, "acme/admin");
        check("/.well-known/x", Root, None, None, ".well-known/x");
        check("/", Root, None, None, "");
    }

    #[test]
    fn segments_are_decoded_after_they_were_split() {
        check(
            "/odata/Folders/F(username='a%2Fb')",
            Family::Orchestrator,
            None,
            None,
            "odata/Folders/F(username='a/b')",
        );
        assert_eq!(Layout::parse("/odata/%FF"), Err(BadPath));
    }
}
