-- A partner that has lost what it knew is told everything again, by a person's word.
create table gate.told_again (
    telling_id bigint generated always as identity primary key,
    flow text not null,
    account text not null,
    asked_at timestamptz not null default now(),
    batch_id bigint references gate.batches
);
comment on table gate.told_again is 'Partners that are to be told everything again, and the batch that does it.';
create index on gate.told_again (flow);
grant select, insert, update on gate.told_again to seamline_pipeline;

alter table seam.interventions drop constraint interventions_kind_check;
alter table seam.interventions add constraint interventions_kind_check check (kind in (
    'retry', 'repair', 'suppress', 'escalate', 'hand_in', 'open_gate', 'accept_mismatch', 'reset_breaker', 'tell_again'));
