create table dead_letter.letters (
    dead_letter_id bigint generated always as identity primary key,
    step text not null check (step in (
        'land', 'check_contract', 'load_raw', 'check_gate', 'push', 'collect_acknowledgements', 'reconcile')),
    level text not null check (level in ('record', 'delivery', 'message')),
    flow text not null,
    source_system text not null,
    account text not null,
    entity text,
    delivery_id bigint references landing.deliveries,
    message_id uuid,
    line bigint,
    place text,
    field text,
    value text,
    rule text not null,
    message text not null,
    findings jsonb not null default '[]',
    record_key text,
    record jsonb,
    contract_version text,
    owner text not null,
    runbook text not null,
    fingerprint text not null,
    status text not null default 'open'
        check (status in (
            'open', 'retried', 'repaired', 'suppressed', 'escalated', 'resolved', 'repeated')),
    status_reason text,
    created_at timestamptz not null default now(),
    settled_at timestamptz
);
comment on table dead_letter.letters is 'A record, delivery or message that was set aside, by the step that refused it, with evidence and owner.';
comment on column dead_letter.letters.findings is 'Everything that is wrong with it; field, value, rule and message repeat the first.';
comment on column dead_letter.letters.record is 'The record as it came.';
comment on column dead_letter.letters.fingerprint is 'Equal for the same record refused for the same reason, however often it is delivered.';
comment on column dead_letter.letters.status is 'open: waits for its owner. escalated: open, and handed to somebody else. retried, repaired: came back as a new delivery or message. suppressed: a person decided to do without it. resolved: a later delivery brought a good version. repeated: the same record was refused before for the same reasons, and that letter still waits.';

create index on dead_letter.letters (delivery_id);
create index on dead_letter.letters (flow, account, entity) where status in ('open', 'escalated');
create index on dead_letter.letters (fingerprint);
create index on dead_letter.letters (record_key);
create index on dead_letter.letters (message_id) where message_id is not null;

grant select, insert, update, delete on dead_letter.letters to seamline_pipeline;
