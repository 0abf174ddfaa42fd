//! An item in its form on the wire (reference: queues 4.2).

use access::sealing::Sealer;
use context::Error;
use serde_json::{Map, Value, json};
use store::Entity as _;
use uuid::Uuid;

use super::content::{self, Part};
use super::model::{FolderItem, Item, ItemData, ProcessingException};

/// What the wire form needs of an item besides its columns.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    pub id: i64,
    pub queue_id: i64,
    pub key: Uuid,
    pub encrypted: bool,
    pub version: i64,
    pub size: i64,
    pub reviewer_id: Option<i64>,
}

macro_rules! head_of {
    ($row:ty) => {
        impl From<&$row> for Head {
            fn from(item: &$row) -> Self {
                Self {
                    id: item.id,
                    queue_id: item.queue_id,
                    key: item.key,
                    encrypted: item.encrypted,
                    version: item.version,
                    size: item.size,
                    reviewer_id: item.reviewer_id,
                }
            }
        }
    };
}
head_of!(Item);
head_of!(FolderItem);

/// What an item carries, opened.
#[derive(Debug, Default)]
pub struct Content {
    pub specific: Option<String>,
    pub output: Option<String>,
    pub analytics: Option<String>,
    pub exception: Option<ProcessingException>,
}

impl Content {
    /// Opens what is stored.
    pub fn open(head: Head, data: ItemData, sealer: &Sealer) -> Result<Self, Error> {
        let sealer = head.encrypted.then_some(sealer);
        let open = |part, stored: Option<String>| {
            stored
                .map(|stored| content::open(sealer, head.key, part, stored))
                .transpose()
        };
        let exception = open(Part::Exception, data.exception)?;
        Ok(Self {
            specific: open(Part::Specific, Some(data.specific))?,
            output: open(Part::Output, data.output)?,
            analytics: open(Part::Analytics, data.analytics)?,
            exception: exception
                .map(|text| serde_json::from_str(&text))
                .transpose()
                .map_err(Error::internal)?,
        })
    }
}

/// Makes the columns of an item its wire form. `content` is left out where nobody asked for it.
pub fn complete(
    mut members: Map<String, Value>,
    head: Head,
    content: Option<&Content>,
    sealer: &Sealer,
) -> Result<Map<String, Value>, Error> {
    if head.encrypted
        && let Some(Value::String(stored)) = members.get("Progress").cloned()
    {
        let progress = content::open(Some(sealer), head.key, Part::Progress, stored)?;
        members.insert("Progress".to_owned(), Value::String(progress));
    }
    if let Some(content) = content {
        content::show(
            &mut members,
            "SpecificContent",
            "SpecificData",
            content.specific.as_deref(),
        );
        content::show(&mut members, "Output", "OutputData", content.output.as_deref());
        content::show(&mut members, "Analytics", "AnalyticsData", content.analytics.as_deref());
        members.insert("ProcessingException".to_owned(), json!(content.exception));
    }
    members.insert("Error".to_owned(), Value::Null);
    members.insert("RowVersion".to_owned(), Value::String(Item::row_version(head.version)));
    members.insert("HasVideoRecorded".to_owned(), Value::Bool(false));
    Ok(members)
}

/// The wire form of an item that was just stored or taken; `stored` is its specific content. Its folder is the one of the request.
pub fn fresh(item: &Item, stored: String, folder: i64, sealer: &Sealer) -> Result<Value, Error> {
    let head = Head::from(item);
    let content = Content {
        specific: Some(content::open(
            item.encrypted.then_some(sealer),
            item.key,
            Part::Specific,
            stored,
        )?),
        ..Content::default()
    };
    let mut members = complete(item.to_json(), head, Some(&content), sealer)?;
    members.insert("OrganizationUnitId".to_owned(), json!(folder));
    members.insert("OrganizationUnitFullyQualifiedName".to_owned(), Value::Null);
    Ok(Value::Object(members))
}
