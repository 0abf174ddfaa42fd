//! What requests say about items, and the checks that need no database (reference: queues 4.3, 5.1, 6.1, 6.3).

use access::schemas::Validator;
use access::sealing::Sealer;
use context::{Ctx, Error, codes};
use jiff::Timestamp;
use odata::Moment;
use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::add::Taker;
use super::content::{self, LONGEST_EXCEPTION, LONGEST_REFERENCE, Part};
use super::model::{ExceptionType, Priority, ProcessingException};
use super::write::new_key;
use crate::definitions::schemas;
use crate::state::Definition;

/// Where an item may say that it comes from.
const SOURCES: [&str; 3] = ["Manual", "Apps", "ProcessOrchestration"];

odata::enumeration! {
    /// How a reference is compared.
    pub enum ReferenceFilter: "TransactionDataDtoReferenceFilterOption" { Equals = 0, StartsWith = 1 }
}

/// An open object of a request.
pub type Object = Map<String, Value>;

/// Contract schema `QueueItemDataDto`.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "PascalCase", default)]
pub struct ItemInput {
    /// Name of the queue; in bulk calls the call names it.
    pub name: Option<String>,
    #[schemars(with = "Option<String>")]
    pub priority: Option<Priority>,
    pub specific_content: Option<Object>,
    #[schemars(with = "Option<String>")]
    pub defer_date: Option<Moment>,
    #[schemars(with = "Option<String>")]
    pub due_date: Option<Moment>,
    #[schemars(with = "Option<String>")]
    pub risk_sla_date: Option<Moment>,
    pub reference: Option<String>,
    pub progress: Option<String>,
    pub source: Option<String>,
    pub parent_operation_id: Option<String>,
}

/// An item that is right as far as can be told without the database.
#[derive(Debug, Clone)]
pub struct Draft {
    pub key: Uuid,
    pub priority: Priority,
    /// The content as it is stored.
    pub stored: String,
    pub reference: Option<String>,
    pub due_at: Option<Timestamp>,
    pub risk_at: Option<Timestamp>,
    pub defer_at: Option<Timestamp>,
    pub progress: Option<String>,
    pub source: Option<String>,
    pub parent_operation: Option<String>,
    /// The job that adds it.
    pub job: Option<Uuid>,
    /// Who takes it at once, if somebody does.
    pub taken: Option<Taker>,
}

impl Draft {
    /// About the bytes it takes in a unit of work.
    pub fn weight(&self) -> usize {
        512 + self.stored.len() + self.progress.as_ref().map_or(0, String::len)
    }
}

/// What checks of new items rest on.
#[derive(Debug, Clone, Copy)]
pub struct Basis<'a> {
    pub ctx: &'a Ctx,
    pub definition: &'a Definition,
    /// Present where the queue is encrypted.
    pub sealer: Option<&'a Sealer>,
    pub job: Option<Uuid>,
}

impl ItemInput {
    /// Checks a new item.
    ///
    /// # Errors
    /// 400 with the first thing that is wrong: code 1850 for a reference that is missing, 1856 for content that is against the schema
    /// of the queue, 1864 and 1870 for content and progress that are too long, 1009 for the rest.
    pub fn check(self, basis: Basis<'_>) -> Result<Draft, Error> {
        let queue = &basis.definition.queue;
        let reference = reference(self.reference)?;
        if queue.unique_references && reference.is_none() {
            return Err(Error::invalid(
                codes::TRANSACTION_REFERENCE_REQUIRED,
                "Error creating Transaction. Reference is required for Unique Reference Queues.",
            ));
        }
        let (due_at, defer_at) = (self.due_date.map(|at| at.0), self.defer_date.map(|at| at.0));
        let risk_at = self.risk_sla_date.map(|at| at.0);
        dates(due_at, defer_at, basis.ctx.now)?;
        if let (Some(risk), Some(due)) = (risk_at, due_at)
            && risk > due
        {
            return Err(Error::field(
                "RiskSlaDate",
                "RiskSlaDate must not be later than DueDate.",
            ));
        }
        let source = self.source.filter(|source| !source.is_empty());
        if source.as_deref().is_some_and(|source| !SOURCES.contains(&source)) {
            return Err(Error::field(
                "Source",
                format!("Source must be one of {}.", SOURCES.join(", ")),
            ));
        }
        let parent_operation = short("ParentOperationId", self.parent_operation_id)?;
        let key = new_key(basis.ctx);
        let progress = progress(self.progress, basis.sealer, key)?;
        let schema = basis.definition.specific.as_deref();
        let text = specific(self.specific_content.unwrap_or_default(), schema)?;
        Ok(Draft {
            key,
            priority: self.priority.unwrap_or(Priority::Normal),
            stored: content::seal(basis.sealer, key, Part::Specific, text)?,
            reference,
            due_at,
            risk_at,
            defer_at,
            progress,
            source,
            parent_operation,
            job: basis.job,
            taken: None,
        })
    }
}

