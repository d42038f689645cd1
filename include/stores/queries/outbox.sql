-- name: supersede_waiting
-- A newer wish for a key takes the place of one that was not sent yet.
update outbox.messages as m
set status = 'superseded', settled_at = now()
from {batch} as b
where m.channel = %(channel)s and m.entity = %(entity)s and m.key = b._key and m.status = 'pending'

-- name: lock_queue
-- What puts messages into the queue takes its turn, so that a key never has two that wait.
select pg_advisory_xact_lock(hashtextextended('outbox ' || %(channel)s || ' ' || %(entity)s, 0))

-- name: fill
-- One message per key of the batch; the payload is the row as it was checked.
insert into outbox.messages (channel, entity, key, batch_id, payload, content_hash, as_of_at)
select %(channel)s, %(entity)s, b._key, %(batch_id)s,
       to_jsonb(b) - '_key' - '_applied' - '_build_id' - 'content_hash', b.content_hash,
       (to_jsonb(b) ->> 'as_of_at')::timestamptz
from {batch} as b

-- name: set_filled
-- The messages of a batch are in the outbox; a batch that is not open cannot be filled.
update gate.batches set status = 'filled', filled_at = now()
where batch_id = %(batch_id)s and status in ('passed', 'opened')

-- name: release_unsent
-- A lease that ran out before anything was sent: the message waits again.
update outbox.messages
set status = 'pending', lease_until = null, leased_by = null
where channel = %(channel)s and entity = %(entity)s and status = 'claimed' and lease_until < now()
  and not exists (
      select from outbox.messages as waiting
      where waiting.channel = outbox.messages.channel and waiting.entity = outbox.messages.entity
        and waiting.key = outbox.messages.key and waiting.status = 'pending'
  )

-- name: supersede_unsent
-- The same, but a newer message of the key waits already.
update outbox.messages
set status = 'superseded', lease_until = null, leased_by = null, settled_at = now()
where channel = %(channel)s and entity = %(entity)s and status = 'claimed' and lease_until < now()

-- name: claim
-- The oldest due messages whose key has nothing in flight.
with due as (
    select m.message_id
    from outbox.messages as m
    where m.channel = %(channel)s and m.entity = %(entity)s and m.status = 'pending'
      and m.next_attempt_at <= now()
      and not exists (
          select from outbox.messages as f
          where f.channel = m.channel and f.entity = m.entity and f.key = m.key
            and f.status in ('claimed', 'submitted', 'accepted')
      )
    order by m.sequence
    limit %(limit)s
    for update skip locked
)
update outbox.messages as m
set status = 'claimed', attempts = m.attempts + 1, leased_by = %(worker)s,
    lease_until = now() + make_interval(secs => %(lease_seconds)s)
from due
where m.message_id = due.message_id
returning m.message_id, m.sequence, m.key, m.payload, m.content_hash, m.as_of_at, m.attempts, m.made_at, m.status, m.kind

-- name: claim_unknown
-- Sent, but whoever sent them is gone: nobody knows what became of them.
update outbox.messages as m
set leased_by = %(worker)s, lease_until = now() + make_interval(secs => %(lease_seconds)s)
where m.message_id in (
    select message_id from outbox.messages
    where channel = %(channel)s and entity = %(entity)s and status = 'submitted' and lease_until < now()
    order by sequence
    limit %(limit)s
    for update skip locked
)
returning m.message_id, m.sequence, m.key, m.payload, m.content_hash, m.as_of_at, m.attempts, m.made_at, m.status, m.kind

-- name: accepted
-- Taken by the channel, not seen there yet.
select m.message_id, m.sequence, m.key, m.payload, m.content_hash, m.as_of_at, m.attempts, m.made_at, m.status, m.kind,
       r.received_at as accepted_at
from outbox.messages as m
join lateral (
    select min(coalesce((detail ->> 'set_at')::timestamptz, received_at)) as received_at from outbox.receipts
    where message_id = m.message_id and outcome = 'accepted'
) as r on true
where m.channel = %(channel)s and m.entity = %(entity)s and m.status = 'accepted'
  and m.next_attempt_at <= now()
order by m.sequence
limit %(limit)s

-- name: set_submitted
-- They leave now, and nobody else may take them over before the request is over.
update outbox.messages set status = 'submitted', lease_until = now() + make_interval(secs => %(lease_seconds)s)
where message_id = any(%(ids)s) and status in ('claimed', 'submitted') and leased_by = %(worker)s
returning message_id

-- name: set_accepted
-- Here and below: only whoever holds a message may move it. Without a worker's name that is an accepted one.
update outbox.messages
set status = 'accepted', lease_until = null, leased_by = null, next_attempt_at = now()
where message_id = any(%(ids)s) and status = 'submitted'
  and leased_by is not distinct from nullif(%(worker)s, '')
returning message_id

-- name: set_applied
-- The channel shows it. Only the worker that holds the message may say so.
update outbox.messages
set status = 'applied', lease_until = null, leased_by = null, settled_at = now()
where message_id = any(%(ids)s) and status in ('claimed', 'submitted', 'accepted')
  and leased_by is not distinct from nullif(%(worker)s, '')
