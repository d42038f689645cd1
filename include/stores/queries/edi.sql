-- name: register
-- Whoever comes first has the number; the same content may come again.
insert into edi.interchanges (source_system, account, sender, receiver, control_number, content_sha256, delivery_id)
values (
    %(source_system)s, %(account)s, %(sender)s, %(receiver)s, %(control_number)s, %(content_sha256)s, %(delivery_id)s
)
on conflict (source_system, account, sender, receiver, control_number) do nothing

-- name: registered
-- The delivery that has a number, and whether it says the same.
select delivery_id, i.content_sha256 = %(content_sha256)s, d.flow
from edi.interchanges as i
join landing.deliveries as d using (delivery_id)
where i.source_system = %(source_system)s and i.account = %(account)s and i.sender = %(sender)s
  and i.receiver = %(receiver)s and i.control_number = %(control_number)s

-- name: hand_over
-- The same bytes as a delivery of another flow, unless that flow has them already.
with made as (
    insert into landing.deliveries (flow, source_system, account, kind, name, content_sha256, as_of)
    select %(flow)s, d.source_system, %(account)s, %(kind)s, d.name, d.content_sha256, d.as_of
    from landing.deliveries as d
    where d.delivery_id = %(delivery_id)s
      and not exists (
          select from landing.deliveries as known
          where known.flow = %(flow)s and known.account = %(account)s and known.content_sha256 = d.content_sha256
            and known.status <> 'refused'
      )
    returning delivery_id
)
insert into landing.delivery_files (delivery_id, position, entity, name, size_bytes, modified_at, sha256)
select made.delivery_id, f.position, f.entity, f.name, f.size_bytes, f.modified_at, f.sha256
from made, landing.delivery_files as f
where f.delivery_id = %(delivery_id)s

-- name: waiting_for
-- Flows that have not yet read what another flow has handed over to them.
select distinct flow
from landing.deliveries
where flow = any(%(flows)s) and kind = %(kind)s and status = 'landed'
order by flow

-- name: note_repeat
-- An interchange came again and is passed over.
insert into edi.repeated_interchanges (
    delivery_id, file_name, position, first_delivery_id, sender, receiver, control_number
)
values (
    %(delivery_id)s, %(file_name)s, %(position)s, %(first_delivery_id)s, %(sender)s, %(receiver)s, %(control_number)s
)

-- name: next_number
-- One after the other, and 1 after 999999999; a number is used up only when the transaction commits. Others who want
-- one for the same partner wait for it.
insert into edi.control_numbers (source_system, account, kind, last_number)
values (%(source_system)s, %(account)s, %(kind)s, 1)
on conflict (source_system, account, kind) do update
set last_number = edi.control_numbers.last_number %% 999999999 + 1
returning last_number

-- name: missing_numbers
-- Numbers of a partner that did not come though a later one did, some time ago.
select sender, receiver, first_number, last_number, noticed_at
from edi.missing_numbers
where source_system = %(source_system)s and account = %(account)s and noticed_at < now() - %(patience)s::interval
order by sender, receiver, first_number

-- name: unanswered
-- Interchanges that were checked or refused and have no acknowledgement yet. One whose number was used
-- before for something else is not answered: a person asks the partner.
select d.delivery_id, d.account
from landing.deliveries as d
where d.flow = %(flow)s and d.kind = 'interchange' and d.status <> 'landed'
  and not exists (select from edi.acknowledgements as a where a.delivery_id = d.delivery_id)
  and not exists (
      select from dead_letter.letters as l where l.delivery_id = d.delivery_id and l.rule = 'control_number_reused'
  )
order by d.delivery_id

-- name: lock_delivery
-- Two workers never answer the same delivery.
select delivery_id from landing.deliveries where delivery_id = %(delivery_id)s for update

-- name: is_answered
-- Whether an acknowledgement is kept already.
select exists (select from edi.acknowledgements where delivery_id = %(delivery_id)s)

-- name: write
-- Kept before it is sent: what is sent is never made twice.
insert into edi.acknowledgements (delivery_id, account, file_name, content, status, is_accepting)
values (%(delivery_id)s, %(account)s, %(file_name)s, %(content)s, %(status)s, %(is_accepting)s)

