//! Reads items: lists, single ones, and chains of attempts.

use access::Access;
use access::users::model::TenantUser;
use context::Error;
use http::Method;
use serde_json::Value;
use store::{Entity as _, Page};
use web::{Folder, Operation, Request, Response, Shape, reply};

use super::{SET, view};
use crate::items::model::FolderItem;
use crate::items::read::{self, Attempt};
use crate::items::reviewers;

/// All operations that read items.
pub fn operations() -> Vec<Operation> {
    vec![
        list(),
        by_id(),
        by_unique_key(),
        last_retry(),
        last_retry_by_key(),
        history(),
        reviewers_of_folder(),
    ]
}

fn reading(path: &'static str, id: &'static str) -> Operation {
    Operation::orchestrator(Method::GET, path, id)
        .scope("OR.Queues.Read")
        .permission("Queues.View and Transactions.View")
        .folder(Folder::Required)
        .queryable()
}

fn list() -> Operation {
    reading("/odata/QueueItems", "QueueItems_Get")
        .summary("Lists the items of a folder, or of all folders in which the caller may see them.")
        .folder(Folder::Optional)
        .answers(200, Shape::Collection(FolderItem::model()))
        .handler(handle_list)
}

async fn handle_list(mut request: Request) -> Result<Response, Error> {
    for (option, text) in &mut request.query {
        if matches!(
            option.trim().trim_start_matches('$').to_ascii_lowercase().as_str(),
            "filter" | "orderby"
        ) {
            *text = by_published_names(text);
        }
    }
    let query = request.odata(FolderItem::model())?;
    let (tenant, view, options) = (request.tenant()?.id, view(&request).await?, query.clone());
    let page = request
        .store()
        .read(move |tx| read::list(&mut tx.tenant(tenant), &view, &options))
        .await?;
    several(&request, &query, page)
}

/// The text of an option with `QueueDefinition/Name` in place of `QueueDefinitionName`, which the contract does not know and the Python
/// SDK filters by. What stands in quotes stays.
fn by_published_names(text: &str) -> String {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            // A doubled quote inside of a literal reads as the end of one and the beginning of the next.
            '\'' | '"' => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
            _ if is_word(first) => rest.find(|letter| !is_word(letter)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (part, after) = rest.split_at(length);
        let stands_alone = !written.ends_with('/');
        written.push_str(if stands_alone && part.eq_ignore_ascii_case("QueueDefinitionName") {
            "QueueDefinition/Name"
        } else {
            part
        });
        rest = after;
    }
    written
}

fn several(request: &Request, query: &odata::Query, page: Page<Value>) -> Result<Response, Error> {
    reply::collection(request, SET, FolderItem::model(), query, page.items, page.count)
}

fn by_id() -> Operation {
    reading("/odata/QueueItems({key})", "QueueItems_GetById")
        .summary("Gets an item of a folder.")
        .answers(200, Shape::Entity(FolderItem::model()))
        .handler(handle_by_id)
}

async fn handle_by_id(request: Request) -> Result<Response, Error> {
    let query = request.odata(FolderItem::model())?;
    let (tenant, view, options) = (request.tenant()?.id, view(&request).await?, query.clone());
    let id = request.integer("key")?;
    let item = request
        .store()
        .read_here(move |tx| read::by_item(&mut tx.tenant(tenant), &view, id, &options))
        .await?;
    reply::entity(&request, 200, SET, FolderItem::model(), Some(&query), item)
}

fn by_unique_key() -> Operation {
    reading(
        "/odata/QueueItems/UiPathODataSvc.GetByUniqueKey(uniqueKey={uniqueKey})",
        "QueueItems_GetByUniqueKey",
    )
    .summary("Gets an item of a folder by the GUID of the attempt.")
    .answers(200, Shape::Entity(FolderItem::model()))
    .handler(handle_by_unique_key)
}

async fn handle_by_unique_key(request: Request) -> Result<Response, Error> {
    let query = request.odata(FolderItem::model())?;
    let (tenant, view, options) = (request.tenant()?.id, view(&request).await?, query.clone());
    let key = request.guid("uniqueKey")?;
    let item = request
        .store()
        .read(move |tx| read::by_unique_key(&mut tx.tenant(tenant), &view, key, &options))
        .await?;
    reply::entity(&request, 200, SET, FolderItem::model(), Some(&query), item)
}

