//! The scopes there are, with words for people.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{DEFAULT, Kind, ORCHESTRATOR, PLATFORM_MANAGEMENT};

/// A scope that applications can register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    pub name: String,
    pub display_name: String,
    pub description: String,
    /// The API it belongs to; empty for identity scopes.
    pub resource: &'static str,
    /// Kinds it is offered as.
    pub kinds: &'static [Kind],
}

impl Scope {
    pub fn offers(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }

    /// The number of the catalogue: 0 user only, 1 application only, 2 both.
    pub fn catalogue_type(&self) -> i64 {
        match self.kinds {
            [only] => only.number(),
            _ => 2,
        }
    }
}

/// An API and its scopes.
#[derive(Debug, Clone)]
pub struct Resource {
    /// The audience of tokens with these scopes.
    pub name: &'static str,
    pub display_name: &'static str,
    pub description: &'static str,
    pub scopes: Vec<Scope>,
}

/// Everything that can be registered.
#[derive(Debug)]
pub struct Catalogue {
    pub resources: Vec<Resource>,
    /// `openid`, `profile`, `email`, `offline_access`.
    pub identity: Vec<Scope>,
    by_name: HashMap<String, (usize, usize)>,
}

impl Catalogue {
    /// The scope with exactly this name.
    pub fn find(&self, name: &str) -> Option<&Scope> {
        match self.by_name.get(name) {
            Some((resource, scope)) => self.resources.get(*resource)?.scopes.get(*scope),
            None => self.identity.iter().find(|scope| scope.name == name),
        }
    }

    /// All API scopes of a kind, in the order of the catalogue.
    pub fn names(&self, kind: Kind) -> impl Iterator<Item = &str> {
        let all = self.resources.iter().flat_map(|resource| &resource.scopes);
        all.filter(move |scope| scope.offers(kind))
            .map(|scope| scope.name.as_str())
    }
}

/// The catalogue of this server.
pub fn catalogue() -> &'static Catalogue {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(build);
    &CATALOGUE
}

const BOTH: &[Kind] = &Kind::ALL;
const USER: &[Kind] = &[Kind::User];

/// Area of the Orchestrator API, what it is called, what it covers.
const ORCHESTRATOR_AREAS: &[(&str, &str, &str)] = &[
    (
        "Administration",
        "Administration",
        "tenant administration, storage buckets, licensing and maintenance",
    ),
    ("Analytics", "Analytics", "usage analytics"),
    ("Assets", "Assets", "assets of every type"),
    ("Audit", "Audit", "the audit log"),
    ("BackgroundTasks", "Background tasks", "long-running background tasks"),
    ("Buckets", "Storage buckets", "storage buckets and the files in them"),
    ("BusinessRules", "Business rules", "business rules"),
    ("Execution", "Execution", "packages, libraries, feeds and processes"),
    ("Folders", "Folders", "folders, their members and personal workspaces"),
    ("Hypervisor", "Elastic robots", "elastic robot orchestration"),
    ("Jobs", "Jobs", "jobs, schedules and triggers"),
    ("License", "Licenses", "license use"),
    ("Machines", "Machines", "machines and machine templates"),
    ("ML", "ML logs", "logs of machine-learning skills"),
    ("Monitoring", "Monitoring", "logs, alerts, statistics and recordings"),
    ("Queues", "Queues", "queues, queue items and transactions"),
    ("Robots", "Robots", "robots and their sessions"),
    (
        "Settings",
        "Settings",
        "tenant settings, calendars and credential stores",
    ),
    ("Tasks", "Tasks", "actions, forms and catalogs"),
    ("TestDataQueues", "Test data queues", "test data queues and their items"),
    (
        "TestSetExecutions",
        "Test executions",
        "executions of test sets and test cases",
    ),
    ("TestSets", "Test sets", "test sets and test cases"),
    ("TestSetSchedules", "Test schedules", "schedules of test sets"),
    ("Users", "Users", "users, roles and directory search"),
    ("Webhooks", "Webhooks", "webhooks"),
];

#[derive(Clone, Copy)]
enum Forms {
    All,
    ReadOnly,
    Single,
}

/// Area of platform management, what it is called, what it covers, in which forms it comes.
const MANAGEMENT_AREAS: &[(&str, &str, &str, Forms)] = &[
    (
        "Audit",
        "Organization audit",
        "the audit of the organization",
        Forms::ReadOnly,
    ),
    (
        "AuthSetting",
        "Authentication settings",
        "sign-in settings and access restrictions",
        Forms::Single,
    ),
    ("Group", "Groups", "local groups and their members", Forms::All),
    ("License", "Licenses", "allocation of licenses", Forms::All),
    (
        "MessageTemplate",
        "Message templates",
        "templates of messages to users",
        Forms::All,
    ),
    (
        "OAuthApp",
        "External applications",
        "external applications, their scopes and secrets; whoever may write them can give any scope, and so is an administrator",
        Forms::All,
    ),
    (
        "OAuthAppSecret.Write",
        "Application secrets",
        "new secrets of external applications, nothing else",
        Forms::Single,
    ),
    (
        "OAuthSecret.Write",
        "Application secrets (earlier name)",
        "new secrets of external applications, nothing else",
        Forms::Single,
    ),
    ("RobotAccount", "Robot accounts", "robot accounts", Forms::All),
    (
        "Security",
        "Security",
        "security settings of the organization",
        Forms::Single,
    ),
    (
        "Setting",
        "Settings",
        "settings of the organization and its users",
        Forms::All,
    ),
    ("User", "Users", "local users", Forms::All),
    (
        "UserLoginAttempt",
        "Sign-in attempts",
        "attempts to sign in",
        Forms::ReadOnly,
    ),
];

