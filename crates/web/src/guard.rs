//! The guard: caller, organization, scopes, tenant, rights, folder, permission, in this order. Whatever is not opened is closed.

use context::{Caller, Credential, Error, Principal, Requirement, Rights, codes};
use http::{HeaderMap, Method};
use uuid::Uuid;

use crate::credentials::{LONGEST_FIRST_PART, first_part, password};
use crate::gate::{FolderRef, FolderSelector, TenantRef};
use crate::layout::Family;
use crate::operation::{Access, Folder, Operation};
use crate::page;
use crate::reply::{self, Response};
use crate::request::{Request, folder_required};

/// Checks who may do what, then runs the handler.
pub(crate) async fn guarded(mut request: Request) -> Result<Response, Error> {
    let operation = request.operation;
    let caller = identify(&request).await?;
    request.ctx.caller = caller;
    match operation.access {
        Access::Anonymous => return (operation.handler)(request).await,
        Access::Optional if request.ctx.caller.is_anonymous() => return (operation.handler)(request).await,
        Access::Page if request.ctx.caller.is_anonymous() => return to_sign_in(&request),
        _ if request.ctx.caller.is_anonymous() => return Err(Error::unauthenticated()),
        _ => {}
    }
    if operation.access == Access::Page || request.ctx.caller.credential == Credential::Session {
        check_forgery(&request).await?;
    }
    check_kind(operation, &request.ctx.caller)?;
    let gate = open(operation, &request.ctx.caller)?;
    check_organization(&request).await?;
    check_rate(&request)?;
    if operation.administrator && request.ctx.caller.application().is_none() {
        let app = request.app.clone();
        if !app.gatekeeper().is_administrator(&request.ctx.caller).await? {
            return Err(Error::denied(0, "Only organization administrators may do this."));
        }
    }
    find_tenant(&mut request).await?;
    let rights = match (gate, &request.tenant) {
        (Gate::Everything, _) => Rights::Everything,
        (Gate::Roles, Some(tenant)) => request.app.gatekeeper().rights(&request.ctx.caller, tenant).await?,
        (Gate::Roles, None) => Rights::None,
    };
    request.rights = match request.ctx.caller.confined.and_then(|confined| confined.folder) {
        Some(folder) => rights.confined(folder),
        None => rights,
    };
    find_folder(&mut request).await?;
    let allowed = match operation.folder {
        Folder::None => request.rights.allow(&operation.requirement, None),
        Folder::InRequest => request.rights.allow_somewhere(&operation.requirement),
        Folder::Required | Folder::Optional => match &request.folder {
            Some(folder) => request.rights.allow(&operation.requirement, Some(folder.id)),
            None => true,
        },
    };
    if !allowed {
        return Err(Error::forbidden());
    }
    if request.ctx.caller.client.is_some()
        && let Some(scope) = narrowest(operation, &request.ctx.caller)
    {
        request.app.gatekeeper().used_scope(&request.ctx, scope);
    }
    (operation.handler)(request).await
}

/// The caller: from the bearer token, on pages and identity addresses else from the session cookie.
async fn identify(request: &Request) -> Result<Caller, Error> {
    let access = request.operation.access;
    if access == Access::Anonymous {
        return Ok(Caller::anonymous());
    }
    let gatekeeper = request.app.gatekeeper();
    let with_session = access == Access::Page
        || (access == Access::Optional && matches!(request.layout.family, Family::Identity | Family::Root));
    if with_session {
        return gatekeeper.session(request).await;
    }
    let Some(value) = request.header("authorization") else {
        return Ok(Caller::anonymous());
    };
    let (scheme, credentials) = value.split_once(' ').ok_or_else(Error::unauthenticated)?;
    let credentials = credentials.trim();
    if request.operation.basic && scheme.eq_ignore_ascii_case("basic") {
        let password = password(credentials).ok_or_else(Error::unauthenticated)?;
        return gatekeeper.bearer(request, &password).await;
    }
    if scheme.eq_ignore_ascii_case("bearer") && !credentials.is_empty() {
        return gatekeeper.bearer(request, credentials).await;
    }
    Err(Error::unauthenticated())
}

