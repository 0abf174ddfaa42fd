//! What several tests need to set up, done through the API as an administrator's program would.

use serde_json::{Value, json};
use testkit::{Browser, Server};
use url::Url;

/// A user of the organization `default`.
pub struct User {
    pub id: String,
    pub name: String,
    pub password: String,
}

impl User {
    /// A browser signed in as this user.
    pub fn session<'a>(&self, server: &'a Server) -> Browser<'a> {
        server.browser().sign_in("default", &self.name, &self.password)
    }
}

/// Creates a user without groups (except Everyone, which has all).
#[track_caller]
pub fn create_user(server: &Server, name: &str) -> User {
    let password = "a-long-Passw0rd-of-a-test".to_owned();
    let body = json!({
        "partitionGlobalId": server.organization(), "userName": name, "email": format!("{name}@example.com"), "name": name,
        "surname": "Test", "displayName": name, "type": "user", "password": password, "groupIDs": [], "invitationAccepted": true
    });
    let token = server.token("PM.User PM.Group.Read");
    let answer = server
        .post("/identity_/api/User")
        .bearer(&token)
        .json(&body)
        .send()
        .expect(200);
    assert_eq!(answer.json()["succeeded"], true, "{}", answer.text());
    let path = format!("/identity_/api/User/users/{}?searchTerm={name}", server.organization());
    let page = server.get(&path).bearer(&token).send().expect(200).json();
    let id = page["results"][0]["id"].as_str().unwrap().to_owned();
    User {
        id,
        name: name.to_owned(),
        password,
    }
}

/// Id of the group with this name.
#[track_caller]
pub fn group(server: &Server, name: &str) -> String {
    let path = format!("/identity_/api/Group/{}", server.organization());
    let groups = server
        .get(&path)
        .bearer(&server.token("PM.Group.Read"))
        .send()
        .expect(200)
        .json();
    let found = groups
        .as_array()
        .unwrap()
        .iter()
        .find(|group| group["name"] == name)
        .unwrap();
    found["id"].as_str().unwrap().to_owned()
}

/// The user found by this name, as the identity API shows it.
#[track_caller]
pub fn user(server: &Server, name: &str) -> Value {
    let path = format!("/identity_/api/User/users/{}?searchTerm={name}", server.organization());
    server
        .get(&path)
        .bearer(&server.token("PM.User.Read"))
        .send()
        .expect(200)
        .json()["results"][0]
        .clone()
}

/// Makes a directory principal known to the tenant and gives it a role there; answers with its Orchestrator user id.
#[track_caller]
pub fn assign_tenant_role(server: &Server, directory_id: &str, kind: &str, role: &str) -> i64 {
    let body = json!({ "DirectoryIdentifier": directory_id, "Domain": "autogen", "Type": kind, "RolesList": [role] });
    let answer = server
        .post("/odata/Users")
        .bearer(&server.token("OR.Users"))
        .json(&body)
        .send()
        .expect(201);
    answer.json()["Id"].as_i64().unwrap()
}

/// Gives a known principal a role in a folder.
#[track_caller]
pub fn assign_folder_role(server: &Server, user: i64, folder: i64, role: &str) {
    let token = server.token("OR.Folders OR.Users.Read");
    let roles = server
        .get(&format!("/odata/Roles?$filter=Name eq '{role}'"))
        .bearer(&token)
        .send()
        .expect(200)
        .json();
    let role = roles["value"][0]["Id"].as_i64().unwrap();
    let body =
        json!({ "assignments": { "UserIds": [user], "RolesPerFolder": [{ "FolderId": folder, "RoleIds": [role] }] } });
    let path = "/odata/Folders/UiPath.Server.Configuration.OData.AssignUsers";
    server.post(path).bearer(&token).json(&body).send().expect(204);
}

/// An access token by authorization code with PKCE, for a browser that is signed in.
#[track_caller]
pub fn code_flow(browser: &Browser<'_>, client: &str, redirect: &str, scopes: &str) -> String {
    let verifier = "a-verifier-that-is-long-enough-for-every-rule-of-rfc-7636";
    let challenge = jose::s256_challenge(verifier);
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", redirect),
            ("scope", scopes),
            ("state", "xyz"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ])
        .finish();
    let arrived = browser.follow(browser.get(&format!("/identity_/connect/authorize?{query}")));
    let location = arrived.header("location").to_owned();
    assert!(
        location.starts_with(redirect),
        "{} {location} {}",
        arrived.status,
        arrived.text()
    );
    let url = Url::parse(&location).unwrap();
    let code = url
        .query_pairs()
        .find(|(name, _)| name == "code")
        .map(|(_, code)| code.into_owned());
    let code = code.unwrap_or_else(|| panic!("no code in {location}"));
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client),
        ("code", code.as_str()),
        ("redirect_uri", redirect),
        ("code_verifier", verifier),
    ];
    let answer = browser
        .send(browser.server().post("/identity_/connect/token").form(&form))
        .expect(200);
    answer.json()["access_token"].as_str().unwrap().to_owned()
}
