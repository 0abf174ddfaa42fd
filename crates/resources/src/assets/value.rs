//! The value of an asset or of one account: what a request gives, what is stored, what is answered.

use context::{Error, Wrong, codes};
use store::Json;
use vault::Secret;

use super::model::{Asset, KeyValue, UserValue, ValueType};
use super::sealing::Sealer;

/// Characters (reference: resources, "Lengths and sizes").
pub const LONGEST_TEXT: usize = 1_000_000;
const LONGEST_USERNAME: usize = 512;
const LONGEST_SECRET: usize = 25_000;
const LONGEST_EXTERNAL_NAME: usize = 450;
/// Entries of a value list.
const MOST_ENTRIES: usize = 1_000;

/// The members of a request in which a value travels; only those of the asset's type are looked at.
#[derive(Debug, Clone, Default)]
pub struct Given {
    pub string_value: Option<String>,
    pub bool_value: Option<bool>,
    pub int_value: Option<i32>,
    pub username: Option<String>,
    pub password: Option<Secret>,
    pub secret: Option<Secret>,
    pub external_name: Option<String>,
    pub store: Option<i64>,
    pub list: Option<Vec<KeyValue>>,
}

/// A value of the right form.
#[derive(Debug, Clone)]
pub enum Checked {
    Text(String),
    Bool(bool),
    Integer(i32),
    List(Vec<KeyValue>),
    /// A user name with a password.
    Credential {
        username: String,
        password: Option<Secret>,
        external_name: Option<String>,
    },
    Secret {
        secret: Option<Secret>,
        external_name: Option<String>,
    },
}

impl Given {
    /// The value this is for an asset of type `of`. `at` is put before the names of members that are wrong.
    pub(super) fn check(self, of: ValueType, at: &str, wrong: &mut Wrong) -> Checked {
        if of.is_sealed() && self.store.is_some_and(|id| id != 0) {
            let id = self.store.unwrap_or(0);
            wrong.add(
                format!("{at}CredentialStoreId"),
                format!("Credential store with id {id} does not exist."),
            );
        }
        let external_name = self.external_name.filter(|name| !name.is_empty());
        if of.is_sealed() {
            wrong.text(
                format!("{at}ExternalName"),
                external_name.as_deref(),
                LONGEST_EXTERNAL_NAME,
            );
        }
        match of {
            ValueType::Text | ValueType::DBConnectionString | ValueType::HttpConnectionString => {
                let text = self.string_value.unwrap_or_default();
                wrong.text(format!("{at}StringValue"), Some(&text), LONGEST_TEXT);
                Checked::Text(text)
            }
            ValueType::Bool => Checked::Bool(self.bool_value.unwrap_or(false)),
            ValueType::Integer => Checked::Integer(self.int_value.unwrap_or(0)),
            ValueType::KeyValueList => {
                let list = self.list.unwrap_or_default();
                if list.len() > MOST_ENTRIES {
                    wrong.add(
                        format!("{at}KeyValueList"),
                        format!("A list can have at most {MOST_ENTRIES} entries."),
                    );
                }
                for (index, entry) in list.iter().enumerate() {
                    wrong.text(
                        format!("{at}KeyValueList[{index}].Key"),
                        entry.key.as_deref(),
                        LONGEST_TEXT,
                    );
                    wrong.text(
                        format!("{at}KeyValueList[{index}].Value"),
                        entry.value.as_deref(),
                        LONGEST_TEXT,
                    );
                }
                Checked::List(list)
            }
            ValueType::Credential | ValueType::WindowsCredential => {
                let username = self.username.unwrap_or_default();
                wrong.text(format!("{at}CredentialUsername"), Some(&username), LONGEST_USERNAME);
                let password = check_secret(self.password, &format!("{at}CredentialPassword"), wrong);
                Checked::Credential {
                    username,
                    password,
                    external_name,
                }
            }
            ValueType::Secret => {
                let secret = check_secret(self.secret, &format!("{at}SecretValue"), wrong);
                Checked::Secret { secret, external_name }
            }
        }
    }
}

