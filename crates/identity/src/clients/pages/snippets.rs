//! Programs that get a token for one application and make a first call with it, ready to be pasted.

use serde_json::json;
use ui::Snippet;

use super::connection::Connection;
use crate::console::encode;
use crate::scopes::{DEFAULT, Kind};

/// A first call that the scopes allow.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Call {
    address: String,
    /// Path of the folder it works in.
    folder: Option<&'static str>,
}

impl Call {
    /// Something to read within `scopes`; `None` when they open nothing that everyone has.
    fn within(scopes: &[String], connection: &Connection) -> Option<Self> {
        let has = |area: &str| {
            scopes
                .iter()
                .any(|scope| scope == area || scope.strip_suffix(".Read").is_some_and(|stem| stem == area))
        };
        let orchestrator = |path: &str| format!("{}/orchestrator_{path}", connection.tenant);
        let identity = |path: &str| format!("{}/api/{path}/{}", connection.authority, connection.organization);
        let (address, folder) = if has("OR.Assets") {
            (orchestrator("/odata/Assets?$top=10"), Some("Shared"))
        } else if has("OR.Folders") || has(DEFAULT) {
            (orchestrator("/odata/Folders?$top=10"), None)
        } else if has("PM.OAuthApp") {
            (identity("ExternalClient"), None)
        } else if has("PM.User") {
            (identity("User/users"), None)
        } else if has("PM.Group") {
            (identity("Group"), None)
        } else {
            return None;
        };
        Some(Self { address, folder })
    }
}

/// Client credentials.
pub fn as_application(connection: &Connection) -> Vec<Snippet> {
    let scopes: Vec<String> = connection.application_scope().split(' ').map(str::to_owned).collect();
    let call = Call::within(&scopes, connection);
    let call = call.as_ref();
    vec![
        Snippet::new("curl", &credentials_curl(connection, call)),
        Snippet::new("Python", &credentials_python(connection, call)),
        Snippet::new("Python with uipath", &credentials_sdk(connection, call)),
        Snippet::new("TypeScript", &credentials_typescript(connection, call)),
    ]
}

/// Authorization code with PKCE.
pub fn for_person(connection: &Connection) -> Vec<Snippet> {
    let call = Call::within(connection.client.scopes(Kind::User), connection);
    let call = call.as_ref();
    vec![
        Snippet::new("curl", &code_curl(connection, call)),
        Snippet::new("Python", &code_python(connection, call)),
        Snippet::new("TypeScript", &code_typescript(connection)),
    ]
}

/// Text in single quotes for a POSIX shell.
fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// Text in double quotes; Python and TypeScript read JSON strings alike.
fn quoted(text: &str) -> String {
    json!(text).to_string()
}

fn curl_call(call: Option<&Call>) -> String {
    let Some(call) = call else {
        return "echo \"$TOKEN\"\n".to_owned();
    };
    let folder = call
        .folder
        .map(|folder| format!(" \\\n  -H {}", shell(&format!("X-UIPATH-FolderPath: {folder}"))));
    format!(
        "curl -sS {} \\\n  -H \"Authorization: Bearer $TOKEN\"{}\n",
        shell(&call.address),
        folder.unwrap_or_default()
    )
}

const CURL_TOKEN: &str = r#"sed -n 's/.*"access_token": *"\([^"]*\)".*/\1/p'"#;

fn credentials_curl(connection: &Connection, call: Option<&Call>) -> String {
    format!(
        "TOKEN=$(curl -sS {} \\\n  -d grant_type=client_credentials \\\n  -d client_id={} \\\n  \
         --data-urlencode \"client_secret=$APP_SECRET\" \\\n  --data-urlencode {} \\\n  | {CURL_TOKEN})\n\n{}",
        shell(&connection.token_endpoint()),
        connection.client.id,
        shell(&format!("scope={}", connection.application_scope())),
        curl_call(call),
    )
}

/// A token in the variable `token`.
fn python_token(connection: &Connection) -> String {
    format!(
        "import json\nimport os\nimport urllib.parse\nimport urllib.request\n\n\
         form = urllib.parse.urlencode({{\n    \"grant_type\": \"client_credentials\",\n    \"client_id\": {},\n    \
         \"client_secret\": os.environ[\"APP_SECRET\"],\n    \"scope\": {},\n}})\n\
         with urllib.request.urlopen({}, form.encode()) as answer:\n    token = json.load(answer)[\"access_token\"]\n\n",
        quoted(&connection.client.id.to_string()),
        quoted(&connection.application_scope()),
        quoted(&connection.token_endpoint()),
    )
}

fn python_call(call: Option<&Call>) -> String {
    let Some(call) = call else {
        return "print(token)\n".to_owned();
    };
    let folder = call
        .folder
        .map(|folder| format!(", \"X-UIPATH-FolderPath\": {}", quoted(folder)));
    format!(
        "request = urllib.request.Request(\n    {},\n    headers={{\"Authorization\": f\"Bearer {{token}}\"{}}},\n)\n\
         with urllib.request.urlopen(request) as answer:\n    print(json.load(answer))\n",
        quoted(&call.address),
        folder.unwrap_or_default(),
    )
}

