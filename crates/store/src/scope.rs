//! Whose rows: everyone's, an organization's, a tenant's.

use uuid::Uuid;

use crate::Result;
use crate::row::Row;
use crate::value::Value;

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Host {}
    impl Sealed for super::Organization {}
    impl Sealed for super::Tenant {}
}

/// What an entity belongs to. Its tables carry [`COLUMN`](Self::COLUMN), which the handles of
/// [`Tx`](crate::Tx) set and filter by; it is never a field of the struct.
pub trait Scope: sealed::Sealed + Copy + std::fmt::Debug + PartialEq + Send + Sync + 'static {
    /// The column; `None` for the host.
    const COLUMN: Option<&'static str>;

    /// The value of the column.
    #[doc(hidden)]
    fn value(self) -> Option<Value>;

    /// Takes the column out of a row that has it, where there is one, at position 0.
    #[doc(hidden)]
    fn from_row(row: &mut Row) -> Result<Self>;
}

/// Rows of the installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Host;

/// Rows of an organization: column `organization_id`, a UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Organization(pub Uuid);

/// Rows of a tenant: column `tenant_id`, a bigint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tenant(pub i64);

impl Scope for Host {
    const COLUMN: Option<&'static str> = None;

    fn value(self) -> Option<Value> {
        None
    }

    fn from_row(_: &mut Row) -> Result<Self> {
        Ok(Host)
    }
}

impl Scope for Organization {
    const COLUMN: Option<&'static str> = Some("organization_id");

    fn value(self) -> Option<Value> {
        Some(Value::Guid(self.0))
    }

    fn from_row(row: &mut Row) -> Result<Self> {
        row.take(0).map(Organization)
    }
}

impl Scope for Tenant {
    const COLUMN: Option<&'static str> = Some("tenant_id");

    fn value(self) -> Option<Value> {
        Some(Value::Int(self.0))
    }

    fn from_row(row: &mut Row) -> Result<Self> {
        row.take(0).map(Tenant)
    }
}
