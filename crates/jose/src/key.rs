//! Key pairs and public keys, parsed once. Parsing an RSA key costs more than a signature, so nothing is parsed per token.

use std::fmt;

use aws_lc_rs::{
    encoding::AsDer as _,
    rand::SystemRandom,
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
        ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RSA_PSS_2048_8192_SHA256, RSA_PSS_SHA256,
        RsaPublicKeyComponents,
    },
};
use zeroize::Zeroizing;

use crate::{Error, Jwk, base64url, der};

/// The accepted signature algorithms (RFC 7518 section 3.1, RFC 8037). All are asymmetric; `none` and HMAC do not exist here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256, keys of 2048 to 4096 bits.
    Rs256,
    /// RSASSA-PSS with SHA-256, keys of 2048 to 4096 bits.
    Ps256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// All of them, in the order of preference for discovery documents.
    pub const ALL: [Self; 4] = [Self::Rs256, Self::Es256, Self::EdDsa, Self::Ps256];

    /// The registered name, the value of `alg`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm with this registered name; names are case-sensitive.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

/// A private key that signs with one algorithm. Its `kid` is the thumbprint of the public key (RFC 7638).
pub struct SigningKey {
    algorithm: Algorithm,
    pair: Pair,
    public: VerifyingKey,
}

impl SigningKey {
    /// Makes a new key: RSA with 2048 bits, P-256 or Ed25519. RSA takes tens to hundreds of milliseconds.
    pub fn generate(algorithm: Algorithm) -> Result<Self, Error> {
        let pair = match algorithm {
            Algorithm::Rs256 | Algorithm::Ps256 => RsaKeyPair::generate(KeySize::Rsa2048).map(Pair::Rsa),
            Algorithm::Es256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map(Pair::Ec),
            Algorithm::EdDsa => Ed25519KeyPair::generate().map(Pair::Ed),
        };
        Self::new(algorithm, pair.map_err(|_| Error::Library)?)
    }

    /// Reads an unencrypted PKCS#8 document whose key fits the algorithm.
    pub fn from_pkcs8(algorithm: Algorithm, der: &[u8]) -> Result<Self, Error> {
        let pair = match algorithm {
            Algorithm::Rs256 | Algorithm::Ps256 => RsaKeyPair::from_pkcs8(der).map(Pair::Rsa),
            Algorithm::Es256 => EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).map(Pair::Ec),
            Algorithm::EdDsa => Ed25519KeyPair::from_pkcs8(der).map(Pair::Ed),
        };
        Self::new(
            algorithm,
            pair.map_err(|_| Error::Key("not a PKCS#8 document of this algorithm"))?,
        )
    }

    fn new(algorithm: Algorithm, pair: Pair) -> Result<Self, Error> {
        let mut jwk = Jwk {
            use_: Some("sig".into()),
            alg: Some(algorithm.name().into()),
            ..Jwk::default()
        };
        match &pair {
            Pair::Rsa(pair) => {
                let mut whole = der::Reader::new(pair.public_key().as_ref());
                let mut numbers = der::Reader::new(whole.read(der::SEQUENCE)?);
                jwk.kty = "RSA".into();
                jwk.n = Some(base64url::encode(der::unsigned(numbers.read(der::INTEGER)?)));
                jwk.e = Some(base64url::encode(der::unsigned(numbers.read(der::INTEGER)?)));
            }
            Pair::Ec(pair) => set_point(&mut jwk, pair.public_key().as_ref())?,
            Pair::Ed(pair) => set_edwards(&mut jwk, pair.public_key().as_ref()),
        }
        jwk.kid = jwk.thumbprint();
        Ok(Self {
            algorithm,
            pair,
            public: VerifyingKey::from_jwk(&jwk)?,
        })
    }

    /// The private key as a PKCS#8 document, to be sealed and stored.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        match &self.pair {
            Pair::Rsa(pair) => pair.as_der().map(|document| Zeroizing::new(document.as_ref().to_vec())),
            Pair::Ec(pair) => pair
                .to_pkcs8v1()
                .map(|document| Zeroizing::new(document.as_ref().to_vec())),
            Pair::Ed(pair) => pair
                .to_pkcs8v1()
                .map(|document| Zeroizing::new(document.as_ref().to_vec())),
        }
        .map_err(|_| Error::Library)
    }

    /// The algorithm it signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The thumbprint of the public key, base64url.
    pub fn kid(&self) -> &str {
        self.public.kid().unwrap_or_default()
    }

    /// The public half.
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.public
    }

    /// The raw signature over `message`, in the form JWS wants (RFC 7518 section 3).
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        match &self.pair {
            Pair::Rsa(pair) => {
                let padding = if self.algorithm == Algorithm::Ps256 {
                    &RSA_PSS_SHA256
                } else {
                    &RSA_PKCS1_SHA256
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &SystemRandom::new(), message, &mut signature)
                    .map(|()| signature)
            }
            Pair::Ec(pair) => pair
                .sign(&SystemRandom::new(), message)
                .map(|signature| signature.as_ref().to_vec()),
            Pair::Ed(pair) => pair.try_sign(message).map(|signature| signature.as_ref().to_vec()),
        }
        .map_err(|_| Error::Library)
    }
}

