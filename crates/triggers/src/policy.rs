//! What a tenant decides about triggers (reference: resources 9.1, the settings `Triggers.…`).

use context::Error;
use store::{Migration, Scoped, Tenant, entity, params};

/// One row for each tenant that decided something.
pub(crate) const MIGRATION: Migration = Migration {
    id: "triggers-003-policies",
    sql: "
        create table trigger_policies (
            id {id},
            tenant_id bigint not null,
            jobs_count bigint not null,
            failed_launches bigint not null,
            failing_days bigint not null
        );
        create unique index trigger_policies_tenant on trigger_policies (tenant_id);
    ",
};

odata::enumeration! {
    /// Which jobs that still wait are taken off the jobs that a firing starts (`Triggers.JobsCountStrategy`).
    pub enum JobsCount: "JobsCountStrategy" { PerProcess = 0, PerTrigger = 1, NoLimit = 2 }
}

entity! {
    /// What a tenant decided.
    #[derive(PartialEq)]
    pub struct Policy in Tenant, table "trigger_policies" {
        #[key] pub id: i64,
        pub jobs_count: JobsCount,
        /// Launches that fail in a row before a trigger is switched off; 0: it never is (`Triggers.DisableWhenFailedCount`).
        pub failed_launches: i64,
        /// And the days that it fails (`Triggers.DisableWhenFailingSinceDays`).
        pub failing_days: i64,
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            id: 0,
            jobs_count: JobsCount::PerProcess,
            failed_launches: 10,
            failing_days: 1,
        }
    }
}

impl Policy {
    /// What holds in the tenant.
    pub fn of(scope: &mut Scoped<'_, Tenant>) -> Result<Self, Error> {
        Ok(scope.find_one::<Self>("", params![])?.unwrap_or_default())
    }

    /// Stores what the tenant decided.
    pub fn save(&self, scope: &mut Scoped<'_, Tenant>) -> Result<(), Error> {
        let stored = scope.find_one::<Self>("", params![])?;
        let policy = Self {
            id: stored.as_ref().map_or(0, |stored| stored.id),
            ..self.clone()
        };
        if stored.is_some() {
            scope.update(&policy)?;
        } else {
            scope.insert(&policy)?;
        }
        Ok(())
    }
}