fn build() -> Catalogue {
    let mut orchestrator: Vec<Scope> = Vec::new();
    for (area, title, covers) in ORCHESTRATOR_AREAS {
        family(
            &mut orchestrator,
            ORCHESTRATOR,
            &format!("OR.{area}"),
            title,
            covers,
            Forms::All,
        );
    }
    let single = |name: &str, display_name: &str, description: &str| Scope {
        name: name.to_owned(),
        display_name: display_name.to_owned(),
        description: description.to_owned(),
        resource: ORCHESTRATOR,
        kinds: BOTH,
    };
    orchestrator.push(single(
        "OR.AutomationSolutions.Access",
        "Automation solutions",
        "Use what automation solutions publish.",
    ));
    orchestrator.push(single(
        DEFAULT,
        "As far as roles go",
        "Do what the roles assigned to the application or user on tenants and folders allow. Needs no registration.",
    ));
    let mut management: Vec<Scope> = Vec::new();
    for (area, title, covers, forms) in MANAGEMENT_AREAS {
        family(
            &mut management,
            PLATFORM_MANAGEMENT,
            &format!("PM.{area}"),
            title,
            covers,
            *forms,
        );
    }
    let resources = vec![
        Resource {
            name: ORCHESTRATOR,
            display_name: "Orchestrator API Access",
            description: "Folders, assets, processes, jobs, queues and everything else that belongs to a tenant.",
            scopes: orchestrator,
        },
        Resource {
            name: PLATFORM_MANAGEMENT,
            display_name: "Platform Management API Access",
            description: "Users, groups, external applications and settings of the organization.",
            scopes: management,
        },
    ];
    let mut by_name = HashMap::new();
    for (at, resource) in resources.iter().enumerate() {
        for (index, scope) in resource.scopes.iter().enumerate() {
            by_name.insert(scope.name.clone(), (at, index));
        }
    }
    let identity = [
        (super::OPENID, "Identity", "Know who you are."),
        ("profile", "Profile", "See your name and user name."),
        ("email", "E-mail address", "See your e-mail address."),
        (
            super::OFFLINE_ACCESS,
            "Offline access",
            "Stay signed in and act while you are away.",
        ),
    ];
    let identity = identity.map(|(name, display_name, description)| Scope {
        name: name.to_owned(),
        display_name: display_name.to_owned(),
        description: description.to_owned(),
        resource: "",
        kinds: USER,
    });
    Catalogue {
        resources,
        identity: identity.into(),
        by_name,
    }
}

/// `X`, `X.Read` and `X.Write`, as far as `forms` says.
fn family(into: &mut Vec<Scope>, resource: &'static str, name: &str, title: &str, covers: &str, forms: Forms) {
    let mut add = |suffix: &str, words: &str, description: String| {
        into.push(Scope {
            name: format!("{name}{suffix}"),
            display_name: format!("{title}{words}"),
            description,
            resource,
            kinds: BOTH,
        });
    };
    match forms {
        Forms::Single => add("", "", format!("Manage {covers}.")),
        Forms::ReadOnly => {
            add("", "", format!("Read {covers}."));
            add(".Read", " (read)", format!("Read {covers}."));
        }
        Forms::All => {
            add("", "", format!("Read and change {covers}."));
            add(".Read", " (read)", format!("Read {covers}."));
            add(".Write", " (write)", format!("Change {covers}."));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found_to_the_letter() {
        let catalogue = catalogue();
        let names: Vec<&str> = catalogue.names(Kind::Application).collect();
        let unique: std::collections::HashSet<&&str> = names.iter().collect();
        assert_eq!(unique.len(), names.len());
        assert!(catalogue.find("OR.Folders.Read").is_some());
        assert!(catalogue.find("or.folders.read").is_none());
        assert!(catalogue.find("PM.OAuthAppSecret.Write").is_some());
        assert!(catalogue.find("OR.Default").is_some());
    }

    #[test]
    fn scopes_of_other_products_are_unknown() {
        for name in [
            "TM.Projects",
            "Du.Digitization.Api",
            "AI.Projects",
            "OrchestratorApiUserAccess",
            "IdentityServerApi",
        ] {
            assert!(catalogue().find(name).is_none(), "{name}");
        }
    }
}
