//! Creating, finding and changing organizations.

use context::{Ctx, Error, codes};
use store::{Tx, params};
use uuid::Uuid;
use vault::WrappedKey;

use super::{HOST, HOST_URL_NAME, Organization, Settings};
use crate::audit::{self, Event};

/// First segments of addresses that are ours; no organization can be called so.
const RESERVED: &[&str] = &[
    "identity",
    "identity_",
    "portal",
    "portal_",
    "orchestrator",
    "orchestrator_",
    "odata",
    "api",
    "tasks",
    "forms",
    "console",
    "assets",
    "static",
    "metrics",
    "health",
    "connect",
    "web",
    "ui",
    "account",
    "login",
    "logout",
    "admin",
    "audit_",
    "orgaudit_",
    "tenantaudit_",
    "swagger",
    "openapi",
    ".well-known",
    "favicon.ico",
    "robots.txt",
    "host",
];

/// What a new organization needs.
#[derive(Debug, Clone)]
pub struct NewOrganization {
    pub id: Uuid,
    pub name: String,
    pub url_name: String,
    pub data_key: WrappedKey,
}

/// The organization with this id.
pub fn get(tx: &mut Tx, id: Uuid) -> Result<Option<Organization>, Error> {
    Ok(tx.host().get::<Organization>(id)?)
}

/// The organization with this URL name, in any letter case.
pub fn by_url_name(tx: &mut Tx, url_name: &str) -> Result<Option<Organization>, Error> {
    Ok(tx
        .host()
        .find_one::<Organization>("url_name_folded = ?", params![store::fold(url_name.trim())])?)
}

/// All organizations but the host, by name.
pub fn list(tx: &mut Tx) -> Result<Vec<Organization>, Error> {
    Ok(tx
        .host()
        .find::<Organization>("id <> ? order by name_folded", params![HOST])?)
}

/// Adds an organization; groups and users are the caller's next step.
pub fn create(tx: &mut Tx, ctx: &Ctx, new: &NewOrganization) -> Result<Organization, Error> {
    if new.id != HOST {
        check_url_name(&new.url_name)?;
    }
    if by_url_name(tx, &new.url_name)?.is_some() {
        return Err(Error::conflict(
            codes::NAME_ALREADY_USED,
            format!("The name '{}' is already taken.", new.url_name),
        ));
    }
    let organization = Organization {
        id: new.id,
        name: new.name.clone(),
        url_name: new.url_name.clone(),
        is_active: true,
        data_key: new.data_key.as_bytes().to_vec(),
        settings: store::Json(Settings::default()),
        created_at: ctx.now,
        modified_at: None,
    };
    tx.host().insert(&organization)?;
    tx.changed("organizations", new.id);
    let event = Event::identity(
        "Organization",
        "Organization Created",
        format!("Organization {} was created.", new.name),
    );
    audit::record(&mut tx.organization(new.id), ctx, event)?;
    Ok(organization)
}

/// Replaces the settings.
pub fn set_settings(tx: &mut Tx, ctx: &Ctx, id: Uuid, settings: &Settings) -> Result<(), Error> {
    settings.check()?;
    let mut organization = tx
        .host()
        .lock::<Organization>(id)?
        .ok_or_else(|| Error::not_found("Organization", id))?;
    let before = std::mem::replace(&mut organization.settings, store::Json(settings.clone()));
    organization.modified_at = Some(ctx.now);
    tx.host().update(&organization)?;
    tx.changed("organizations", id);
    let event = Event::identity(
        "OrganizationSettings",
        "Security Settings Updated",
        "Security settings were changed.",
    )
    .details(serde_json::json!({ "before": before.0, "after": settings }));
    audit::record(&mut tx.organization(id), ctx, event)
}

/// Opens or closes an organization. Sessions and tokens of a closed one are refused as long as it is closed.
pub fn set_active(tx: &mut Tx, ctx: &Ctx, id: Uuid, active: bool) -> Result<(), Error> {
    if id == HOST && !active {
        return Err(Error::invalid(
            codes::FORBIDDEN_OPERATION,
            "The host cannot be disabled.",
        ));
    }
    let mut organization = tx
        .host()
        .lock::<Organization>(id)?
        .ok_or_else(|| Error::not_found("Organization", id))?;
    organization.is_active = active;
    organization.modified_at = Some(ctx.now);
    tx.host().update(&organization)?;
    tx.changed("organizations", id);
    let name = if active {
        "Organization Enabled"
    } else {
        "Organization Disabled"
    };
    audit::record(
        &mut tx.organization(id),
        ctx,
        Event::identity("Organization", name, format!("{name}: {}.", organization.name)),
    )
}

/// Lower-case letters, digits, `-` and `_`, 2 to 64 characters, starting with a letter, and none of our own words.
fn check_url_name(name: &str) -> Result<(), Error> {
    let well_formed = (2..=64).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if !well_formed {
        return Err(Error::field(
            "urlName",
            "The URL name must be 2 to 64 letters, digits, - or _, starting with a letter.",
        ));
    }
    if RESERVED.contains(&name.to_ascii_lowercase().as_str()) || name.eq_ignore_ascii_case(HOST_URL_NAME) {
        return Err(Error::field("urlName", "This URL name is reserved."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_names_are_words_that_no_address_uses() {
        for good in ["default", "Acme", "a1", "my-org_2"] {
            assert!(check_url_name(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "a",
            "1a",
            "a b",
            "é2",
            "a/b",
            "identity_",
            "Identity",
            "odata",
            "host",
            &"a".repeat(65),
        ] {
            assert!(check_url_name(bad).is_err(), "{bad}");
        }
    }
}
