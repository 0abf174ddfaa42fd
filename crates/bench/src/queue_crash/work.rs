//! Those who add the items and those who work on them. What was not answered is sent again, as a careful client would.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};

use super::gate::{Client, Gate, Reply};
use super::ledger::{HandOut, Ledger, key};
use crate::random::Random;

/// The queue that everything happens in.
pub const QUEUE: &str = "crash";
/// The error of a transaction that has ended already.
const ENDED: i64 = 1865;
const BULK_ADD: &str = "/odata/Queues/UiPathODataSvc.BulkAddQueueItems";
const START: &str = "/odata/Queues/UiPathODataSvc.StartTransaction";
/// How long someone waits who finds nothing to do.
const PAUSE: Duration = Duration::from_millis(5);

/// What all of them share.
pub struct Work<'a> {
    pub gate: &'a Gate,
    pub seed: u64,
    /// Items to add.
    pub count: u32,
    pub ledger: Mutex<Ledger>,
    pub added: AtomicU32,
    pub finished: AtomicU32,
}

/// Answers that were lost and found on the repetition.
#[derive(Debug, Clone, Copy, Default)]
pub struct Repeated {
    /// Requests without an answer.
    pub lost: u64,
    /// Repetitions of something that had been done.
    pub done_before: u64,
}

impl std::ops::AddAssign for Repeated {
    fn add_assign(&mut self, other: Self) {
        self.lost += other.lost;
        self.done_before += other.done_before;
    }
}

impl<'a> Work<'a> {
    pub fn new(gate: &'a Gate, seed: u64, count: u32) -> Self {
        Self {
            gate,
            seed,
            count,
            ledger: Mutex::new(Ledger::new(count)),
            added: AtomicU32::new(0),
            finished: AtomicU32::new(0),
        }
    }

    pub fn over(&self) -> bool {
        self.finished.load(Ordering::SeqCst) >= self.count
    }

    fn handed_out(&self) -> u32 {
        let ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        ledger.len() as u32
    }

    /// Adds all numbers by bulk calls of different sizes, never far ahead of the workers, so that the server is killed in
    /// the middle of adding, taking and finishing all the time.
    ///
    /// # Errors
    /// An answer that makes no sense.
    pub fn add(&self) -> anyhow::Result<Repeated> {
        let mut random = Random::new(self.seed ^ 0xadd);
        let mut client = Client::new(self.gate);
        let mut repeated = Repeated::default();
        let ahead = (self.count / 10).clamp(100, 20_000);
        let mut next = 0;
        while next < self.count {
            if next > self.finished.load(Ordering::SeqCst).saturating_add(ahead) {
                if self.gate.failed() {
                    break;
                }
                thread::sleep(PAUSE);
                continue;
            }
            let size = random.between(1, u64::from(ahead.min(1_000))) as u32;
            let end = self.count.min(next + size);
            let items: Vec<Value> = (next..end)
                .map(|number| json!({ "Reference": number.to_string(), "SpecificContent": { "Number": number } }))
                .collect();
            let body = json!({ "queueName": QUEUE, "commitType": "ProcessAllIndependently", "queueItems": items });
            let reply = client.post(BULK_ADD, None, &body)?;
            let stored = stored_before(&reply, items.len())
                .with_context(|| format!("adding {next} to {end}, repeated: {}", reply.repeated))?;
            repeated.done_before += u64::from(stored);
            next = end;
            self.added.store(next, Ordering::SeqCst);
        }
        repeated.lost = client.lost;
        Ok(repeated)
    }

    /// Takes items and ends them with success until all are finished.
    ///
    /// # Errors
    /// An answer that makes no sense, or an item that was handed out before.
    pub fn take(&self, worker: u32) -> anyhow::Result<Repeated> {
        let mut client = Client::new(self.gate);
        let mut repeated = Repeated::default();
        let start = json!({ "transactionData": { "Name": QUEUE } });
        let success = json!({ "transactionResult": { "IsSuccessful": true, "Output": { "Worker": worker } } });
        let mut attempt = 0;
        while self.handed_out() < self.count {
            let key = key(self.seed, worker, attempt);
            let reply = client.post(START, Some(&key), &start)?;
            if reply.answer.status == 204 {
                // A later call with the same key is still the first that gets something.
                thread::sleep(PAUSE);
                continue;
            }
            let (number, item) = taken(&reply).with_context(|| format!("worker {worker}, attempt {attempt}"))?;
            let hand_out = HandOut { item, worker, attempt };
            let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
            ledger.enter(number, hand_out)?;
            drop(ledger);
            let path = format!("/odata/Queues({item})/UiPathODataSvc.SetTransactionResult");
            let reply = client.post(&path, None, &success)?;
            let ended = ended_before(&reply).with_context(|| format!("number {number}, {hand_out:?}"))?;
            repeated.done_before += u64::from(ended);
            self.finished.fetch_add(1, Ordering::SeqCst);
            attempt += 1;
        }
        repeated.lost = client.lost;
        Ok(repeated)
    }
}