/// The text of specific content that meets the schema of the queue.
///
/// # Errors
/// 400: see [`content::text_of`]; code 1856 with what is against the schema.
pub fn specific(object: Object, schema: Option<&Validator>) -> Result<String, Error> {
    if let Some(schema) = schema {
        let mut object = object.clone();
        object.retain(|name, _| !name.contains("@odata."));
        if let Some(violations) = schemas::violations(schema, &Value::Object(object)) {
            return Err(Error::invalid(
                codes::QUEUE_ITEM_SCHEMA_VIOLATION,
                format!("SpecificContent does not meet the schema of the queue: {violations}"),
            ));
        }
    }
    content::text_of(Part::Specific, "SpecificContent", object)
}

/// A reference of a request; an empty one is none.
///
/// # Errors
/// 400 when it is too long.
pub fn reference(given: Option<String>) -> Result<Option<String>, Error> {
    short("Reference", given)
}

fn short(member: &'static str, given: Option<String>) -> Result<Option<String>, Error> {
    let given = given.filter(|text| !text.is_empty());
    if given
        .as_ref()
        .is_some_and(|text| text.chars().count() > LONGEST_REFERENCE)
    {
        return Err(Error::field(
            member,
            format!("{member} can have at most {LONGEST_REFERENCE} characters."),
        ));
    }
    Ok(given)
}

/// A progress text as it is stored.
///
/// # Errors
/// 400 with code 1870 when it is too long.
pub fn progress(given: Option<String>, sealer: Option<&Sealer>, key: Uuid) -> Result<Option<String>, Error> {
    let Some(text) = given else { return Ok(None) };
    content::check_progress(&text)?;
    content::seal(sealer, key, Part::Progress, text).map(Some)
}

/// Checks a deadline and a moment before which an item is not to be taken.
///
/// # Errors
/// 400 when the deadline is past, or before that moment.
pub fn dates(due_at: Option<Timestamp>, defer_at: Option<Timestamp>, now: Timestamp) -> Result<(), Error> {
    match (due_at, defer_at) {
        (Some(due), _) if due < now => Err(Error::field("DueDate", "DueDate must not be in the past.")),
        (Some(due), Some(defer)) if due < defer => {
            Err(Error::field("DueDate", "DueDate must not be earlier than DeferDate."))
        }
        _ => Ok(()),
    }
}

/// Contract schema `BulkAddQueueItemsRequest`.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct BulkInput {
    pub queue_name: String,
    #[schemars(with = "String")]
    pub commit_type: Option<super::add::CommitType>,
    /// Each is read for itself, so that one that cannot be read is told with its position.
    #[schemars(with = "Vec<ItemInput>")]
    pub queue_items: Option<Vec<Value>>,
}

/// Contract schema `TransactionDataDto`.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "PascalCase", default)]
pub struct StartInput {
    pub name: Option<String>,
    /// A GUID.
    pub robot_identifier: Option<String>,
    pub specific_content: Option<Object>,
    #[schemars(with = "Option<String>")]
    pub defer_date: Option<Moment>,
    #[schemars(with = "Option<String>")]
    pub due_date: Option<Moment>,
    pub reference: Option<String>,
    #[schemars(with = "Option<String>")]
    pub reference_filter_option: Option<ReferenceFilter>,
    pub parent_operation_id: Option<String>,
}

/// Contract schema `QueuesStartTransactionRequest`.
#[derive(Debug, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StartRequest {
    pub transaction_data: StartInput,
}

/// Contract schema `AddQueueItemRequest`.
#[derive(Debug, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AddRequest {
    pub item_data: ItemInput,
}

/// Contract schema `QueueSetTransactionResultRequest`.
#[derive(Debug, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResultRequest {
    pub transaction_result: ResultInput,
}

/// Contract schema `TransactionResultDto`.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "PascalCase", default)]
pub struct ResultInput {
    pub is_successful: Option<bool>,
    pub processing_exception: Option<ExceptionInput>,
    #[schemars(with = "Option<String>")]
    pub defer_date: Option<Moment>,
    #[schemars(with = "Option<String>")]
    pub due_date: Option<Moment>,
    pub output: Option<Object>,
    pub analytics: Option<Object>,
    pub progress: Option<String>,
    pub operation_id: Option<String>,
}