-- name: unsent
-- Acknowledgements that lie on no server yet, in the order of their numbers.
select a.acknowledgement_id, a.account, a.file_name, a.content
from edi.acknowledgements as a
join landing.deliveries as d using (delivery_id)
where d.flow = %(flow)s and a.status = 'written'
order by a.acknowledgement_id

-- name: set_sent
-- It lies on the partner's server.
update edi.acknowledgements set status = 'sent', sent_at = now() where acknowledgement_id = %(acknowledgement_id)s

-- name: write_interchange
-- Documents of ours, kept before they are sent.
insert into edi.sent_interchanges (
    source_system, account, flow, standard, control_number, folder, file_name, content, owner, runbook, awaited_for
)
values (
    %(source_system)s, %(account)s, %(flow)s, %(standard)s, %(control_number)s, %(folder)s, %(file_name)s, %(content)s,
    %(owner)s, %(runbook)s, %(awaited_for)s
)
returning interchange_id

-- name: write_document
-- A document in an interchange of ours, and the messages of the outbox that it tells of.
with written as (
    insert into edi.sent_documents (
        interchange_id, functional_id, group_number, control_number, kind, document_number
    )
    values (
        %(interchange_id)s, %(functional_id)s, %(group_number)s, %(control_number)s, %(kind)s, %(document_number)s
    )
    returning document_id
)
insert into edi.sent_messages (document_id, message_id)
select written.document_id, told.message_id from written cross join unnest(%(message_ids)s::uuid[]) as told (message_id)

-- name: unsent_interchanges
-- What lies on no server yet, in the order of its numbers; nobody else sends it meanwhile.
select interchange_id, account, folder, file_name, content, staged_at is not null as is_staged
from edi.sent_interchanges
where flow = %(flow)s and transport_status = 'written'
order by interchange_id

-- name: set_staged
-- Its file is complete under its temporary name; what follows is its renaming.
update edi.sent_interchanges set staged_at = now() where interchange_id = %(interchange_id)s and staged_at is null

-- name: standings
-- Where the newest documents of messages stand with the partner.
select distinct on (told.message_id) told.message_id, i.transport_status as transport, d.syntax_status as syntax,
    array(select jsonb_array_elements_text(i.transport_errors || d.syntax_errors)) as errors,
    i.awaited_for is not null as is_answered_for, i.due_at
from edi.sent_messages as told
join edi.sent_documents as d using (document_id)
join edi.sent_interchanges as i using (interchange_id)
where told.message_id = any(%(message_ids)s)
order by told.message_id, d.document_id desc

-- name: set_interchange_sent
-- It lies on the partner's server; from now on its answer is awaited.
update edi.sent_interchanges
set transport_status = 'sent', sent_at = now(), due_at = now() + awaited_for
where interchange_id = %(interchange_id)s and transport_status = 'written'

-- name: answer_transport
-- What a partner says of an interchange as a whole. The newest of a number counts: numbers begin anew some day.
update edi.sent_interchanges
set transport_status = %(verdict)s, transport_errors = %(errors)s, transport_answered_at = now()
where interchange_id = (
    select interchange_id from edi.sent_interchanges
    where source_system = %(source_system)s and account = %(account)s and control_number = %(interchange)s
    order by interchange_id desc
    limit 1
)
returning interchange_id, null::bigint as document_id, 'interchange ' || control_number as named, null as before,
    exists (
        select from edi.sent_documents as d
        join edi.sent_messages as told using (document_id)
        where d.interchange_id = sent_interchanges.interchange_id
    ) as is_message,
    flow

