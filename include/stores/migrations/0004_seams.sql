create table seam.runs (
    run_id bigint generated always as identity primary key,
    flow text not null,
    step text not null,
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    outcome text check (outcome in ('done', 'nothing', 'failed')),
    summary jsonb not null default '{}',
    error text
);
comment on table seam.runs is 'One row per run of a step, also of one that failed.';
create index on seam.runs (flow, step, run_id desc);

create table seam.interventions (
    intervention_id bigint generated always as identity primary key,
    kind text not null check (kind in (
        'retry', 'repair', 'suppress', 'escalate', 'hand_in', 'open_gate', 'accept_mismatch', 'reset_breaker')),
    subject text not null,
    person text not null check (person <> ''),
    reason text not null check (reason <> ''),
    detail jsonb not null default '{}',
    made_at timestamptz not null default now()
);
comment on table seam.interventions is 'What a person did, and why. Nothing is ever removed from here.';
create index on seam.interventions (subject);

create table seam.alerts (
    alert_id bigint generated always as identity primary key,
    flow text not null,
    incident text not null,
    owner text not null,
    message text not null,
    runbook text not null,
    raised_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    seen_count integer not null default 1,
    cleared_at timestamptz
);
comment on table seam.alerts is 'One row per incident, however often it is noticed.';
create unique index on seam.alerts (flow, incident) where cleared_at is null;

grant select, insert, update on seam.runs, seam.alerts to seamline_pipeline;
grant select, insert on seam.interventions to seamline_pipeline;
