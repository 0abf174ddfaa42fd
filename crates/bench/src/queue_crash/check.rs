//! Compares the database with what the workers were given.

use anyhow::{bail, ensure};
use store::{Row, Store, params};

use super::ledger::Ledger;

/// Rows per read.
const PAGE: i64 = 20_000;
/// What `queue_items.status` holds for a success.
const SUCCESSFUL: i64 = 3;
/// Faults told in full; a broken database has many.
const TOLD: usize = 20;

/// Looks at every item, every idempotency key, the history and the numbers of the queue.
///
/// # Errors
/// Everything that differs.
pub fn compare(store: &Store, ledger: &Ledger, seed: u64) -> anyhow::Result<()> {
    let mut faults = Vec::new();
    let items = each(store, ITEMS, |row| {
        faults.extend(item_fault(ledger, row)?);
        Ok(())
    })?;
    let keys = each(store, KEYS, |row| {
        faults.extend(key_fault(ledger, seed, row)?);
        Ok(())
    })?;
    let count = ledger.len() as i64;
    for (what, found) in [("items", items), ("idempotency keys", keys)] {
        if found != count {
            faults.push(format!("{found} {what} are there, and {count} items were handed out"));
        }
    }
    for Numbers { what, sql, expected } in NUMBERS {
        let rows = store.read_blocking(|tx| tx.host().rows(sql, params![]))?;
        let mut found = Vec::new();
        for row in &rows {
            found.push(
                (0..row.len())
                    .map(|at| row.get(at))
                    .collect::<store::Result<Vec<i64>>>()?,
            );
        }
        let expected: Vec<Vec<i64>> = expected
            .iter()
            .map(|row| row.iter().map(|cell| cell.unwrap_or(count)).collect())
            .collect();
        if found != expected {
            faults.push(format!("{what}: {found:?} in place of {expected:?}"));
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    let told = faults.iter().take(TOLD).cloned().collect::<Vec<_>>().join("\n  ");
    bail!("{} faults:\n  {told}", faults.len());
}

const ITEMS: &str = "select id, reference, status, retry_number, case when ready_rank is null then 0 else 1 end
    from queue_items where id > ? order by id limit ?";
const KEYS: &str = "select id, key, item_id from queue_item_keys where id > ? order by id limit ?";

/// A statement, and the rows it must answer; `None` stands for the number of items. The databases do not give the types of sums and
/// counts alike, hence the casts.
struct Numbers {
    what: &'static str,
    sql: &'static str,
    expected: &'static [&'static [Option<i64>]],
}

const NUMBERS: &[Numbers] = &[
    Numbers {
        what: "contents of items",
        sql: "select cast(count(*) as bigint), cast(count(output) as bigint) from queue_item_data",
        expected: &[&[None, None]],
    },
    Numbers {
        what: "history by action and status: events, items",
        sql: "select action, status, cast(count(*) as bigint), cast(count(distinct item_id) as bigint)
         from queue_item_events group by action, status order by action, status",
        // Created, taken, finished.
        expected: &[
            &[Some(0), Some(0), None, None],
            &[Some(3), Some(1), None, None],
            &[Some(3), Some(3), None, None],
        ],
    },
    Numbers {
        what: "counters: new, in progress, failed, successful, abandoned, retried, deleted, successes, exceptions",
        sql: "select cast(sum(new) as bigint), cast(sum(in_progress) as bigint), cast(sum(failed) as bigint),
             cast(sum(successful) as bigint), cast(sum(abandoned) as bigint), cast(sum(retried) as bigint),
             cast(sum(deleted) as bigint), cast(sum(successes) as bigint),
             cast(sum(application_exceptions + business_exceptions) as bigint)
         from queue_counters",
        expected: &[&[
            Some(0),
            Some(0),
            Some(0),
            None,
            Some(0),
            Some(0),
            Some(0),
            None,
            Some(0),
        ]],
    },
    Numbers {
        what: "successes by span of time",
        sql: "select span, cast(sum(successes) as bigint) from queue_times group by span order by span",
        expected: &[&[Some(0), None], &[Some(1), None], &[Some(2), None]],
    },
];

fn item_fault(ledger: &Ledger, row: &Row) -> store::Result<Option<String>> {
    let id: i64 = row.get(0)?;
    let reference: String = row.get(1)?;
    let (status, retry, ready): (i64, i64, i64) = (row.get(2)?, row.get(3)?, row.get(4)?);
    Ok(match ledger.of_item(id) {
        None => Some(format!("item {id} (number {reference}) was never handed out")),
        Some((number, _)) if number.to_string() != reference => Some(format!(
            "item {id} was handed out as {number} and is stored as {reference}"
        )),
        Some(_) if (status, retry, ready) != (SUCCESSFUL, 0, 0) => Some(format!(
            "item {id}: status {status}, retry {retry}, {} be taken",
            if ready == 0 { "cannot" } else { "can" }
        )),
        Some(_) => None,
    })
}

fn key_fault(ledger: &Ledger, seed: u64, row: &Row) -> store::Result<Option<String>> {
    let (key, item): (String, i64) = (row.get(1)?, row.get(2)?);
    let expected = ledger.of_item(item).map(|(_, hand_out)| hand_out.key(seed));
    Ok((expected.as_deref() != Some(key.as_str()))
        .then(|| format!("item {item} is kept for the key {key}, and was handed out for {expected:?}")))
}

/// Visits all rows of a statement that begins with an id and ends with the id to begin after and a limit. Gives their number.
fn each(store: &Store, sql: &'static str, mut visit: impl FnMut(&Row) -> store::Result<()>) -> anyhow::Result<i64> {
    let (mut last, mut count) = (0, 0);
    loop {
        let rows = store.read_blocking(move |tx| tx.host().rows(sql, params![last, PAGE]))?;
        for row in &rows {
            let id: i64 = row.get(0)?;
            ensure!(id > last, "the database does not order by id");
            last = id;
            visit(row)?;
        }
        count += rows.len() as i64;
        if (rows.len() as i64) < PAGE {
            return Ok(count);
        }
    }
}
