//! Idempotency keys: a call that is repeated with the same key gets the item it got before.
//!
//! The header `Idempotency-Key` holds up to 255 characters of the caller's choice. Keys are told apart by caller and kept for a day.

use std::collections::HashMap;

use context::{Error, codes};
use jiff::Timestamp;
use store::{Scoped, Tenant, params};
use uuid::Uuid;
use web::Request;

use super::model::{Item, ItemData, ItemKey};
use super::write::Outcome;

/// Longest key in characters.
const LONGEST: usize = 255;

/// The key of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    caller: Uuid,
    text: String,
    /// SHA-256 of the address, the folder and the body.
    request: Vec<u8>,
}

impl Key {
    /// The key that a request carries, if it carries one.
    ///
    /// # Errors
    /// 400 when it is too long.
    pub fn of(request: &Request) -> Result<Option<Self>, Error> {
        let Some(text) = request.header("idempotency-key").filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        if text.chars().count() > LONGEST {
            let message = format!("Idempotency-Key can have at most {LONGEST} characters.");
            return Err(Error::field("Idempotency-Key", message));
        }
        let caller = request.ctx.caller.principal_id().ok_or_else(Error::unauthenticated)?;
        let folder = request.folder()?.id;
        let mut asked = format!("{}\n{folder}\n", request.operation.id).into_bytes();
        asked.extend_from_slice(&request.body);
        Ok(Some(Self {
            caller,
            text: text.to_owned(),
            request: vault::sha256(&asked).to_vec(),
        }))
    }
}

/// What the calls of a unit of work come to as far as their keys tell.
#[derive(Debug, PartialEq, Eq)]
pub enum Known {
    /// The call is a new one.
    New,
    /// It got this item before.
    Before(i64),
    /// It is the same as an earlier one of this unit of work.
    Same(usize),
    /// The key was used for another request.
    Other,
}

/// Looks the keys up, in the order of the calls.
pub fn look_up(scope: &mut Scoped<'_, Tenant>, keys: &[Option<&Key>]) -> Result<Vec<Known>, Error> {
    let mut seen: HashMap<(Uuid, &str), (usize, &[u8])> = HashMap::new();
    let mut known = Vec::with_capacity(keys.len());
    for (at, key) in keys.iter().enumerate() {
        let Some(key) = key else {
            known.push(Known::New);
            continue;
        };
        let found = scope.find_one::<ItemKey>("caller = ? and key = ?", params![key.caller, &key.text])?;
        known.push(match found {
            Some(found) if found.request == key.request => Known::Before(found.item_id),
            Some(_) => Known::Other,
            None => match seen.get(&(key.caller, key.text.as_str())) {
                Some((first, request)) if **request == *key.request => Known::Same(*first),
                Some(_) => Known::Other,
                None => {
                    seen.insert((key.caller, &key.text), (at, &key.request));
                    Known::New
                }
            },
        });
    }
    Ok(known)
}

/// Remembers which items calls got.
pub fn remember(scope: &mut Scoped<'_, Tenant>, used: &[(&Key, i64)], now: Timestamp) -> Result<(), Error> {
    let rows: Vec<ItemKey> = used
        .iter()
        .map(|(key, item)| ItemKey {
            id: 0,
            caller: key.caller,
            key: key.text.clone(),
            request: key.request.clone(),
            item_id: *item,
            used_at: now,
        })
        .collect();
    scope.insert_many(&rows)?;
    Ok(())
}

/// The item that a repeated call got before, as it is now. It is in the queue of the call, unless a queue was deleted meanwhile and
/// another one has its name.
pub fn again(scope: &mut Scoped<'_, Tenant>, queue: i64, id: i64) -> Result<Outcome, Error> {
    let item = scope.get::<Item>(id)?.filter(|item| item.queue_id == queue);
    let item = item.ok_or_else(super::no_such_item)?;
    let data = scope.get::<ItemData>(id)?;
    Ok(Outcome::Item(
        Box::new(item),
        data.map(|data| data.specific).unwrap_or_default(),
    ))
}

/// 409 for a key that was used for something else.
pub fn used_otherwise() -> Error {
    Error::conflict(
        codes::OPTIMISTIC_CONCURRENCY,
        "The Idempotency-Key was used for another request.",
    )
}
