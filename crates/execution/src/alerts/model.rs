//! What an alert is (reference: resources 12).

use std::collections::BTreeMap;

use jiff::Timestamp;
use store::{Json, Migration, entity};
use uuid::Uuid;

pub(crate) const MIGRATION: Migration = Migration {
    id: "execution-008-alerts",
    sql: "
        create table alerts (
            id {id},
            tenant_id bigint not null,
            key {uuid} not null,
            name text not null,
            component bigint not null,
            severity bigint not null,
            folder_id bigint,
            reader {uuid},
            data text not null,
            link text,
            created_at bigint not null
        );
        create unique index alerts_key on alerts (tenant_id, key);
        create index alerts_newest on alerts (tenant_id, id);
        create index alerts_created on alerts (tenant_id, created_at, id);

        create table alert_marks (
            id {id},
            tenant_id bigint not null,
            reader {uuid} not null,
            alert_id bigint not null
        );
        create unique index alert_marks_reader on alert_marks (tenant_id, reader, alert_id);
        create index alert_marks_alert on alert_marks (tenant_id, alert_id);

        create table alert_readers (
            id {id},
            tenant_id bigint not null,
            reader {uuid} not null,
            read_upto bigint not null,
            wanted text not null
        );
        create unique index alert_readers_reader on alert_readers (tenant_id, reader);
    ",
};

odata::enumeration! {
    /// The part of the product that raises an alert.
    pub enum Component: "AlertDtoComponent" {
        Robots = 0, Transactions = 1, Schedules = 2, Jobs = 3, Process = 4, Tasks = 5, Queues = 6, Folders = 7,
        PersonalWorkspaces = 8, TestAutomation = 9, Insights = 10, CloudRobots = 11, ConnectedTriggers = 12,
        Serverless = 13, Export = 14, RateLimits = 15, AutopilotForRobots = 16, Webhooks = 17,
    }
}
odata::enumeration! {
    /// How grave an alert is.
    pub enum Severity: "AlertDtoSeverity" { Info = 0, Success = 1, Warn = 2, Error = 3, Fatal = 4 }
}
odata::enumeration! {
    pub enum AlertState: "AlertDtoState" { Unread = 0, Read = 1 }
}

entity! {
    /// An alert. Contract schema `AlertDto`.
    #[derive(PartialEq)]
    pub struct Alert in Tenant, table "alerts", as "AlertDto" {
        #[key] pub id: i64,
        pub key: Uuid = "Id",
        /// `Entity.Change.State`: `Job.StatusChanged.Faulted`
        pub name: String = "NotificationName",
        pub component: Component = "Component",
        pub severity: Severity = "Severity",
        /// The folder it is about; `None`: the tenant.
        pub folder_id: Option<i64>,
        /// The only principal it is for.
        pub reader: Option<Uuid>,
        /// JSON text.
        pub data: String = "Data",
        pub link: Option<String> = "DeepLinkRelativeUrl",
        pub created_at: Timestamp = "CreationTime",
    }
    computed {
        "UserNotificationId": Uuid = sql "{t}.key",
        "State": AlertState = sql "0",
    }
}

entity! {
    /// An alert that somebody has read.
    pub(super) struct Mark in Tenant, table "alert_marks" {
        #[key] pub id: i64,
        pub reader: Uuid,
        pub alert_id: i64,
    }
}

entity! {
    /// What is kept of somebody who reads alerts.
    pub(super) struct ReaderRow in Tenant, table "alert_readers" {
        #[key] pub id: i64,
        pub reader: Uuid,
        /// Everything up to this id is read.
        pub read_upto: i64,
        /// By number of the component the lowest severity that is wanted; more than `Fatal`: none. Where a component is missing the
        /// default holds.
        pub wanted: Json<BTreeMap<i64, i64>>,
    }
}

impl Component {
    /// What it is called in the console.
    pub fn title(self) -> &'static str {
        match self {
            Self::Robots => "Robots",
            Self::Transactions => "Transactions",
            Self::Schedules => "Triggers",
            Self::Jobs => "Jobs",
            Self::Process => "Processes",
            Self::Tasks => "Actions",
            Self::Queues => "Queues",
            Self::Folders => "Folders",
            Self::PersonalWorkspaces => "Personal workspaces",
            Self::TestAutomation => "Test automation",
            Self::Insights => "Insights",
            Self::CloudRobots => "Cloud robots",
            Self::ConnectedTriggers => "Connected triggers",
            Self::Serverless => "Serverless",
            Self::Export => "Exports",
            Self::RateLimits => "Rate limits",
            Self::AutopilotForRobots => "Autopilot for robots",
            Self::Webhooks => "Webhooks",
        }
    }

    /// What one must hold besides `Alerts.View`, in the folder that an alert is about; nothing where it is about no folder's content.
    pub(super) fn permission(self) -> &'static str {
        match self {
            Self::Robots | Self::CloudRobots | Self::Serverless => "Robots.View",
            Self::Transactions => "Transactions.View",
            Self::Schedules | Self::ConnectedTriggers => "Schedules.View",
            Self::Jobs | Self::AutopilotForRobots => "Jobs.View",
            Self::Process => "Processes.View",
            Self::Tasks => "Tasks.View",
            Self::Queues => "Queues.View",
            Self::Folders | Self::PersonalWorkspaces => access::VIEW_FOLDERS,
            Self::TestAutomation => "TestSets.View",
            Self::Webhooks => "Webhooks.View",
            Self::Insights | Self::Export | Self::RateLimits => "Alerts.View",
        }
    }

    /// The lowest severity that is shown to those who did not choose: what is about single people and what programs raise on purpose
    /// from the first on, the rest from warnings on.
    pub fn default_severity(self) -> Severity {
        match self {
            Self::Process | Self::Tasks | Self::Export => Severity::Info,
            _ => Severity::Warn,
        }
    }
}
