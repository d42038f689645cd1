alter table dead_letter.letters
    drop constraint letters_step_check,
    add check (step in (
        'land', 'check_contract', 'load_raw', 'check_gate', 'push', 'collect_acknowledgements', 'reconcile',
        'settle_answers', 'watch_exchanges'));

alter table landing.deliveries
    drop constraint deliveries_kind_check,
    add check (kind in ('file', 'file_set', 'pages', 'interchange', 'part', 'repair'));

alter table seam.alerts add column told_at timestamptz;
update seam.alerts set told_at = raised_at;
comment on column seam.alerts.told_at is 'When the owner was told; each incident is told once.';

create table edi.sent_interchanges (
    interchange_id bigint generated always as identity primary key,
    source_system text not null,
    account text not null,
    flow text not null,
    standard text not null check (standard in ('x12', 'edifact')),
    control_number bigint not null,
    folder text not null,
    file_name text not null,
    content bytea not null,
    owner text not null,
    runbook text not null,
    transport_status text not null default 'written'
        check (transport_status in ('written', 'sent', 'received', 'rejected')),
    transport_errors jsonb not null default '[]',
    written_at timestamptz not null default now(),
    sent_at timestamptz,
    transport_answered_at timestamptz,
    awaited_for interval,
    due_at timestamptz,
    unique (source_system, account, folder, file_name)
);
comment on table edi.sent_interchanges is 'Interchanges with documents of ours: written in the transaction that numbers them, sent from what was written.';
comment on column edi.sent_interchanges.transport_status is 'written: waits to be sent. sent: lies on the server of the partner. received: the partner says that it has it (TA1, CONTRL). rejected: the partner could not read its envelope.';
comment on column edi.sent_interchanges.awaited_for is 'How long the partner has to answer from when it is sent; null if nobody waits for an answer.';
comment on column edi.sent_interchanges.due_at is 'Until when the partner must have answered every document of it.';
create index on edi.sent_interchanges (source_system, account, control_number);

create table edi.sent_documents (
    document_id bigint generated always as identity primary key,
    interchange_id bigint not null references edi.sent_interchanges,
    functional_id text,
    group_number bigint,
    control_number text not null,
    kind text not null,
    document_number text,
    message_id uuid,
    syntax_status text not null default 'awaited'
        check (syntax_status in ('awaited', 'accepted', 'accepted_with_errors', 'rejected')),
    syntax_errors jsonb not null default '[]',
    syntax_answered_at timestamptz,
    business_status text not null default 'awaited'
        check (business_status in ('awaited', 'accepted', 'accepted_with_errors', 'rejected')),
    business_errors jsonb not null default '[]',
    business_answered_at timestamptz
);
comment on table edi.sent_documents is 'The documents of each interchange that we sent, and what the partner said of each: its syntax and its business are kept apart.';
comment on column edi.sent_documents.syntax_status is 'awaited: the partner has said nothing. accepted: it keeps the standard. accepted_with_errors: it does not, and is taken all the same. rejected: it breaks the standard and was not taken (997, 999, CONTRL).';
comment on column edi.sent_documents.business_status is 'awaited: the partner has said nothing. accepted: the partner does what it asks. accepted_with_errors: the partner does it otherwise, or only in part. rejected: the partner does not do it (824, APERAK, confirmations).';
comment on column edi.sent_documents.document_number is 'The number that it has in business, as that of an order.';
create index on edi.sent_documents (interchange_id);
create index on edi.sent_documents (document_number);

create table edi.answers (
    answer_id bigint generated always as identity primary key,
    delivery_id bigint not null references landing.deliveries,
    source_system text not null,
    account text not null,
    kind text not null,
    level text not null check (level in ('transport', 'syntax', 'business')),
    verdict text not null check (verdict in ('received', 'accepted', 'accepted_with_errors', 'rejected')),
    interchange bigint,
    functional_id text,
    group_number bigint,
    document text,
    document_number text,
    errors jsonb not null default '[]',
    answered_rows integer not null,
    read_at timestamptz not null default now()
);
comment on table edi.answers is 'What partners said of what we sent, statement by statement.';
comment on column edi.answers.answered_rows is 'How many interchanges or documents of ours it speaks of; none is a dead letter.';
create index on edi.answers (delivery_id);

create view edi.sent_states as
select i.interchange_id, i.source_system, i.account, i.flow, i.control_number, i.file_name, i.owner, i.runbook,
       i.written_at, i.sent_at, i.due_at, i.transport_status, count(*) as documents,
       case
           when i.transport_status = 'rejected' or bool_or(d.syntax_status = 'rejected') then 'rejected'
           when bool_or(d.syntax_status = 'awaited') then
               case
                   when i.due_at < now() then 'overdue'
                   else i.transport_status
               end
           when bool_or(d.syntax_status = 'accepted_with_errors') then 'accepted_with_errors'
           else 'accepted'
       end as state
from edi.sent_interchanges as i
join edi.sent_documents as d using (interchange_id)
group by i.interchange_id;
comment on view edi.sent_states is 'Where each interchange that we sent stands with its partner.';

grant select, insert, update on edi.sent_interchanges, edi.sent_documents to seamline_pipeline;
grant select, insert on edi.answers to seamline_pipeline;
grant select on edi.sent_states to seamline_pipeline;
