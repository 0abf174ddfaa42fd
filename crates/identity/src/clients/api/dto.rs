//! Shapes of the external client API.

use context::Error;
use jiff::{Timestamp, civil, tz::TimeZone};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::clients::changes::{Changes, ScopeRef};
use crate::clients::model::ClientSecret;
use crate::clients::service::Application;
use crate::clients::{certificates, redirects};
use crate::scopes::{Kind, catalogue};

/// Body of create and update, as far as they have members in common.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ClientBody {
    pub name: String,
    pub redirect_uri: String,
    pub scopes: Vec<ScopeRef>,
    pub client_certificates: Option<Vec<Value>>,
}

impl ClientBody {
    pub fn into_changes(self) -> Result<Changes, Error> {
        Ok(Changes {
            name: self.name,
            redirect_uris: redirects::read(&self.redirect_uri)
                .map_err(|message| Error::field("redirectUri", message))?,
            scopes: self.scopes,
            keys: self
                .client_certificates
                .map(|items| certificates::read(&items))
                .transpose()?,
            access_token_lifetime: None,
        })
    }
}

/// A documented body or answer.
pub(super) fn shape(name: &'static str, schema: Value) -> web::Shape {
    web::Shape::Json { name, schema }
}

fn scope_schema() -> Value {
    json!({
        "type": "object", "required": ["name", "type"],
        "properties": {
            "name": { "type": "string" }, "displayName": { "type": "string" }, "description": { "type": "string" },
            "type": { "type": "integer", "enum": [0, 1], "description": "0: user scope, 1: application scope" }
        }
    })
}

/// Body of create and update.
pub(super) fn body_schema(creation: bool) -> Value {
    let mut properties = json!({
        "name": { "type": "string", "maxLength": 200 },
        "redirectUri": { "type": "string", "description": "Absolute URLs, separated by commas." },
        "scopes": { "type": "array", "items": scope_schema() },
        "clientCertificates": {
            "type": "array", "items": {}, "description": "Public keys for private_key_jwt: PEM, base64 DER or JWK."
        }
    });
    if creation {
        properties["partitionGlobalId"] = json!({ "type": "string", "format": "uuid" });
        properties["isConfidential"] = json!({ "type": "boolean" });
    }
    json!({ "type": "object", "required": ["name"], "properties": properties })
}

pub(super) fn secret_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "id": { "type": "integer", "format": "int64" }, "description": { "type": "string" },
            "secret": { "type": "string", "nullable": true, "description": "The value, only right after it was made." },
            "creationTime": { "type": "string", "format": "date-time" },
            "expiryTime": { "type": "string", "format": "date-time", "nullable": true }
        }
    })
}

pub(super) fn application_schema() -> Value {
    let resource = json!({
        "type": "object",
        "properties": {
            "name": { "type": "string" }, "displayName": { "type": "string" }, "description": { "type": "string" },
            "scopes": { "type": "array", "items": scope_schema() }
        }
    });
    json!({
        "type": "object",
        "properties": {
            "name": { "type": "string" }, "id": { "type": "string", "format": "uuid" },
            "isConfidential": { "type": "boolean" }, "redirectUri": { "type": "string" },
            "secret": { "type": "string", "description": "The first secret, only in the answer to the creation." },
            "resources": { "type": "array", "items": resource },
            "secrets": { "type": "array", "items": secret_schema() }
        }
    })
}

/// An application; `secret` is in clear only in the answer to its creation.
pub(super) fn application(application: &Application, secret: Option<&vault::Secret>) -> Result<Value, Error> {
    let client = &application.client;
    let mut value = json!({
        "name": client.name,
        "id": client.id,
        "isConfidential": client.confidential,
        "redirectUri": client.redirect_uri_text(),
        "resources": resources(application),
        "secrets": application.secrets.iter().map(|secret| self::secret(secret, None)).collect::<Result<Vec<_>, _>>()?,
    });
    if let (Value::Object(members), Some(secret)) = (&mut value, secret) {
        members.insert(
            "secret".to_owned(),
            json!(secret.expose_str().map_err(Error::internal)?),
        );
    }
    Ok(value)
}

/// A secret; its value only right after it was made.
pub(super) fn secret(secret: &ClientSecret, value: Option<&vault::Secret>) -> Result<Value, Error> {
    let value = value
        .map(vault::Secret::expose_str)
        .transpose()
        .map_err(Error::internal)?;
    Ok(json!({
        "id": secret.id,
        "description": secret.description,
        "secret": value,
        "creationTime": secret.created_at.to_string(),
        "expiryTime": secret.expires_at.map(|at| at.to_string()),
    }))
}

/// Registered scopes by resource, in the order of the catalogue.
fn resources(application: &Application) -> Vec<Value> {
    let entries = |scopes: &[crate::scopes::Scope]| -> Vec<Value> {
        let mut entries = Vec::new();
        for scope in scopes {
            for kind in Kind::ALL
                .into_iter()
                .filter(|kind| application.client.has_scope(*kind, &scope.name))
            {
                entries.push(json!({
                    "name": scope.name, "displayName": scope.display_name, "description": scope.description,
                    "type": kind.number()
                }));
            }
        }
        entries
    };
    let mut resources = Vec::new();
    let mut add = |name: &str, display_name: &str, description: &str, scopes: Vec<Value>| {
        if !scopes.is_empty() {
            let mut resource = Map::new();
            resource.insert("name".to_owned(), json!(name));
            resource.insert("displayName".to_owned(), json!(display_name));
            resource.insert("description".to_owned(), json!(description));
            resource.insert("scopes".to_owned(), Value::Array(scopes));
            resources.push(Value::Object(resource));
        }
    };
    for resource in &catalogue().resources {
        add(
            resource.name,
            resource.display_name,
            resource.description,
            entries(&resource.scopes),
        );
    }
    add(
        "Identity",
        "Identity",
        "What the application may know about its users.",
        entries(&catalogue().identity),
    );
    resources
}

/// An end of validity: ISO 8601 with or without offset (then UTC), or a date alone (its first moment, UTC).
pub(super) fn expiry(text: Option<&str>) -> Result<Option<Timestamp>, Error> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    parse_time(text)
        .map(Some)
        .ok_or_else(|| Error::field("expiryTime", "The expiry is not an ISO 8601 time."))
}

pub(crate) fn parse_time(text: &str) -> Option<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let local = text.parse::<civil::DateTime>().ok()?;
    TimeZone::UTC.to_timestamp(local).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_is_a_time_or_a_date() {
        let check = |text: &str, expected: &str| assert_eq!(parse_time(text).unwrap().to_string(), expected);
        check("2030-01-31", "2030-01-31T00:00:00Z");
        check("2030-01-31T10:00:00", "2030-01-31T10:00:00Z");
        check("2030-01-31T10:00:00+02:00", "2030-01-31T08:00:00Z");
        assert!(parse_time("tomorrow").is_none());
        assert!(expiry(Some(" ")).unwrap().is_none());
    }

    #[test]
    fn scope_types_are_read_in_every_form() {
        let body: ClientBody = web::bind(json!({
            "name": "x", "scopes": [{"name": "OR.Jobs", "type": 1}, {"name": "OR.Jobs", "Type": "User"}, {"name": "A", "type": "0"}]
        }))
        .unwrap();
        let kinds: Vec<Kind> = body.scopes.iter().map(|scope| scope.kind).collect();
        assert_eq!(kinds, [Kind::Application, Kind::User, Kind::User]);
    }
}
