//! The robot's access token: client credentials of its machine (RFC 6749 section 4.4).

use std::time::{Duration, Instant};

use http::{HeaderValue, Method, Request, header};
use serde::Deserialize;
use tokio::sync::Mutex;
use vault::Secret;

use super::http::{Http, whole};

/// A token is renewed when less than this is left, or a quarter of its life when that is shorter.
const MARGIN: Duration = Duration::from_secs(120);

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum SignIn {
    /// The server does not accept the credentials.
    #[error("{0}")]
    Refused(String),
    /// The server is away or has a problem of its own.
    #[error("{0}")]
    Away(String),
}

/// The credentials and the token that was got with them.
pub struct Credentials {
    address: String,
    client_id: String,
    client_secret: Secret,
    current: Mutex<Option<Token>>,
}

#[derive(Clone)]
struct Token {
    header: HeaderValue,
    renew_at: Instant,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: u64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Denied {
    error: String,
    error_description: String,
}

impl Credentials {
    /// `address` is the token endpoint's.
    pub fn new(address: String, client_id: String, client_secret: Secret) -> Self {
        Self {
            address,
            client_id,
            client_secret,
            current: Mutex::new(None),
        }
    }

    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The value for `Authorization`. Gets a new token when the last one is about to end; callers at the same time share one request.
    ///
    /// # Errors
    /// [`SignIn`].
    pub async fn bearer(&self, http: &Http) -> Result<HeaderValue, SignIn> {
        let mut current = self.current.lock().await;
        if let Some(token) = current.as_ref().filter(|token| Instant::now() < token.renew_at) {
            return Ok(token.header.clone());
        }
        let token = self.sign_in(http).await?;
        let header = token.header.clone();
        *current = Some(token);
        Ok(header)
    }

    /// The server refused this token: the next call gets a new one.
    pub async fn spoil(&self, header: &HeaderValue) {
        let mut current = self.current.lock().await;
        if current.as_ref().is_some_and(|token| token.header == *header) {
            *current = None;
        }
    }

    async fn sign_in(&self, http: &Http) -> Result<Token, SignIn> {
        let secret = self.client_secret.expose_str();
        let secret = secret.map_err(|_| SignIn::Refused("the client secret is not text".into()))?;
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &self.client_id)
            .append_pair("client_secret", secret)
            .finish();
        let request = Request::builder()
            .method(Method::POST)
            .uri(&self.address)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(whole(form))
            .map_err(|error| SignIn::Away(error.to_string()))?;
        let asked = Instant::now();
        let reply = http.send(request, Duration::from_secs(30)).await;
        let reply = reply.map_err(|error| SignIn::Away(error.to_string()))?;
        match reply.status.as_u16() {
            200 => {
                let granted: Granted = serde_json::from_slice(&reply.body)
                    .map_err(|error| SignIn::Away(format!("the token endpoint answers nonsense: {error}")))?;
                let mut header = HeaderValue::try_from(format!("Bearer {}", granted.access_token))
                    .map_err(|_| SignIn::Away("the token endpoint answers nonsense".into()))?;
                header.set_sensitive(true);
                let life = Duration::from_secs(granted.expires_in);
                Ok(Token {
                    header,
                    renew_at: asked + life.saturating_sub(MARGIN.min(life / 4)),
                })
            }
            400 | 401 | 403 => {
                let denied: Denied = serde_json::from_slice(&reply.body).unwrap_or_default();
                let mut text = format!("{} {}", reply.status.as_u16(), denied.error);
                if !denied.error_description.is_empty() {
                    text = format!("{text}: {}", denied.error_description);
                }
                Err(SignIn::Refused(text.trim_end().to_owned()))
            }
            status => Err(SignIn::Away(format!("the token endpoint answers {status}"))),
        }
    }
}
