//! Answers.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use context::Error;
use http::{HeaderValue, StatusCode, header};
use http_body::{Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Either, Full};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::Request;

/// A body: bytes at once, or a stream.
pub type Body = Either<Full<Bytes>, UnsyncBoxBody<Bytes, std::io::Error>>;
/// An HTTP answer.
pub type Response = http::Response<Body>;

/// Content type of Orchestrator answers (reference: execution 1.1).
const ODATA_JSON: &str = "application/json; odata.metadata=minimal; odata.streaming=true; charset=utf-8";

/// Builds answers; `Reply::ok().json(..)`.
pub struct Reply {
    response: http::response::Builder,
}

impl Reply {
    pub fn new(status: u16) -> Self {
        Self {
            response: http::Response::builder().status(status),
        }
    }

    pub fn ok() -> Self {
        Self::new(200)
    }

    /// Adds a header. A value that is no header text fails when the answer is finished.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.response = self.response.header(name, value);
        self
    }

    /// Answers with bytes of a media type.
    pub fn bytes(self, content_type: &str, bytes: impl Into<Bytes>) -> Result<Response, Error> {
        self.response
            .header(header::CONTENT_TYPE, content_type)
            .body(Either::Left(Full::new(bytes.into())))
            .map_err(Error::internal)
    }

    /// Plain JSON, as identity and portal speak it.
    pub fn json(self, value: &impl Serialize) -> Result<Response, Error> {
        self.bytes(
            "application/json; charset=utf-8",
            serde_json::to_vec(value).map_err(Error::internal)?,
        )
    }

    /// JSON with the media type parameters of the Orchestrator API.
    pub fn odata(self, value: &impl Serialize) -> Result<Response, Error> {
        self.bytes(ODATA_JSON, serde_json::to_vec(value).map_err(Error::internal)?)
    }

    pub fn html(self, markup: maud::Markup) -> Result<Response, Error> {
        self.bytes("text/html; charset=utf-8", markup.into_string())
    }

    pub fn text(self, text: impl Into<String>) -> Result<Response, Error> {
        self.bytes("text/plain; charset=utf-8", text.into())
    }

    pub fn empty(self) -> Result<Response, Error> {
        self.response
            .body(Either::Left(Full::default()))
            .map_err(Error::internal)
    }

    /// Answers with parts that come through a channel, `length` bytes in all. A part that is an error ends the connection, so that the
    /// client sees that the body is not whole.
    pub fn parts(
        self,
        content_type: &str,
        length: u64,
        parts: mpsc::Receiver<std::io::Result<Vec<u8>>>,
    ) -> Result<Response, Error> {
        self.header("content-length", &length.to_string())
            .stream(content_type, Parts { parts, left: length })
    }

    /// Answers with a stream of frames.
    pub fn stream<B>(self, content_type: &str, body: B) -> Result<Response, Error>
    where
        B: http_body::Body<Data = Bytes, Error = std::io::Error> + Send + 'static,
    {
        self.response
            .header(header::CONTENT_TYPE, content_type)
            .body(Either::Right(body.boxed_unsync()))
            .map_err(Error::internal)
    }
}

/// A body whose parts come through a channel.
struct Parts {
    parts: mpsc::Receiver<std::io::Result<Vec<u8>>>,
    /// Bytes still to come.
    left: u64,
}

impl http_body::Body for Parts {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<std::io::Result<Frame<Bytes>>>> {
        self.parts.poll_recv(cx).map(|part| {
            let part = part?.map(|part| {
                self.left = self.left.saturating_sub(part.len() as u64);
                Frame::data(Bytes::from(part))
            });
            Some(part)
        })
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// 204
pub fn no_content() -> Result<Response, Error> {
    Reply::new(204).empty()
}

/// 303: the browser asks for `location` with GET, whatever this request's method was (RFC 9700 section 4.12).
pub fn see_other(location: &str) -> Result<Response, Error> {
    Reply::new(303).header("location", location).empty()
}

/// 302, for redirects to OAuth clients and between addresses.
pub fn found(location: &str) -> Result<Response, Error> {
    Reply::new(302).header("location", location).empty()
}

/// An entity with its context: `{"@odata.context":…, …}`; `status` 200 or 201. `$select` and `$expand` of `query` apply.
pub fn entity(
    request: &Request,
    status: u16,
    set: &str,
    model: &'static odata::EntityType,
    query: Option<&odata::Query>,
    value: Value,
) -> Result<Response, Error> {
    let value = match query {
        Some(query) => query.project(model, value),
        None => odata::Query::new(model).project(model, value),
    };
    let context = request.context_url(&format!("{set}/$entity"));
    Reply::new(status).odata(&odata::envelope::entity(&context, value))
}

/// A collection: `{"@odata.context":…,"@odata.count":n,"value":[…]}`.
pub fn collection(
    request: &Request,
    set: &str,
    model: &'static odata::EntityType,
    query: &odata::Query,
    values: Vec<Value>,
    count: Option<u64>,
) -> Result<Response, Error> {
    let values = values.into_iter().map(|value| query.project(model, value)).collect();
    Reply::ok().odata(&odata::envelope::collection(&request.context_url(set), count, values))
}

/// A function's value that is no entity: `{"@odata.context":…,"value":x}`.
pub fn value(request: &Request, of: &str, value: Value) -> Result<Response, Error> {
    Reply::ok().odata(&odata::envelope::value(&request.context_url(of), value))
}

/// `Content-Disposition` of a file to be saved, with a name in any letters (RFC 6266).
pub fn attachment(name: &str) -> String {
    let plain = |letter: char| {
        if letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_' | ' ') {
            letter
        } else {
            '_'
        }
    };
    let ascii: String = name.chars().map(plain).collect();
    if ascii == name {
        return format!("attachment; filename=\"{ascii}\"");
    }
    let encoded = utf8_percent_encode(name, NON_ALPHANUMERIC);
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{encoded}")
}

/// Sets a header on a finished answer; text that cannot be a header is left out.
pub fn set_header(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// The answer to a method that the address does not know.
pub(crate) fn status_only(status: StatusCode) -> Response {
    let mut response = http::Response::new(Either::Left(Full::default()));
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_of_any_letters_become_a_header() {
        assert_eq!(attachment("audit_logs.csv"), "attachment; filename=\"audit_logs.csv\"");
        assert_eq!(
            attachment("Köln \"x\".csv"),
            "attachment; filename=\"K_ln _x_.csv\"; filename*=UTF-8''K%C3%B6ln%20%22x%22%2Ecsv"
        );
    }
}
