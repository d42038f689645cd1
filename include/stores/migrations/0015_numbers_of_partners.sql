-- A partner is named by its system and its account; its numbers run over all flows of the system.
alter table edi.control_numbers add column source_system text;
update edi.control_numbers set source_system = 'warehouse_edi';
alter table edi.control_numbers
    alter column source_system set not null,
    drop constraint control_numbers_pkey,
    add primary key (source_system, account, kind),
    drop constraint control_numbers_kind_check,
    add check (kind in ('interchange', 'group', 'document')),
    add check (last_number between 1 and 999999999);
comment on table edi.control_numbers is 'The last control number that we gave, by partner and kind: no gaps, no repeats, 1 after 999999999.';
comment on column edi.control_numbers.kind is 'interchange: ISA13, UNB 0020. group: GS06, UNG 0048. document: ST02, UNH 0062.';

alter table edi.interchanges
    add column source_system text,
    add column number bigint generated always as (
        case when control_number ~ '^[0-9]{1,14}$' then control_number::bigint end) stored;
update edi.interchanges as i set source_system = d.source_system
from landing.deliveries as d where d.delivery_id = i.delivery_id;
alter table edi.interchanges
    alter column source_system set not null,
    drop constraint interchanges_pkey,
    add primary key (source_system, account, sender, receiver, control_number);
create index on edi.interchanges (source_system, account, sender, receiver, number);
comment on column edi.interchanges.number is 'The control number as a number, where it is one.';

create table edi.repeated_interchanges (
    delivery_id bigint not null references landing.deliveries,
    file_name text not null,
    position integer not null,
    first_delivery_id bigint not null references landing.deliveries,
    sender text not null,
    receiver text not null,
    control_number text not null,
    seen_at timestamptz not null default now(),
    primary key (delivery_id, file_name, position)
);
comment on table edi.repeated_interchanges is 'Interchanges that came again with the same number and the same content: passed over, and answered again.';
comment on column edi.repeated_interchanges.position is 'Which interchange of the file it is, from 1.';
comment on column edi.repeated_interchanges.first_delivery_id is 'The delivery with which it came first.';

create view edi.missing_numbers as
select source_system, account, sender, receiver, number + 1 as first_number, next_number - 1 as last_number,
       next_received_at as noticed_at
from (
    select i.*,
           lead(i.number) over following as next_number,
           lead(i.received_at) over following as next_received_at
    from edi.interchanges as i
    where i.number is not null
    window following as (partition by i.source_system, i.account, i.sender, i.receiver order by i.number)
) as numbered
where next_number > number + 1;
comment on view edi.missing_numbers is 'Numbers of a partner that did not come though a later one did.';
comment on column edi.missing_numbers.noticed_at is 'When the next higher number came.';

grant select, insert on edi.repeated_interchanges to seamline_pipeline;
grant select on edi.missing_numbers to seamline_pipeline;
