//! The bell on every page of a tenant.

use access::Notices;
use access::console::may;
use context::Error;
use ui::{Bell, Link};
use web::{Future, Request};

use super::{list_path, tone};
use crate::alerts::model::AlertState;
use crate::alerts::reader::Reader;
use crate::alerts::service::{self, Seen};

/// Unread alerts that are counted for the bell, at most: it says `99+`.
const COUNTED: i64 = 100;
/// Characters of an alert that the bell shows.
const SHOWN: usize = 120;

/// Rings for unread alerts.
#[derive(Debug)]
pub struct Rings;

impl Notices for Rings {
    fn bell<'a>(&'a self, request: &'a Request) -> Future<'a, Result<Option<Bell>, Error>> {
        Box::pin(bell(request))
    }
}

async fn bell(request: &Request) -> Result<Option<Bell>, Error> {
    if !may(request, "Alerts.View", None)? {
        return Ok(None);
    }
    let (tenant, reader) = (request.tenant()?.id, Reader::of(request)?);
    let (count, alerts) = request
        .store()
        .read(move |tx| service::gravest_unread(&mut tx.tenant(tenant), &reader, COUNTED))
        .await?;
    let base = access::console::tenant_path(request)?;
    let list = list_path(request)?;
    let entries = alerts.into_iter().map(|alert| {
        let href = match &alert.link {
            Some(link) if link.starts_with('/') => format!("{base}{link}"),
            _ => list.clone(),
        };
        let seen = Seen {
            state: AlertState::Unread,
            alert,
        };
        let text = context::shortened(&seen.message(), SHOWN);
        (tone(seen.alert.severity), Link::new(&text, &href))
    });
    Ok(Some(Bell {
        count: match count {
            0 => String::new(),
            COUNTED.. => format!("{}+", COUNTED - 1),
            count => count.to_string(),
        },
        entries: entries.collect(),
        links: vec![
            Link::new("See all alerts", &list),
            Link::new("Alert preferences", &format!("{list}/preferences")),
        ],
    }))
}
