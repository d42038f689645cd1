-- name: register
-- Whoever comes first has the number; the same content may come again.
insert into edi.interchanges (source_system, account, sender, receiver, control_number, content_sha256, delivery_id)
values (
    %(source_system)s, %(account)s, %(sender)s, %(receiver)s, %(control_number)s, %(content_sha256)s, %(delivery_id)s
)
on conflict (source_system, account, sender, receiver, control_number) do nothing

-- name: registered
-- The delivery that has a number, and whether it says the same.
select delivery_id, content_sha256 = %(content_sha256)s
from edi.interchanges
where source_system = %(source_system)s and account = %(account)s and sender = %(sender)s
  and receiver = %(receiver)s and control_number = %(control_number)s

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
