create table landing.deliveries (
    delivery_id bigint generated always as identity primary key,
    flow text not null,
    source_system text not null,
    account text not null,
    kind text not null check (kind in ('file', 'file_set', 'pages', 'interchange', 'repair')),
    name text not null,
    content_sha256 text not null check (content_sha256 ~ '^[0-9a-f]{64}$'),
    as_of timestamptz not null,
    full_entities text[] not null default '{}',
    status text not null default 'landed'
        check (status in ('landed', 'checked', 'loaded', 'closed', 'refused')),
    next_watermark jsonb,
    contract_versions jsonb not null default '{}',
    handed_in_by text,
    handed_in_because text,
    landed_at timestamptz not null default now(),
    checked_at timestamptz,
    loaded_at timestamptz,
    closed_at timestamptz,
    is_built boolean not null default false,
    check ((handed_in_by is null) = (handed_in_because is null))
);
comment on table landing.deliveries is 'One row per delivery: what one fetch brought. The bytes never change; the status only moves forward.';
comment on column landing.deliveries.account is 'The shop, partner or warehouse at the system.';
comment on column landing.deliveries.as_of is 'The moment of which the delivery speaks; orders versions where records carry none.';
comment on column landing.deliveries.full_entities is 'Entities of which the delivery lists everything the source has, so what is missing is gone.';
comment on column landing.deliveries.status is 'landed: bytes stored. checked: accepted records and dead letters exist. loaded: raw holds them. closed: the counts close and the watermark moved. refused: unusable as a whole, see its dead letter.';
comment on column landing.deliveries.is_built is 'The warehouse holds what the delivery changed.';
comment on column landing.deliveries.next_watermark is 'How far the flow has read once this delivery is closed.';

create index on landing.deliveries (flow, account, content_sha256);
create index on landing.deliveries (flow, status) where status in ('landed', 'checked', 'loaded');
create index on landing.deliveries (flow, account, as_of desc);
create index on landing.deliveries (name);
create index to_build on landing.deliveries (delivery_id) where status = 'closed' and not is_built;

create table landing.delivery_files (
    delivery_id bigint not null references landing.deliveries,
    position integer not null,
    entity text not null,
    name text not null,
    size_bytes bigint not null,
    modified_at timestamptz,
    sha256 text not null,
    primary key (delivery_id, position)
);
comment on table landing.delivery_files is 'The files or pages of a delivery. The bytes lie in the landing store under their SHA-256.';

create table landing.arrivals (
    arrival_id bigint generated always as identity primary key,
    flow text not null,
    account text not null,
    name text not null,
    size_bytes bigint not null,
    modified_at timestamptz,
    content_sha256 text not null,
    delivery_id bigint not null references landing.deliveries,
    is_repeat boolean not null,
    arrived_at timestamptz not null default now()
);
comment on table landing.arrivals is 'Every time something arrived, also when the same came again.';
create index on landing.arrivals (flow, account, name);
create index on landing.arrivals (delivery_id);

create table landing.looks (
    flow text not null,
    account text not null,
    path text not null,
    size_bytes bigint not null,
    modified_at timestamptz not null,
    first_seen_at timestamptz not null default now(),
    primary key (flow, account, path)
);
comment on table landing.looks is 'Files seen but not taken yet: a file is complete when size and time stay the same over two looks.';

create table landing.watermarks (
    flow text not null,
    account text not null,
    watermark jsonb not null,
    delivery_id bigint references landing.deliveries,
    moved_at timestamptz not null default now(),
    primary key (flow, account)
);
comment on table landing.watermarks is 'How far each flow has read. Moves only when the counts of the delivery close.';

create table landing.delivery_counts (
    delivery_id bigint not null references landing.deliveries,
    entity text not null,
    delivered bigint not null,
    accepted bigint not null,
    refused bigint not null,
    skipped bigint not null default 0,
    has_repeats boolean not null default false,
    copied bigint,
    new bigint,
    changed bigint,
    unchanged bigint,
    older bigint,
    deleted bigint,
    in_raw bigint,
    primary key (delivery_id, entity)
);
comment on table landing.delivery_counts is 'The balance of a delivery: delivered = accepted + refused; accepted = new + changed + unchanged + older.';
comment on column landing.delivery_counts.skipped is 'Accepted lines that are equal to a line of the last delivery; counted as unchanged.';
comment on column landing.delivery_counts.has_repeats is 'Some record came in several versions; the newest was taken, the others count as older.';
comment on column landing.delivery_counts.copied is 'Rows that COPY says it took: accepted - skipped.';
comment on column landing.delivery_counts.in_raw is 'Rows of raw that bear this delivery after its load, counted there: new + changed + deleted.';
comment on column landing.delivery_counts.unchanged is 'Accepted, and raw holds exactly this already.';
comment on column landing.delivery_counts.older is 'Accepted, but raw holds a newer version.';
comment on column landing.delivery_counts.deleted is 'Rows that a full delivery does not list any more; not part of the balance.';

create table landing.delivery_findings (
    finding_id bigint generated always as identity primary key,
    delivery_id bigint not null references landing.deliveries,
    entity text,
    rule text not null,
    message text not null,
    finding jsonb not null
);
comment on table landing.delivery_findings is 'What was noticed about a delivery that was taken all the same, as a new column.';
create index on landing.delivery_findings (delivery_id);

create function landing.refuse_backward_status() returns trigger language plpgsql as $$
declare
    steps constant text[] := array['landed', 'checked', 'loaded', 'closed'];
begin
    if new.status <> old.status
        and new.status <> 'refused'
        and array_position(steps, new.status) < coalesce(array_position(steps, old.status), 99) then
        raise exception 'delivery % cannot go from % back to %', old.delivery_id, old.status, new.status;
    end if;
    return new;
end
$$;
create trigger status_moves_forward before update of status on landing.deliveries
    for each row execute function landing.refuse_backward_status();

grant select, insert, update on landing.deliveries, landing.delivery_counts, landing.watermarks to seamline_pipeline;
grant select, insert, delete on landing.delivery_files, landing.delivery_findings to seamline_pipeline;
grant select, insert on landing.arrivals to seamline_pipeline;
grant select, insert, update, delete on landing.looks, landing.delivery_counts to seamline_pipeline;
grant select on landing.deliveries, landing.delivery_counts to seamline_builder;
