//! The authorization code flow, step by step.

use std::collections::HashMap;

use serde_json::Value;
use testkit::{Answer, Browser, Server};
use url::Url;

pub const REDIRECT: &str = "https://app.example/callback";
pub const VERIFIER: &str = "a-verifier-that-is-long-enough-for-every-rule-of-rfc-7636";

/// Fields with some of them replaced; an empty value leaves the field out.
pub fn with<'a>(base: &[(&'a str, &'a str)], changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields: Vec<(&str, &str)> = base
        .iter()
        .filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name))
        .copied()
        .collect();
    fields.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
    fields
}

pub fn encode(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}

/// The path of an authorize request that is in order but for `changes`.
pub fn authorize_path(client: &str, changes: &[(&str, &str)]) -> String {
    let challenge = jose::s256_challenge(VERIFIER);
    let base = [
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", REDIRECT),
        ("scope", "OR.Assets.Read"),
        ("state", "xyz"),
        ("code_challenge", &*challenge),
        ("code_challenge_method", "S256"),
    ];
    format!("/identity_/connect/authorize?{}", encode(&with(&base, changes)))
}

/// Sends an authorize request and follows it as far as it stays on this server.
pub fn authorize(browser: &Browser<'_>, client: &str, changes: &[(&str, &str)]) -> Answer {
    browser.follow(browser.get(&authorize_path(client, changes)))
}

/// Parameters of the address an answer leads to.
#[track_caller]
pub fn parameters(answer: &Answer) -> HashMap<String, String> {
    let location = answer.header("location");
    let url = Url::parse(location).unwrap_or_else(|_| panic!("{} {location} {}", answer.status, answer.text()));
    url.query_pairs().into_owned().collect()
}

/// The code an answer carries to the client.
#[track_caller]
pub fn code_of(answer: &Answer) -> String {
    let found = parameters(answer);
    found
        .get("code")
        .cloned()
        .unwrap_or_else(|| panic!("no code but {found:?}"))
}

/// An answer that is an error page here: nothing is sent to the address that was given.
#[track_caller]
pub fn assert_page(answer: &Answer, part: &str) {
    assert_eq!(answer.status, 400, "{} {}", answer.header("location"), answer.text());
    assert!(answer.text().contains(part), "no {part:?} in {}", answer.text());
    assert_eq!(answer.header("location"), "");
}

/// An error that is told to the client.
#[track_caller]
pub fn assert_told(answer: &Answer, error: &str) {
    let found = parameters(answer);
    assert_eq!(found.get("error").map(String::as_str), Some(error), "{found:?}");
    assert!(!found.contains_key("code"));
    assert!(found["iss"].ends_with("/identity_"));
}

/// Redeems a code.
pub fn redeem(server: &Server, client: &str, code: &str, changes: &[(&str, &str)]) -> Answer {
    let base = [
        ("grant_type", "authorization_code"),
        ("client_id", client),
        ("code", code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ];
    server
        .post("/identity_/connect/token")
        .form(&with(&base, changes))
        .send()
}

/// Redeems a refresh token.
pub fn refresh(server: &Server, client: &str, token: &str, changes: &[(&str, &str)]) -> Answer {
    let base = [
        ("grant_type", "refresh_token"),
        ("client_id", client),
        ("refresh_token", token),
    ];
    server
        .post("/identity_/connect/token")
        .form(&with(&base, changes))
        .send()
}

/// An error of the token endpoint.
#[track_caller]
pub fn assert_refused(answer: &Answer, error: &str) {
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert_eq!(answer.json()["error"], error, "{}", answer.text());
    assert!(answer.header("cache-control").contains("no-store"));
}

/// The whole flow; the answer of the token endpoint.
#[track_caller]
pub fn sign_in(browser: &Browser<'_>, client: &str, scopes: &str) -> Value {
    let code = code_of(&authorize(browser, client, &[("scope", scopes)]));
    redeem(browser.server(), client, &code, &[]).expect(200).json()
}

/// A non-confidential application with these user scopes; its id.
pub fn public_app(server: &Server, scopes: &[&str]) -> String {
    let scopes: Vec<String> = scopes.iter().map(|scope| format!("{scope}:user")).collect();
    let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
    text(&server.register("browser app", false, REDIRECT, &scopes), "id")
}

/// A confidential application; its id and secret.
pub fn confidential_app(server: &Server, scopes: &[&str]) -> (String, String) {
    let app = server.register("server app", true, REDIRECT, scopes);
    (text(&app, "id"), text(&app, "secret"))
}

#[track_caller]
pub fn text(value: &Value, name: &str) -> String {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {value}"))
        .to_owned()
}

/// Asks the identity API something about the token: 200 where it is good.
pub fn is_good(server: &Server, token: &str) -> bool {
    let status = server
        .get("/identity_/api/ExternalApiResource")
        .bearer(token)
        .send()
        .status;
    assert!(status == 200 || status == 401, "{status}");
    status == 200
}

/// Client credentials with fields replaced.
pub fn credentials(server: &Server, changes: &[(&str, &str)]) -> Answer {
    let base = [
        ("grant_type", "client_credentials"),
        ("client_id", testkit::CLIENT_ID),
        ("client_secret", testkit::CLIENT_SECRET),
        ("scope", "OR.Assets.Read"),
    ];
    server
        .post("/identity_/connect/token")
        .form(&with(&base, changes))
        .send()
}
