-- A document may tell a partner of many messages, as a stock report does of many articles.
create table edi.sent_messages (
    document_id bigint not null references edi.sent_documents,
    message_id uuid not null,
    primary key (message_id, document_id)
);
comment on table edi.sent_messages is 'Which messages of the outbox each document of ours tells of.';
create index on edi.sent_messages (document_id);
insert into edi.sent_messages (document_id, message_id)
select document_id, message_id from edi.sent_documents where message_id is not null;
alter table edi.sent_documents drop column message_id;
grant select, insert on edi.sent_messages to seamline_pipeline;
