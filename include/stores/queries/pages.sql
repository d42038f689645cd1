-- name: days
-- What went through and what was refused, by flow and day (UTC), of the last days: records of pulls, messages of
-- pushes.
select d.flow, (d.landed_at at time zone 'utc')::date as day, coalesce(sum(c.accepted), 0)::bigint as accepted,
       coalesce(sum(c.refused), 0)::bigint as refused
from landing.deliveries as d
join landing.delivery_counts as c using (delivery_id)
where d.landed_at >= %(since)s and (%(flow)s::text is null or d.flow = %(flow)s)
group by 1, 2
union all
select r.flow, (r.started_at at time zone 'utc')::date, coalesce(sum((r.summary ->> 'applied')::bigint), 0)::bigint,
       coalesce(sum(coalesce((r.summary ->> 'rejected')::bigint, 0) + coalesce((r.summary ->> 'dead')::bigint, 0)), 0)::bigint
from seam.runs as r
where r.step in ('push', 'collect_acknowledgements') and r.started_at >= %(since)s
  and (%(flow)s::text is null or r.flow = %(flow)s)
group by 1, 2
order by 1, 2

-- name: deliveries
-- The newest deliveries of a flow with their balance, in all and by entity.
select d.delivery_id, d.account, d.kind, d.name, d.as_of, d.status, d.landed_at, d.closed_at, d.is_built,
       d.handed_in_by, d.handed_in_because, c.*,
       (select count(*) from landing.arrivals as a where a.delivery_id = d.delivery_id and a.is_repeat) as repeats
from landing.deliveries as d
left join lateral (
    select sum(delivered)::bigint as delivered, sum(accepted)::bigint as accepted, sum(refused)::bigint as refused,
           sum(new)::bigint as new, sum(changed)::bigint as changed, sum(unchanged)::bigint as unchanged,
           sum(older)::bigint as older, sum(deleted)::bigint as deleted,
           bool_and(delivered = accepted + refused) as is_checked_whole,
           bool_and(accepted = new + changed + unchanged + older) as is_loaded_whole,
           jsonb_agg(jsonb_build_object(
               'entity', entity, 'delivered', delivered, 'accepted', accepted, 'refused', refused, 'new', new,
               'changed', changed, 'unchanged', unchanged, 'older', older, 'deleted', deleted
           ) order by entity) as entities
    from landing.delivery_counts
    where delivery_id = d.delivery_id
) as c on true
where d.flow = %(flow)s
order by d.delivery_id desc
limit %(limit)s

-- name: findings
-- What was noticed about deliveries that were taken all the same.
select f.finding_id, f.delivery_id, d.name, d.landed_at, f.entity, f.rule, f.message
from landing.delivery_findings as f
join landing.deliveries as d using (delivery_id)
where d.flow = %(flow)s
order by f.finding_id desc
limit %(limit)s

-- name: letters
-- Newest first; one row more than a page has tells that there is another page.
select dead_letter_id, created_at, status, step, level, flow, account, entity, delivery_id, line, place, field, value,
       rule, message, owner, record_key
from dead_letter.letters
where status = any(%(statuses)s)
  and (%(flow)s::text is null or flow = %(flow)s)
  and (%(rule)s::text is null or rule = %(rule)s)
  and (%(owner)s::text is null or owner = %(owner)s)
  and (%(key)s::text is null or record_key = %(key)s or value = %(key)s)
  and (%(before)s::bigint is null or dead_letter_id < %(before)s)
order by dead_letter_id desc
limit %(limit)s

-- name: count_letters
-- How many a filter finds, as far as a person wants to know.
select count(*) from (
    select from dead_letter.letters
    where status = any(%(statuses)s)
      and (%(flow)s::text is null or flow = %(flow)s)
      and (%(rule)s::text is null or rule = %(rule)s)
      and (%(owner)s::text is null or owner = %(owner)s)
      and (%(key)s::text is null or record_key = %(key)s or value = %(key)s)
    limit %(most)s
) as found

-- name: same_record
-- Every letter of the same record, newest first.
select dead_letter_id, created_at, status, status_reason, rule, field, value, message, delivery_id
from dead_letter.letters
where record_key = %(record_key)s and flow = %(flow)s and entity is not distinct from %(entity)s
  and account = %(account)s and dead_letter_id <> %(dead_letter_id)s
