//! One request, built step by step.

use base64::Engine as _;
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full};
use serde_json::Value;

use crate::{Answer, Server};

/// A request to a [`Server`].
pub struct Call<'a> {
    server: &'a Server,
    request: http::request::Builder,
    body: Vec<u8>,
    http2: bool,
}

impl<'a> Call<'a> {
    pub(crate) fn new(server: &'a Server, method: Method, path: &str) -> Self {
        let address = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", server.base())
        };
        Self {
            server,
            request: Request::builder().method(method).uri(address.replace(' ', "%20")),
            body: Vec::new(),
            http2: false,
        }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// `Authorization: Bearer …`
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// `Authorization: Basic …` with form-encoded parts (RFC 6749 section 2.3.1).
    pub fn basic(self, id: &str, secret: &str) -> Self {
        let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", encode(id), encode(secret)));
        self.header("authorization", &format!("Basic {pair}"))
    }

    /// `X-UIPATH-OrganizationUnitId`
    pub fn folder(self, id: i64) -> Self {
        self.header("x-uipath-organizationunitid", &id.to_string())
    }

    pub fn json(mut self, body: &Value) -> Self {
        self.body = body.to_string().into_bytes();
        self.header("content-type", "application/json")
    }

    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        self.body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish()
            .into_bytes();
        self.header("content-type", "application/x-www-form-urlencoded")
    }

    pub fn bytes(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }

    /// Speaks HTTP/2 without an upgrade.
    pub fn http2(mut self) -> Self {
        self.http2 = true;
        self
    }

    /// Sends the request and reads the whole answer. Redirects are not followed.
    ///
    /// # Panics
    /// When the server cannot be reached or the request cannot be built.
    pub fn send(self) -> Answer {
        let request = self.request.body(Full::new(Bytes::from(self.body))).expect("a request");
        self.server.run(async {
            let response = self
                .server
                .client(self.http2)
                .request(request)
                .await
                .expect("an answer");
            let (parts, body) = response.into_parts();
            let bytes = body.collect().await.expect("a body").to_bytes().to_vec();
            Answer {
                status: parts.status,
                headers: parts.headers,
                bytes,
            }
        })
    }
}