fn credentials_python(connection: &Connection, call: Option<&Call>) -> String {
    python_token(connection) + &python_call(call)
}

fn credentials_sdk(connection: &Connection, call: Option<&Call>) -> String {
    let use_it = match call {
        Some(Call {
            folder: Some(folder), ..
        }) => format!(
            "for asset in sdk.assets.list(folder_path={}).items:\n    print(asset.name)\n",
            quoted(folder)
        ),
        Some(Call { address, .. }) => address
            .strip_prefix(&connection.tenant)
            .map_or_else(String::new, |path| {
                format!("print(sdk.api_client.request(\"GET\", {}).json())\n", quoted(path))
            }),
        None => String::new(),
    };
    format!(
        "# pip install uipath\n{}from uipath.platform import UiPath\n\nsdk = UiPath(base_url={}, secret=token)\n{use_it}",
        python_token(connection),
        quoted(&connection.tenant)
    )
}

fn typescript_call(call: Option<&Call>) -> String {
    let Some(call) = call else { return String::new() };
    let folder = call
        .folder
        .map(|folder| format!(", \"X-UIPATH-FolderPath\": {}", quoted(folder)));
    format!(
        "const answer = await fetch({}, {{\n  headers: {{ authorization: `Bearer ${{access_token}}`{} }},\n}});\n\
         console.log(await answer.json());\n",
        quoted(&call.address),
        folder.unwrap_or_default(),
    )
}

fn credentials_typescript(connection: &Connection, call: Option<&Call>) -> String {
    format!(
        "const form = new URLSearchParams({{\n  grant_type: \"client_credentials\",\n  client_id: {},\n  \
         client_secret: process.env.APP_SECRET ?? \"\",\n  scope: {},\n}});\n\
         const issued = await fetch({}, {{ method: \"POST\", body: form }});\n\
         if (!issued.ok) throw new Error(await issued.text());\n\
         const {{ access_token }} = (await issued.json()) as {{ access_token: string }};\n\n{}",
        quoted(&connection.client.id.to_string()),
        quoted(&connection.application_scope()),
        quoted(&connection.token_endpoint()),
        typescript_call(call),
    )
}

fn redirect(connection: &Connection) -> &str {
    connection.client.redirect_uris.0.first().map_or("", String::as_str)
}

fn code_curl(connection: &Connection, call: Option<&Call>) -> String {
    let secret = if connection.client.confidential {
        "  --data-urlencode \"client_secret=$APP_SECRET\" \\\n"
    } else {
        ""
    };
    format!(
        "VERIFIER=$(openssl rand -base64 48 | tr '+/' '-_' | tr -d '=\\n')\n\
         CHALLENGE=$(printf %s \"$VERIFIER\" | openssl dgst -sha256 -binary | openssl base64 -A | tr '+/' '-_' | tr -d '=')\n\
         echo 'Open this address and sign in:'\n\
         echo \"{}?response_type=code&client_id={}&redirect_uri={}&scope={}&state=$(openssl rand -hex 8)&code_challenge=$CHALLENGE&code_challenge_method=S256\"\n\
         printf 'The value of \"code\" in the address you came back to: '; read -r CODE\n\n\
         TOKEN=$(curl -sS {} \\\n  -d grant_type=authorization_code \\\n  -d client_id={} \\\n{secret}  \
         --data-urlencode {} \\\n  --data-urlencode \"code=$CODE\" \\\n  -d \"code_verifier=$VERIFIER\" \\\n  | {CURL_TOKEN})\n\n{}",
        connection.authorize_endpoint(),
        connection.client.id,
        encode(redirect(connection)),
        encode(&connection.user_scope()),
        shell(&connection.token_endpoint()),
        connection.client.id,
        shell(&format!("redirect_uri={}", redirect(connection))),
        curl_call(call),
    )
}

fn code_python(connection: &Connection, call: Option<&Call>) -> String {
    let secret = if connection.client.confidential {
        "    \"client_secret\": os.environ[\"APP_SECRET\"],\n"
    } else {
        ""
    };
    format!(
        "import base64\nimport hashlib\nimport json\nimport os\nimport secrets\nimport urllib.parse\nimport urllib.request\n\n\
         client = {{\"client_id\": {}, \"redirect_uri\": {}}}\n\
         verifier = secrets.token_urlsafe(48)\n\
         digest = hashlib.sha256(verifier.encode()).digest()\n\
         query = urllib.parse.urlencode({{\n    **client,\n    \"response_type\": \"code\",\n    \"scope\": {},\n    \
         \"state\": secrets.token_urlsafe(16),\n    \"code_challenge\": base64.urlsafe_b64encode(digest).decode().rstrip(\"=\"),\n    \
         \"code_challenge_method\": \"S256\",\n}})\n\
         print(\"Open this address and sign in:\", {} + \"?\" + query)\n\
         back = input(\"The address you came back to: \")\n\
         code = urllib.parse.parse_qs(urllib.parse.urlsplit(back).query)[\"code\"][0]\n\n\
         form = urllib.parse.urlencode({{\n    **client,\n    \"grant_type\": \"authorization_code\",\n    \"code\": code,\n    \
         \"code_verifier\": verifier,\n{secret}}})\n\
         with urllib.request.urlopen({}, form.encode()) as answer:\n    token = json.load(answer)[\"access_token\"]\n\n{}",
        quoted(&connection.client.id.to_string()),
        quoted(redirect(connection)),
        quoted(&connection.user_scope()),
        quoted(&connection.authorize_endpoint()),
        quoted(&connection.token_endpoint()),
        python_call(call),
    )
}

