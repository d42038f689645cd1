-- name: standing
-- Refused records that need no second check: their letter waits, or a person decided to do without them.
select dead_letter_id, rule, uuid_send(content_hash) as content_hash
from dead_letter.letters
where flow = %(flow)s and account = %(account)s and entity = %(entity)s and content_hash is not null
  and checked_as = %(checked_as)s and status in ('open', 'escalated', 'suppressed')
order by dead_letter_id desc
limit %(limit)s

-- name: copy_repeats
-- Records whose letters stand already.
copy dead_letter.repeats (dead_letter_id, delivery_id, line) from stdin with (format csv)

-- name: copy_records
-- Refused records arrive by COPY here first.
create temp table arriving_letters (
    line bigint, place text, field text, value text, rule text, message text, findings jsonb,
    record_key text, record jsonb, fingerprint text, content_hash uuid
) on commit drop

-- name: insert_records
-- A record whose earlier letter waits, or was suppressed by a person, is counted; it does not wait a second time.
with arrived as (
    select a.*, s.dead_letter_id
    from arriving_letters as a
    left join lateral (
        select l.dead_letter_id
        from dead_letter.letters as l
        where l.fingerprint = a.fingerprint and l.status in ('suppressed', 'open', 'escalated')
        order by l.status = 'suppressed' desc, l.dead_letter_id
        limit 1
    ) as s on true
),
repeated as (
    insert into dead_letter.repeats (dead_letter_id, delivery_id, line)
    select dead_letter_id, %(delivery_id)s, line from arrived where dead_letter_id is not null
)
insert into dead_letter.letters (
    step, level, flow, source_system, account, entity, delivery_id, line, place, field, value, rule, message,
    findings, record_key, record, contract_version, owner, runbook, fingerprint, content_hash, checked_as
)
select %(step)s, 'record', %(flow)s, %(source_system)s, %(account)s, %(entity)s, %(delivery_id)s, line, place,
       field, value, rule, message, findings, record_key, record, %(contract_version)s, %(owner)s,
       %(runbook)s, fingerprint, content_hash, %(checked_as)s
from arrived where dead_letter_id is null

-- name: insert_letter
-- One letter: a whole delivery, a message, or a record that a step sets aside by itself.
insert into dead_letter.letters (
    step, level, flow, source_system, account, entity, delivery_id, message_id, line, place, field, value, rule,
    message, findings, record_key, record, contract_version, owner, runbook, fingerprint
)
values (
    %(step)s, %(level)s, %(flow)s, %(source_system)s, %(account)s, %(entity)s, %(delivery_id)s, %(message_id)s,
    %(line)s, %(place)s, %(field)s, %(value)s, %(rule)s, %(message)s, %(findings)s, %(record_key)s, %(record)s,
    %(contract_version)s, %(owner)s, %(runbook)s, %(fingerprint)s
)
returning dead_letter_id

-- name: open_keys
-- Keys of records that wait for a good version, as far as this delivery could bring it.
select distinct l.record_key
from dead_letter.letters as l
join landing.deliveries as d using (delivery_id)
where l.flow = %(flow)s and l.account = %(account)s and l.entity = %(entity)s
  and l.status in ('open', 'escalated') and l.record_key is not null and d.as_of <= %(as_of)s
  and l.delivery_id <> %(delivery_id)s

-- name: resolve
-- Letters whose record came again and was good, unless the good version speaks of an earlier moment.
update dead_letter.letters as l
set status = 'resolved', settled_at = now(),
    status_reason = format('delivery %%s brought a good version', %(delivery_id)s::bigint)
from landing.deliveries as d
where d.delivery_id = l.delivery_id and l.flow = %(flow)s and l.account = %(account)s and l.entity = %(entity)s
  and l.status in ('open', 'escalated') and l.record_key = any(%(keys)s) and d.as_of <= %(as_of)s
  and l.delivery_id <> %(delivery_id)s

-- name: resolve_arrival
-- What could not be taken when it was first seen, as a set with a gap, came whole.
update dead_letter.letters
set status = 'resolved', settled_at = now(),
    status_reason = format('delivery %%s brought it whole', %(delivery_id)s::bigint)
where flow = %(flow)s and account = %(account)s and step = 'land' and level = 'delivery'
  and record ->> 'name' = %(name)s and status in ('open', 'escalated')

-- name: resolve_messages
-- The channel shows newer wishes for the keys, so that earlier ones were refused is past.
update dead_letter.letters as l
set status = 'resolved', settled_at = now(), status_reason = format('message %%s was applied', applied.message_id)
from outbox.messages as applied
join outbox.messages as refused
    on refused.channel = applied.channel and refused.entity = applied.entity and refused.key = applied.key
    and refused.sequence < applied.sequence
where applied.message_id = any(%(ids)s) and refused.status in ('rejected', 'dead')
  and l.message_id = refused.message_id and l.status in ('open', 'escalated')

-- name: list
-- Newest first.
select dead_letter_id, created_at, status, level, flow, account, entity, delivery_id, message_id, line, place, field,
       value, rule, message, owner, runbook
from dead_letter.letters
where (%(flow)s::text is null or flow = %(flow)s)
  and (%(rule)s::text is null or rule = %(rule)s)
  and (%(delivery_id)s::bigint is null or delivery_id = %(delivery_id)s)
  and status = any(%(statuses)s)
order by dead_letter_id desc
limit %(limit)s

-- name: summary
-- What waits for whom, by flow, rule and field.
select flow, entity, rule, field, owner, runbook, count(*) as letters, min(created_at) as oldest_at,
       min(message) as example
from dead_letter.letters
where status in ('open', 'escalated')
group by flow, entity, rule, field, owner, runbook
order by letters desc, flow, rule

-- name: show
-- One letter as it came, how often its record came again, and everything that people did about it.
select l.*, (select count(*) from dead_letter.repeats as r where r.dead_letter_id = l.dead_letter_id) as came_again, (
    select coalesce(jsonb_agg(to_jsonb(i) order by i.intervention_id), '[]')
    from seam.interventions as i
    where i.subject = 'dead letter ' || l.dead_letter_id
) as interventions
from dead_letter.letters as l
where l.dead_letter_id = %(dead_letter_id)s

-- name: settle
-- Only what still waits can be settled; tells which were.
update dead_letter.letters
set status = %(status)s, status_reason = %(reason)s,
    owner = coalesce(%(owner)s, owner),
    settled_at = case when %(status)s = 'escalated' then null else now() end
where dead_letter_id = any(%(ids)s) and status in ('open', 'escalated')
returning dead_letter_id
