//! The declarations against the published contract, where a copy of it lies beside the project.
//!
//! `ORCHESTRION_CONTRACT` names the directory with `operations.tsv` (columns: api, tag, method, path, operation id, scopes,
//! permissions, headers). Without one there is nothing to compare and the test says so.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use web::{Family, Operation};

/// Tags whose operations are served.
const TAGS: [&str; 39] = [
    "Folders",
    "FoldersNavigation",
    "Roles",
    "Permissions",
    "Users",
    "Assets",
    "AuditLogs",
    "Exports",
    "Tenants",
    "Status",
    "QueueDefinitions",
    "Queues",
    "QueueItems",
    "QueueItemComments",
    "QueueItemEvents",
    "QueueProcessingRecords",
    "QueueRetention",
    "Alerts",
    "Attachments",
    "Calendars",
    "ExecutionMedia",
    "JobTriggers",
    "Jobs",
    "Libraries",
    "LicensesNamedUser",
    "LicensesRuntime",
    "Licensing",
    "Logs",
    "Machines",
    "PackageFeeds",
    "PersonalWorkspaces",
    "ProcessSchedules",
    "Processes",
    "ReleaseRetention",
    "Releases",
    "RobotLogs",
    "Robots",
    "Sessions",
    "Stats",
];

/// Operations whose rule names cannot say, so that a service checks it: being assigned to the folder is enough to read it,
/// and moving one asks for different permissions on the folder, its old and its new parent. Live streaming of a process needs a
/// permission of its own, where it is asked for.
const CHECKED_IN_SERVICES: [&str; 6] = [
    "Folders_GetById",
    "Folders_GetByKeyByIdentifier",
    "Folders_MoveFolderByFolderid",
    "Releases_PatchById",
    "Releases_Post",
    "Releases_PutById",
];

struct Published {
    method: String,
    path: String,
    id: String,
    scopes: BTreeSet<String>,
    permissions: BTreeSet<String>,
    tag: String,
}

#[test]
fn declared_operations_have_the_contracts_address_scopes_and_permissions() {
    let Some(published) = read() else {
        println!("no copy of the contract to compare with (ORCHESTRION_CONTRACT)");
        return;
    };
    let declared: Vec<Operation> = orchestrion::modules()
        .into_iter()
        .flat_map(|module| module.operations)
        .collect();
    let mut faults = Vec::new();
    for known in &published {
        let Some(operation) = declared.iter().find(|operation| operation.id == known.id) else {
            if TAGS.contains(&known.tag.as_str()) {
                faults.push(format!("{} is not declared", known.id));
            }
            continue;
        };
        let mut compare = |what: &str, ours: String, theirs: String| {
            if ours != theirs {
                faults.push(format!("{}: {what} {ours}, published {theirs}", known.id));
            }
        };
        compare("method", operation.method.to_string(), known.method.clone());
        compare(
            "path",
            operation.path.to_ascii_lowercase(),
            known.path.to_ascii_lowercase(),
        );
        if operation.family == Family::Orchestrator {
            let scopes: BTreeSet<String> = operation.scopes.iter().map(|scope| (*scope).to_owned()).collect();
            compare("scopes", format!("{scopes:?}"), format!("{:?}", known.scopes));
            if CHECKED_IN_SERVICES.contains(&operation.id) {
                continue;
            }
            let permissions: BTreeSet<String> = operation
                .requirement
                .permissions()
                .into_iter()
                .map(context::Permission::name)
                .collect();
            compare(
                "permissions",
                format!("{permissions:?}"),
                format!("{:?}", known.permissions),
            );
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn read() -> Option<Vec<Published>> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/contract");
    let directory = std::env::var_os("ORCHESTRION_CONTRACT").map_or_else(beside, PathBuf::from);
    let text = std::fs::read_to_string(directory.join("operations.tsv")).ok()?;
    let rows = text.lines().skip(1).filter_map(|line| {
        let cells: Vec<&str> = line.split('\t').collect();
        let &[_, tag, method, path, id, scopes, permissions, ..] = cells.as_slice() else {
            return None;
        };
        Some(Published {
            method: method.to_owned(),
            path: path.to_owned(),
            id: id.to_owned(),
            scopes: words(scopes, |word| word.contains('.') || word.starts_with("OR")),
            permissions: words(permissions, |word| {
                [".View", ".Edit", ".Create", ".Delete"]
                    .iter()
                    .any(|action| word.ends_with(action))
            }),
            tag: tag.to_owned(),
        })
    });
    Some(rows.collect())
}

/// The names among the words of a sentence.
fn words(text: &str, is_name: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let split = text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '/' | ','));
    split
        .map(|word| word.trim_end_matches('.'))
        .filter(|word| word.len() > 2 && is_name(word))
        .map(str::to_owned)
        .collect()
}