/// Machines call what is made for them and nothing else, and nobody calls it in their place. A credential that is good for one
/// tenant opens nothing that lies above tenants.
fn check_kind(operation: &Operation, caller: &Caller) -> Result<(), Error> {
    let is_for_machines = operation.access == Access::Machine;
    let is_outside = caller.confined.is_some() && operation.family != Family::Orchestrator;
    if is_for_machines != caller.machine().is_some() || is_outside {
        return Err(Error::forbidden());
    }
    Ok(())
}

/// What a token's scopes open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gate {
    /// Organization-wide, without a look at roles.
    Everything,
    /// As far as role assignments go.
    Roles,
}

/// The scope gate (reference: identity 1.8, rows 2 to 6).
fn open(operation: &Operation, caller: &Caller) -> Result<Gate, Error> {
    if operation.access == Access::HostOnly {
        return if caller.host {
            Ok(Gate::Roles)
        } else {
            Err(Error::forbidden())
        };
    }
    if operation.access == Access::Machine {
        return Ok(Gate::Roles);
    }
    if caller.principal == Principal::System {
        return Ok(Gate::Everything);
    }
    if caller.credential == Credential::Session {
        return Ok(Gate::Roles);
    }
    let stands_for_all = match operation.family {
        Family::Identity => "IdentityServerApi",
        _ => "OrchestratorApiUserAccess",
    };
    let all_of_the_user = caller.user().is_some() && caller.first_party && caller.scopes.contains(stands_for_all);
    if operation.access == Access::PersonOnly {
        return if all_of_the_user {
            Ok(Gate::Roles)
        } else {
            Err(Error::forbidden())
        };
    }
    if all_of_the_user || operation.scopes.is_empty() {
        return Ok(Gate::Roles);
    }
    let named = operation.scopes.iter().any(|scope| caller.scopes.contains(scope));
    let by_roles = operation.family == Family::Orchestrator && caller.scopes.contains("OR.Default");
    match (caller.application(), named, by_roles) {
        (Some(_), true, _) => Ok(Gate::Everything),
        (Some(_), false, true) => Ok(Gate::Roles),
        (None, named, by_roles) if named || by_roles => Ok(Gate::Roles),
        _ => {
            let mut error = Error::missing_scope(operation.scopes.clone());
            if operation.family == Family::Identity {
                error.message = caller.scopes.iter().collect::<Vec<_>>().join(",");
            }
            Err(error)
        }
    }
}

/// The scope that was needed: of those in the token, the one that opens least.
fn narrowest(operation: &Operation, caller: &Caller) -> Option<&'static str> {
    // Each declared scope follows the wider one that covers it.
    operation
        .scopes
        .iter()
        .rev()
        .copied()
        .find(|scope| caller.scopes.contains(scope))
}

/// The organization in the address must be the caller's; whether another one exists is not told.
async fn check_organization(request: &Request) -> Result<(), Error> {
    let gatekeeper = request.app.gatekeeper();
    let own = request.ctx.caller.organization;
    let named = match &request.layout.organization {
        Some(name) => Some(name.clone()),
        None if request.layout.family == Family::Console => request.text("org").ok(),
        None => None,
    };
    if let Some(name) = named
        && (own.is_none() || gatekeeper.organization(&name).await? != own)
    {
        return Err(Error::forbidden());
    }
    if request.argument("partitionGlobalId").is_some()
        && (own.is_none() || request.guid("partitionGlobalId").ok() != own)
    {
        return Err(Error::forbidden());
    }
    Ok(())
}