returning message_id

-- name: set_rejected
-- The channel refused it.
update outbox.messages
set status = 'rejected', lease_until = null, leased_by = null, settled_at = now()
where message_id = any(%(ids)s) and status in ('claimed', 'submitted', 'accepted')
  and leased_by is not distinct from nullif(%(worker)s, '')
returning message_id

-- name: set_dead
-- Set aside: the dead letter says why.
update outbox.messages
set status = 'dead', lease_until = null, leased_by = null, settled_at = now()
where message_id = any(%(ids)s) and status in ('claimed', 'submitted', 'accepted')
  and leased_by is not distinct from nullif(%(worker)s, '')
returning message_id

-- name: has_newer
-- A newer wish for the same key waits already.
select exists (
    select from outbox.messages as newer, outbox.messages as m
    where m.message_id = %(message_id)s and newer.channel = m.channel and newer.entity = m.entity
      and newer.key = m.key and newer.status = 'pending'
)

-- name: set_superseded
-- A newer message of the key takes its place.
update outbox.messages
set status = 'superseded', lease_until = null, leased_by = null, settled_at = now()
where message_id = any(%(ids)s) and status in ('claimed', 'submitted', 'accepted')
  and leased_by is not distinct from nullif(%(worker)s, '')
returning message_id

-- name: wait_again
-- Back to those that wait, for a later attempt.
update outbox.messages
set status = 'pending', lease_until = null, leased_by = null,
    next_attempt_at = now() + make_interval(secs => %(seconds)s)
where message_id = %(message_id)s and status in ('claimed', 'submitted')
  and leased_by is not distinct from nullif(%(worker)s, '')

-- name: park
-- It waits for something else: that costs no attempt.
update outbox.messages
set status = 'pending', lease_until = null, leased_by = null, attempts = greatest(0, attempts - 1),
    next_attempt_at = now() + make_interval(secs => %(seconds)s)
where message_id = %(message_id)s and status in ('claimed', 'submitted')
  and leased_by is not distinct from nullif(%(worker)s, '')

-- name: wake_articles
-- What waited for articles that the channel has now.
update outbox.messages set next_attempt_at = now()
where channel = %(channel)s and status = 'pending' and next_attempt_at > now()
  and payload ->> 'sku' = any(%(skus)s)

-- name: look_later
-- The channel has not applied them yet: when to look at each again.
update outbox.messages as m set next_attempt_at = now() + make_interval(secs => wait.seconds)
from unnest(%(ids)s::uuid[], %(seconds)s::float8[]) as wait (message_id, seconds)
where m.message_id = wait.message_id and m.status = 'accepted'

-- name: insert_receipts
-- What the channel said to the attempts that are made now.
insert into outbox.receipts (message_id, attempt, outcome, detail)
select m.message_id, m.attempts, said.outcome, said.detail
from unnest(%(ids)s::uuid[], %(outcomes)s::text[], %(details)s::jsonb[]) with ordinality
    as said (message_id, outcome, detail, place)
join outbox.messages as m using (message_id)
order by said.place

-- name: remember_states
-- Only a newer message may say what the channel shows.
insert into outbox.channel_state (channel, entity, key, content_hash, payload, as_of_at, message_id, applied_at)
select distinct on (m.channel, m.entity, m.key)
    m.channel, m.entity, m.key, m.content_hash, m.payload || told.shown, m.as_of_at, m.message_id, now()
from unnest(%(ids)s::uuid[], %(shown)s::jsonb[]) as told (message_id, shown)
join outbox.messages as m using (message_id)
order by m.channel, m.entity, m.key, m.sequence desc
on conflict (channel, entity, key) do update
set content_hash = excluded.content_hash, payload = excluded.payload, as_of_at = excluded.as_of_at,
    message_id = excluded.message_id, applied_at = excluded.applied_at
where (select sequence from outbox.messages where message_id = excluded.message_id)
    >= (select sequence from outbox.messages where message_id = channel_state.message_id)

-- name: states
-- What the channel last showed, by key.
select key, payload, as_of_at, applied_at from outbox.channel_state
where channel = %(channel)s and entity = %(entity)s and key = any(%(keys)s)

-- name: close_ids
-- An identifier that moved: the old one holds no longer.
update outbox.channel_ids as old
set valid_to = now()
from unnest(%(kinds)s::text[], %(our_keys)s::text[], %(channel_ids)s::text[]) as new (kind, our_key, channel_id)
where old.channel = %(channel)s and old.shop = %(shop)s and old.kind = new.kind and old.our_key = new.our_key
  and old.valid_to is null and old.channel_id <> new.channel_id

-- name: add_ids
-- Identifiers that the channel gave; one that still holds is left as it is.
insert into outbox.channel_ids (channel, shop, kind, our_key, channel_id)
select distinct on (kind, our_key) %(channel)s, %(shop)s, kind, our_key, channel_id
from unnest(%(kinds)s::text[], %(our_keys)s::text[], %(channel_ids)s::text[]) as new (kind, our_key, channel_id)
on conflict (channel, shop, kind, our_key) where valid_to is null do nothing

