//! Files and recordings that go with their jobs.

use access::rows::integers;
use context::{Ctx, Error};
use store::{Scoped, Tenant, params};
use uuid::Uuid;

use super::media::drop_one;
use super::model::{Attachment, Link, Media};
use super::service::delete;
use crate::processes::{Belongings, Removed};

#[derive(Debug)]
pub(super) struct Files;

impl Belongings for Files {
    fn remove(&self, scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, jobs: &[Removed]) -> Result<(), Error> {
        let ids: Vec<i64> = jobs.iter().map(|job| job.id).collect();
        let of_jobs = format!("job_id in ({})", integers(&ids));
        let mut attachments: Vec<Uuid> = scope
            .find::<Link>(&of_jobs, params![])?
            .iter()
            .map(|link| link.attachment_id)
            .collect();
        attachments.sort_unstable();
        attachments.dedup();
        scope.delete_where::<Link>(&of_jobs, params![])?;
        for attachment in scope.get_many::<Attachment>(&attachments)? {
            if !scope.exists::<Link>("attachment_id = ?", params![attachment.id])? {
                delete(scope, ctx, &attachment)?;
            }
        }
        for media in scope.find::<Media>(&of_jobs, params![])? {
            drop_one(scope, ctx, &media)?;
        }
        Ok(())
    }
}
