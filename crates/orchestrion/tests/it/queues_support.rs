//! What the tests of queues share.

use context::Error;
use serde_json::{Value, json};
use store::params;
use testkit::{Answer, Server};

use crate::assets_support::names;

/// Calls about the queues of one folder, with one token.
pub struct Queues<'a> {
    pub server: &'a Server,
    pub token: String,
    pub folder: i64,
}

impl<'a> Queues<'a> {
    /// The folder `Shared`, seen by an application that may do everything with queues.
    pub fn of(server: &'a Server) -> Self {
        Self {
            server,
            token: server.token("OR.Queues"),
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

    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.server
            .put(path)
            .bearer(&self.token)
            .folder(self.folder)
            .json(body)
            .send()
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.server.delete(path).bearer(&self.token).folder(self.folder).send()
    }

    /// Creates a queue with these members.
    #[track_caller]
    pub fn create(&self, body: &Value) -> Value {
        self.post(SET, body).expect(201).json()
    }

    /// Creates a queue with this name and nothing else, and answers its id.
    #[track_caller]
    pub fn queue(&self, name: &str) -> i64 {
        self.create(&json!({ "Name": name }))["Id"].as_i64().unwrap()
    }

    /// Creates a queue with this name and nothing else, and answers it.
    #[track_caller]
    pub fn named(&self, name: &str) -> Value {
        self.create(&json!({ "Name": name }))
    }

    pub fn replace(&self, id: &Value, body: &Value) -> Answer {
        self.put(&format!("{SET}({id})"), body)
    }

    pub fn read(&self, id: &Value) -> Answer {
        self.get(&format!("{SET}({id})"))
    }

    /// The names of the queues that a list answers.
    #[track_caller]
    pub fn names(&self, options: &str) -> Vec<String> {
        names(&self.get(&format!("{SET}?{options}")).expect(200).json())
    }

    /// Makes a queue of this folder visible in another one too.
    pub fn link(&self, queue: &Value, folder: i64, name: &str) {
        let (id, name) = (queue["Id"].as_i64().unwrap(), name.to_owned());
        let linked = self.server.run(self.server.app.store().write(move |tx| {
            let sql = "insert into queue_folders ({scope_column}, folder_id, queue_id, name_folded)
                values ({scope_value}, ?, ?, ?)";
            tx.tenant(1).execute(sql, params![folder, id, name])?;
            Ok::<_, Error>(())
        }));
        linked.unwrap();
    }

    pub fn try_add(&self, item: &Value) -> Answer {
        self.post(ADD, &json!({ "itemData": item }))
    }

    /// Adds an item with these members.
    #[track_caller]
    pub fn add(&self, item: &Value) -> Value {
        self.try_add(item).expect(201).json()
    }

    pub fn try_start(&self, transaction: &Value) -> Answer {
        self.post(START, &json!({ "transactionData": transaction }))
    }

    /// Takes the next item of a queue.
    #[track_caller]
    pub fn start(&self, queue: &str) -> Value {
        self.try_start(&json!({ "Name": queue })).expect(200).json()
    }

    pub fn try_finish(&self, id: &Value, result: &Value) -> Answer {
        let path = format!("/odata/Queues({id})/UiPathODataSvc.SetTransactionResult");
        self.post(&path, &json!({ "transactionResult": result }))
    }

    #[track_caller]
    pub fn succeed(&self, id: &Value) {
        self.try_finish(id, &json!({ "IsSuccessful": true })).expect(200);
    }

    #[track_caller]
    pub fn fail(&self, id: &Value, exception: &str) {
        let result = json!({ "IsSuccessful": false, "ProcessingException": { "Reason": "no", "Type": exception } });
        self.try_finish(id, &result).expect(200);
    }

    #[track_caller]
    pub fn item(&self, id: &Value) -> Value {
        self.get(&format!("/odata/QueueItems({id})")).expect(200).json()
    }

    /// The values of a member in a list of items, in its order.
    #[track_caller]
    pub fn list(&self, options: &str, member: &str) -> Vec<Value> {
        let page = self.get(&format!("/odata/QueueItems?{options}")).expect(200).json();
        let rows = page["value"].as_array().unwrap();
        rows.iter().map(|row| row[member].clone()).collect()
    }

    /// Sets the review status of an item.
    #[track_caller]
    pub fn review(&self, item: &Value, status: &str) -> Value {
        let body = json!({ "status": status, "queueItems": [{ "Id": item["Id"], "RowVersion": item["RowVersion"] }] });
        self.post("/odata/QueueItems/UiPathODataSvc.SetItemReviewStatus", &body)
            .expect(200)
            .json()
    }
}

pub const SET: &str = "/odata/QueueDefinitions";
pub const ADD: &str = "/odata/Queues/UiPathODataSvc.AddQueueItem";
pub const BULK: &str = "/odata/Queues/UiPathODataSvc.BulkAddQueueItems";
pub const START: &str = "/odata/Queues/UiPathODataSvc.StartTransaction";

/// Lets a reconciler look once, now.
#[track_caller]
pub fn look(server: &Server, name: &str) {
    let reconcilers = server.app.reconcilers();
    let reconciler = reconcilers.iter().find(|reconciler| reconciler.name == name).unwrap();
    server.run((reconciler.run)(server.app.clone())).unwrap();
}

/// The address of a function or action bound to queues.
pub fn bound(name: &str) -> String {
    format!("{SET}/UiPath.Server.Configuration.OData.{name}")
}
