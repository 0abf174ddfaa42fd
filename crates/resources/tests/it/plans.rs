//! What the database is asked for a list of a folder, and that it answers by walking along an index: the first page
//! costs the same whether the folder has ten assets or a million.

use odata::Query;
use resources::assets::model::{Asset, FolderAsset};
use store::{Entity, Tenant, Value, params};

use crate::fixture::{Fixture, SHARED};

fn explain<E: Entity<Scope = Tenant>>(
    options: &[(&str, &str)],
    condition: &'static str,
    values: Vec<Value>,
) -> (String, Vec<String>) {
    let pairs: Vec<(String, String)> = options
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()))
        .collect();
    let query = Query::parse(&pairs, E::model(), &odata::Limits::DEFAULT, jiff::Timestamp::UNIX_EPOCH).unwrap();
    Fixture::sqlite().write(move |scope| Ok(scope.explain::<E>(&query, condition, values.clone())?))
}

#[track_caller]
fn check(options: &[(&str, &str)], first_step: &str) {
    let (sql, steps) = explain::<FolderAsset>(options, "folder_id = ?", params![SHARED]);
    assert_eq!(steps.first().map(String::as_str), Some(first_step), "{sql}\n{steps:#?}");
    assert!(
        !steps
            .iter()
            .any(|step| step.contains("TEMP B-TREE") || step.contains("SCAN")),
        "{sql}\n{steps:#?}"
    );
}

#[test]
fn pages_by_name_walk_along_the_names_of_the_folder() {
    let walk = "SEARCH l USING INDEX asset_folders_name (tenant_id=? AND folder_id=?)";
    check(&[("$orderby", "Name")], walk);
    check(&[("$orderby", "Name desc")], walk);
    check(&[("$orderby", "Name"), ("$filter", "contains(Name, 'x')")], walk);
    check(
        &[
            ("$orderby", "Name"),
            ("$filter", "contains(Description, 'x') or contains(Name, 'x')"),
        ],
        walk,
    );
}

#[test]
fn pages_of_one_type_walk_along_the_names_of_that_type() {
    let walk = "SEARCH l USING COVERING INDEX asset_folders_type (tenant_id=? AND folder_id=? AND value_type=?)";
    check(&[("$orderby", "Name"), ("$filter", "ValueType eq 'Text'")], walk);
}

#[test]
fn pages_in_no_order_walk_along_the_ids_of_the_folder() {
    check(
        &[],
        "SEARCH l USING INDEX sqlite_autoindex_asset_folders_1 (tenant_id=? AND folder_id=?)",
    );
}

#[test]
fn a_name_a_key_and_an_id_are_looked_up() {
    check(
        &[("$filter", "Name eq 'x'")],
        "SEARCH l USING INDEX asset_folders_name (tenant_id=? AND folder_id=? AND name_folded=?)",
    );
    check(
        &[("$filter", "Key eq 00000000-0000-0000-0000-000000000001")],
        "SEARCH a USING INDEX assets_key (key=?)",
    );
    check(
        &[("$filter", "Id eq 7")],
        "SEARCH l USING INDEX sqlite_autoindex_asset_folders_1 (tenant_id=? AND folder_id=? AND asset_id=?)",
    );
}

#[test]
fn pages_across_folders_walk_along_all_names() {
    let condition = "exists (select 1 from asset_folders l where l.asset_id = assets.id and l.folder_id in (1, 2))";
    let (sql, steps) = explain::<Asset>(&[("$orderby", "Name")], condition, params![]);
    assert_eq!(steps[0], "SEARCH assets USING INDEX assets_name (tenant_id=?)", "{sql}");
    assert!(
        !steps.iter().any(|step| step.contains("TEMP B-TREE")),
        "{sql}\n{steps:#?}"
    );
}

#[test]
fn the_statement_of_a_page() {
    let options = [
        ("$filter", "contains(Name, 'pay') and ValueType eq 'Text'"),
        ("$orderby", "Name"),
    ];
    let (sql, _) = explain::<FolderAsset>(&options, "folder_id = ?", params![SHARED]);
    let tail = sql.split_once(" from folder_assets ").unwrap().1;
    assert_eq!(
        tail,
        r"where folder_assets.tenant_id = ? and ((folder_id = ?) and ((folder_assets.name_folded like ? escape '\' and folder_assets.value_type = ?))) order by folder_assets.name_folded, folder_assets.id limit ? offset ?"
    );
    assert!(!sql.contains("sealed"), "lists do not read what is sealed");
}