/// Contract schema `ProcessingExceptionDto`.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "PascalCase", default)]
pub struct ExceptionInput {
    pub reason: Option<String>,
    pub details: Option<String>,
    #[serde(rename = "Type")]
    #[schemars(with = "Option<String>")]
    pub of: Option<ExceptionType>,
    pub associated_image_file_path: Option<String>,
    #[schemars(with = "Option<String>")]
    pub creation_time: Option<Moment>,
}

/// What came of a transaction, checked. Texts are as they were given: whether they are sealed depends on the item.
#[derive(Debug, Clone)]
pub struct TransactionResult {
    pub outcome: Ending,
    pub output: Option<String>,
    pub analytics: Option<String>,
    pub progress: Option<String>,
    pub operation: Option<String>,
}

/// How a transaction ends.
#[derive(Debug, Clone)]
pub enum Ending {
    Success,
    Failure(ProcessingException),
    /// It is put back for later; what is not given stays.
    Postponed {
        defer_at: Option<Timestamp>,
        due_at: Option<Timestamp>,
    },
}

impl TransactionResult {
    /// About the bytes it takes in a unit of work.
    pub fn weight(&self) -> usize {
        let texts = [&self.output, &self.analytics, &self.progress];
        let exception = match &self.outcome {
            Ending::Failure(exception) => [&exception.reason, &exception.details]
                .into_iter()
                .flatten()
                .map(String::len)
                .sum(),
            _ => 0,
        };
        512 + texts.into_iter().flatten().map(String::len).sum::<usize>() + exception
    }
}

impl ResultInput {
    /// Checks a result. One that names a date, no success and no exception puts the item back.
    ///
    /// # Errors
    /// 400 with codes 1867 to 1870 for what is too long, 1009 for the rest.
    pub fn check(self, now: Timestamp) -> Result<TransactionResult, Error> {
        let (due_at, defer_at) = (self.due_date.map(|at| at.0), self.defer_date.map(|at| at.0));
        let outcome = match (self.is_successful, self.processing_exception) {
            (Some(true), _) => Ending::Success,
            (_, None) if due_at.is_some() || defer_at.is_some() => {
                dates(due_at, defer_at, now)?;
                Ending::Postponed { defer_at, due_at }
            }
            (None, None) => return Err(Error::field("IsSuccessful", "IsSuccessful is required.")),
            (_, exception) => Ending::Failure(exception.unwrap_or_default().check(now)?),
        };
        if let Some(progress) = &self.progress {
            content::check_progress(progress)?;
        }
        let text = |part, member, object: Option<Object>| {
            object.map(|object| content::text_of(part, member, object)).transpose()
        };
        Ok(TransactionResult {
            outcome,
            output: text(Part::Output, "Output", self.output)?,
            analytics: text(Part::Analytics, "Analytics", self.analytics)?,
            progress: self.progress,
            operation: short("OperationId", self.operation_id)?,
        })
    }
}

impl ExceptionInput {
    fn check(self, now: Timestamp) -> Result<ProcessingException, Error> {
        let members = [
            ("Reason", &self.reason),
            ("Details", &self.details),
            ("AssociatedImageFilePath", &self.associated_image_file_path),
        ];
        for (member, text) in members {
            let Some(text) = text else { continue };
            if text.len() > LONGEST_EXCEPTION && text.chars().count() > LONGEST_EXCEPTION {
                return Err(Error::invalid(
                    codes::QUEUE_PROCESSING_EXCEPTION_FIELD_SIZE_EXCEEDED,
                    format!("{member} of the exception can have at most {LONGEST_EXCEPTION} characters."),
                ));
            }
            if text.contains('\0') {
                return Err(Error::field(
                    format!("ProcessingException.{member}"),
                    format!("{member} must not contain the character U+0000."),
                ));
            }
        }
        Ok(ProcessingException {
            reason: self.reason,
            details: self.details,
            of: self.of.unwrap_or(ExceptionType::ApplicationException),
            associated_image_file_path: self.associated_image_file_path,
            creation_time: self.creation_time.map_or(now, |at| at.0),
        })
    }
}

/// An item as bulk calls name it: by id, with the version the caller saw. Contract schema `LongVersionedEntity`.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "PascalCase", default)]
pub struct Versioned {
    pub id: i64,
    /// Base64 of the version; without it the item is changed whatever its version is.
    pub row_version: Option<String>,
}

/// Contract schemas `QueueItemDeleteBulkRequest`, `QueueSetItemReviewStatusRequest`, `QueueSetItemReviewerRequest` and
/// `QueueUnsetItemReviewerRequest`.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct BulkChange {
    pub status: Option<String>,
    pub user_id: Option<i64>,
    pub queue_items: Option<Vec<Versioned>>,
}
