//! Addresses that are good for one file and a while: whoever has one needs no token. `GET /blob/{token}`, `PUT /blob/{token}`
//!
//! The token is what it grants, as JSON in base64url, and a signature of it. Nothing is stored: it cannot be taken back before it
//! ends.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use context::Error;
use http::Method;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use vault::Vault;
use web::reply::attachment;
use web::{Operation, Reply, Request, Response, Shape};

use crate::range::Wanted;
use crate::state::Blobs;

/// No address is good for longer.
pub const LONGEST_ADDRESS: SignedDuration = SignedDuration::from_hours(24);
/// Bytes of a file that is written through an address, at most.
const LARGEST: usize = 5 << 30;
/// What signatures are for.
const PURPOSE: &str = "blob transfer";
/// The type of contents whose type is not known.
const BYTES: &str = "application/octet-stream";

/// What is read through an address.
#[derive(Debug, Clone)]
pub struct Readable<'a> {
    pub key: &'a str,
    /// Under which the client stores it.
    pub file_name: &'a str,
    /// The type the answer says it has.
    pub content_type: Option<&'a str>,
}

/// What is written through an address.
#[derive(Debug, Clone)]
pub struct Writable<'a> {
    pub key: &'a str,
    /// Bytes, at most.
    pub limit: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Verb {
    #[serde(rename = "r")]
    Read,
    #[serde(rename = "w")]
    Write,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Grant {
    #[serde(rename = "v")]
    verb: Verb,
    #[serde(rename = "k")]
    key: String,
    /// Seconds since 1970.
    #[serde(rename = "e")]
    expires: i64,
    #[serde(rename = "l", default)]
    limit: u64,
    #[serde(rename = "n", default)]
    file_name: String,
    #[serde(rename = "t", default)]
    content_type: Option<String>,
}

impl Grant {
    fn sign(&self, vault: &Vault) -> Result<String, Error> {
        let text = URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).map_err(Error::internal)?);
        let signature = URL_SAFE_NO_PAD.encode(vault.sign(PURPOSE, text.as_bytes()));
        Ok(format!("{text}.{signature}"))
    }

    /// The grant of a token, if it is ours and not over.
    fn open(vault: &Vault, token: &str, verb: Verb, now: Timestamp) -> Option<Self> {
        let (text, signature) = token.split_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        if !vault.verify(PURPOSE, text.as_bytes(), &signature) {
            return None;
        }
        let grant: Self = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        (grant.verb == verb && now.as_second() < grant.expires).then_some(grant)
    }
}

impl Blobs {
    /// An address below `origin` under which a file can be fetched until `expires`, once or often.
    pub fn read_address(
        &self,
        origin: &str,
        file: &Readable<'_>,
        now: Timestamp,
        expires: Timestamp,
    ) -> Result<String, Error> {
        let grant = Grant {
            verb: Verb::Read,
            key: file.key.to_owned(),
            expires: within(now, expires),
            limit: 0,
            file_name: file.file_name.to_owned(),
            content_type: file.content_type.map(str::to_owned),
        };
        Ok(format!("{origin}/blob/{}", grant.sign(&self.vault)?))
    }

    /// An address below `origin` under which a file can be stored until `expires`. Storing it again replaces it.
    pub fn write_address(
        &self,
        origin: &str,
        file: &Writable<'_>,
        now: Timestamp,
        expires: Timestamp,
    ) -> Result<String, Error> {
        let grant = Grant {
            verb: Verb::Write,
            key: file.key.to_owned(),
            expires: within(now, expires),
            limit: file.limit,
            file_name: String::new(),
            content_type: None,
        };
        Ok(format!("{origin}/blob/{}", grant.sign(&self.vault)?))
    }
}

