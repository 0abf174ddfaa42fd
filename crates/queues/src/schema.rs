//! Tables of queues.

use store::Migration;

/// Steps of the schema, oldest first.
///
/// * `queues`: one row per queue, whatever the number of folders it is visible in. A queue that was deleted keeps its row until its
///   items are gone, which happens in the background.
/// * `queue_schemas`: the texts of JSON schemas, which are long and rarely asked for.
/// * `queue_folders`: where a queue is visible. It repeats the folded name so that the name is unique per folder.
/// * `queue_items`: one row per attempt, narrow: what it carries is in `queue_item_data`. `ready_rank` says where in line an item
///   stands and is null for one that cannot be taken; `unique_reference` is null unless it must be unique. Claims walk along
///   `queue_items_ready`, which finished items are not in.
/// * `queue_item_events`, `queue_item_comments`: the history of an item.
/// * `queue_item_keys`: which item a call with an idempotency key got.
/// * `queue_counters`: items by state and totals of finished work, kept by every unit of work that changes them. A queue has a row for
///   each kind of unit of work (`lane`), so that those that take items do not wait for those that add some.
/// * `queue_times`: the same per minute, hour and day.
/// * `queue_forecasts`: whether items will be late, as last worked out.
pub const MIGRATIONS: &[Migration] = &[QUEUES, RETENTION, NOTES, REFERENCES];

const QUEUES: Migration = Migration {
    id: "queues-001",
    sql: "
        create table queues (
            id {id},
            tenant_id bigint not null,
            key {uuid} not null,
            name text not null,
            name_folded text not null,
            description text,
            max_retries bigint not null,
            retry_failed {bool} not null,
            retry_abandoned {bool} not null,
            unique_references {bool} not null,
            encrypted {bool} not null,
            schemas bigint not null,
            sla_minutes bigint not null,
            risk_sla_minutes bigint not null,
            release_id bigint,
            tags text not null,
            final_action bigint not null,
            final_period bigint not null,
            stale_action bigint not null,
            stale_period bigint not null,
            version bigint not null,
            created_at bigint not null,
            deleted_at bigint
        );
        create unique index queues_key on queues (key);
        create index queues_name on queues (tenant_id, name_folded, id);
        create index queues_deleted on queues (deleted_at) where deleted_at is not null;

        create table queue_schemas (
            queue_id bigint primary key references queues (id) on delete cascade,
            tenant_id bigint not null,
            specific text,
            output text,
            analytics text
        );

        create table queue_folders (
            tenant_id bigint not null,
            folder_id bigint not null references folders (id),
            queue_id bigint not null references queues (id) on delete cascade,
            name_folded text not null,
            primary key (tenant_id, folder_id, queue_id)
        );
        create unique index queue_folders_name on queue_folders (tenant_id, folder_id, name_folded);
        create index queue_folders_queue on queue_folders (queue_id);

        create view folder_queues as
            select l.tenant_id, l.folder_id, l.queue_id as id, l.name_folded, q.key, q.name, q.description, q.max_retries,
                   q.retry_failed, q.retry_abandoned, q.unique_references, q.encrypted, q.schemas, q.sla_minutes,
                   q.risk_sla_minutes, q.release_id, q.tags, q.final_action, q.final_period, q.stale_action, q.stale_period,
                   q.version, q.created_at, q.deleted_at
            from queue_folders l left join queues q on q.id = l.queue_id;

        create table queue_items (
            id {id},
            tenant_id bigint not null,
            queue_id bigint not null references queues (id),
            key {uuid} not null,
            unique_key {uuid} not null,
            status bigint not null,
            review_status bigint not null,
            reviewer_id bigint,
            priority bigint not null,
            encrypted {bool} not null,
            reference text,
            reference_folded text,
            unique_reference text,
            exception_type bigint,
            due_at bigint,
            risk_at bigint,
            defer_at bigint,
            ready_rank bigint,
            robot_id bigint,
            creator_job {uuid},
            executor_job {uuid},
            started_at bigint,
            ended_at bigint,
            seconds_before bigint not null,
            ancestor_id bigint,
            ancestor_key {uuid},
            retry_number bigint not null,
            manual_ancestor_id bigint,
            manual_ancestor_key {uuid},
            manual_retry_number bigint not null,
            created_at bigint not null,
            created_by bigint,
            touched_at bigint not null,
            progress text,
            version bigint not null,
            parent_operation text,
            operation text,
            source text,
            size bigint not null
        );
        create unique index queue_items_unique_key on queue_items (unique_key);
        create index queue_items_key on queue_items (key);
        create index queue_items_queue on queue_items (tenant_id, queue_id, id);
        create index queue_items_status on queue_items (tenant_id, queue_id, status, id);
        create index queue_items_created on queue_items (tenant_id, queue_id, created_at, id);
        {sqlite} create index queue_items_started on queue_items (tenant_id, queue_id, started_at, id) where started_at is not null;
        {sqlite} create index queue_items_ended on queue_items (tenant_id, queue_id, ended_at, id) where ended_at is not null;
        {postgres} create index queue_items_started on queue_items (tenant_id, queue_id, started_at nulls first, id) where started_at is not null;
        {postgres} create index queue_items_ended on queue_items (tenant_id, queue_id, ended_at nulls first, id) where ended_at is not null;
        create index queue_items_ready on queue_items (tenant_id, queue_id, ready_rank, due_at, id) where ready_rank is not null;
        create index queue_items_ready_reference on queue_items
            (tenant_id, queue_id, reference_folded, ready_rank, due_at, id)
            where ready_rank is not null and reference_folded is not null;
        create index queue_items_deferred on queue_items (queue_id, defer_at) where status = 0 and ready_rank is null;
        create index queue_items_due on queue_items (queue_id, due_at) where status = 0 and due_at is not null;
        create index queue_items_running on queue_items (started_at) where status = 1;
        create index queue_items_reference on queue_items (tenant_id, queue_id, reference_folded, id)
            where reference_folded is not null;
        create unique index queue_items_unique_reference on queue_items (queue_id, unique_reference);

        create view folder_queue_items as
            select l.folder_id, i.*
            from queue_folders l join queue_items i on i.queue_id = l.queue_id and i.tenant_id = l.tenant_id;

        create table queue_item_data (
            item_id bigint primary key,
            tenant_id bigint not null,
            specific text not null,
            output text,
            analytics text,
            exception text
        );

        create table queue_item_events (
            id {id},
            tenant_id bigint not null,
            queue_id bigint not null,
            item_id bigint not null,
            item_key {uuid} not null,
            happened_at bigint not null,
            action bigint not null,
            data text,
            user_id bigint,
            client text,
            status bigint not null,
            review_status bigint not null,
            reviewer_id bigint
        );
        create index queue_item_events_item on queue_item_events (item_id, id);
        create index queue_item_events_queue on queue_item_events (tenant_id, queue_id, id);

        create table queue_item_comments (
            id {id},
            tenant_id bigint not null,
            queue_id bigint not null,
            item_id bigint not null,
            item_key {uuid} not null,
            text text not null,
            created_at bigint not null,
            author {uuid} not null,
            user_id bigint,
            user_name text not null
        );
        create index queue_item_comments_item on queue_item_comments (item_id, id);
        create index queue_item_comments_queue on queue_item_comments (tenant_id, queue_id, id);

        create table queue_item_keys (
            id {id},
            tenant_id bigint not null,
            caller {uuid} not null,
            key text not null,
            request {blob} not null,
            item_id bigint not null,
            used_at bigint not null
        );
        create unique index queue_item_keys_key on queue_item_keys (tenant_id, caller, key);
        create index queue_item_keys_used on queue_item_keys (used_at);

        create table queue_counters (
            tenant_id bigint not null,
            queue_id bigint not null references queues (id) on delete cascade,
            lane bigint not null,
            new bigint not null,
            in_progress bigint not null,
            failed bigint not null,
            successful bigint not null,
            abandoned bigint not null,
            retried bigint not null,
            deleted bigint not null,
            successes bigint not null,
            application_exceptions bigint not null,
            business_exceptions bigint not null,
            success_micros bigint not null,
            application_micros bigint not null,
            business_micros bigint not null,
            last_at bigint not null,
            last_processed_at bigint not null,
            primary key (queue_id, lane)
        );

        create table queue_times (
            tenant_id bigint not null,
            queue_id bigint not null references queues (id) on delete cascade,
            span bigint not null,
            begins_at bigint not null,
            successes bigint not null,
            application_exceptions bigint not null,
            business_exceptions bigint not null,
            retried bigint not null,
            success_micros bigint not null,
            application_micros bigint not null,
            business_micros bigint not null,
            remaining bigint,
            in_progress bigint,
            primary key (queue_id, span, begins_at)
        );
        create index queue_times_span on queue_times (span, begins_at);

        create table queue_forecasts (
            queue_id bigint primary key references queues (id) on delete cascade,
            tenant_id bigint not null,
            state bigint not null,
            at_risk bigint not null,
            late bigint not null,
            robots bigint,
            more {bool} not null,
            worked_out_at bigint not null
        );

        {postgres} alter table queue_items set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.2);
        {postgres} alter table queue_counters set (fillfactor = 20, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 200);
        {postgres} alter table queue_times set (fillfactor = 50);
    ",
};

