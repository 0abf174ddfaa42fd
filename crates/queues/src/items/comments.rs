//! Remarks on items (reference: queues 10).

use context::{Ctx, Error, codes};
use serde::Deserialize;
use store::{Scoped, Tenant};

use super::model::ItemComment;
use super::notes;
use super::read::{self, View};

/// Longest comment in characters.
const LONGEST: usize = 512;

/// Contract schema `QueueItemCommentDto`, as far as callers may set it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CommentInput {
    pub id: Option<i64>,
    pub text: Option<String>,
    pub queue_item_id: Option<i64>,
}

impl CommentInput {
    fn text(&self) -> Result<String, Error> {
        let text = self.text.as_deref().unwrap_or_default().trim();
        let length = text.chars().count();
        if length == 0 || length > LONGEST {
            return Err(Error::field("Text", format!("Text needs 1 to {LONGEST} characters.")));
        }
        Ok(text.to_owned())
    }
}

/// Adds a comment to an item in sight.
///
/// # Errors
/// 400 for a text that is empty or too long, 404 when the item is not in sight.
pub fn add(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    view: &View,
    user: Option<i64>,
    input: &CommentInput,
) -> Result<ItemComment, Error> {
    let text = input.text()?;
    let item = input
        .queue_item_id
        .ok_or_else(|| Error::field("QueueItemId", "QueueItemId is required."))?;
    let item = read::row(scope, view, item)?;
    let mut comment = ItemComment {
        id: 0,
        text,
        item_id: item.id,
        queue_id: item.queue_id,
        item_key: item.key,
        created_at: ctx.now,
        author: ctx.caller.principal_id().ok_or_else(Error::unauthenticated)?,
        user_id: user,
        user_name: ctx.caller.name.to_string(),
    };
    comment.id = scope.insert(&comment)?;
    Ok(comment)
}

/// Changes what a comment says. Only who wrote it can do that.
///
/// # Errors
/// 404 when it is not in sight, 400 with code 1007 for a comment of somebody else.
pub fn change(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    view: &View,
    id: i64,
    input: &CommentInput,
) -> Result<ItemComment, Error> {
    let text = input.text()?;
    let mut comment = own(scope, ctx, view, id)?;
    if let Some(item) = input.queue_item_id
        && item != comment.item_id
    {
        return Err(Error::field(
            "QueueItemId",
            "A comment cannot be moved to another item.",
        ));
    }
    comment.text = text;
    scope.update(&comment)?;
    Ok(comment)
}

/// Removes a comment. `may_delete_items`: the caller may delete items, and so comments of others.
///
/// # Errors
/// As [`change`].
pub fn remove(
    scope: &mut Scoped<'_, Tenant>,
    ctx: &Ctx,
    view: &View,
    id: i64,
    may_delete_items: bool,
) -> Result<(), Error> {
    if may_delete_items {
        notes::comment(scope, view, id)?;
    } else {
        own(scope, ctx, view, id)?;
    }
    scope.delete::<ItemComment>(id)?;
    Ok(())
}

fn own(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, view: &View, id: i64) -> Result<ItemComment, Error> {
    let comment = notes::comment(scope, view, id)?;
    if Some(comment.author) == ctx.caller.principal_id() {
        Ok(comment)
    } else {
        Err(Error::invalid(
            codes::ERROR_UPDATING,
            "Only the author of a comment can change it.",
        ))
    }
}