-- name: ids
-- The identifiers that hold now.
select our_key, channel_id from outbox.channel_ids
where channel = %(channel)s and shop = %(shop)s and kind = %(kind)s and our_key = any(%(our_keys)s)
  and valid_to is null

-- name: channel
-- A channel is known from its first message on.
insert into outbox.channels (channel) values (%(channel)s) on conflict (channel) do nothing

-- name: breaker
-- Whether anything may be sent, and how much there is left to retry.
select breaker, failures_in_a_row, extract(epoch from open_until - now())::float8 as open_for_seconds, retry_budget
from outbox.channels where channel = %(channel)s

-- name: note_success
-- An answer: the breaker closes, and a part of a retry is earned.
update outbox.channels
set breaker = 'closed', failures_in_a_row = 0, open_until = null, changed_at = now(),
    retry_budget = least(%(budget_maximum)s, retry_budget + %(budget_per_success)s)
where channel = %(channel)s

-- name: note_failure
-- From the fifth failure in a row on nothing is sent for a while, longer every time.
update outbox.channels
set failures_in_a_row = failures_in_a_row + 1, changed_at = now(),
    breaker = case when failures_in_a_row + 1 >= %(threshold)s then 'open' else breaker end,
    open_until = case
        when failures_in_a_row + 1 >= %(threshold)s
            then now() + make_interval(secs => least(
                %(longest_seconds)s, %(seconds)s * power(2, least(10, failures_in_a_row + 1 - %(threshold)s))
            ))
        else open_until
    end
where channel = %(channel)s

-- name: half_open
-- The pause is over: one message tries whether the channel answers.
update outbox.channels set breaker = 'half_open', changed_at = now()
where channel = %(channel)s and breaker = 'open' and open_until <= now()

-- name: reset_breaker
-- A person says that the channel answers again.
update outbox.channels
set breaker = 'closed', failures_in_a_row = 0, open_until = null, changed_at = now()
where channel = %(channel)s

-- name: spend_retry
-- A retry costs one; successes earn a part of one. Tells whether there was one to spend.
update outbox.channels set retry_budget = retry_budget - 1
where channel = %(channel)s and retry_budget >= 1
returning retry_budget

-- name: queue_repair
-- The channel shows something else than it should: the wish is sent once more, under a new message.
insert into outbox.messages (channel, entity, key, kind, payload, content_hash, as_of_at)
values (%(channel)s, %(entity)s, %(key)s, %(kind)s, %(payload)s, %(content_hash)s, %(as_of_at)s)
on conflict (channel, entity, key) where status = 'pending' do nothing
returning message_id

-- name: unsettled_keys
-- Keys with a message that waits or is on its way.
select distinct key from outbox.messages
where channel = %(channel)s and entity = %(entity)s and status in ('pending', 'claimed', 'submitted', 'accepted')

-- name: lock_queue_of
-- One change of a queue at a time, until the end of the transaction.
select pg_advisory_xact_lock(hashtextextended('outbox ' || channel || ' ' || entity, 0))
from outbox.messages where message_id = %(message_id)s

-- name: retry_message
-- The newest wish for the key of a message that was set aside, under a new message.
insert into outbox.messages (channel, entity, key, kind, payload, content_hash, as_of_at)
select channel, entity, key, 'retry', payload, content_hash, as_of_at
from outbox.messages
where message_id = %(message_id)s
  and not exists (
      select from outbox.messages as newer
      where newer.channel = messages.channel and newer.entity = messages.entity and newer.key = messages.key
        and newer.sequence > messages.sequence
  )
on conflict (channel, entity, key) where status = 'pending' do nothing
returning message_id

-- name: queue
-- How many messages stand where.
select status, count(*) from outbox.messages
where channel = %(channel)s and entity = %(entity)s and (settled_at is null or settled_at > now() - interval '1 day')
group by status

-- name: count_receipts
-- How often the channel gave this answer to a message.
select count(*) from outbox.receipts where message_id = %(message_id)s and outcome = %(outcome)s

-- name: seconds_to_next
-- Until the next waiting message is due; null if none waits.
select case when count(*) > 0 then greatest(0, extract(epoch from min(next_attempt_at) - now())) end::float8
from outbox.messages as m
where m.channel = %(channel)s and m.entity = %(entity)s and m.status = 'pending'
  and not exists (
      select from outbox.messages as f
      where f.channel = m.channel and f.entity = m.entity and f.key = m.key
        and f.status in ('claimed', 'submitted', 'accepted')
  )

-- name: seconds_to_next_look
-- Until the next accepted message is to be looked at; null if there is none.
select case when count(*) > 0 then greatest(0, extract(epoch from min(next_attempt_at) - now())) end::float8
from outbox.messages where channel = %(channel)s and entity = %(entity)s and status = 'accepted'

-- name: has_work
-- Something is in flight, or due soon.
select exists (
    select from outbox.messages
    where channel = %(channel)s and entity = %(entity)s
      and (status in ('claimed', 'submitted', 'accepted')
           or (status = 'pending' and next_attempt_at <= now() + make_interval(secs => %(seconds)s)))
)
