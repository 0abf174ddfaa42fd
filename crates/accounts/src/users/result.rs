//! The answer form of user operations: `IdentityResult` with codes (reference: identity 4.3).

use context::Error;
use schemars::JsonSchema;
use serde::Serialize;

/// One reason why a user operation was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Fault {
    pub code: &'static str,
    pub description: String,
}

impl Fault {
    pub fn new(code: &'static str, description: impl Into<String>) -> Self {
        Self {
            code,
            description: description.into(),
        }
    }

    pub fn duplicate_user_name(name: &str) -> Self {
        Self::new("DuplicateUserName", format!("Username '{name}' is already taken."))
    }

    pub fn duplicate_email(email: &str) -> Self {
        Self::new("DuplicateEmail", format!("Email '{email}' is already taken."))
    }

    pub fn invalid_user_name(name: &str) -> Self {
        Self::new(
            "InvalidUserName",
            format!("Username '{name}' is invalid, can only contain letters or digits."),
        )
    }

    pub fn invalid_email(email: &str) -> Self {
        Self::new("InvalidEmail", format!("Email '{email}' is invalid."))
    }

    pub fn password_mismatch() -> Self {
        Self::new("PasswordMismatch", "Incorrect password.")
    }
}

/// Contract schema `IdentityResult`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct IdentityResult {
    pub succeeded: bool,
    pub errors: Vec<Fault>,
}

impl IdentityResult {
    pub fn success() -> Self {
        Self {
            succeeded: true,
            errors: Vec::new(),
        }
    }

    pub fn failed(errors: Vec<Fault>) -> Self {
        Self {
            succeeded: false,
            errors,
        }
    }
}

/// Why a user operation failed: for reasons the contract gives codes, or for another one.
#[derive(Debug)]
pub enum Failure {
    Refused(Vec<Fault>),
    Other(Error),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Refused(vec![fault])
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        Self::Other(error.into())
    }
}

impl Failure {
    /// As a common error, for callers that know no `IdentityResult`.
    pub fn into_error(self) -> Error {
        match self {
            Self::Other(error) => error,
            Self::Refused(faults) => {
                let text: Vec<String> = faults.into_iter().map(|fault| fault.description).collect();
                Error::invalid(context::codes::INVALID_ARGUMENT, text.join(" "))
            }
        }
    }

    /// What a person is told.
    pub fn messages(&self) -> Vec<String> {
        match self {
            Self::Other(error) => vec![error.message.clone()],
            Self::Refused(faults) => faults.iter().map(|fault| fault.description.clone()).collect(),
        }
    }
}
