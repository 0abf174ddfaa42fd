//! What starts jobs by itself: time, queues, calls and events; and the calendars of days on which nothing starts.
//!
//! * [`calendars`]: days off. [`cron`] and [`zones`]: when a time trigger fires.
//! * [`schedules`]: time and queue triggers, and the reconcilers that look at them. [`http_triggers`]: calls that start jobs, and their
//!   answers. [`event_triggers`]: those of services outside, to look at, switch and delete.
//! * [`policy`]: what a tenant decides about all of them.
//! * [`pages`]: the console's pages about them.
//! * [`item_waits`]: suspended jobs that wait for items of queues.
//! * [`launch`]: the one way by which triggers start jobs. [`jobs`]: what they ask about these.

pub mod calendars;
pub mod codes;
mod contents;
pub mod cron;
pub mod event_triggers;
pub mod http_triggers;
mod input;
mod item_waits;
pub mod jobs;
pub mod launch;
pub mod pages;
pub mod policy;
pub mod schedules;
pub mod zones;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use access::Access;
use context::{Error, Requirement};
use execution::processes::Processes;
use http_triggers::call::wait;
use store::{Migration, Scoped, Store, Tenant, params};
use tokio::sync::Semaphore;
use uuid::Uuid;
use web::{Area, Module, NavigationEntry};

/// Steps of the schema, oldest first. They come after those of `execution`.
pub const MIGRATIONS: &[Migration] = &[
    calendars::model::MIGRATION,
    schedules::model::MIGRATION,
    policy::MIGRATION,
    http_triggers::model::MIGRATION,
    event_triggers::model::MIGRATION,
];

/// The triggers' half of the server. One per process; handlers find it by `request.state::<Triggers>()`.
#[derive(Debug)]
pub struct Triggers {
    pub access: Arc<Access>,
    pub signals: schedules::work::Signals,
    /// Places for calls that wait for the end of a job.
    pub held: Semaphore,
    /// Milliseconds that a call is held.
    hold: AtomicU64,
}

impl Triggers {
    pub fn new(store: &Store, access: Arc<Access>) -> Arc<Self> {
        Arc::new(Self {
            access,
            signals: schedules::work::Signals::new(store),
            held: Semaphore::new(wait::MOST),
            hold: AtomicU64::new(wait::HOLD.as_millis() as u64),
        })
    }

    /// How long a call waits for the end of a job.
    pub fn hold(&self) -> Duration {
        Duration::from_millis(self.hold.load(Ordering::Relaxed))
    }

    /// Lets calls wait for another time.
    pub fn hold_for(&self, time: Duration) {
        self.hold.store(time.as_millis() as u64, Ordering::Relaxed);
    }
}

/// What this crate contributes to the server.
pub fn module() -> Module {
    let mut module = Module::default();
    for part in [
        calendars::module(),
        schedules::module(),
        http_triggers::module(),
        event_triggers::module(),
    ] {
        module.operations.extend(part.operations);
        module.entity_sets.extend(part.entity_sets);
        module.navigation.extend(part.navigation);
        module.reconcilers.extend(part.reconcilers);
    }
    module.reconcilers.push(item_waits::reconciler());
    module.operations.extend(pages::operations());
    module.navigation.push(NavigationEntry {
        area: Area::Folder,
        name: pages::ACTIVE,
        title: "Triggers",
        icon: "clock",
        path: "/triggers",
        requirement: Requirement::parse("Schedules.View").unwrap_or(Requirement::Nothing),
    });
    module.seed = Some(Arc::new(|app| {
        Box::pin(async move {
            app.state::<Access>()?.contents.register(Arc::new(contents::InFolders));
            app.state::<Processes>()?.rests(Arc::new(contents::OfProcesses));
            queues::definitions::processes::answer_by(Arc::new(contents::OfQueues));
            Ok(())
        })
    }));
    module
}

/// # Errors
/// 404 when the folder has no trigger with this GUID.
pub fn exists_in(scope: &mut Scoped<'_, Tenant>, folder: i64, trigger: Uuid) -> Result<(), Error> {
    let here = "folder_id = ? and key = ?";
    let place = || params![folder, trigger];
    if scope.exists::<schedules::model::Schedule>(here, place())?
        || scope.exists::<http_triggers::model::HttpTrigger>(here, place())?
        || scope.exists::<event_triggers::model::EventTrigger>(here, place())?
    {
        return Ok(());
    }
    Err(schedules::service::no_such(trigger))
}
