//! Public keys in the forms in which people paste them into a form field.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{Error, Jwk, VerifyingKey, der};

/// The longest accepted text, in bytes.
const TEXT_BYTES: usize = 16 * 1024;

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]; // 1.2.840.113549.1.1.1
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]; // 1.2.840.10045.2.1
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]; // 1.2.840.10045.3.1.7
const ED25519: &[u8] = &[0x2b, 0x65, 0x70]; // 1.3.101.112

/// Reads one public key from a JWK, from PEM (`PUBLIC KEY` or `CERTIFICATE`, the first block of that kind), or from the
/// bare base64 of the same DER. A key without a `kid` is named by its thumbprint.
///
/// A certificate is a container for its key and nothing else: dates, issuer and signature are not looked at, because
/// trust comes from the registration.
pub fn parse_public_key(text: &str) -> Result<VerifyingKey, Error> {
    if text.len() > TEXT_BYTES {
        return Err(Error::Key("too long"));
    }
    let text = text.trim();
    if text.starts_with('{') {
        let mut jwk: Jwk = serde_json::from_str(text).map_err(|_| Error::Key("malformed JWK"))?;
        jwk.kid = jwk.kid.take().or_else(|| jwk.thumbprint());
        return VerifyingKey::from_jwk(&jwk);
    }
    let body = match (block(text, "CERTIFICATE"), block(text, "PUBLIC KEY")) {
        (Some(body), _) | (None, Some(body)) => body,
        (None, None) if text.contains("-----") => return Err(Error::Key("neither a public key nor a certificate")),
        (None, None) => text,
    };
    let base64: String = body.split_ascii_whitespace().collect();
    let document = STANDARD.decode(base64).map_err(|_| Error::Key("malformed base64"))?;
    from_public_key_info(&document).or_else(|_| from_certificate(&document))
}

fn block<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    let (_, after) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    after
        .split_once(&format!("-----END {label}-----"))
        .map(|(body, _)| body)
}

/// Certificate (RFC 5280 section 4.1): the key is the seventh field of its first part.
fn from_certificate(document: &[u8]) -> Result<VerifyingKey, Error> {
    let mut certificate = der::Reader::new(der::Reader::new(document).read(der::SEQUENCE)?);
    let mut fields = der::Reader::new(certificate.read(der::SEQUENCE)?);
    if fields.next_is(der::CONTEXT_0) {
        fields.skip()?;
    }
    for _ in ["serial number", "signature", "issuer", "validity", "subject"] {
        fields.skip()?;
    }
    key(fields.read(der::SEQUENCE)?)
}

/// SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) with nothing behind it.
fn from_public_key_info(document: &[u8]) -> Result<VerifyingKey, Error> {
    let mut whole = der::Reader::new(document);
    let info = whole.read(der::SEQUENCE)?;
    if whole.is_empty() {
        key(info)
    } else {
        Err(Error::Key("malformed DER"))
    }
}

fn key(info: &[u8]) -> Result<VerifyingKey, Error> {
    let mut info = der::Reader::new(info);
    let mut algorithm = der::Reader::new(info.read(der::SEQUENCE)?);
    let bits = der::whole_bytes(info.read(der::BIT_STRING)?)?;
    match algorithm.read(der::OBJECT_IDENTIFIER)? {
        RSA => {
            let mut numbers = der::Reader::new(der::Reader::new(bits).read(der::SEQUENCE)?);
            let n = der::unsigned(numbers.read(der::INTEGER)?);
            VerifyingKey::from_rsa(n, der::unsigned(numbers.read(der::INTEGER)?))
        }
        EC if algorithm.read(der::OBJECT_IDENTIFIER)? == P256 => VerifyingKey::from_point(bits),
        ED25519 => VerifyingKey::from_edwards(bits),
        _ => Err(Error::Key("unsupported kind of key")),
    }
}
