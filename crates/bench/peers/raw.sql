create table jobs (
    id bigint generated always as identity primary key,
    state smallint not null,
    reference text not null,
    content text not null,
    output text,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    ended_at timestamptz
);
create index jobs_ready on jobs (id) where state = 0;
create index jobs_state on jobs (state, id);
create index jobs_reference on jobs (reference);
