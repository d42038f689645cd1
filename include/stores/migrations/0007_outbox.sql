create table outbox.messages (
    message_id uuid primary key default gen_random_uuid(),
    sequence bigint generated always as identity,
    channel text not null,
    entity text not null,
    key text not null,
    batch_id bigint references gate.batches,
    kind text not null default 'change' check (kind in ('change', 'repair', 'retry')),
    payload jsonb not null,
    content_hash text not null,
    as_of_at timestamptz,
    status text not null default 'pending' check (status in (
        'pending', 'claimed', 'submitted', 'accepted', 'applied', 'rejected', 'superseded', 'dead')),
    attempts integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    lease_until timestamptz,
    leased_by text,
    made_at timestamptz not null default now(),
    settled_at timestamptz,
    check ((status in ('claimed', 'submitted')) = (lease_until is not null))
);
comment on table outbox.messages is 'One message per changed key. message_id is made here, once, and is the idempotency key on the wire.';
comment on column outbox.messages.status is 'pending: may be claimed. claimed: a worker holds it. submitted: it left, the answer is not read yet. accepted: the channel took it. applied: the channel shows it. rejected: the channel refused it. superseded: a newer message of the key took its place. dead: set aside as a dead letter.';
create unique index one_in_flight_per_key on outbox.messages (channel, entity, key)
    where status in ('claimed', 'submitted', 'accepted');
create unique index one_waiting_per_key on outbox.messages (channel, entity, key) where status = 'pending';
create index due on outbox.messages (channel, entity, next_attempt_at, sequence) where status = 'pending';
create index in_flight on outbox.messages (channel, entity, lease_until) where status in ('claimed', 'submitted', 'accepted');
create index on outbox.messages (key);
create index on outbox.messages (batch_id);

create table outbox.receipts (
    receipt_id bigint generated always as identity primary key,
    message_id uuid not null references outbox.messages,
    attempt integer not null,
    outcome text not null check (outcome in (
        
        'accepted', 'applied', 'rejected', 'retry', 'parked', 'unknown', 'stale', 'found_applied', 'found_missing',
        'not_shown')),
    detail jsonb not null default '{}',
    received_at timestamptz not null default now()
);
comment on table outbox.receipts is 'What the channel said to every attempt.';
create index on outbox.receipts (message_id);

create table outbox.channel_state (
    channel text not null,
    entity text not null,
    key text not null,
    content_hash text not null,
    payload jsonb not null,
    as_of_at timestamptz,
    message_id uuid not null references outbox.messages,
    applied_at timestamptz not null,
    primary key (channel, entity, key)
);
comment on table outbox.channel_state is 'What the channel last showed to have applied, by key.';

create table outbox.channel_ids (
    channel text not null,
    shop text not null,
    kind text not null check (kind in ('product', 'variant', 'inventory_item', 'location')),
    our_key text not null,
    channel_id text not null,
    valid_from timestamptz not null default now(),
    valid_to timestamptz
);
comment on table outbox.channel_ids is 'Identifiers that the channel gave to what is ours. valid_to is empty while it holds.';
create unique index on outbox.channel_ids (channel, shop, kind, our_key) where valid_to is null;
create index on outbox.channel_ids (channel_id);

create table outbox.channels (
    channel text primary key,
    breaker text not null default 'closed' check (breaker in ('closed', 'open', 'half_open')),
    failures_in_a_row integer not null default 0,
    open_until timestamptz,
    retry_budget numeric not null default 20,
    cost_available numeric,
    cost_maximum numeric,
    cost_restore_per_second numeric,
    cost_seen_at timestamptz,
    changed_at timestamptz not null default now()
);
comment on table outbox.channels is 'How each channel does: circuit breaker, retry budget, and what it last said of its own limits.';

grant select, insert, update, delete on all tables in schema outbox to seamline_pipeline;
grant select on outbox.channel_ids, outbox.channel_state to seamline_builder;