/// Counts a request to the identity API, where requests are bounded.
fn check_rate(request: &Request) -> Result<(), Error> {
    let bounded = request.app.settings().rate_limits
        && request.layout.family == Family::Identity
        && request.operation.path.starts_with("/api");
    match request.ctx.caller.organization.filter(|_| bounded) {
        Some(organization) => request
            .app
            .limits()
            .count(organization, &request.parts.method, request.ctx.now),
        None => Ok(()),
    }
}

async fn find_tenant(request: &mut Request) -> Result<(), Error> {
    let named = match request.layout.family {
        Family::Orchestrator => request
            .layout
            .tenant
            .clone()
            .or_else(|| request.header("x-uipath-tenantname").map(str::to_owned)),
        Family::Console => match request.text("tenant") {
            Ok(name) => Some(name),
            Err(_) => return Ok(()),
        },
        Family::Identity | Family::Portal | Family::Root => return Ok(()),
    };
    if request.operation.access == Access::HostOnly {
        return Ok(());
    }
    let organization = request.organization()?;
    let confined = request.ctx.caller.confined.map(|confined| confined.tenant);
    let named = named.or_else(|| confined.map(|key| key.to_string()));
    let app = request.app.clone();
    let tenant: Option<TenantRef> = app.gatekeeper().tenant(organization, named.as_deref()).await?;
    let tenant = tenant.filter(|tenant| confined.is_none_or(|key| key == tenant.key));
    request.tenant = Some(tenant.ok_or_else(Error::forbidden)?);
    Ok(())
}

async fn find_folder(request: &mut Request) -> Result<(), Error> {
    if !matches!(request.operation.folder, Folder::Required | Folder::Optional) {
        return Ok(());
    }
    let selector = if request.layout.family == Family::Console {
        Some(FolderSelector::Id(request.integer("folder")?))
    } else {
        selector(&request.parts.headers)?
    };
    let Some(selector) = selector else {
        return if request.operation.folder == Folder::Required {
            Err(folder_required())
        } else {
            Ok(())
        };
    };
    let app = request.app.clone();
    let folder: Option<FolderRef> = app.gatekeeper().folder(request.tenant()?, &selector).await?;
    // An operation that requires no permission opens nobody's eyes for folders.
    let requirement = &request.operation.requirement;
    let visible = |folder: &FolderRef| {
        request.rights.is_assigned(folder.id)
            || (*requirement != Requirement::Nothing && request.rights.allow(requirement, Some(folder.id)))
    };
    request.folder = Some(folder.filter(visible).ok_or_else(no_such_folder)?);
    Ok(())
}

fn no_such_folder() -> Error {
    Error::missing(
        codes::INVALID_ORGANIZATION_UNIT,
        "Folder does not exist or the user does not have access to the folder.",
    )
}

/// Reads the folder headers (reference: execution 1.1, "Folder"; clients, chapter 2 rule 4).
fn selector(headers: &HeaderMap) -> Result<Option<FolderSelector>, Error> {
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::trim)
            .filter(|value| !value.is_empty())
    };
    let path = |path: &str| FolderSelector::Path(path.trim_matches('/').to_owned());
    if let Some(id) = text("x-uipath-organizationunitid") {
        // Some clients send the GUID of a folder, or of its feed, which is the same (reference: clients 3.1.3).
        return id
            .parse()
            .map(FolderSelector::Id)
            .or_else(|_| Uuid::parse_str(id).map(FolderSelector::Key))
            .map(Some)
            .map_err(|_| no_such_folder());
    }
    if let Some(key) = text("x-uipath-folderkey") {
        return Uuid::parse_str(key)
            .map(|key| Some(FolderSelector::Key(key)))
            .map_err(|_| no_such_folder());
    }
    if let Some(encoded) = text("x-uipath-folderpath-encoded") {
        return decode_path(encoded)
            .map(|text| Some(path(&text)))
            .ok_or_else(no_such_folder);
    }
    // A header may hold UTF-8 that is not ASCII; `to_str` would refuse it.
    let raw = headers
        .get("x-uipath-folderpath")
        .and_then(|value| std::str::from_utf8(value.as_bytes()).ok());
    Ok(raw.map(str::trim).filter(|value| !value.is_empty()).map(path))
}

