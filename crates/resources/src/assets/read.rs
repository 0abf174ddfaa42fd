//! Reading assets as the wire shows them. Nothing sealed is read here.

use std::collections::HashMap;

use access::folders::links::{self, Permits, no_such};
use access::users::service as users;
use context::Error;
use odata::{Expr, Function, Query, Root};
use serde_json::{Map, Value, json};
use store::{Entity as _, Page, Scoped, Tenant, params};
use uuid::Uuid;

use super::model::{Asset, FolderAsset, Link, UserValue, ValueType};

/// The assets of a folder. `with_secrets`: assets of type Secret too, which clients of older contracts cannot read.
pub fn in_folder(
    scope: &mut Scoped<'_, Tenant>,
    folder: i64,
    query: &Query,
    with_secrets: bool,
) -> Result<Page<Value>, Error> {
    let (condition, values) = if with_secrets {
        ("folder_id = ?", params![folder])
    } else {
        ("folder_id = ? and value_type <> ?", params![folder, ValueType::Secret])
    };
    let page = if query.count && query.filter.as_ref().is_none_or(is_about_links) {
        let counting = Query {
            top: Some(0),
            ..query.clone()
        };
        let count = scope.list::<Link>(&counting, condition, values.clone())?.count;
        let page = scope.list::<FolderAsset>(
            &Query {
                count: false,
                ..query.clone()
            },
            condition,
            values,
        )?;
        Page {
            items: page.items,
            count,
        }
    } else {
        scope.list::<FolderAsset>(query, condition, values)?
    };
    let rows = page.items.iter().map(|asset| (asset.id, asset.to_json())).collect();
    Ok(Page {
        items: complete(scope, query, rows)?,
        count: page.count,
    })
}

/// Whether a filter names only what `asset_folders` holds: such rows are counted without a look at the assets.
fn is_about_links(filter: &Expr) -> bool {
    match filter {
        Expr::Constant(_) => true,
        Expr::Path(path) => path.root == Root::Row && matches!(path.property.name, "Name" | "ValueType"),
        Expr::And(terms) | Expr::Or(terms) => terms.iter().all(is_about_links),
        Expr::Not(term) | Expr::Negate(term) => is_about_links(term),
        Expr::Compare { left, right, .. } | Expr::Arithmetic { left, right, .. } => {
            is_about_links(left) && is_about_links(right)
        }
        Expr::In { operand, .. } | Expr::Has { operand, .. } => is_about_links(operand),
        Expr::Call { function, arguments } => {
            // Lengths and cuts of a text are those of the text itself, which only the asset has.
            matches!(
                function,
                Function::Contains | Function::StartsWith | Function::EndsWith | Function::ToLower | Function::ToUpper
            ) && arguments.iter().all(is_about_links)
        }
        Expr::Quantified { .. } => false,
    }
}

/// The assets of all folders in which the caller may see them, each once, without those that are in the folder `except`.
pub fn across_folders(
    scope: &mut Scoped<'_, Tenant>,
    permits: &Permits<Asset>,
    except: Option<i64>,
    query: &Query,
) -> Result<Page<Value>, Error> {
    let page = links::across(scope, permits, except, query)?;
    let rows = page.items.iter().map(|asset| (asset.id, asset.to_json())).collect();
    Ok(Page {
        items: complete(scope, query, rows)?,
        count: page.count,
    })
}

/// An asset of a folder by id.
///
/// # Errors
/// 404 when the folder has no such asset.
pub fn by_id(scope: &mut Scoped<'_, Tenant>, folder: i64, id: i64, query: &Query) -> Result<Value, Error> {
    let found = scope.find_one::<FolderAsset>("folder_id = ? and id = ?", params![folder, id])?;
    single(scope, query, found.ok_or_else(|| no_such::<Asset>(id))?)
}

/// An asset of a folder by its GUID.
///
/// # Errors
/// 404 when the folder has no such asset.
pub fn by_key(scope: &mut Scoped<'_, Tenant>, folder: i64, key: Uuid, query: &Query) -> Result<Value, Error> {
    let found = scope.find_one::<FolderAsset>("folder_id = ? and key = ?", params![folder, key])?;
    single(scope, query, found.ok_or_else(|| no_such::<Asset>(key))?)
}

fn single(scope: &mut Scoped<'_, Tenant>, query: &Query, asset: FolderAsset) -> Result<Value, Error> {
    let rows = vec![(asset.id, asset.to_json())];
    complete(scope, query, rows)?
        .pop()
        .ok_or_else(|| Error::internal("one row became none"))
}

/// Adds the members that are not columns, and the values of accounts where they are expanded.
fn complete(
    scope: &mut Scoped<'_, Tenant>,
    query: &Query,
    rows: Vec<(i64, Map<String, Value>)>,
) -> Result<Vec<Value>, Error> {
    let mut values = if query.expands("UserValues") {
        let named: HashMap<i64, String> = rows
            .iter()
            .map(|(id, members)| {
                (
                    *id,
                    members
                        .get("Name")
                        .and_then(Value::as_str)
                        .unwrap_or_default()
                        .to_owned(),
                )
            })
            .collect();
        user_values(scope, &named)?
    } else {
        HashMap::new()
    };
    Ok(rows
        .into_iter()
        .map(|(id, mut members)| {
            members.insert("CanBeDeleted".to_owned(), Value::Bool(true));
            write_only(&mut members);
            members.insert(
                "UserValues".to_owned(),
                Value::Array(values.remove(&id).unwrap_or_default()),
            );
            members.insert("RobotValues".to_owned(), json!([]));
            Value::Object(members)
        })
        .collect())
}

/// The members that can be written and are never answered. The one credential store is the built-in one, which has no id.
fn write_only(members: &mut Map<String, Value>) {
    members.insert("CredentialPassword".to_owned(), json!(""));
    members.insert("SecretValue".to_owned(), json!(""));
    members.insert("CredentialStoreId".to_owned(), Value::Null);
}

fn user_values(
    scope: &mut Scoped<'_, Tenant>,
    assets: &HashMap<i64, String>,
) -> Result<HashMap<i64, Vec<Value>>, Error> {
    let ids: Vec<i64> = assets.keys().copied().collect();
    let mut stored = Vec::new();
    for chunk in ids.chunks(500) {
        let condition = format!("asset_id in ({}) order by id", access::rows::integers(chunk));
        stored.extend(scope.find::<UserValue>(&condition, params![])?);
    }
    let mut ids: Vec<i64> = stored.iter().map(|value| value.user_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let names = users::names(scope, &ids)?;
    let mut by_asset: HashMap<i64, Vec<Value>> = HashMap::new();
    for value in stored {
        let mut members = value.to_json();
        members.insert("Name".to_owned(), json!(assets.get(&value.asset_id)));
        members.insert("UserName".to_owned(), json!(names.get(&value.user_id)));
        members.insert("MachineId".to_owned(), Value::Null);
        members.insert("MachineName".to_owned(), Value::Null);
        write_only(&mut members);
        by_asset.entry(value.asset_id).or_default().push(Value::Object(members));
    }
    Ok(by_asset)
}
