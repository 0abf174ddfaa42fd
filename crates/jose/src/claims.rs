//! The checks on registered claims (RFC 7519 section 4.1) and the claims that passed them.

use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{Error, Header, Jws, TOKEN_BYTES};

/// What a token must say to be accepted here and now.
#[derive(Debug, Clone, Copy)]
pub struct Expect<'a> {
    /// The exact value of `iss`.
    pub issuer: &'a str,
    /// `aud` must contain one of these. `None` leaves the audience to the caller.
    pub audiences: Option<&'a [&'a str]>,
    /// The time of the check.
    pub now: Timestamp,
    /// By how much clocks may differ.
    pub skew: SignedDuration,
    /// The longest token that is looked at, in bytes.
    pub limit: usize,
    /// Whether a token whose `exp` has passed is accepted, as an `id_token_hint` is.
    pub expired: bool,
}

impl<'a> Expect<'a> {
    /// The usual limits: 60 seconds of skew, 16 kB, not expired, any audience.
    pub fn new(issuer: &'a str, now: Timestamp) -> Self {
        Self {
            issuer,
            audiences: None,
            now,
            skew: SignedDuration::from_secs(60),
            limit: TOKEN_BYTES,
            expired: false,
        }
    }

    /// Demands one of these audiences.
    pub fn audiences(self, audiences: &'a [&'a str]) -> Self {
        Self {
            audiences: Some(audiences),
            ..self
        }
    }

    /// Accepts tokens whose time has passed.
    pub fn even_expired(self) -> Self {
        Self { expired: true, ..self }
    }

    /// Checks the claims of a token whose signature was verified.
    pub(crate) fn check(&self, jws: Jws<'_>) -> Result<Verified, Error> {
        let (header, payload) = jws.into_parts();
        let claims: Map<String, Value> = serde_json::from_slice(&payload).map_err(|_| Error::Malformed)?;
        let verified = Verified { header, claims };
        if verified.text("iss") != Some(self.issuer) {
            return Err(Error::Issuer);
        }
        if let Some(audiences) = self.audiences
            && !verified.audiences().any(|audience| audiences.contains(&audience))
        {
            return Err(Error::Audience);
        }
        verified.check_times(self.now, self.skew, self.expired)?;
        Ok(verified)
    }
}

/// A token whose signature and registered claims were checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Verified {
    /// The protected header.
    pub header: Header,
    /// All claims.
    pub claims: Map<String, Value>,
}

impl Verified {
    /// A claim that is a string.
    pub fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim)?.as_str()
    }

    /// The values of `aud`, which may be a string or an array of strings.
    pub fn audiences(&self) -> impl Iterator<Item = &str> {
        let values = match self.claims.get("aud") {
            Some(Value::Array(values)) => values.as_slice(),
            Some(value) => std::slice::from_ref(value),
            None => &[],
        };
        values.iter().filter_map(Value::as_str)
    }

    /// A claim that is a time in seconds since 1970, fractions cut off.
    pub fn time(&self, claim: &str) -> Option<Timestamp> {
        Timestamp::from_second(self.claims.get(claim)?.as_f64()? as i64).ok()
    }

    /// The claims as a type of the caller.
    pub fn claims_as<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_value(Value::Object(self.claims.clone())).map_err(|_| Error::Malformed)
    }

    pub(crate) fn check_times(&self, now: Timestamp, skew: SignedDuration, expired: bool) -> Result<(), Error> {
        let (now, skew) = (now.as_duration().as_secs_f64(), skew.as_secs_f64());
        let expires = self.numeric_date("exp")?.ok_or(Error::Claim("exp"))?;
        if !expired && now >= expires + skew {
            return Err(Error::Expired);
        }
        for claim in ["nbf", "iat"] {
            if self.numeric_date(claim)?.is_some_and(|time| time > now + skew) {
                return Err(Error::NotYetValid);
            }
        }
        Ok(())
    }

    /// NumericDate may have a fraction (RFC 7519 section 2).
    pub(crate) fn numeric_date(&self, claim: &'static str) -> Result<Option<f64>, Error> {
        match self.claims.get(claim) {
            None => Ok(None),
            Some(value) => value
                .as_f64()
                .filter(|time| time.is_finite())
                .map(Some)
                .ok_or(Error::Claim(claim)),
        }
    }
}