/// An empty secret counts as left out: that is what reads answer, and clients send back.
fn check_secret(secret: Option<Secret>, name: &str, wrong: &mut Wrong) -> Option<Secret> {
    let secret = secret.filter(|secret| !secret.is_empty());
    let too_long = secret.as_ref().is_some_and(|secret| match secret.expose_str() {
        Ok(text) => text.len() > LONGEST_SECRET && text.chars().count() > LONGEST_SECRET,
        Err(_) => true,
    });
    if too_long {
        wrong.add(name, format!("{name} can have at most {LONGEST_SECRET} characters."));
    }
    secret
}

/// The columns of a value.
#[derive(Debug, Clone, Default)]
pub struct Stored {
    pub string_value: String,
    pub bool_value: bool,
    pub int_value: i32,
    pub username: String,
    pub external_name: Option<String>,
    pub list: Vec<KeyValue>,
    pub sealed: Option<Vec<u8>>,
}

/// What was stored before, where the value takes the place of another one of the same kind.
#[derive(Debug, Clone, Copy)]
pub struct Previous<'a> {
    pub username: &'a str,
    pub sealed: Option<&'a [u8]>,
    /// What is sealed must be given anew, or whoever may change the asset could read what somebody else put there.
    pub withheld: bool,
}

/// 400 with code 1500: what was sealed for other circumstances does not stay.
pub(super) fn given_anew(reason: &str) -> Error {
    Error::invalid(codes::CREDENTIAL_PASSWORD_REQUIRED, reason)
}

/// Why nothing that is sealed stays.
pub(super) const OPENED: &str = "The password or secret must be given again when direct API access is allowed.";

impl Checked {
    /// The columns for this value. A password or secret that is left out stays what it was; `context` is what it is
    /// sealed for.
    ///
    /// # Errors
    /// 400 when there is neither a secret nor an external name, and 400 with code 1500 when a user name changes but its
    /// password does not (reference: resources 1.2), or when what is left out is withheld.
    pub fn store(&self, previous: Option<Previous<'_>>, sealer: &Sealer, context: &str) -> Result<Stored, Error> {
        let kept = previous.and_then(|previous| previous.sealed).map(<[u8]>::to_vec);
        let withheld = kept.is_some() && previous.is_some_and(|previous| previous.withheld);
        if let (true, Self::Credential { password: None, .. } | Self::Secret { secret: None, .. }) = (withheld, self) {
            return Err(given_anew(OPENED));
        }
        Ok(match self {
            Self::Text(text) => Stored {
                string_value: text.clone(),
                ..Stored::default()
            },
            Self::Bool(flag) => Stored {
                bool_value: *flag,
                ..Stored::default()
            },
            Self::Integer(number) => Stored {
                int_value: *number,
                ..Stored::default()
            },
            Self::List(list) => Stored {
                list: list.clone(),
                ..Stored::default()
            },
            Self::Credential {
                username,
                password,
                external_name,
            } => {
                let sealed = match (password, kept) {
                    (Some(password), _) => Some(sealer.seal(context, password)?),
                    (None, Some(_)) if previous.is_some_and(|previous| previous.username != username) => {
                        return Err(given_anew(
                            "A password is required when the user name of a credential is changed.",
                        ));
                    }
                    (None, kept) => kept,
                };
                if sealed.is_none() && external_name.is_none() {
                    return Err(Error::field(
                        "CredentialPassword",
                        "A credential needs a password or an external name.",
                    ));
                }
                Stored {
                    username: username.clone(),
                    external_name: external_name.clone(),
                    sealed,
                    ..Stored::default()
                }
            }
            Self::Secret { secret, external_name } => {
                let sealed = match secret {
                    Some(secret) => Some(sealer.seal(context, secret)?),
                    None => kept,
                };
                if sealed.is_none() && external_name.is_none() {
                    return Err(Error::field("SecretValue", "Asset secret value cannot be null."));
                }
                Stored {
                    external_name: external_name.clone(),
                    sealed,
                    ..Stored::default()
                }
            }
        })
    }
}

