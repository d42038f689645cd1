create table reconciliation.runs (
    run_id bigint generated always as identity primary key,
    flow text not null,
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    compared bigint,
    agreed bigint,
    explained bigint,
    mismatched bigint,
    repairs_queued bigint
);
comment on table reconciliation.runs is 'One row per comparison of a channel with what we hold: compared = agreed + explained + mismatched.';

create table reconciliation.mismatches (
    mismatch_id bigint generated always as identity primary key,
    flow text not null,
    channel text not null,
    entity text not null,
    key text not null,
    field text not null,
    ours text,
    theirs text,
    reason text not null,
    status text not null default 'open' check (status in ('open', 'repairing', 'with_owner', 'accepted', 'resolved')),
    owner text not null,
    runbook text not null,
    repair_message_id uuid references outbox.messages,
    first_run_id bigint not null references reconciliation.runs,
    last_run_id bigint not null references reconciliation.runs,
    first_seen_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    resolved_at timestamptz
);
comment on table reconciliation.mismatches is 'A difference between what we hold and what the channel shows.';
comment on column reconciliation.mismatches.status is 'open: found. repairing: a repair message is on its way. with_owner: too many, or not ours to repair. accepted: a person let it be. resolved: the sides agree again.';
create unique index on reconciliation.mismatches (flow, key, field) where status in ('open', 'repairing', 'with_owner');
create index on reconciliation.mismatches (key);

grant select, insert, update on all tables in schema reconciliation to seamline_pipeline;
