//! A folder with a million assets. Three are made over HTTP, the others are copies of their rows, since a million
//! requests would take longer than all figures together.

use anyhow::{Context as _, ensure};
use serde_json::json;
use store::{Options, Store, Tx, params};

use crate::server::{Settings, post};

/// Rows per unit of work.
const STEP: u64 = 50_000;
/// A prime above the largest number of rows: multiplying by another number modulo it shuffles the names, so that their
/// order is not the order of the ids.
const PRIME: u64 = 10_000_019;

/// Fills the database and gives the folder's id. No server may run on it.
pub(super) fn fill(settings: &Settings, rows: u64) -> anyhow::Result<i64> {
    let folder = make_models(settings)?;
    let database = settings.data.join("orchestrion.db");
    let store = Store::open(&Options::new(format!("sqlite:{}", database.display())))?;
    let mut from = 0;
    while from < rows {
        let to = (from + STEP).min(rows);
        store.write_blocking(move |tx| copy(tx, from, to))?;
        from = to;
    }
    let count = store.read_blocking(|tx| {
        let rows = tx.host().rows("select count(*) from asset_folders", params![])?;
        rows.first().map_or(Ok(0), |row| row.get::<i64>(0))
    })?;
    store.close();
    ensure!(count >= rows as i64, "there are {count} assets where {rows} were made");
    Ok(folder)
}

fn make_models(settings: &Settings) -> anyhow::Result<i64> {
    let server = settings.start()?;
    let token = server.token("OR.Assets OR.Folders.Read")?;
    let folder = server.folder(&token)?;
    let mut connection = server.connect()?;
    for body in [
        json!({"Name": "model-0", "ValueScope": "Global", "ValueType": "Text", "StringValue": "some text",
               "Description": "Made by the bench program"}),
        json!({"Name": "model-1", "ValueScope": "Global", "ValueType": "Integer", "IntValue": 7}),
        json!({"Name": "model-2", "ValueScope": "Global", "ValueType": "Bool", "BoolValue": true}),
    ] {
        let answer = connection.exchange(&post("/odata/Assets", &token, folder, &body))?;
        answer.json(201).context("cannot make an asset")?;
    }
    server.kill()?;
    Ok(folder)
}

/// Copies the models for the numbers from `from` to below `to`.
fn copy(tx: &mut Tx, from: u64, to: u64) -> store::Result<()> {
    const ID: &str = "1000 + numbers.n";
    let name = format!(
        "(case numbers.n % 4 when 0 then 'invoice-' when 1 then 'customer-' when 2 then 'mailbox-' else 'robot-' end)
         || substr('00000000' || (numbers.n * 7919 % {PRIME}), -8)"
    );
    // A column that is not named here is the model's.
    let own = |column: &str| match column {
        "id" | "asset_id" => Some(ID.to_owned()),
        "key" => Some("randomblob(16)".to_owned()),
        "name" | "name_folded" => Some(name.clone()),
        "created_at" => Some("model.created_at + numbers.n".to_owned()),
        _ => None,
    };
    for table in ["assets", "asset_folders"] {
        let columns = tx
            .host()
            .rows(&format!("select name from pragma_table_info('{table}')"), params![])?;
        let columns: Vec<String> = columns.iter().map(|row| row.get(0)).collect::<store::Result<_>>()?;
        let values: Vec<String> = columns
            .iter()
            .map(|column| own(column).unwrap_or_else(|| format!("model.{column}")))
            .collect();
        let statement = format!(
            "insert into {table} ({})
             with recursive numbers(n) as (select {from} union all select n + 1 from numbers where n + 1 < {to})
             select {} from numbers join {table} model on model.name_folded = 'model-' || (numbers.n % 3)",
            columns.join(", "),
            values.join(", ")
        );
        tx.host().execute(&statement, params![])?;
    }
    Ok(())
}
