//! Why a request cannot be served, in words that name no protocol.
//!
//! The wire form (status, envelope) is made in one place, `web::error`.

/// The class of a failure; decides the HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 400: the input is wrong; the caller can mend it.
    Invalid,
    /// 401: not signed in, or the credential is no longer good.
    Unauthenticated,
    /// 403: signed in, not allowed.
    Forbidden,
    /// 404
    NotFound,
    /// 405
    MethodNotAllowed,
    /// 409: the state of the data forbids it, now.
    Conflict,
    /// 413
    TooLarge,
    /// 415
    UnsupportedMediaType,
    /// 429: come back after so many seconds.
    TooManyRequests { retry_after: u32 },
    /// 500: our fault; the details are in the log, not in the answer.
    Internal,
    /// 503
    Unavailable,
}

/// A field of the input that is wrong, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Wire name, with a path where it is nested (`Permissions[3].Name`).
    pub name: String,
    pub message: String,
}

/// A failure, ready to be told to the caller. Holds nothing secret.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    pub kind: Kind,
    /// Product error number (`errorCode`); 0 where none is defined. See [`codes`].
    pub code: i32,
    pub message: String,
    /// Fields at fault, for validation failures.
    pub fields: Vec<Field>,
    /// Scopes any of which would have been enough, for a caller that lacks them all.
    pub missing_scopes: Vec<&'static str>,
}

/// Error numbers of the contract (reference: execution, chapter 14; access, chapter 9).
pub mod codes {
    pub const INVALID_REQUEST: i32 = 1000;
    pub const NAME_ALREADY_USED: i32 = 1001;
    pub const ITEM_NOT_FOUND: i32 = 1002;
    pub const ITEM_ALREADY_EXISTS: i32 = 1004;
    pub const ERROR_UPDATING: i32 = 1007;
    pub const INVALID_ARGUMENT: i32 = 1009;
    pub const HAS_DEPENDENT_ITEMS: i32 = 1012;
    pub const ITEM_IS_IN_USE: i32 = 1013;
    pub const PARAMETER_MISSING: i32 = 1014;
    pub const PARAMETER_INVALID: i32 = 1015;
    pub const DUPLICATE_REFERENCE: i32 = 1016;
    pub const FORBIDDEN_OPERATION: i32 = 1017;
    pub const INVALID_USER: i32 = 1018;
    pub const FEATURE_DISABLED: i32 = 1019;
    pub const OPTIMISTIC_CONCURRENCY: i32 = 1020;
    pub const INVALID_ORGANIZATION_UNIT: i32 = 1100;
    pub const REQUIRED_ORGANIZATION_UNIT: i32 = 1101;
    pub const NO_ORGANIZATION_UNIT_WITH_PERMISSIONS: i32 = 1103;
    pub const INVALID_PERMISSION_IN_CROSS_FOLDER_REQUEST: i32 = 1105;
    pub const CANNOT_CREATE_CLASSIC_ENTITIES: i32 = 1106;
    pub const CANNOT_EDIT_CLASSIC_ENTITIES: i32 = 1107;
    pub const INVALID_MACHINE_KEY: i32 = 1204;
    pub const CANNOT_DELETE_BUSY_ROBOT: i32 = 1207;
    pub const CANNOT_UPDATE_BUSY_ROBOT: i32 = 1210;
    pub const MACHINE_TYPE_CANNOT_CHANGE: i32 = 1211;
    pub const SESSION_ALREADY_ACTIVE: i32 = 1213;
    pub const CANNOT_UPDATE_ACTIVE_SESSION: i32 = 1217;
    pub const MACHINE_SCOPE_PROTECTED: i32 = 1227;
    pub const USER_DOES_NOT_HAVE_ROBOT: i32 = 1230;
    pub const ROBOT_DISABLED: i32 = 1231;
    pub const UNATTENDED_ROBOT_NOT_FOUND: i32 = 1232;
    pub const INVALID_SLOTS: i32 = 1239;
    pub const ROBOT_NOT_FOUND_BY_KEY: i32 = 1240;
    pub const MACHINE_SESSION_NOT_FOUND: i32 = 1242;
    pub const CREDENTIAL_PASSWORD_REQUIRED: i32 = 1500;
    pub const DOWNLOAD_UNAVAILABLE: i32 = 1650;
    pub const INVALID_PACKAGE_DETAILS: i32 = 1654;
    pub const INVALID_PROCESS_KEY: i32 = 1656;
    pub const JOB_TYPE_CANNOT_BE_STOPPED: i32 = 1657;
    pub const JOB_CANNOT_BE_CANCELLED: i32 = 1658;
    pub const JOB_CANNOT_BE_TERMINATED: i32 = 1659;
    pub const VERSION_NOT_FOUND: i32 = 1660;
    pub const PROCESS_NOT_FOUND: i32 = 1661;
    pub const HAS_ATTACHED_PROCESSES: i32 = 1662;
    pub const INVALID_EXTENSION: i32 = 1663;
    pub const INVALID_PACKAGE_COUNT: i32 = 1664;
    pub const PREVIOUS_VERSION_NOT_FOUND: i32 = 1665;
    pub const HAS_RUNNING_JOBS: i32 = 1666;
    pub const PENDING_JOBS_ALREADY_EXIST: i32 = 1670;
    pub const INVALID_START_JOB_ROBOT_IDS: i32 = 1671;
    pub const INVALID_RELEASE_KEY: i32 = 1674;
    pub const PACKAGE_NOT_FOUND: i32 = 1677;
    pub const INVALID_JOB_ID_OR_ROBOT_KEY: i32 = 1681;
    pub const INVALID_JOB_STATE_FOR_SUSPEND: i32 = 1682;
    pub const SUSPEND_JOB_STATE_NOT_FOUND: i32 = 1684;
    pub const INVALID_RELEASE_KEY_AND_NAME: i32 = 1687;
    pub const PACKAGE_FIELD_LIMIT_EXCEEDED: i32 = 1688;
    pub const VERSIONS_MANAGED_AUTOMATICALLY: i32 = 1693;
    pub const INACCESSIBLE_FEED: i32 = 1694;
    pub const TEST_AUTOMATION_JOB_EXECUTION_NOT_SUPPORTED: i32 = 1695;
    pub const CANNOT_RESTART_UNFINISHED_JOB: i32 = 1697;
    pub const TRANSACTION_REFERENCE_REQUIRED: i32 = 1850;
    pub const INVALID_TRANSACTION_PROGRESS_STATUS: i32 = 1851;
    pub const TRANSACTION_NOT_STARTED: i32 = 1852;
    pub const REVIEWER_NOT_AVAILABLE: i32 = 1853;
    pub const QUEUE_DEFINITION_PARAMETERS_CANNOT_CHANGE: i32 = 1854;
    pub const QUEUE_ITEM_SCHEMA_VIOLATION: i32 = 1856;
    pub const INVALID_QUEUE_SCHEMA_DEFINITION: i32 = 1857;
    pub const INVALID_QUEUE_SCHEMA_DEFINITION_CHANGE: i32 = 1858;
    pub const INVALID_QUEUE_SCHEMA_TYPE: i32 = 1859;
    pub const QUEUE_SCHEMA_DEFINITION_NOT_FOUND: i32 = 1860;
    pub const SLA_ENABLE_QUEUE_DEFINITION_FAILURE: i32 = 1861;
    pub const QUEUE_ITEM_CONTENT_SIZE_EXCEEDED: i32 = 1864;
    pub const QUEUE_ITEM_INVALID_TRANSITION_FROM_FINAL_STATUS: i32 = 1865;
    pub const QUEUE_ITEM_INVALID_STATUS_FOR_RETRY: i32 = 1866;
    pub const QUEUE_ITEM_OUTPUT_SIZE_EXCEEDED: i32 = 1867;
    pub const QUEUE_ITEM_ANALYTICS_SIZE_EXCEEDED: i32 = 1868;
    pub const QUEUE_PROCESSING_EXCEPTION_FIELD_SIZE_EXCEEDED: i32 = 1869;
    pub const QUEUE_ITEM_PROGRESS_SIZE_EXCEEDED: i32 = 1870;
    pub const STRATEGY_NOT_AVAILABLE_IN_MODERN_FOLDER: i32 = 2815;
    pub const NO_MACHINE_ASSOCIATED_WITH_FOLDER: i32 = 2818;
}

