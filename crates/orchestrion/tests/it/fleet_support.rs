//! What tests of machines, robots and jobs share: machines with their clients, and accounts with robots, in folders.

use serde_json::{Value, json};
use testkit::{Answer, Server};

use crate::support::create_user;

const NAMESPACE: &str = "UiPath.Server.Configuration.OData";
/// All that is needed to look after a fleet.
const SCOPES: &str = "OR.Machines OR.Folders OR.Robots OR.Users OR.License OR.Administration OR.Audit.Read";

/// The address of a bound function or action.
pub fn bound(set: &str, name: &str) -> String {
    format!("/odata/{set}/{NAMESPACE}.{name}")
}

/// A machine as it was made.
#[derive(Debug, Clone)]
pub struct Machine {
    pub id: i64,
    /// The client id of its hosts.
    pub client: String,
    pub secret: String,
}

/// A robot of an account.
#[derive(Debug, Clone)]
pub struct Robot {
    pub id: i64,
    /// Id of the account in the tenant.
    pub user: i64,
    /// GUID of the account in the directory.
    pub account: String,
    pub name: String,
    pub password: String,
}

/// Calls of somebody who looks after a fleet.
pub struct Fleet<'a> {
    pub server: &'a Server,
    pub token: String,
}

impl<'a> Fleet<'a> {
    pub fn of(server: &'a Server) -> Self {
        Self {
            server,
            token: server.token(SCOPES),
        }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.server.get(path).bearer(&self.token).send()
    }

    #[track_caller]
    pub fn read(&self, path: &str) -> Value {
        self.get(path).expect(200).json()
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.server.post(path).bearer(&self.token).json(body).send()
    }

    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.server.put(path).bearer(&self.token).json(body).send()
    }

    pub fn patch(&self, path: &str, body: &Value) -> Answer {
        self.server.patch(path).bearer(&self.token).json(body).send()
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.server.delete(path).bearer(&self.token).send()
    }

    /// Makes a machine from a whole body.
    #[track_caller]
    pub fn make(&self, body: &Value) -> Machine {
        let made = self.post("/odata/Machines", body).expect(201).json();
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        Machine {
            id: made["Id"].as_i64().unwrap(),
            client: text("LicenseKey"),
            secret: text("ClientSecret"),
        }
    }

    /// A machine template with unattended slots that jobs of the folder may use.
    #[track_caller]
    pub fn machine(&self, name: &str, slots: i32, folder: i64) -> Machine {
        let machine = self.make(&json!({ "Name": name, "Type": "Template", "UnattendedSlots": slots }));
        self.assign(&[machine.id], &[folder]).expect(204);
        machine
    }

    /// Assigns machines to folders.
    pub fn assign(&self, machines: &[i64], folders: &[i64]) -> Answer {
        let body = json!({ "assignments": { "MachineIds": machines, "FolderIds": folders } });
        self.post(&bound("Folders", "AssignMachines"), &body)
    }

    /// An account with an unattended robot that counts in the folder. It has no role there.
    #[track_caller]
    pub fn robot(&self, name: &str, folder: i64) -> Robot {
        let account = create_user(self.server, name);
        let body = json!({
            "DirectoryIdentifier": account.id, "Domain": "autogen", "Type": "DirectoryUser", "RolesList": [],
            "MayHaveUnattendedSession": true, "UnattendedRobot": { "UserName": format!("HOST\\{name}"), "Password": "p4ss-w0rd" }
        });
        let user = self.post("/odata/Users", &body).expect(201).json();
        let id = user["Id"].as_i64().unwrap();
        let body =
            json!({ "assignments": { "UserIds": [id], "RolesPerFolder": [{ "FolderId": folder, "RoleIds": [] }] } });
        self.post(&bound("Folders", "AssignUsers"), &body).expect(204);
        Robot {
            id: user["UnattendedRobot"]["RobotId"].as_i64().unwrap(),
            user: id,
            account: account.id,
            name: account.name,
            password: account.password,
        }
    }
}

/// The values of a member in a collection.
#[track_caller]
pub fn members<'v>(collection: &'v Value, name: &str) -> Vec<&'v Value> {
    let rows = collection["value"].as_array().unwrap();
    rows.iter().map(|row| &row[name]).collect()
}
