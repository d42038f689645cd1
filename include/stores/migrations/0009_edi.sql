create table edi.interchanges (
    account text not null,
    sender text not null,
    receiver text not null,
    control_number text not null,
    content_sha256 text not null,
    delivery_id bigint not null references landing.deliveries,
    received_at timestamptz not null default now(),
    primary key (account, sender, receiver, control_number)
);
comment on table edi.interchanges is 'Every interchange that was taken in: the same number with the same content is a repeat, with other content an alarm.';

create table edi.control_numbers (
    account text not null,
    kind text not null check (kind in ('interchange', 'group')),
    last_number bigint not null,
    primary key (account, kind)
);
comment on table edi.control_numbers is 'The last control number that we gave, by partner: no gaps, no repeats.';

create table edi.acknowledgements (
    acknowledgement_id bigint generated always as identity primary key,
    delivery_id bigint not null unique references landing.deliveries,
    account text not null,
    file_name text not null,
    content bytea not null,
    status text not null default 'written' check (status in ('written', 'sent')),
    is_accepting boolean not null,
    written_at timestamptz not null default now(),
    sent_at timestamptz
);
comment on table edi.acknowledgements is 'The functional acknowledgement of each interchange delivery: written in the same transaction that numbers it, then sent.';

grant select, insert on edi.interchanges to seamline_pipeline;
grant select, insert, update on edi.control_numbers, edi.acknowledgements to seamline_pipeline;
