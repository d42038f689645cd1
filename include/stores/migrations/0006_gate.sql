create table gate.batches (
    batch_id bigint generated always as identity primary key,
    flow text not null,
    channel text not null,
    entity text not null,
    first_build_id bigint not null,
    last_build_id bigint not null,
    row_count bigint not null,
    status text not null default 'made'
        check (status in ('made', 'passed', 'shut', 'opened', 'filled', 'superseded')),
    made_at timestamptz not null default now(),
    checked_at timestamptz,
    filled_at timestamptz,
    verdict jsonb,
    evidence_page text
);
comment on table gate.batches is 'Outbound batches. The rows of a batch lie in gate.batch_<batch_id>: exactly what is checked, and exactly what is sent.';
comment on column gate.batches.status is 'made: waits for its check. passed: may go out. shut: held; see the verdict. opened: a person let it out once. filled: its messages are in the outbox. superseded: a later batch covers it.';
comment on column gate.batches.first_build_id is 'The batch holds what changed in this build or a later one, up to last_build_id.';
create index on gate.batches (flow, batch_id desc);
create unique index one_open_batch on gate.batches (flow) where status in ('made', 'passed', 'shut', 'opened');

grant select, insert, update on gate.batches to seamline_pipeline;