fn last_retry() -> Operation {
    reading(
        "/odata/QueueItems({key})/UiPath.Server.Configuration.OData.GetItemLastRetry",
        "QueueItems_GetItemLastRetryById",
    )
    .summary("Gets the newest attempt at an item.")
    .answers(200, Shape::Entity(FolderItem::model()))
    .handler(async |request| {
        let of = Attempt::Id(request.integer("key")?);
        handle_last_retry(request, of).await
    })
}

fn last_retry_by_key() -> Operation {
    reading(
        "/odata/QueueItems/UiPathODataSvc.GetItemLastRetryByKey(key={key})",
        "QueueItems_GetItemLastRetryByKey",
    )
    .summary("Gets the newest attempt at an item, found by the GUID of any of its attempts.")
    .answers(200, Shape::Entity(FolderItem::model()))
    .handler(async |request| {
        let of = Attempt::UniqueKey(request.guid("key")?);
        handle_last_retry(request, of).await
    })
}

async fn handle_last_retry(request: Request, of: Attempt) -> Result<Response, Error> {
    let query = request.odata(FolderItem::model())?;
    let (tenant, view, options) = (request.tenant()?.id, view(&request).await?, query.clone());
    let item = request
        .store()
        .read(move |tx| read::last_retry(&mut tx.tenant(tenant), &view, of, &options))
        .await?;
    reply::entity(&request, 200, SET, FolderItem::model(), Some(&query), item)
}

fn history() -> Operation {
    reading(
        "/odata/QueueItems({key})/UiPathODataSvc.GetItemProcessingHistory",
        "QueueItems_GetItemProcessingHistoryById",
    )
    .summary("Lists all attempts at an item, the oldest first.")
    .answers(200, Shape::Collection(FolderItem::model()))
    .handler(handle_history)
}

async fn handle_history(request: Request) -> Result<Response, Error> {
    let query = request.odata(FolderItem::model())?;
    let (tenant, view, options) = (request.tenant()?.id, view(&request).await?, query.clone());
    let id = request.integer("key")?;
    let page = request
        .store()
        .read(move |tx| read::history(&mut tx.tenant(tenant), &view, id, &options))
        .await?;
    several(&request, &query, page)
}

fn reviewers_of_folder() -> Operation {
    Operation::orchestrator(
        Method::GET,
        "/odata/QueueItems/UiPath.Server.Configuration.OData.GetReviewers",
        "QueueItems_GetReviewers",
    )
    .summary("Lists the people who may review the failed items of a folder.")
    .scope("OR.Queues.Read")
    .permission("Queues.View and Transactions.Edit")
    .folder(Folder::Required)
    .queryable()
    .answers(200, Shape::Collection(TenantUser::model()))
    .handler(handle_reviewers)
}

async fn handle_reviewers(request: Request) -> Result<Response, Error> {
    let query = request.odata(TenantUser::model())?;
    let (tenant, folder) = (request.tenant()?.clone(), request.folder()?.id);
    let tree = request.state::<Access>()?.tree(tenant.id).await?;
    let users = request
        .store()
        .read(move |tx| reviewers::of_folder(tx, &tenant, &tree, folder))
        .await?;
    let page = access::rows::page(users.iter().map(access::rows::published).collect(), &query)?;
    reply::collection(&request, "Users", TenantUser::model(), &query, page.items, page.count)
}

#[cfg(test)]
mod tests {
    use super::by_published_names;

    #[test]
    fn the_name_of_the_queue_is_known_by_its_short_name_too() {
        for (text, expected) in [
            ("QueueDefinitionName eq 'Q'", "QueueDefinition/Name eq 'Q'"),
            (
                "queuedefinitionname eq 'QueueDefinitionName'",
                "QueueDefinition/Name eq 'QueueDefinitionName'",
            ),
            (
                "Reference eq 'it''s QueueDefinitionName'",
                "Reference eq 'it''s QueueDefinitionName'",
            ),
            (
                "Reference eq \"QueueDefinitionName\"",
                "Reference eq \"QueueDefinitionName\"",
            ),
            (
                "(QueueDefinitionName ne 'é') and QueueDefinitionNames eq 1",
                "(QueueDefinition/Name ne 'é') and QueueDefinitionNames eq 1",
            ),
            ("'QueueDefinitionName", "'QueueDefinitionName"),
        ] {
            assert_eq!(by_published_names(text), expected);
        }
    }
}
