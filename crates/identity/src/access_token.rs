//! From a bearer token to a caller.
//!
//! Signature and times of a signed token are checked once; whether application, user and organization still stand is
//! looked up on every use, in memory. So removing one of them ends access at once, although the token lives on.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use context::{Caller, Confined, Credential, Error, Principal, Scopes};
use jiff::{SignedDuration, Timestamp};
use jose::Expect;
use serde_json::{Map, Value, json};
use store::params;
use uuid::Uuid;
use web::{Family, Origins, Request};

use crate::oauth::user_stamp;
use crate::personal_tokens::{self, PersonalToken};
use crate::scopes::{IDENTITY_ACCESS, ORCHESTRATOR, ORCHESTRATOR_USER_ACCESS, PLATFORM_MANAGEMENT};
use crate::{Identity, is_our_issuer};

/// By how much clocks may differ (reference: identity 2.6).
const SKEW: SignedDuration = SignedDuration::from_secs(60);
/// Longest personal access token that is looked at, in bytes.
const LONGEST_PERSONAL: usize = 100;

/// A token whose signature was verified, and which is in order now.
#[derive(Debug)]
pub struct AccessToken {
    pub jti: String,
    pub client: Uuid,
    /// `None`: the application or machine acts as itself.
    pub user: Option<Uuid>,
    /// The token of a machine object: id of the secret it was issued for. It ends with it.
    pub machine_secret: Option<i64>,
    pub organization: Uuid,
    pub scopes: Scopes,
    pub expires_at: Timestamp,
    audiences: Vec<String>,
    stamp: Option<String>,
    claims: Map<String, Value>,
    introspection: OnceLock<Bytes>,
}

/// A personal access token that is in order now.
#[derive(Debug)]
pub struct PersonalAccess {
    pub id: Uuid,
    pub organization: Uuid,
    pub user: Uuid,
    pub scopes: Scopes,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
}

impl AccessToken {
    fn read(claims: Map<String, Value>, audiences: Vec<String>, expires_at: Timestamp) -> Option<Self> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let guid = |name: &str| text(name).and_then(|value| Uuid::parse_str(value).ok());
        let (client, subject) = (guid("client_id")?, guid("sub")?);
        // The token says whose it is. Comparing ids would let a user with an application's id pass for it.
        let (user, machine_secret) = match text("sub_type")? {
            "user" => (Some(subject), None),
            "application" if subject == client => (None, None),
            "machine" if subject == client => (None, Some(claims.get("secret_id")?.as_i64()?)),
            _ => return None,
        };
        let scopes = match claims.get("scope")? {
            Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
            Value::String(names) => names.split(' ').collect(),
            _ => return None,
        };
        Some(Self {
            jti: text("jti")?.to_owned(),
            client,
            user,
            machine_secret,
            organization: guid("prt_id")?,
            scopes,
            expires_at,
            audiences,
            stamp: text("usr_stamp").map(str::to_owned),
            introspection: OnceLock::new(),
            claims,
        })
    }

    /// Whether the token is meant for the service addressed.
    fn is_for(&self, family: Family) -> bool {
        let accepted: &[&str] = match family {
            Family::Orchestrator | Family::Root | Family::Console => &[ORCHESTRATOR, ORCHESTRATOR_USER_ACCESS],
            Family::Identity | Family::Portal => &[
                ORCHESTRATOR,
                ORCHESTRATOR_USER_ACCESS,
                PLATFORM_MANAGEMENT,
                IDENTITY_ACCESS,
            ],
        };
        self.audiences
            .iter()
            .any(|audience| accepted.contains(&audience.as_str()))
    }

    /// The answer to an introspection request.
    pub(crate) fn introspection(&self) -> Result<Bytes, Error> {
        if let Some(body) = self.introspection.get() {
            return Ok(body.clone());
        }
        let mut body = self.claims.clone();
        body.remove("usr_stamp");
        body.remove("secret_id");
        body.insert("active".to_owned(), json!(true));
        body.insert("token_type".to_owned(), json!("Bearer"));
        body.insert(
            "scope".to_owned(),
            json!(self.scopes.iter().collect::<Vec<_>>().join(" ")),
        );
        let body = Bytes::from(serde_json::to_vec(&body).map_err(Error::internal)?);
        Ok(self.introspection.get_or_init(|| body).clone())
    }
}