order by dead_letter_id desc
limit %(limit)s

-- name: delivery
-- One delivery, and who handed it in.
select delivery_id, flow, account, kind, name, as_of, landed_at, status, handed_in_by, handed_in_because
from landing.deliveries where delivery_id = %(delivery_id)s

-- name: receipts
-- What the channel said to a message.
select received_at, attempt, outcome, detail from outbox.receipts
where message_id = %(message_id)s
order by receipt_id

-- name: batches
-- The newest batches of a flow that have rows.
select b.batch_id, b.row_count, b.status, b.made_at, b.checked_at, b.filled_at, b.verdict -> 'broken' as broken
from gate.batches as b
where b.flow = %(flow)s and b.row_count > 0
order by b.batch_id desc
limit %(limit)s

-- name: publications
-- What readers were shown last, or will be.
select publication_id, side, build_id, status, written_at, checked_at, published_at, verdict -> 'broken' as broken
from seam.publications
order by publication_id desc
limit %(limit)s

-- name: publication
-- One publication with its verdict.
select publication_id, side, build_id, status, written_at, checked_at, published_at, verdict, evidence_page
from seam.publications where publication_id = %(publication_id)s

-- name: queue
-- How many messages stand where; settled ones of the last day only.
select status, count(*) as messages, min(made_at) as oldest_at, max(attempts) as most_attempts
from outbox.messages
where channel = %(channel)s and entity = %(entity)s
  and (settled_at is null or settled_at > now() - interval '1 day')
group by status

-- name: channel
-- How a channel does: its breaker and what is left to retry.
select breaker, failures_in_a_row, open_until, retry_budget, changed_at from outbox.channels
where channel = %(channel)s

-- name: comparisons
-- The newest comparisons of a flow.
select run_id, started_at, finished_at, compared, agreed, explained, mismatched, repairs_queued
from reconciliation.runs
where flow = %(flow)s
order by run_id desc
limit %(limit)s

-- name: mismatches
-- What differs at a channel now, the oldest first.
select mismatch_id, flow, key, field, ours, theirs, reason, status, owner, first_seen_at, last_seen_at,
       repair_message_id, runbook
from reconciliation.mismatches
where channel = %(channel)s and entity = %(entity)s and status in ('open', 'repairing', 'with_owner')
order by mismatch_id
limit %(limit)s

-- name: builds
-- The newest builds, and how many deliveries each took in.
select b.build_id, b.status, b.started_at, b.finished_at,
       (select count(distinct delivery_id) from build.build_deliveries as d where d.build_id = b.build_id) as deliveries
from build.builds as b
order by b.build_id desc
limit %(limit)s

-- name: steps
-- The newest run of every step of a flow, and how the last day went.
select distinct on (r.step) r.step, r.outcome, r.started_at, r.finished_at, r.error,
       count(*) filter (where r.outcome = 'failed' and r.started_at > now() - interval '1 day')
           over (partition by r.step) as failures,
       count(*) filter (where r.started_at > now() - interval '1 day') over (partition by r.step) as runs
from seam.runs as r
where r.flow = %(flow)s and r.started_at > now() - interval '30 days'
order by r.step, r.run_id desc

-- name: runs
-- The newest runs that did something, or failed, or are at it.
select run_id, step, started_at, finished_at, outcome, summary, error
from seam.runs
where flow = %(flow)s and outcome is distinct from 'nothing'
order by run_id desc
limit %(limit)s

-- name: interventions
-- What people did about a flow: its batches and breaker, its dead letters, its deliveries.
select i.intervention_id, i.kind, i.subject, i.person, i.reason, i.made_at
from seam.interventions as i
left join dead_letter.letters as l on l.dead_letter_id = substring(i.subject from '^dead letter ([0-9]+)$')::bigint
left join landing.deliveries as d on d.delivery_id = substring(i.subject from '^delivery ([0-9]+)$')::bigint
where %(flow)s in (split_part(i.subject, ' ', 1), l.flow, d.flow) or i.subject = 'channel ' || %(channel)s
order by i.intervention_id desc
limit %(limit)s

-- name: openings
-- Who let a held batch out.
select person, reason, made_at from seam.interventions
where kind = 'open_gate' and subject = %(subject)s
order by intervention_id desc
