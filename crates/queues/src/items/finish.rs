//! The end of a transaction, and how far it is (reference: queues 6.2, 6.3, 8.1).

use std::collections::{BTreeMap, HashMap};

use access::sealing::Sealer;
use context::{Ctx, Error};
use serde_json::{Value as Json, json};
use store::{Scoped, Tenant, Tx, Value, params};

use super::content::{self, Part};
use super::input::{Ending, TransactionResult};
use super::model::{EventAction, ExceptionType, Item, ItemData, ProcessingException, Status};
use super::no_such_item;
use super::retry::{self, By};
use super::transition::{self, Event};
use super::write::{Batch, Standing, Who, per_tenant, queues_of, standings};
use crate::definitions::model::Queue;
use crate::definitions::schemas::{self, Of};
use crate::state::Shared;
use crate::statistics::tally::Lane;

/// What is told about a transaction.
#[derive(Debug)]
pub enum Told {
    Result(TransactionResult),
    Progress(String),
}

impl Told {
    /// About the bytes it takes in a unit of work.
    pub fn weight(&self) -> usize {
        match self {
            Self::Result(result) => result.weight(),
            Self::Progress(text) => 512 + text.len(),
        }
    }
}

/// A call that ends a transaction, or tells how far it is.
#[derive(Debug)]
pub struct Finish {
    pub ctx: Ctx,
    pub tenant: i64,
    pub folder: i64,
    pub who: Who,
    pub item: i64,
    pub sealer: Sealer,
    pub told: Told,
}

/// Does what several calls tell.
///
/// # Errors
/// Per call: 404 for an item that is not in the folder; 409 with codes 1851, 1852 and 1865 for one that is not in progress.
pub fn work(tx: &mut Tx, shared: &Shared, calls: &[Finish]) -> Result<Vec<Result<(), Error>>, Error> {
    per_tenant(
        tx,
        calls,
        |call| call.tenant,
        |scope, calls| finish(scope, shared, calls),
    )
}

/// The rows that are to be written, each kind with the columns it changes, so that no index is touched without need.
#[derive(Default)]
struct Rows {
    ended: Vec<(i64, Vec<Value>)>,
    retried: Vec<(i64, Vec<Value>)>,
    postponed: Vec<(i64, Vec<Value>)>,
    /// By item: later calls of the same unit of work stand for earlier ones.
    progress: BTreeMap<i64, Vec<Value>>,
    data: Vec<(i64, Vec<Value>)>,
}

fn finish(scope: &mut Scoped<'_, Tenant>, shared: &Shared, calls: &[&Finish]) -> Result<Vec<Result<(), Error>>, Error> {
    let Some(last) = calls.iter().max_by_key(|call| call.ctx.now) else {
        return Ok(Vec::new());
    };
    let ids: Vec<i64> = calls.iter().map(|call| call.item).collect();
    let found = scope.lock_many::<Item>(&ids)?;
    let mut batch = Batch::new(scope, shared, Lane::Finish, last.ctx.now)?;
    let queues = queues_of(scope, found.iter())?;
    let ids: Vec<i64> = queues.keys().copied().collect();
    let standings = standings(scope, &ids, batch.now)?;
    let mut items: HashMap<i64, Item> = found.into_iter().map(|item| (item.id, item)).collect();

    let mut results = Vec::with_capacity(calls.len());
    let mut rows = Rows::default();
    let mut retried = Vec::new();
    for call in calls {
        let found = items
            .get_mut(&call.item)
            .filter(|item| is_in(&standings, item.queue_id, call.folder))
            .and_then(|item| queues.get(&item.queue_id).map(|queue| (item, queue)));
        let Some((item, queue)) = found else {
            results.push(Err(no_such_item()));
            continue;
        };
        let mut work = One {
            scope: &mut *scope,
            shared,
            batch: &mut batch,
            rows: &mut rows,
            call,
            queue,
            item,
        };
        let done = match &call.told {
            Told::Progress(text) => work.progress(text).map(|()| false),
            Told::Result(result) => work.result(result),
        };
        results.push(match done {
            Ok(true) => {
                retried.push(call);
                Ok(())
            }
            Ok(false) => Ok(()),
            // A failure of the server is not the call's: everything is undone.
            Err(error) if error.kind == context::Kind::Internal => return Err(error),
            Err(error) => Err(error),
        });
    }
    write(scope, &rows)?;
    let again: Vec<(&Item, &Who)> = retried
        .iter()
        .filter_map(|call| Some((items.get(&call.item)?, &call.who)))
        .collect();
    retry::add(scope, &mut batch, &queues, By::Itself, &again, &last.ctx)?;
    batch.finish(scope, &last.ctx)?;
    Ok(results)
}