impl Identity {
    /// The caller behind a bearer token.
    ///
    /// # Errors
    /// 401 whatever is wrong with it.
    pub async fn bearer(&self, request: &Request, token: &str) -> Result<Caller, Error> {
        if token.starts_with(personal_tokens::PREFIX) {
            return self.personal_bearer(request, token).await;
        }
        let verified = self
            .access_token(&request.app.settings().origins, token, request.ctx.now)
            .await?;
        let access = verified
            .filter(|access| access.is_for(request.layout.family))
            .ok_or_else(Error::unauthenticated)?;
        let client = self
            .clients
            .get(access.client)
            .await?
            .ok_or_else(Error::unauthenticated)?;
        let (principal, name) = match access.user {
            Some(id) => {
                let user = self.accounts.user(id).await?.ok_or_else(Error::unauthenticated)?;
                (Principal::User(id), user.user_name.clone())
            }
            None if client.machine.is_some() => (Principal::Machine(client.id), client.name.clone()),
            None => (Principal::Application(client.id), client.name.clone()),
        };
        let confined = client.machine.map(|tenant| Confined {
            tenant,
            folder: None,
            job: None,
        });
        let host = access.organization == accounts::HOST;
        Ok(Caller {
            principal,
            name,
            organization: (!host).then_some(access.organization),
            host,
            client: Some(client.id),
            first_party: client.first_party,
            scopes: access.scopes.clone(),
            credential: Credential::AccessToken,
            session: None,
            confined,
        })
    }

    async fn personal_bearer(&self, request: &Request, token: &str) -> Result<Caller, Error> {
        let access = self
            .personal_token(token, request.ctx.now)
            .await?
            .ok_or_else(Error::unauthenticated)?;
        let user = self
            .accounts
            .user(access.user)
            .await?
            .ok_or_else(Error::unauthenticated)?;
        self.usage.personal(access.organization, access.id, request.ctx.now);
        Ok(Caller {
            principal: Principal::User(user.id),
            name: user.user_name.clone(),
            organization: Some(access.organization),
            scopes: access.scopes.clone(),
            credential: Credential::PersonalAccessToken,
            ..Caller::anonymous()
        })
    }

    /// The access token, when it is one of ours and in order now: signature, issuer, times, deny list, and that
    /// application, user and organization still stand. The audience is the caller's business.
    pub async fn access_token(
        &self,
        origins: &Origins,
        token: &str,
        now: Timestamp,
    ) -> Result<Option<Arc<AccessToken>>, Error> {
        if token.len() > jose::TOKEN_BYTES {
            return Ok(None);
        }
        let hash = vault::hash_secret(token);
        let access = match self.verified.get(&hash) {
            Some(known) if now < known.expires_at.checked_add(SKEW).unwrap_or(Timestamp::MAX) => known,
            Some(_) => return Ok(None),
            None => {
                let ring = self.rings.get().await?;
                let Some(access) = verify(&ring.keys, origins, token, now) else {
                    return Ok(None);
                };
                let access = Arc::new(access);
                self.verified.insert(hash, access.clone());
                access
            }
        };
        Ok(self.stands(&access).await?.then_some(access))
    }

    /// Whether nothing has happened since that ends the token.
    async fn stands(&self, access: &AccessToken) -> Result<bool, Error> {
        if self.denied.contains(&access.jti) {
            return Ok(false);
        }
        let client = self.clients.get(access.client).await?;
        let registered = client.is_some_and(|client| {
            let is_of_its_kind = match access.machine_secret {
                Some(secret) => client.machine.is_some() && client.has_secret(secret),
                None => client.machine.is_none(),
            };
            is_of_its_kind
                && client.enabled
                && client
                    .organization
                    .is_none_or(|organization| organization == access.organization)
        });
        if !registered || !self.is_open(access.organization).await? {
            return Ok(false);
        }
        let Some(user) = access.user else { return Ok(true) };
        let user = self.accounts.user(user).await?;
        Ok(user.is_some_and(|user| {
            user.is_active
                && user.organization == access.organization
                && access
                    .stamp
                    .as_deref()
                    .is_some_and(|stamp| stamp == user_stamp(user.stamp))
        }))
    }