impl Asset {
    /// Takes a value over as the default one; `None` leaves the asset without.
    pub fn set_default(&mut self, value: Option<Stored>) {
        self.has_default_value = value.is_some();
        let value = value.unwrap_or_default();
        self.string_value = value.string_value;
        self.bool_value = value.bool_value;
        self.int_value = value.int_value;
        self.credential_username = value.username;
        self.external_name = value.external_name;
        self.key_value_list = Json(value.list);
        self.sealed = value.sealed;
    }

    /// The default value as something a new one may take secrets from.
    pub fn previous(&self, withheld: bool) -> Option<Previous<'_>> {
        self.has_default_value.then(|| Previous {
            username: &self.credential_username,
            sealed: self.sealed.as_deref(),
            withheld,
        })
    }
}

impl UserValue {
    /// Takes a value over.
    pub fn set(&mut self, value: Stored) {
        self.string_value = value.string_value;
        self.bool_value = value.bool_value;
        self.int_value = value.int_value;
        self.credential_username = value.username;
        self.external_name = value.external_name;
        self.key_value_list = Json(value.list);
        self.sealed = value.sealed;
    }

    /// The value as something a new one may take secrets from.
    pub fn previous(&self, withheld: bool) -> Previous<'_> {
        Previous {
            username: &self.credential_username,
            sealed: self.sealed.as_deref(),
            withheld,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential(username: &str, password: Option<&str>, external_name: Option<&str>) -> Checked {
        let (password, external_name) = (password.map(Secret::from), external_name.map(str::to_owned));
        Checked::Credential {
            username: username.into(),
            password,
            external_name,
        }
    }

    fn previous(sealed: &[u8]) -> Previous<'_> {
        Previous {
            username: "ann",
            sealed: Some(sealed),
            withheld: false,
        }
    }

    #[test]
    fn a_new_credential_needs_a_password_or_an_external_name() {
        let sealer = crate::assets::sealing::for_tests();
        let error = credential("ann", None, None).store(None, &sealer, "c").unwrap_err();
        assert_eq!(error.fields[0].name, "CredentialPassword");
        assert!(
            credential("ann", None, Some("vault/key"))
                .store(None, &sealer, "c")
                .unwrap()
                .sealed
                .is_none()
        );
        let stored = credential("ann", Some("hunter2"), None)
            .store(None, &sealer, "c")
            .unwrap();
        let sealed = stored.sealed.unwrap();
        assert!(!sealed.windows(7).any(|window| window == b"hunter2"));
        assert_eq!(sealer.unseal("c", &sealed).unwrap().expose_str().unwrap(), "hunter2");
    }

    #[test]
    fn a_password_that_is_left_out_stays_unless_the_user_name_changes() {
        let sealer = crate::assets::sealing::for_tests();
        let stored = credential("ann", None, None)
            .store(Some(previous(b"old")), &sealer, "c")
            .unwrap();
        assert_eq!(stored.sealed.as_deref(), Some(&b"old"[..]));
        let error = credential("bob", None, None)
            .store(Some(previous(b"old")), &sealer, "c")
            .unwrap_err();
        assert_eq!(error.code, 1500);
        assert!(
            credential("bob", Some("new"), None)
                .store(Some(previous(b"old")), &sealer, "c")
                .is_ok()
        );
    }

    #[test]
    fn a_secret_without_value_is_refused_when_there_is_none_yet() {
        let sealer = crate::assets::sealing::for_tests();
        let none = Checked::Secret {
            secret: None,
            external_name: None,
        };
        assert_eq!(
            none.store(None, &sealer, "c").unwrap_err().fields[0].name,
            "SecretValue"
        );
        assert!(none.store(Some(previous(b"old")), &sealer, "c").is_ok());
    }
}
