//! What console pages share.

use context::{Error, Kind, codes};
use jiff::Timestamp;
use maud::{Markup, html};
use odata::{EntityType, Limits, Query};
use ui::GridQuery;
use ui::field::Choice;
use web::{Request, TenantRef};

use crate::frame::segment;
use crate::permit::requirement;
use crate::roles::model::{Role, RoleType};
use crate::users::model::UserType;

/// Failures of a form: field name (empty: the whole form) and message.
pub type Errors = Vec<(String, String)>;

/// `/console/{org}`
pub fn organization_path(cx: &Request) -> Result<String, Error> {
    Ok(format!("/console/{}", segment(&cx.text("org")?)))
}

/// `/console/{org}/tenants/{tenant}`
pub fn tenant_path(cx: &Request) -> Result<String, Error> {
    Ok(format!(
        "{}/tenants/{}",
        organization_path(cx)?,
        segment(&cx.text("tenant")?)
    ))
}

/// `/console/{org}/tenants/{tenant}/folders/{folder}`
pub fn folder_path(cx: &Request, folder: i64) -> Result<String, Error> {
    Ok(format!("{}/folders/{folder}", tenant_path(cx)?))
}

/// The value that forms of this session repeat.
pub fn csrf(cx: &Request) -> &str {
    cx.ctx.caller.session.as_ref().map_or("", |session| &session.csrf)
}

/// State of a list, from the address.
pub fn grid_query(cx: &Request) -> GridQuery {
    GridQuery::parse(cx.parts.uri.path(), cx.parts.uri.query().unwrap_or_default())
}

/// Whether the visitor has the permissions on the tenant, or in a folder.
pub fn may(cx: &Request, expression: &str, folder: Option<i64>) -> Result<bool, Error> {
    Ok(cx.rights.allow(&requirement(expression)?, folder))
}

/// Whether the visitor has the permissions on the tenant or in any folder.
pub fn may_somewhere(cx: &Request, expression: &str) -> Result<bool, Error> {
    Ok(cx.rights.allow_somewhere(&requirement(expression)?))
}

/// What a person can mend, by field; other failures go on.
pub fn mendable(error: Error) -> Result<Errors, Error> {
    match error.kind {
        Kind::Invalid | Kind::Conflict if error.fields.is_empty() => Ok(vec![(String::new(), error.message)]),
        Kind::Invalid | Kind::Conflict => Ok(error
            .fields
            .into_iter()
            .map(|field| (field.name, field.message))
            .collect()),
        _ => Err(error),
    }
}

/// A text literal of OData.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The query behind a grid: its filters joined by `and`, its page, its order (`default` where none is chosen).
pub struct Asked {
    pub query: Query,
    /// The options as the API takes them, for the hint below the grid.
    pub options: String,
}

impl Asked {
    pub fn new(
        model: &'static EntityType,
        state: &GridQuery,
        filters: &[String],
        sortable: &[&'static str],
        default: &str,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let order = match state.sort_in(sortable) {
            Some((column, descending)) => format!("{column} {}", if descending { "desc" } else { "asc" }),
            None => default.to_owned(),
        };
        let mut options = Vec::new();
        if !filters.is_empty() {
            options.push(("$filter".to_owned(), filters.join(" and ")));
        }
        options.push(("$orderby".to_owned(), order));
        options.push(("$top".to_owned(), state.size.to_string()));
        if state.skip() > 0 {
            options.push(("$skip".to_owned(), state.skip().to_string()));
        }
        options.push(("$count".to_owned(), "true".to_owned()));
        let query = Query::parse(&options, model, &Limits::DEFAULT, now)
            .map_err(|error| Error::invalid(codes::INVALID_REQUEST, error.to_string()))?;
        let options = options
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join("&");
        Ok(Self { query, options })
    }
}

/// A moment, or a dash.
pub fn moment(at: Option<Timestamp>) -> Markup {
    match at {
        Some(at) => ui::time(&at.to_string()),
        None => ui::muted("–"),
    }
}

/// A kind of principal for people.
pub fn kind_name(kind: UserType) -> &'static str {
    match kind {
        UserType::User | UserType::DirectoryUser => "User",
        UserType::DirectoryGroup => "Group",
        UserType::Robot | UserType::DirectoryRobot => "Robot account",
        UserType::DirectoryExternalApplication => "External app",
    }
}

/// A kind of principal as icon and word.
pub fn kind_mark(kind: UserType) -> Markup {
    let icon = match kind {
        UserType::User | UserType::DirectoryUser => "user",
        UserType::DirectoryGroup => "group",
        UserType::Robot | UserType::DirectoryRobot => "robot",
        UserType::DirectoryExternalApplication => "application",
    };
    html! { (ui::with_icon(icon, kind_name(kind))) }
}

/// Roles that can be given on the tenant, or on folders, as boxes to tick.
pub fn role_choices(roles: &[Role], on_folders: bool) -> Vec<Choice> {
    let fits = |role: &&Role| match role.role_type {
        RoleType::Mixed => true,
        RoleType::Tenant => !on_folders,
        RoleType::Folder => on_folders,
    };
    roles
        .iter()
        .filter(fits)
        .map(|role| {
            let kind = if role.is_static { "Built-in" } else { "Custom" };
            Choice::new(&role.id.to_string(), &role.display_name).hint(&format!("{kind} · {} role", role.role_type))
        })
        .collect()
}

/// The numbers of a form's field; what is no number is left out.
pub fn numbers(form: &[(String, String)], name: &str) -> Vec<i64> {
    web::page::fields(form, name)
        .into_iter()
        .filter_map(|text| text.parse().ok())
        .collect()
}

/// The tenant as the page needs it in closures.
pub fn tenant(cx: &Request) -> Result<TenantRef, Error> {
    cx.tenant().cloned()
}