-- name: answer_documents
-- What a partner says of documents. What it does not name, it says of every document that nothing was said of. The newest
-- of a number counts: numbers begin anew some day. One that was staged may lie there already, though we have not noted it.
with newest as (
    select interchange_id from edi.sent_interchanges as i
    where i.source_system = %(source_system)s and i.account = %(account)s
      and (i.transport_status <> 'written' or i.staged_at is not null)
      and (%(interchange)s::bigint is null or i.control_number = %(interchange)s)
      and exists (
          select from edi.sent_documents as d
          where d.interchange_id = i.interchange_id
            and (%(group_number)s::bigint is null or d.group_number = %(group_number)s)
            and (%(functional_id)s::text is null or d.functional_id = %(functional_id)s)
            and (%(document)s::text is null or %(document)s in (d.control_number, d.document_number))
            and (%(document_number)s::text is null or d.document_number = %(document_number)s)
      )
    order by interchange_id desc
    limit 1
),
chosen as (
    select d.document_id, d.syntax_status, d.business_status
    from edi.sent_documents as d
    join newest using (interchange_id)
    where (%(group_number)s::bigint is null or d.group_number = %(group_number)s)
      and (%(functional_id)s::text is null or d.functional_id = %(functional_id)s)
      and (%(document)s::text is null or %(document)s in (d.control_number, d.document_number))
      and (%(document_number)s::text is null or d.document_number = %(document_number)s)
)
update edi.sent_documents as d
set syntax_status = case when %(level)s = 'syntax' then %(verdict)s else d.syntax_status end,
    syntax_errors = case when %(level)s = 'syntax' then %(errors)s else d.syntax_errors end,
    syntax_answered_at = case when %(level)s = 'syntax' then now() else d.syntax_answered_at end,
    business_status = case when %(level)s = 'business' then %(verdict)s else d.business_status end,
    business_errors = case when %(level)s = 'business' then %(errors)s else d.business_errors end,
    business_answered_at = case when %(level)s = 'business' then now() else d.business_answered_at end
from chosen
where d.document_id = chosen.document_id
  and (%(document)s::text is not null or %(document_number)s::text is not null or %(verdict)s = 'rejected'
       or case when %(level)s = 'syntax' then chosen.syntax_status else chosen.business_status end = 'awaited')
returning d.interchange_id, d.document_id, d.kind || ' ' || coalesce(d.document_number, d.control_number) as named,
    case when %(level)s = 'syntax' then chosen.syntax_status else chosen.business_status end as before,
    %(level)s = 'syntax' and exists (
        select from edi.sent_messages as told where told.document_id = d.document_id
    ) as is_message,
    (select i.flow from edi.sent_interchanges as i where i.interchange_id = d.interchange_id) as flow

-- name: look_now
-- A partner said something of an interchange: the messages that it was made of are looked at now.
update outbox.messages as m set next_attempt_at = now()
from edi.sent_documents as d
join edi.sent_messages as told using (document_id)
where d.interchange_id = %(interchange_id)s and m.message_id = told.message_id and m.status = 'accepted'

-- name: note_received
-- Who says something of its documents has the interchange.
update edi.sent_interchanges
set transport_status = 'received', transport_answered_at = now(), sent_at = coalesce(sent_at, now()),
    due_at = coalesce(due_at, now() + awaited_for)
where interchange_id = any(%(interchange_ids)s) and transport_status in ('written', 'sent')

-- name: keep_answer
-- What a partner said, and of how many things of ours.
insert into edi.answers (
    delivery_id, source_system, account, kind, level, verdict, interchange, functional_id, group_number, document,
    document_number, errors, answered_rows
)
values (
    %(delivery_id)s, %(source_system)s, %(account)s, %(kind)s, %(level)s, %(verdict)s, %(interchange)s,
    %(functional_id)s, %(group_number)s, %(document)s, %(document_number)s, %(errors)s, %(answered_rows)s
)

-- name: overdue
-- What was sent and is not answered in time.
select interchange_id, source_system, account, flow, control_number, file_name, owner, runbook, sent_at, due_at
from edi.sent_states
where state = 'overdue'
order by due_at

-- name: settle_filled_gaps
-- Numbers that were missing came after all: nobody needs to ask for them any more.
update dead_letter.letters as l
set status = 'resolved', status_reason = 'the numbers came', settled_at = now()
where l.rule = 'control_number_gap' and l.status in ('open', 'escalated')
  and l.source_system = %(source_system)s and l.account = %(account)s
  and not exists (
      select from edi.missing_numbers as m
      where m.source_system = l.source_system and m.account = l.account
        and m.sender = l.record ->> 'sender' and m.receiver = l.record ->> 'receiver'
        and m.first_number = (l.record ->> 'first_number')::bigint
        and m.last_number = (l.record ->> 'last_number')::bigint
  )

-- name: clear_answered
-- What was overdue and is answered now is no incident any more.
update seam.alerts as a set cleared_at = now()
where a.cleared_at is null and a.incident like 'interchange %% is not acknowledged'
  and not exists (
      select from edi.sent_states as s
      where s.state = 'overdue' and a.incident = 'interchange ' || s.interchange_id || ' is not acknowledged'
  )