fn is_in(standings: &HashMap<i64, Standing>, queue: i64, folder: i64) -> bool {
    standings
        .get(&queue)
        .is_some_and(|standing| standing.folders.contains(&folder))
}

/// One call under way.
struct One<'a, 'b, 'c> {
    scope: &'a mut Scoped<'b, Tenant>,
    shared: &'a Shared,
    batch: &'a mut Batch<'c>,
    rows: &'a mut Rows,
    call: &'a Finish,
    queue: &'a Queue,
    item: &'a mut Item,
}

impl One<'_, '_, '_> {
    fn seal(&self, part: Part, text: &str) -> Result<String, Error> {
        content::seal(
            self.item.encrypted.then_some(&self.call.sealer),
            self.item.key,
            part,
            text.to_owned(),
        )
    }

    fn progress(&mut self, text: &str) -> Result<(), Error> {
        transition::next(self.item.status, self.item.review_status, Event::Progress)?;
        self.item.progress = Some(self.seal(Part::Progress, text)?);
        self.touch();
        let item = &*self.item;
        let values = params![item.progress, item.touched_at, item.version];
        self.rows.progress.insert(item.id, values);
        let data = (!item.encrypted).then(|| json!({ "Progress": content::told(text) }));
        self.batch.record(item, EventAction::Edit, &self.call.who, data);
        Ok(())
    }

    /// Whether the item is tried again.
    fn result(&mut self, result: &TransactionResult) -> Result<bool, Error> {
        let (defer_at, due_at) = match &result.outcome {
            Ending::Postponed { defer_at, due_at } => (*defer_at, *due_at),
            Ending::Success => return self.end(result, None),
            Ending::Failure(exception) => return self.end(result, Some(exception.clone())),
        };
        self.item.status = transition::next(self.item.status, self.item.review_status, Event::Postpone)?;
        if let Some(progress) = &result.progress {
            self.item.progress = Some(self.seal(Part::Progress, progress)?);
        }
        self.touch();
        let now = self.batch.now;
        let item = &mut *self.item;
        item.defer_at = defer_at.or(item.defer_at);
        item.due_at = due_at.or(item.due_at);
        let waits = item.defer_at.is_some_and(|defer| defer > now);
        item.ready_rank = (!waits).then(|| item.rank());
        item.started_at = None;
        item.robot_id = None;
        item.executor_job = None;
        let values = params![
            item.status,
            item.defer_at,
            item.due_at,
            item.ready_rank,
            None::<i64>,
            None::<i64>,
            None::<uuid::Uuid>,
            item.progress,
            item.touched_at,
            item.version
        ];
        self.rows.postponed.push((item.id, values));
        let data = json!({ "DeferDate": item.defer_at, "DueDate": item.due_at });
        let who = &self.call.who;
        self.batch.record(item, EventAction::Status, who, Some(data));
        self.batch
            .tally
            .moved(item.queue_id, Some(Status::InProgress), Some(Status::New));
        self.batch
            .announce("queueItem.deferred", std::slice::from_ref(item), who);
        Ok(false)
    }

    fn end(&mut self, result: &TransactionResult, exception: Option<ProcessingException>) -> Result<bool, Error> {
        let (mut exception, mut may_retry) = (exception, true);
        if exception.is_none() {
            // What is final already is told before what is against a schema.
            transition::next(self.item.status, self.item.review_status, Event::Succeed)?;
            exception = self.against_schemas(result)?;
            may_retry = false;
        }
        let of = exception.as_ref().map(|exception| exception.of);
        let retry = may_retry
            && of == Some(ExceptionType::ApplicationException)
            && self.queue.retry_failed
            && self.item.retry_number < self.queue.max_retries;
        let event = if of.is_some() {
            Event::Fail { retry }
        } else {
            Event::Succeed
        };
        self.item.status = transition::next(self.item.status, self.item.review_status, event)?;
        if let Some(progress) = &result.progress {
            self.item.progress = Some(self.seal(Part::Progress, progress)?);
        }
        self.touch();
        let now = self.batch.now;
        let item = &mut *self.item;
        item.exception_type = of;
        item.ended_at = Some(now);
        item.operation.clone_from(&result.operation);
        let mut size = 0;
        self.carry(result, exception.as_ref(), &mut size)?;
        let item = &mut *self.item;
        item.size += size;
        let mut values = params![
            item.status,
            item.exception_type,
            item.ended_at,
            item.touched_at,
            item.progress,
            item.operation,
            item.version,
            item.size
        ];
        if retry {
            item.unique_reference = None;
            values.extend(params![None::<String>]);
            self.rows.retried.push((item.id, values));
        } else {
            self.rows.ended.push((item.id, values));
        }
        let who = &self.call.who;
        let action = if retry { EventAction::Retry } else { EventAction::Status };
        self.batch.record(item, action, who, None);
        self.batch
            .tally
            .moved(item.queue_id, Some(Status::InProgress), Some(item.status));
        self.batch.tally.ended(item, of, now);
        let of = match item.status {
            Status::Successful => Some("queueItem.transactionCompleted"),
            Status::Failed => Some("queueItem.transactionFailed"),
            _ => None,
        };
        if let Some(of) = of {
            self.batch.announce(of, std::slice::from_ref(item), who);
        }
        Ok(retry)
    }

    /// Stores what the result brings along, and says how many bytes it has.
    fn carry(
        &mut self,
        result: &TransactionResult,
        exception: Option<&ProcessingException>,
        size: &mut i64,
    ) -> Result<(), Error> {
        let seal = |part, text: Option<&String>| text.map(|text| self.seal(part, text)).transpose();
        let output = seal(Part::Output, result.output.as_ref())?;
        let analytics = seal(Part::Analytics, result.analytics.as_ref())?;
        let exception = exception
            .map(serde_json::to_string)
            .transpose()
            .map_err(Error::internal)?;
        let exception = seal(Part::Exception, exception.as_ref())?;
        let texts = [&output, &analytics, &exception];
        if texts.iter().all(|text| text.is_none()) {
            return Ok(());
        }
        let bytes: usize = texts.into_iter().flatten().map(String::len).sum();
        *size = i64::try_from(bytes).unwrap_or(i64::MAX);
        self.rows
            .data
            .push((self.item.id, params![output, analytics, exception]));
        Ok(())
    }

    /// The failure that a success becomes when what it brings along is against a schema of the queue.
    fn against_schemas(&mut self, result: &TransactionResult) -> Result<Option<ProcessingException>, Error> {
        for (of, member, text) in [
            (Of::Output, "Output", &result.output),
            (Of::Analytics, "Analytics", &result.analytics),
        ] {
            let Some(schema) = self.shared.validator(self.scope, self.queue, of)? else {
                continue;
            };
            let value: Json = match text {
                Some(text) => serde_json::from_str(text).map_err(Error::internal)?,
                None => json!({}),
            };
            if let Some(violations) = schemas::violations(&schema, &value) {
                return Ok(Some(ProcessingException {
                    reason: Some(format!("{member} does not meet the schema of the queue: {violations}")),
                    details: None,
                    of: ExceptionType::BusinessException,
                    associated_image_file_path: None,
                    creation_time: self.batch.now,
                }));
            }
        }
        Ok(None)
    }

    fn touch(&mut self) {
        self.rows.progress.remove(&self.item.id);
        self.item.touched_at = self.batch.now;
        self.item.version += 1;
    }
}

fn write(scope: &mut Scoped<'_, Tenant>, rows: &Rows) -> Result<(), Error> {
    let ended = [
        "status bigint",
        "exception_type bigint",
        "ended_at bigint",
        "touched_at bigint",
        "progress text",
        "operation text",
        "version bigint",
        "size bigint",
    ];
    scope.update_many::<Item>(&ended, &rows.ended)?;
    let retried: Vec<&str> = ended.iter().copied().chain(["unique_reference text"]).collect();
    scope.update_many::<Item>(&retried, &rows.retried)?;
    let postponed = [
        "status bigint",
        "defer_at bigint",
        "due_at bigint",
        "ready_rank bigint",
        "started_at bigint",
        "robot_id bigint",
        "executor_job {uuid}",
        "progress text",
        "touched_at bigint",
        "version bigint",
    ];
    scope.update_many::<Item>(&postponed, &rows.postponed)?;
    let progress: Vec<(i64, Vec<Value>)> = rows.progress.iter().map(|(id, values)| (*id, values.clone())).collect();
    scope.update_many::<Item>(&["progress text", "touched_at bigint", "version bigint"], &progress)?;
    scope.update_many::<ItemData>(&["output text", "analytics text", "exception text"], &rows.data)?;
    Ok(())
}
