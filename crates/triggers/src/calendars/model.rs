//! What a calendar is.

use jiff::Timestamp;
use odata::Kind;
use store::{Migration, entity};
use uuid::Uuid;

pub(crate) const MIGRATION: Migration = Migration {
    id: "triggers-001-calendars",
    sql: "
        create table calendars (
            id {id},
            tenant_id bigint not null,
            key {uuid} not null,
            name text not null,
            name_folded text not null,
            time_zone text,
            created_at bigint not null,
            modified_at bigint not null
        );
        create unique index calendars_name on calendars (tenant_id, name_folded);
        create unique index calendars_key on calendars (tenant_id, key);

        create table calendar_days (
            id {id},
            tenant_id bigint not null,
            calendar_id bigint not null references calendars (id) on delete cascade,
            day bigint not null
        );
        create unique index calendar_days_day on calendar_days (tenant_id, calendar_id, day);
    ",
};

entity! {
    /// A calendar. Contract schema `ExtendedCalendarDto`.
    pub struct Calendar in Tenant, table "calendars", as "ExtendedCalendarDto" {
        #[key] pub id: i64 = "Id",
        pub key: Uuid = "Key",
        pub name: String = "Name" folded "name_folded" max 150,
        /// As it was given: an id of Windows or of the IANA. `None`: that of the trigger.
        pub time_zone: Option<String> = "TimeZoneId" max 80,
        pub created_at: Timestamp,
        pub modified_at: Timestamp,
    }
    computed {
        "ExcludedDates": Option<String> kind Kind::Collection(&Kind::DateTime),
    }
}

entity! {
    /// A day of a calendar.
    pub struct Day in Tenant, table "calendar_days" {
        #[key] pub id: i64,
        pub calendar_id: i64,
        /// Days since 1 January 1970.
        pub day: i64,
    }
}
