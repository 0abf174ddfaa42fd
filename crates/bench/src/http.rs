//! As much of HTTP/1.1 as a client on loopback needs: requests are built once, of answers only status and length are
//! read. What the client costs is missing to the server, which shares the machine with it.

use std::io::{Error, ErrorKind, Read as _, Result, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The bytes of a request. `headers` are complete lines without line ends.
pub fn request(method: &str, path: &str, headers: &[&str], body: &str) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n");
    for header in headers {
        text.push_str(header);
        text.push_str("\r\n");
    }
    if !body.is_empty() || method != "GET" {
        text.push_str("content-length: ");
        text.push_str(&body.len().to_string());
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

/// `name=value&…`, encoded.
pub fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}

/// Text as it may stand in a query.
pub fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// Status and extent of the answer at the start of a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    pub status: u16,
    pub body: usize,
    pub end: usize,
}

impl Head {
    /// `None`: the headers are not complete yet.
    ///
    /// # Errors
    /// Something that is not an answer with a known length.
    pub fn parse(buffer: &[u8]) -> Result<Option<Self>> {
        let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") else {
            return Ok(None);
        };
        let malformed = || Error::new(ErrorKind::InvalidData, "not an HTTP/1.1 answer with a length");
        let status = buffer.get(9..12).and_then(number).ok_or_else(malformed)?;
        let status = u16::try_from(status).map_err(|_| malformed())?;
        let length = if status == 204 || status == 304 {
            0
        } else {
            content_length(&buffer[..end]).ok_or_else(malformed)?
        };
        let body = end + 4;
        Ok(Some(Self {
            status,
            body,
            end: body + length,
        }))
    }
}

fn content_length(head: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"\r\ncontent-length:";
    let at = head
        .windows(NAME.len())
        .position(|window| window.eq_ignore_ascii_case(NAME))?;
    let line = head[at + NAME.len()..].split(|byte| *byte == b'\r').next()?;
    number(line.trim_ascii())
}

fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON, if the status is the expected one.
    ///
    /// # Errors
    /// Another status, with the body; a body that is not JSON.
    pub fn json(&self, status: u16) -> anyhow::Result<serde_json::Value> {
        anyhow::ensure!(
            self.status == status,
            "expected {status}, got {}: {}",
            self.status,
            self.text()
        );
        Ok(serde_json::from_slice(&self.body)?)
    }
}

/// A connection that waits for each answer.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream,
            buffer: Vec::new(),
        })
    }

    /// Sends a request and reads the whole answer. After an error it is open whether the server got the request.
    pub fn exchange(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.write_all(request)?;
        self.buffer.clear();
        let mut chunk = [0; 16 << 10];
        loop {
            if let Some(head) = Head::parse(&self.buffer)?
                && self.buffer.len() >= head.end
            {
                return Ok(Answer {
                    status: head.status,
                    body: self.buffer[head.body..head.end].to_vec(),
                });
            }
            let count = self.stream.read(&mut chunk)?;
            if count == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            self.buffer.extend_from_slice(&chunk[..count]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(answer: &str, expected: Option<(u16, &str)>) {
        let head = Head::parse(answer.as_bytes()).unwrap();
        assert_eq!(head.map(|head| (head.status, &answer[head.body..head.end])), expected);
    }

    #[test]
    fn an_answer_ends_where_its_length_says() {
        check(
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\na: b\r\n\r\nokHTTP/1.1",
            Some((200, "ok")),
        );
        check("HTTP/1.1 204 No Content\r\na: b\r\n\r\n", Some((204, "")));
        check("HTTP/1.1 200 OK\r\ncontent-le", None);
    }

    #[test]
    fn an_answer_without_a_length_is_refused() {
        assert!(Head::parse(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
        assert!(Head::parse(b"SSH-2.0-x\r\n\r\n").is_err());
    }
}