fn code_typescript(connection: &Connection) -> String {
    let client = &connection.client;
    if client.confidential {
        return format!(
            "// On the server, after the browser came back with `code`; `verifier` is what the code challenge was made of.\n\
             const form = new URLSearchParams({{\n  grant_type: \"authorization_code\",\n  client_id: {},\n  \
             client_secret: process.env.APP_SECRET ?? \"\",\n  redirect_uri: {},\n  code,\n  code_verifier: verifier,\n}});\n\
             const issued = await fetch({}, {{ method: \"POST\", body: form }});\n\
             if (!issued.ok) throw new Error(await issued.text());\n\
             const {{ access_token }} = (await issued.json()) as {{ access_token: string }};\n",
            quoted(&client.id.to_string()),
            quoted(redirect(connection)),
            quoted(&connection.token_endpoint()),
        );
    }
    format!(
        "// npm install @uipath/uipath-typescript\nimport {{ UiPath }} from \"@uipath/uipath-typescript/core\";\n\n\
         const sdk = new UiPath({{\n  baseUrl: {},\n  orgName: {},\n  tenantName: {},\n  clientId: {},\n  redirectUri: {},\n  \
         scope: {},\n}});\nawait sdk.initialize();\n",
        quoted(&connection.base),
        quoted(&connection.organization_url_name),
        quoted(&connection.tenant_name),
        quoted(&client.id.to_string()),
        quoted(redirect(connection)),
        quoted(&client.scopes(Kind::User).join(" ")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::Client;
    use jiff::Timestamp;
    use store::Json;
    use uuid::Uuid;

    fn connection(confidential: bool, user: &[&str], application: &[&str], redirect: &str) -> Connection {
        let names = |names: &[&str]| Json(names.iter().map(|name| (*name).to_owned()).collect());
        Connection {
            client: Client {
                id: Uuid::from_u128(7),
                name: "Bot".into(),
                confidential,
                enabled: true,
                redirect_uris: names(&[redirect]),
                user_scopes: names(user),
                application_scopes: names(application),
                keys: Json(Vec::new()),
                access_token_lifetime: 3600,
                created_at: Timestamp::UNIX_EPOCH,
                created_by: String::new(),
                modified_at: Timestamp::UNIX_EPOCH,
                machine_tenant: None,
            },
            base: "https://o.example".into(),
            organization_name: "Acme".into(),
            organization_url_name: "acme".into(),
            organization: Uuid::from_u128(9).to_string(),
            tenant_name: "Prod".into(),
            tenant: "https://o.example/acme/Prod".into(),
            authority: "https://o.example/identity_".into(),
        }
    }

    fn check(scopes: &[&str], expected: Option<&str>) {
        let connection = connection(true, &[], scopes, "");
        let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let address = Call::within(&scopes, &connection).map(|call| call.address);
        assert_eq!(address.as_deref(), expected, "{scopes:?}");
    }

    #[test]
    fn the_first_call_is_one_that_the_scopes_open() {
        check(
            &["OR.Assets.Read"],
            Some("https://o.example/acme/Prod/orchestrator_/odata/Assets?$top=10"),
        );
        check(
            &["OR.Default"],
            Some("https://o.example/acme/Prod/orchestrator_/odata/Folders?$top=10"),
        );
        check(&["OR.Assets.Write"], None);
        check(
            &["PM.Group"],
            Some("https://o.example/identity_/api/Group/00000000-0000-0000-0000-000000000009"),
        );
    }

    #[test]
    fn an_application_without_scopes_asks_for_what_its_roles_allow() {
        let curl = &as_application(&connection(true, &[], &[], ""))[0].code;
        assert!(curl.contains("'scope=OR.Default'"), "{curl}");
    }

    #[test]
    fn an_address_with_a_quote_stays_inside_its_quotes() {
        let curl = &for_person(&connection(true, &["OR.Jobs"], &[], "https://a.example/it's"))[0].code;
        assert!(curl.contains(r"'redirect_uri=https://a.example/it'\''s'"), "{curl}");
        assert!(curl.contains("client_secret=$APP_SECRET"));
        let curl = &for_person(&connection(false, &["OR.Jobs"], &[], "https://a.example/"))[0].code;
        assert!(!curl.contains("client_secret"));
    }
}