impl Error {
    fn new(kind: Kind, code: i32, message: impl Into<String>) -> Self {
        Self {
            kind,
            code,
            message: message.into(),
            fields: Vec::new(),
            missing_scopes: Vec::new(),
        }
    }

    /// 400 with a product error number.
    pub fn invalid(code: i32, message: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, code, message)
    }

    /// 400 because of one field of the input.
    pub fn field(name: impl Into<String>, message: impl Into<String>) -> Self {
        let field = Field {
            name: name.into(),
            message: message.into(),
        };
        let mut error = Self::new(Kind::Invalid, codes::INVALID_ARGUMENT, field.message.clone());
        error.fields.push(field);
        error
    }

    /// 400 because of several fields; `None` when the list is empty.
    pub fn fields(fields: Vec<Field>) -> Option<Self> {
        let message = fields
            .iter()
            .map(|field| field.message.as_str())
            .collect::<Vec<_>>()
            .join(" ");
        if fields.is_empty() {
            return None;
        }
        Some(Self {
            fields,
            ..Self::new(Kind::Invalid, codes::INVALID_ARGUMENT, message)
        })
    }

    pub fn unauthenticated() -> Self {
        Self::new(Kind::Unauthenticated, 0, "You are not authenticated!")
    }

    pub fn forbidden() -> Self {
        Self::new(Kind::Forbidden, 0, "You are not authorized!")
    }

    /// 403 with a reason of its own.
    pub fn denied(code: i32, message: impl Into<String>) -> Self {
        Self::new(Kind::Forbidden, code, message)
    }

    /// 403: none of `scopes` is in the token.
    pub fn missing_scope(scopes: Vec<&'static str>) -> Self {
        Self {
            missing_scopes: scopes,
            ..Self::forbidden()
        }
    }

    /// 404: `what` with `id` does not exist, or the caller may not know of it.
    pub fn not_found(what: &str, id: impl std::fmt::Display) -> Self {
        Self::new(
            Kind::NotFound,
            codes::ITEM_NOT_FOUND,
            format!("{what} with id {id} does not exist."),
        )
    }

    /// 404 with a message of its own.
    pub fn missing(code: i32, message: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, code, message)
    }

    pub fn conflict(code: i32, message: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, code, message)
    }

    pub fn too_many_requests(retry_after_seconds: u32) -> Self {
        Self::new(
            Kind::TooManyRequests {
                retry_after: retry_after_seconds,
            },
            0,
            "Too many requests. Try again later.",
        )
    }

    pub fn of(kind: Kind, message: impl Into<String>) -> Self {
        Self::new(kind, 0, message)
    }

    /// 500. `cause` is for the log only and must hold nothing secret; the caller is told nothing of it.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self::new(Kind::Internal, 0, cause.to_string())
    }
}

/// A failed unit of work is our fault unless the service recognized the failure itself, or the caller sent text that no
/// database can hold (U+0000).
impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::InvalidText => {
                Self::invalid(codes::INVALID_ARGUMENT, "Text must not contain the character U+0000.")
            }
            other => Self::internal(other),
        }
    }
}