/// Shows the public half only.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm)
            .field("kid", &self.kid())
            .finish_non_exhaustive()
    }
}

#[derive(Clone)]
enum Public {
    Rsa {
        pkcs1: ParsedPublicKey,
        pss: ParsedPublicKey,
    },
    Ec(ParsedPublicKey),
    Ed(ParsedPublicKey),
}

/// A public key that verifies signatures. An RSA key without `alg` takes RS256 and PS256; every other takes one algorithm.
#[derive(Clone)]
pub struct VerifyingKey {
    jwk: Jwk,
    algorithm: Option<Algorithm>,
    public: Public,
}

impl VerifyingKey {
    /// Parses a public JWK. Refused are private members, keys for another use, RSA below 2048 or above 4096 bits, and
    /// other curves than P-256 and Ed25519.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, Error> {
        if jwk.holds_secret() {
            return Err(Error::Key("it holds private members"));
        }
        if jwk.is_for_other_use() {
            return Err(Error::Key("it is not for signatures"));
        }
        let public = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", _) => rsa(&Jwk::bytes(jwk.n.as_ref())?, &Jwk::bytes(jwk.e.as_ref())?)?,
            ("EC", Some("P-256")) => {
                let (x, y) = (Jwk::bytes(jwk.x.as_ref())?, Jwk::bytes(jwk.y.as_ref())?);
                if x.len() != 32 || y.len() != 32 {
                    return Err(Error::Key("a coordinate has the wrong length"));
                }
                let point = [&[4][..], &x, &y].concat();
                Public::Ec(
                    ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                        .map_err(|_| Error::Key("not a point of P-256"))?,
                )
            }
            ("OKP", Some("Ed25519")) => {
                let x = Jwk::bytes(jwk.x.as_ref())?;
                if x.len() != 32 {
                    return Err(Error::Key("an Ed25519 key has 32 bytes"));
                }
                Public::Ed(ParsedPublicKey::new(&ED25519, x).map_err(|_| Error::Key("not an Ed25519 key"))?)
            }
            _ => return Err(Error::Key("unsupported kind of key")),
        };
        let algorithm = match jwk.alg.as_deref() {
            None => None,
            Some(name) => Some(Algorithm::from_name(name).ok_or(Error::Key("unsupported algorithm"))?),
        };
        let key = Self {
            jwk: jwk.clone(),
            algorithm,
            public,
        };
        if algorithm.is_some_and(|algorithm| !key.accepts(algorithm)) {
            return Err(Error::Key("the algorithm does not fit the kind of key"));
        }
        Ok(key)
    }

    pub(crate) fn from_rsa(n: &[u8], e: &[u8]) -> Result<Self, Error> {
        let (n, e) = (Some(base64url::encode(n)), Some(base64url::encode(e)));
        Self::named(Jwk {
            kty: "RSA".into(),
            n,
            e,
            ..Jwk::default()
        })
    }

    pub(crate) fn from_point(point: &[u8]) -> Result<Self, Error> {
        let mut jwk = Jwk::default();
        set_point(&mut jwk, point)?;
        Self::named(jwk)
    }

    pub(crate) fn from_edwards(bytes: &[u8]) -> Result<Self, Error> {
        let mut jwk = Jwk::default();
        set_edwards(&mut jwk, bytes);
        Self::named(jwk)
    }

    /// A key that came without a name is called by its thumbprint.
    fn named(mut jwk: Jwk) -> Result<Self, Error> {
        jwk.use_ = Some("sig".into());
        jwk.kid = jwk.thumbprint();
        Self::from_jwk(&jwk)
    }

    /// The `kid` it was given, if any.
    pub fn kid(&self) -> Option<&str> {
        self.jwk.kid.as_deref()
    }

    /// The key as it is published.
    pub fn to_jwk(&self) -> Jwk {
        self.jwk.clone()
    }

    /// Whether a token with this `alg` may be verified with this key.
    pub fn accepts(&self, algorithm: Algorithm) -> bool {
        let fits = match self.public {
            Public::Rsa { .. } => matches!(algorithm, Algorithm::Rs256 | Algorithm::Ps256),
            Public::Ec(_) => algorithm == Algorithm::Es256,
            Public::Ed(_) => algorithm == Algorithm::EdDsa,
        };
        fits && self.algorithm.is_none_or(|own| own == algorithm)
    }

    /// Verifies a raw signature over `message`. [`Error::Algorithm`] when the key does not take the algorithm.
    pub fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        if !self.accepts(algorithm) {
            return Err(Error::Algorithm);
        }
        let key = match &self.public {
            Public::Rsa { pss, .. } if algorithm == Algorithm::Ps256 => pss,
            Public::Rsa { pkcs1: key, .. } | Public::Ec(key) | Public::Ed(key) => key,
        };
        key.verify_sig(message, signature).map_err(|_| Error::Signature)
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey")
            .field("kty", &self.jwk.kty)
            .field("kid", &self.jwk.kid)
            .finish_non_exhaustive()
    }
}

