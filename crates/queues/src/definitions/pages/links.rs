//! Which folders queues are visible in: queues of other folders to link into this one, and the folders of one queue.

use access::folders::links::pages::{Shown, link_others, save_folders, show_folders, show_others};
use http::Method;
use web::{Folder, Operation};

use crate::console::ACTIVE;
use crate::definitions::model::Queue;

const OTHERS: &str = "/{org}/tenants/{tenant}/folders/{folder}/queues/link";
const FOLDERS: &str = "/{org}/tenants/{tenant}/folders/{folder}/queues/{id}/links";

pub fn operations() -> Vec<Operation> {
    let page = |method, path, id, permission| {
        Operation::page(method, path, id)
            .permission(permission)
            .folder(Folder::Required)
    };
    vec![
        page(Method::GET, OTHERS, "Console_LinkQueues", "Queues.Create")
            .summary("Queues of other folders.")
            .handler(show_others::<Queue>),
        page(Method::POST, OTHERS, "Console_SaveLinkedQueues", "Queues.Create")
            .summary("Links queues of other folders.")
            .takes_form()
            .handler(link_others::<Queue>),
        page(Method::GET, FOLDERS, "Console_QueueLinks", "Queues.View")
            .summary("The folders a queue is visible in.")
            .handler(show_folders::<Queue>),
        page(Method::POST, FOLDERS, "Console_SaveQueueLinks", "Queues.View")
            .summary("Changes the folders a queue is visible in.")
            .takes_form()
            .handler(save_folders::<Queue>),
    ]
}

impl Shown for Queue {
    const PAGE: &'static str = ACTIVE;
    const ACROSS: &'static str = "/odata/QueueDefinitions/UiPath.Server.Configuration.OData.GetQueuesAcrossFolders";
    const SAME: &'static str = "items";
    const HEADINGS: &'static [&'static str] = &["Description"];

    fn cells(&self) -> Vec<String> {
        vec![self.description.clone().unwrap_or_default()]
    }
}