/// Base64 of UTF-16LE, else percent-encoded text.
fn decode_path(encoded: &str) -> Option<String> {
    use base64::Engine as _;
    if let Ok(bytes) = base64::engine::general_purpose::STANDARD.decode(encoded)
        && bytes.len() % 2 == 0
    {
        let units: Vec<u16> = bytes
            .chunks_exact(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
            .collect();
        if let Ok(text) = String::from_utf16(&units)
            && !text.chars().any(char::is_control)
        {
            return Some(text);
        }
    }
    percent_encoding::percent_decode_str(encoded)
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}

/// Pages lead to sign-in and back; a form post without a session cannot be repeated and is refused.
fn to_sign_in(request: &Request) -> Result<Response, Error> {
    if request.parts.method != Method::GET {
        return Err(Error::unauthenticated());
    }
    let here = request.parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let back: String = form_urlencoded::byte_serialize(here.as_bytes()).collect();
    reply::see_other(&format!("/identity/web/login?returnUrl={back}"))
}

/// A form must repeat the session's own value (reference: identity 7, rows 98 and 99).
async fn check_forgery(request: &Request) -> Result<(), Error> {
    if matches!(request.parts.method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    let Some(session) = &request.ctx.caller.session else {
        return Err(Error::unauthenticated());
    };
    let form = request.form();
    let mut given = page::field(&form, "_csrf").to_owned();
    if let Some(body) = request.shared_body() {
        given = first_part(&body.peek(LONGEST_FIRST_PART).await?).unwrap_or_default();
    }
    if given.is_empty() {
        request
            .header("x-csrf-token")
            .unwrap_or_default()
            .clone_into(&mut given);
    }
    if vault::verify_secret(&given, &vault::hash_secret(&session.csrf)) {
        return Ok(());
    }
    Err(Error::invalid(
        codes::INVALID_REQUEST,
        "This form is out of date. Open the page again and repeat what you did.",
    ))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use context::Confined;

    use super::*;

    fn check(operation: &Operation, principal: Principal, confined: bool, allowed: bool) {
        let caller = Caller {
            principal,
            name: Arc::from("x"),
            confined: confined.then_some(Confined {
                tenant: Uuid::nil(),
                folder: None,
                job: None,
            }),
            ..Caller::anonymous()
        };
        assert_eq!(
            check_kind(operation, &caller).is_ok(),
            allowed,
            "{operation:?} {principal:?} {confined}"
        );
    }

    #[test]
    fn machines_call_what_is_made_for_them_and_nobody_else_does() {
        let id = Uuid::nil();
        let ours = Operation::orchestrator(Method::POST, "/api/X", "X_Post").access(Access::Machine);
        let other = Operation::orchestrator(Method::GET, "/odata/X", "X_Get");
        for principal in [
            Principal::User(id),
            Principal::Application(id),
            Principal::Robot(id),
            Principal::System,
        ] {
            check(&ours, principal, false, false);
            check(&other, principal, false, true);
        }
        check(&ours, Principal::Machine(id), true, true);
        check(&other, Principal::Machine(id), true, false);
    }

    #[test]
    fn a_credential_of_one_tenant_opens_nothing_above_tenants() {
        let user = Principal::User(Uuid::nil());
        for operation in [
            Operation::identity(Method::GET, "/api/X", "X_Get"),
            Operation::portal(Method::GET, "/api/X", "X_Get"),
            Operation::page(Method::GET, "/console/x", "X_Get"),
        ] {
            check(&operation, user, true, false);
            check(&operation, user, false, true);
        }
        check(
            &Operation::orchestrator(Method::GET, "/odata/X", "X_Get"),
            user,
            true,
            true,
        );
    }
}