fn within(now: Timestamp, expires: Timestamp) -> i64 {
    let longest = now.saturating_add(LONGEST_ADDRESS).unwrap_or(Timestamp::MAX);
    expires.min(longest).as_second()
}

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation::root(Method::GET, "/blob/{token}", "Blobs_Read")
            .summary("The file that an address was made for.")
            .answers(200, Shape::Media(BYTES))
            .answers(206, Shape::Media(BYTES))
            .answers(403, Shape::Media("application/json"))
            .handler(read),
        Operation::root(Method::PUT, "/blob/{token}", "Blobs_Write")
            .summary("Stores the body under the key that an address was made for.")
            .streams(LARGEST)
            .takes_shape(Shape::Media(BYTES))
            .answers(201, Shape::Nothing)
            .answers(403, Shape::Media("application/json"))
            .handler(write),
    ]
}

fn granted(request: &Request, blobs: &Blobs, verb: Verb) -> Result<Grant, Error> {
    let token = request.text("token")?;
    Grant::open(&blobs.vault, &token, verb, request.ctx.now)
        .ok_or_else(|| Error::denied(0, "This address is not good (any more)."))
}

async fn read(request: Request) -> Result<Response, Error> {
    let blobs = request.state::<Blobs>()?;
    let grant = granted(&request, &blobs, Verb::Read)?;
    let wanted = request.header("range").and_then(Wanted::parse);
    let Some(found) = blobs.get(&grant.key, wanted).await? else {
        return match blobs.size(&grant.key).await? {
            Some(size) => Reply::new(416)
                .header("content-range", &format!("bytes */{size}"))
                .empty(),
            None => Err(Error::not_found("File", &grant.file_name)),
        };
    };
    let mut reply = Reply::new(if wanted.is_some() { 206 } else { 200 })
        .header("content-disposition", &attachment(&grant.file_name))
        // Whatever it is, it is nothing that runs here.
        .header("content-security-policy", "default-src 'none'; sandbox")
        .header("accept-ranges", "bytes");
    if wanted.is_some() {
        let (first, last) = (found.range.start, found.range.end.saturating_sub(1));
        reply = reply.header("content-range", &format!("bytes {first}-{last}/{}", found.size));
    }
    let content_type = grant.content_type.as_deref().filter(|of| is_media_type(of));
    found.reply(reply, content_type.unwrap_or(BYTES))
}

async fn write(request: Request) -> Result<Response, Error> {
    let blobs = request.state::<Blobs>()?;
    let grant = granted(&request, &blobs, Verb::Write)?;
    let mut body = request.take_body()?;
    blobs.put(&grant.key, &mut body, grant.limit).await?;
    Reply::new(201).empty()
}

/// What can stand in a header.
fn is_media_type(text: &str) -> bool {
    text.len() <= 255 && text.contains('/') && text.bytes().all(|byte| (0x20..0x7f).contains(&byte))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use vault::{InstallationKey, SeededRandom};

    use super::*;

    fn vault(byte: u8) -> Vault {
        let key = InstallationKey::from_bytes(&[byte; 32]).unwrap();
        Vault::open([key], Arc::new(SeededRandom::new(1))).unwrap()
    }

    #[test]
    fn a_token_is_good_for_its_verb_until_its_end() {
        let (ours, other) = (vault(1), vault(2));
        let grant = Grant {
            verb: Verb::Read,
            key: "a/b".to_owned(),
            expires: 100,
            limit: 0,
            file_name: "b".to_owned(),
            content_type: None,
        };
        let token = grant.sign(&ours).unwrap();
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(Grant::open(&ours, &token, Verb::Read, at(99)), Some(grant.clone()));
        assert_eq!(Grant::open(&ours, &token, Verb::Read, at(100)), None);
        assert_eq!(Grant::open(&ours, &token, Verb::Write, at(99)), None);
        assert_eq!(Grant::open(&other, &token, Verb::Read, at(99)), None);
        let forged = Grant {
            verb: Verb::Write,
            ..grant
        };
        let forged = forged.sign(&other).unwrap();
        let (text, _) = forged.split_once('.').unwrap();
        let (_, signature) = token.split_once('.').unwrap();
        assert_eq!(
            Grant::open(&ours, &format!("{text}.{signature}"), Verb::Write, at(99)),
            None
        );
    }
}
