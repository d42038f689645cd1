alter table edi.sent_interchanges add column staged_at timestamptz;
comment on column edi.sent_interchanges.staged_at is 'When its file was complete under its temporary name. If neither that name nor its own is on the server after that, the partner has taken it.';
create index on edi.sent_interchanges (flow) where transport_status = 'written';
create index on edi.sent_documents (message_id) where message_id is not null;

alter table outbox.receipts
    drop constraint receipts_outcome_check,
    add check (outcome in (
        'accepted', 'applied', 'rejected', 'retry', 'parked', 'unknown', 'stale', 'found_applied', 'found_missing',
        'not_shown', 'awaited'));