fn rsa(n: &[u8], e: &[u8]) -> Result<Public, Error> {
    let bits = n.len() * 8 - n.first().map_or(0, |byte| byte.leading_zeros() as usize);
    if !(2048..=4096).contains(&bits) {
        return Err(Error::Key("an RSA key has 2048 to 4096 bits"));
    }
    // Large exponents make verification slow for whoever has to verify; 65537 is what everybody uses.
    if e.len() > 4 || e.last().is_none_or(|byte| byte % 2 == 0) || e == [1] {
        return Err(Error::Key("unusual RSA exponent"));
    }
    let components = RsaPublicKeyComponents { n, e };
    let parse = |parameters| {
        components
            .to_parsed_public_key(parameters)
            .map_err(|_| Error::Key("not an RSA key"))
    };
    Ok(Public::Rsa {
        pkcs1: parse(&RSA_PKCS1_2048_8192_SHA256)?,
        pss: parse(&RSA_PSS_2048_8192_SHA256)?,
    })
}

fn set_point(jwk: &mut Jwk, point: &[u8]) -> Result<(), Error> {
    let Some((4, coordinates)) = point.split_first().map(|(form, rest)| (*form, rest)) else {
        return Err(Error::Key("not an uncompressed point"));
    };
    let (x, y) = coordinates
        .split_at_checked(32)
        .ok_or(Error::Key("not a point of P-256"))?;
    jwk.kty = "EC".into();
    jwk.crv = Some("P-256".into());
    jwk.x = Some(base64url::encode(x));
    jwk.y = Some(base64url::encode(y));
    Ok(())
}

fn set_edwards(jwk: &mut Jwk, bytes: &[u8]) {
    jwk.kty = "OKP".into();
    jwk.crv = Some("Ed25519".into());
    jwk.x = Some(base64url::encode(bytes));
}
