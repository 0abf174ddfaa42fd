//! Triggers as what folders hold, what rests on processes, and what queues are asked about.

use std::collections::HashMap;

use access::folders::contents::Contents;
use access::rows::integers;
use context::{Ctx, Error, codes};
use execution::processes::Dependents;
use execution::processes::model::Release;
use queues::definitions::model::Queue;
use queues::definitions::processes::{Processes, Trigger};
use store::{Scoped, Tenant, params};

use crate::event_triggers::model::EventTrigger;
use crate::http_triggers::model::HttpTrigger;
use crate::schedules::model::Schedule;
use crate::{codes as own, event_triggers, http_triggers, schedules};

/// Triggers of all kinds as contents of folders.
pub(crate) struct InFolders;

impl Contents for InFolders {
    fn kind(&self) -> &'static str {
        "Triggers"
    }

    fn count(&self, scope: &mut Scoped<'_, Tenant>, folders: &[i64]) -> Result<i64, Error> {
        let inside = format!("folder_id in ({})", integers(folders));
        Ok(scope.count::<Schedule>(&inside, params![])?
            + scope.count::<HttpTrigger>(&inside, params![])?
            + scope.count::<EventTrigger>(&inside, params![])?)
    }

    fn remove(&self, scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, folders: &[i64]) -> Result<(), Error> {
        remove(scope, ctx, &format!("folder_id in ({})", integers(folders)))
    }
}

/// Triggers as what rests on processes.
pub(crate) struct OfProcesses;

impl Dependents for OfProcesses {
    fn hold(&self, scope: &mut Scoped<'_, Tenant>, release: &Release) -> Result<Option<Error>, Error> {
        let of_process = || params![release.id];
        let used = scope.exists::<Schedule>("release_id = ?", of_process())?
            || scope.exists::<HttpTrigger>("release_id = ?", of_process())?
            || scope.exists::<EventTrigger>("release_id = ?", of_process())?;
        if used {
            return Ok(Some(Error::conflict(
                codes::HAS_DEPENDENT_ITEMS,
                format!("The process {} has triggers. Delete them first.", release.name),
            )));
        }
        let of_queue = "release_id = ? and deleted_at is null and sla_minutes > 0";
        let promised = scope.exists::<Queue>(of_queue, of_process())?;
        Ok(promised.then(|| {
            Error::conflict(
                own::HAS_SLA_ENABLED_QUEUES_ASSOCIATED,
                format!("The process {} is that of a queue with an SLA.", release.name),
            )
        }))
    }

    fn gone(&self, scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, release: &Release) -> Result<(), Error> {
        remove(scope, ctx, &format!("release_id = {}", release.id))
    }
}

/// Processes and triggers as queues ask about them.
pub(crate) struct OfQueues;

impl Processes for OfQueues {
    fn folders(&self, scope: &mut Scoped<'_, Tenant>, releases: &[i64]) -> Result<HashMap<i64, i64>, Error> {
        let found = scope.get_many::<Release>(releases)?;
        Ok(found
            .into_iter()
            .map(|release| (release.id, release.folder_id))
            .collect())
    }

    fn triggers(&self, scope: &mut Scoped<'_, Tenant>, queues: &[i64]) -> Result<HashMap<i64, Trigger>, Error> {
        let mut triggers = HashMap::new();
        for queues in queues.chunks(500) {
            let of_queues = format!("queue_id in ({})", integers(queues));
            for schedule in scope.find::<Schedule>(&of_queues, params![])? {
                let trigger = Trigger {
                    id: schedule.id,
                    release: schedule.release_id,
                };
                triggers.extend(schedule.queue_id.map(|queue| (queue, trigger)));
            }
        }
        Ok(triggers)
    }

    fn gone(&self, scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, queue: &Queue) -> Result<(), Error> {
        schedules::service::remove_of_queue(scope, ctx, queue)
    }
}

fn remove(scope: &mut Scoped<'_, Tenant>, ctx: &Ctx, which: &str) -> Result<(), Error> {
    for schedule in scope.find::<Schedule>(which, params![])? {
        schedules::service::delete(scope, ctx, &schedule)?;
    }
    for trigger in scope.find::<HttpTrigger>(which, params![])? {
        http_triggers::service::delete(scope, ctx, &trigger)?;
    }
    for trigger in scope.find::<EventTrigger>(which, params![])? {
        event_triggers::service::delete(scope, ctx, &trigger)?;
    }
    Ok(())
}
