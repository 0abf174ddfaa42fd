//! What can go wrong in a unit of work. No text here ever holds a bound value.

use std::sync::Arc;

/// A failure of the database or of the way it is used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A row with the same unique columns exists. Holds the names of the indexes that cover the columns:
    /// one on PostgreSQL; on SQLite, which reports columns only, every index over exactly these columns.
    #[error("a row with the same unique columns exists ({})", .0.join(", "))]
    Unique(Arc<[String]>),
    /// A row that is referred to does not exist, or one that is to go is still referred to.
    #[error("a reference to another row does not hold")]
    ForeignKey,
    /// A `not null` or `check` constraint was violated. Holds the column or the constraint.
    #[error("a value is not allowed by {0}")]
    Constraint(String),
    /// Concurrent units of work were in each other's way, again and again.
    #[error("the transaction could not be serialized with others")]
    Serialization,
    /// The database did not get to it in time.
    #[error("the database is busy")]
    Busy,
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// The database cannot be reached.
    #[error("the database is not reachable: {0}")]
    Unavailable(String),
    /// The unit of work panicked and was undone.
    #[error("the unit of work panicked")]
    Panicked,
    /// A stored value has not the type it was read as.
    #[error("column {column} does not hold {expected}")]
    Decode { column: usize, expected: String },
    /// A text holds the character U+0000, which databases cannot keep.
    #[error("a text holds the character U+0000")]
    InvalidText,
    /// The statement breaks a rule of this crate; an error of the program.
    #[error("wrong statement: {0}")]
    Statement(String),
    /// The unit of work succeeded although one of its statements failed outside of `attempt`.
    #[error("a statement failed and the unit of work went on; wrap what may fail in `attempt`")]
    Swallowed,
    /// The schema is not what the migrations say.
    #[error("migration {id}: {reason}")]
    Migration { id: String, reason: String },
    /// The database in use has no such thing.
    #[error("{0}")]
    Unsupported(String),
    /// Anything else, in the words of the database.
    #[error("database error {code}: {message}")]
    Database { code: String, message: String },
}

impl Error {
    /// Whether this is a violation of the unique index with this name. A unique constraint without a name
    /// is called `<table>_<columns>_key`, a primary key `<table>_pkey`, on both databases.
    pub fn is_unique(&self, index: &str) -> bool {
        matches!(self, Error::Unique(names) if names.iter().any(|name| name.eq_ignore_ascii_case(index)))
    }

    /// Whether running the unit of work again may succeed.
    pub fn is_transient(&self) -> bool {
        matches!(self, Error::Serialization | Error::Busy | Error::Unavailable(_))
    }

    pub(crate) fn statement(reason: impl Into<String>) -> Self {
        Error::Statement(reason.into())
    }

    pub(crate) fn io(error: &std::io::Error) -> Self {
        Error::Unavailable(error.to_string())
    }
}

pub type Result<T, E = Error> = std::result::Result<T, E>;