/// Whether a bulk call found its items stored. It is one unit of work: all of them are there, or none.
fn stored_before(reply: &Reply, items: usize) -> anyhow::Result<bool> {
    let answer = reply.answer.json(200)?;
    let failed = answer["FailedItems"]
        .as_array()
        .context("an answer without FailedItems")?;
    if failed.is_empty() {
        ensure!(answer["Success"] == true, "unexpected answer: {answer}");
        return Ok(false);
    }
    let duplicates = failed
        .iter()
        .filter(|failed| failed["ErrorCode"] == "DuplicateReference")
        .count();
    ensure!(
        reply.repeated && duplicates == items && failed.len() == items,
        "{duplicates} of {items} items were there before, {} failed; the first: {}",
        failed.len(),
        failed[0]
    );
    Ok(true)
}

/// Number and id of an item that was taken.
fn taken(reply: &Reply) -> anyhow::Result<(u32, i64)> {
    let item = reply.answer.json(200)?;
    let reference = item["Reference"].as_str().context("an item without a reference")?;
    let number: u32 = reference.parse().context("a reference that is not a number")?;
    ensure!(
        item["SpecificContent"]["Number"] == number && item["Status"] == "InProgress",
        "number {number} is not what was added, or not in progress: {item}"
    );
    Ok((number, item["Id"].as_i64().context("an item without an id")?))
}

/// Whether a transaction had been ended by the same call before.
fn ended_before(reply: &Reply) -> anyhow::Result<bool> {
    match (reply.answer.status, reply.repeated) {
        (200, _) => Ok(false),
        (409, true) => {
            let answer = reply.answer.json(409)?;
            ensure!(answer["errorCode"] == ENDED, "refused: {answer}");
            Ok(true)
        }
        (status, repeated) => bail!(
            "unexpected answer {status} (repeated: {repeated}): {}",
            reply.answer.text()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Answer;

    fn reply(status: u16, repeated: bool, body: &Value) -> Reply {
        let body = body.to_string().into_bytes();
        let answer = Answer { status, body };
        Reply { answer, repeated }
    }

    #[test]
    fn a_transaction_may_have_ended_before_only_if_the_call_is_a_repetition() {
        let check =
            |status, repeated, code: i64| ended_before(&reply(status, repeated, &json!({ "errorCode": code }))).ok();
        assert_eq!(check(200, false, 0), Some(false));
        assert_eq!(check(200, true, 0), Some(false));
        assert_eq!(check(409, true, 1865), Some(true));
        assert_eq!(check(409, false, 1865), None);
        assert_eq!(check(409, true, 1851), None);
        assert_eq!(check(404, true, 1865), None);
    }

    #[test]
    fn items_of_a_repeated_call_are_all_there_or_none() {
        let check = |repeated, codes: &[&str]| {
            let failed: Vec<Value> = codes.iter().map(|code| json!({ "ErrorCode": code })).collect();
            let body = json!({ "Success": failed.is_empty(), "FailedItems": failed });
            stored_before(&reply(200, repeated, &body), 2).ok()
        };
        let duplicate = "DuplicateReference";
        assert_eq!(check(false, &[]), Some(false));
        assert_eq!(check(true, &[]), Some(false));
        assert_eq!(check(true, &[duplicate, duplicate]), Some(true));
        assert_eq!(check(false, &[duplicate, duplicate]), None);
        assert_eq!(check(true, &[duplicate]), None);
        assert_eq!(check(true, &[duplicate, "Unknown"]), None);
    }

    #[test]
    fn an_item_carries_the_number_it_was_added_with() {
        let check = |reference: &str, status: &str| {
            let content = json!({ "Number": 7 });
            let item = json!({ "Id": 70, "Reference": reference, "Status": status, "SpecificContent": content });
            taken(&reply(200, true, &item)).ok()
        };
        assert_eq!(check("7", "InProgress"), Some((7, 70)));
        assert_eq!(check("8", "InProgress"), None);
        assert_eq!(check("7", "Successful"), None);
    }
}