/// * `folder_queue_retention`: how long items are kept, a row for each queue of a folder and kind of item.
/// * `queue_retention_days`: the last day (days since 1970, UTC) on which all items of a queue were looked through.
const RETENTION: Migration = Migration {
    id: "queues-002-retention",
    sql: "
        create view folder_queue_retention as
            select l.tenant_id, l.folder_id, l.queue_id * 2 as id, l.queue_id, cast(0 as bigint) as type,
                   q.final_action as action, q.final_period as period
            from queue_folders l join queues q on q.id = l.queue_id
            union all
            select l.tenant_id, l.folder_id, l.queue_id * 2 + 1, l.queue_id, cast(1 as bigint), q.stale_action, q.stale_period
            from queue_folders l join queues q on q.id = l.queue_id;

        create table queue_retention_days (
            queue_id bigint primary key references queues (id) on delete cascade,
            tenant_id bigint not null,
            day bigint not null
        );
    ",
};

/// History and comments of an item are found along indexes that begin with the tenant: SQLite takes the tenant for rare, and would
/// walk through all that it has.
const NOTES: Migration = Migration {
    id: "queues-003-notes",
    sql: "
        drop index queue_item_events_item;
        drop index queue_item_comments_item;
        create index queue_item_events_of_item on queue_item_events (tenant_id, item_id, id);
        create index queue_item_comments_of_item on queue_item_comments (tenant_id, item_id, id);
    ",
};

/// Most items do not need a unique reference; on PostgreSQL each change of an item writes to every index that it stands in.
const REFERENCES: Migration = Migration {
    id: "queues-004-references",
    sql: "
        drop index queue_items_unique_reference;
        create unique index queue_items_unique_reference on queue_items (queue_id, unique_reference)
            where unique_reference is not null;
    ",
};
