//! Who asks, and by what they proved it.

use std::sync::Arc;

use uuid::Uuid;

/// The identity behind a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Principal {
    /// Nobody signed in.
    Anonymous,
    /// A person's account, by its identity GUID.
    User(Uuid),
    /// An external application acting as itself, by its client id.
    Application(Uuid),
    /// A robot account, by its identity GUID.
    Robot(Uuid),
    /// The hosts of a machine object, by its client id (the license key). They may call what robots call and nothing else.
    Machine(Uuid),
    /// The server itself: seeding and reconcilers.
    System,
}

/// What the caller presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    None,
    /// The console's session cookie.
    Session,
    /// A signed access token.
    AccessToken,
    /// A personal access token (`rt_…`).
    PersonalAccessToken,
    /// Nothing: the server acts on its own behalf.
    Internal,
}

/// The browser session a page request belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRef {
    pub id: Uuid,
    /// Value that the hidden `_csrf` field of every form must repeat.
    pub csrf: Arc<str>,
}

/// The part of an organization a credential is good for, where that is not all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confined {
    /// Key of the tenant.
    pub tenant: Uuid,
    /// Id of a folder of the tenant: rights are cut to this one.
    pub folder: Option<i64>,
    /// Key of the job whose credential it is.
    pub job: Option<Uuid>,
}

/// The scopes of a token, in the order they were granted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scopes(Arc<[Box<str>]>);

impl Scopes {
    /// Whether `name` was granted, to the letter: scope names are case-sensitive (RFC 6749 section 3.3).
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|scope| &**scope == name)
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|scope| &**scope)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<S: Into<Box<str>>> FromIterator<S> for Scopes {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        Self(names.into_iter().map(Into::into).collect())
    }
}

/// A verified caller.
#[derive(Debug, Clone)]
pub struct Caller {
    pub principal: Principal,
    /// Display name for audit records: user name, application name, or empty.
    pub name: Arc<str>,
    /// The organization (partition) the caller belongs to; `None` for anonymous and for system administrators.
    pub organization: Option<Uuid>,
    /// A system administrator of the host level.
    pub host: bool,
    /// The OAuth client the caller came through.
    pub client: Option<Uuid>,
    /// The client ships with the product (its scopes such as `OrchestratorApiUserAccess` stand for all the user may do).
    pub first_party: bool,
    pub scopes: Scopes,
    pub credential: Credential,
    pub session: Option<SessionRef>,
    /// The credential is good for one tenant only, or for one folder of it.
    pub confined: Option<Confined>,
}

impl Caller {
    /// Nobody.
    pub fn anonymous() -> Self {
        Self {
            principal: Principal::Anonymous,
            name: Arc::from(""),
            organization: None,
            host: false,
            client: None,
            first_party: false,
            scopes: Scopes::default(),
            credential: Credential::None,
            session: None,
            confined: None,
        }
    }

    /// The server acting on its own behalf.
    pub fn system() -> Self {
        Self {
            principal: Principal::System,
            name: Arc::from("System"),
            credential: Credential::Internal,
            ..Self::anonymous()
        }
    }

    pub fn is_anonymous(&self) -> bool {
        self.principal == Principal::Anonymous
    }

    /// The user behind the request, if a person is.
    pub fn user(&self) -> Option<Uuid> {
        match self.principal {
            Principal::User(id) => Some(id),
            _ => None,
        }
    }

    /// The application acting as itself, if one is.
    pub fn application(&self) -> Option<Uuid> {
        match self.principal {
            Principal::Application(id) => Some(id),
            _ => None,
        }
    }

    /// The machine object whose hosts ask, by its client id.
    pub fn machine(&self) -> Option<Uuid> {
        match self.principal {
            Principal::Machine(id) => Some(id),
            _ => None,
        }
    }

    /// GUID of the principal, whatever its kind.
    pub fn principal_id(&self) -> Option<Uuid> {
        match self.principal {
            Principal::User(id) | Principal::Application(id) | Principal::Robot(id) | Principal::Machine(id) => {
                Some(id)
            }
            Principal::Anonymous | Principal::System => None,
        }
    }
}
