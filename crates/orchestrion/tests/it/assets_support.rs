//! What the tests of assets share.

use serde_json::{Value, json};
use testkit::{Answer, Server};

const SET: &str = "/odata/Assets";
const NAMESPACE: &str = "UiPath.Server.Configuration.OData";

/// Calls about the assets of one folder, with one token.
pub struct Assets<'a> {
    pub server: &'a Server,
    pub token: String,
    pub folder: i64,
}

/// The address of a bound function or action.
pub fn bound(name: &str) -> String {
    format!("{SET}/{NAMESPACE}.{name}")
}

impl<'a> Assets<'a> {
    /// The folder `Shared`, seen by an application that may do everything with assets.
    pub fn of(server: &'a Server) -> Self {
        Self {
            server,
            token: server.token("OR.Assets"),
            folder: server.shared_folder(),
        }
    }

    pub fn in_folder(&self, folder: i64) -> Self {
        Self {
            server: self.server,
            token: self.token.clone(),
            folder,
        }
    }

    pub fn as_caller(&self, token: &str) -> Self {
        Self {
            server: self.server,
            token: token.to_owned(),
            folder: self.folder,
        }
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.server.get(path).bearer(&self.token).folder(self.folder).send()
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.server
            .post(path)
            .bearer(&self.token)
            .folder(self.folder)
            .json(body)
            .send()
    }

    pub fn try_create(&self, body: &Value) -> Answer {
        self.post(SET, body)
    }

    #[track_caller]
    pub fn create(&self, body: &Value) -> Value {
        self.try_create(body).expect(201).json()
    }

    /// A text asset with this name and value.
    #[track_caller]
    pub fn text(&self, name: &str, value: &str) -> Value {
        self.create(&json!({"Name": name, "ValueScope": "Global", "ValueType": "Text", "StringValue": value}))
    }

    pub fn put(&self, id: &Value, body: &Value) -> Answer {
        let path = format!("{SET}({id})");
        self.server
            .put(&path)
            .bearer(&self.token)
            .folder(self.folder)
            .json(body)
            .send()
    }

    pub fn delete(&self, id: &Value) -> Answer {
        self.server
            .delete(&format!("{SET}({id})"))
            .bearer(&self.token)
            .folder(self.folder)
            .send()
    }

    pub fn read(&self, id: &Value) -> Answer {
        self.get(&format!("{SET}({id})"))
    }

    #[track_caller]
    pub fn read_with_values(&self, id: &Value) -> Value {
        self.get(&format!("{SET}({id})?$expand=UserValues")).expect(200).json()
    }

    /// The names in the folder, in their order.
    #[track_caller]
    pub fn names(&self) -> Vec<String> {
        self.list("GetFiltered", "$orderby=Name")
    }

    /// The names a list answers.
    #[track_caller]
    pub fn list(&self, function: &str, options: &str) -> Vec<String> {
        let answer = self.get(&format!("{}?{options}", bound(function))).expect(200).json();
        names(&answer)
    }

    pub fn share(&self, assets: &[&Value], add: &[i64], remove: &[i64]) -> Answer {
        let body = json!({"AssetIds": assets, "ToAddFolderIds": add, "ToRemoveFolderIds": remove});
        self.server
            .post(&bound("ShareToFolders"))
            .bearer(&self.token)
            .json(&body)
            .send()
    }

    /// The value in clear, asked for without a robot.
    pub fn value(&self, name: &str) -> Answer {
        self.post(&bound("GetRobotAssetByNameForRobotKey"), &json!({"assetName": name}))
    }
}

/// The names in a collection.
pub fn names(collection: &Value) -> Vec<String> {
    let rows = collection["value"].as_array().unwrap();
    rows.iter()
        .map(|row| row["Name"].as_str().unwrap().to_owned())
        .collect()
}

/// Makes a folder at the root.
#[track_caller]
pub fn create_folder(server: &Server, name: &str) -> i64 {
    let answer = server
        .post("/odata/Folders")
        .bearer(&server.token("OR.Folders"))
        .json(&json!({"DisplayName": name}))
        .send();
    answer.expect(201).json()["Id"].as_i64().unwrap()
}

/// An application that is known to the tenant and holds nothing there yet.
pub struct Member {
    pub user: i64,
    id: String,
    secret: String,
}

impl Member {
    #[track_caller]
    pub fn new(server: &Server, name: &str) -> Self {
        let app = server.register(name, true, "", &["OR.Default:application"]);
        let (id, secret) = (
            app["id"].as_str().unwrap().to_owned(),
            app["secret"].as_str().unwrap().to_owned(),
        );
        let body = json!({"DirectoryIdentifier": id, "Domain": "autogen", "Type": "DirectoryExternalApplication", "RolesList": []});
        let user = server
            .post("/odata/Users")
            .bearer(&server.token("OR.Users"))
            .json(&body)
            .send()
            .expect(201)
            .json();
        Self {
            user: user["Id"].as_i64().unwrap(),
            id,
            secret,
        }
    }

    /// Gives it these folder permissions in a folder.
    #[track_caller]
    pub fn allow(&self, server: &Server, folder: i64, permissions: &[&str]) {
        let name = format!("Role {} {folder} {}", self.user, permissions.len());
        let granted: Vec<Value> = permissions
            .iter()
            .map(|name| json!({"Name": name, "IsGranted": true}))
            .collect();
        let body = json!({"Name": name, "Type": "Folder", "Permissions": granted});
        server
            .post("/odata/Roles")
            .bearer(&server.token("OR.Users"))
            .json(&body)
            .send()
            .expect(201);
        crate::support::assign_folder_role(server, self.user, folder, &name);
    }

    /// A token that reaches as far as its roles.
    #[track_caller]
    pub fn token(&self, server: &Server) -> String {
        server.token_of(&self.id, &self.secret, "OR.Default")
    }
}

pub fn secret(name: &str) -> Value {
    json!({"Name": name, "ValueScope": "Global", "ValueType": "Secret", "SecretValue": "hunter3", "AllowDirectApiAccess": true})
}