    async fn is_open(&self, organization: Uuid) -> Result<bool, Error> {
        Ok(self
            .accounts
            .organization_by_id(organization)
            .await?
            .is_some_and(|organization| organization.is_active))
    }

    /// The personal access token, when it is in order now.
    pub async fn personal_token(&self, token: &str, now: Timestamp) -> Result<Option<Arc<PersonalAccess>>, Error> {
        if token.len() > LONGEST_PERSONAL {
            return Ok(None);
        }
        let hash = vault::hash_secret(token);
        let found = if let Some(known) = self.personal.get(&hash) {
            known
        } else {
            let found = self.find_personal(hash).await?.map(Arc::new);
            self.personal.insert(hash, found.clone());
            found
        };
        let Some(access) = found.filter(|access| now < access.expires_at) else {
            return Ok(None);
        };
        let user = self.accounts.user(access.user).await?;
        let stands = user.is_some_and(|user| user.is_active && user.organization == access.organization);
        Ok((stands && self.is_open(access.organization).await?).then_some(access))
    }

    async fn find_personal(&self, hash: [u8; 32]) -> Result<Option<PersonalAccess>, Error> {
        let found = self
            .store
            .read_here(move |tx| {
                tx.locate::<PersonalToken>("hash = ?", params![hash])
                    .map_err(Error::from)
            })
            .await?;
        Ok(found.map(|(organization, token)| PersonalAccess {
            id: token.id,
            organization: organization.0,
            user: token.user_id,
            scopes: token.scopes.0.into_iter().collect(),
            issued_at: token.issued_at,
            expires_at: token.expires_at,
        }))
    }
}

fn verify(keys: &jose::KeyRing, origins: &Origins, token: &str, now: Timestamp) -> Option<AccessToken> {
    let unverified = jose::Jws::parse(token, jose::TOKEN_BYTES)
        .ok()?
        .unverified_claims()
        .ok()?;
    let issuer = unverified
        .get("iss")?
        .as_str()
        .filter(|issuer| is_our_issuer(origins, issuer))?;
    let verified = keys
        .verify(
            token,
            &Expect {
                skew: SKEW,
                ..Expect::new(issuer, now)
            },
        )
        .ok()?;
    if !verified.header.is_type("at+jwt") && !verified.header.is_type("JWT") {
        return None;
    }
    let expires_at = verified.time("exp")?;
    let audiences = verified.audiences().map(str::to_owned).collect();
    // An ID token has no `client_id`, so it can never pass for an access token.
    AccessToken::read(verified.claims, audiences, expires_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(subject: &str, sub_type: Value) -> Option<AccessToken> {
        let id = "11111111-1111-4111-8111-111111111111";
        let claims =
            json!({ "jti": "x", "client_id": id, "sub": subject, "prt_id": id, "scope": [], "sub_type": sub_type });
        AccessToken::read(claims.as_object().cloned()?, Vec::new(), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn the_claim_and_not_the_ids_says_whose_a_token_is() {
        let (client, other) = (
            "11111111-1111-4111-8111-111111111111",
            "22222222-2222-4222-8222-222222222222",
        );
        assert_eq!(read(client, json!("application")).unwrap().user, None);
        assert_eq!(read(client, json!("user")).unwrap().user, Uuid::parse_str(client).ok());
        assert_eq!(read(other, json!("user")).unwrap().user, Uuid::parse_str(other).ok());
        assert!(read(other, json!("application")).is_none());
        assert!(read(client, json!("machine")).is_none(), "it must name a secret");
        assert!(read(client, json!("robot")).is_none() && read(client, Value::Null).is_none());
    }
}
