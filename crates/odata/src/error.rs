//! What a client is told about query options that cannot be used.

use std::fmt;

/// A query option that cannot be used. Its display form is the message for the client, which the
/// contract sends with [`Error::CODE`] and status 400.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The option as the client may know it, for example `$filter`.
    pub option: String,
    /// Why it cannot be used, as a sentence.
    pub reason: String,
    /// Where in the option's text, counted in bytes from 0.
    pub position: Option<usize>,
}

impl Error {
    /// The error code of the contract for unusable query options.
    pub const CODE: u32 = 1000;

    pub(crate) fn new(option: &str, reason: impl Into<String>) -> Self {
        Self {
            option: option.to_owned(),
            reason: reason.into(),
            position: None,
        }
    }

    pub(crate) fn at(option: &str, position: usize, reason: impl Into<String>) -> Self {
        Self {
            option: option.to_owned(),
            reason: reason.into(),
            position: Some(position),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Invalid OData query options. {}", self.reason)?;
        match self.position {
            Some(position) => write!(f, " (position {position} in {})", self.option),
            None => write!(f, " (in {})", self.option),
        }
    }
}

impl std::error::Error for Error {}
