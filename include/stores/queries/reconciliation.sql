-- name: begin
-- A comparison begins.
insert into reconciliation.runs (flow) values (%(flow)s) returning run_id

-- name: make_shown
-- What the channel shows arrives here by COPY.
create temp table shown (key text not null, value text, changed_at timestamptz) on commit drop

-- name: compare
-- Every key that should be shown, with what is shown, and what explains a difference: a message that is on its way,
-- or was while the channel was read; a row that no gate has let pass yet; a change that the channel made later.
create temp table compared on commit drop as
select o.key, o.ours, s.value as theirs, s.changed_at, o.as_of_at,
       case
           when coalesce(s.value, %(absent_means)s) = o.ours then 'agrees'
           when waiting.is_waiting then 'on its way'
           when o._build_id >= %(first_ungated_build)s then 'held by the gate'
           when s.times > 1 then 'several articles of the channel have its number'
           when s.key is null then 'missing at the channel'
           when s.changed_at > o.as_of_at and s.changed_at > now() - interval '1 day'
               then 'changed at the channel after our statement'
           when s.changed_at > o.as_of_at then 'changed at the channel, and no newer statement came in a day'
           else 'differs'
       end as verdict
from (
    select {key} as key, o.{field}::text as ours, o.as_of_at, o._build_id from {outbound} as o
) as o
left join (
    select key, string_agg(distinct value, ', ') as value, max(changed_at) as changed_at, count(*) as times
    from shown group by key
) as s on s.key = o.key
left join lateral (
    select true as is_waiting from outbox.messages as m
    where m.channel = %(channel)s and m.entity = %(entity)s and m.key = o.key
      and (m.status in ('pending', 'claimed', 'submitted', 'accepted') or m.settled_at >= %(read_from)s)
    limit 1
) as waiting on true

-- name: resolve
-- Sides that agree again, or whose difference is explained now; a repair must be seen to have helped.
update reconciliation.mismatches as m
set status = 'resolved', resolved_at = now(), last_run_id = %(run_id)s
where m.flow = %(flow)s and m.status in ('open', 'repairing', 'with_owner')
  and not exists (
      select from compared as c
      where c.key = m.key
        and (c.verdict not in ('agrees', 'on its way', 'held by the gate', 'changed at the channel after our statement')
             or (c.verdict = 'on its way' and m.status = 'repairing'))
  )

-- name: note
-- New differences are opened; known ones are seen again.
insert into reconciliation.mismatches (
    flow, channel, entity, key, field, ours, theirs, reason, owner, runbook, first_run_id, last_run_id
)
select %(flow)s, %(channel)s, %(entity)s, c.key, %(field)s, c.ours, c.theirs, c.verdict, %(owner)s, %(runbook)s,
       %(run_id)s, %(run_id)s
from compared as c
where c.verdict not in ('agrees', 'on its way', 'held by the gate', 'changed at the channel after our statement')
on conflict (flow, key, field) where status in ('open', 'repairing', 'with_owner') do update
set ours = excluded.ours, theirs = excluded.theirs, reason = excluded.reason, last_run_id = excluded.last_run_id,
    last_seen_at = now(),
    status = case
        when reconciliation.mismatches.status = 'repairing' then 'with_owner'
        else reconciliation.mismatches.status
    end

-- name: repairable
-- Differences that a message may mend: ours to say, let pass by the gate, and not mended a day ago already.
select m.mismatch_id, m.key, to_jsonb(o) - '_build_id' - 'content_hash' as payload, o.content_hash, o.as_of_at
from reconciliation.mismatches as m
join {outbound} as o on {key} = m.key
where m.flow = %(flow)s and m.status = 'open' and m.reason in ('differs', 'missing at the channel')
  and o._build_id < %(first_ungated_build)s
  and not exists (
      select from reconciliation.mismatches as earlier
      where earlier.flow = m.flow and earlier.key = m.key and earlier.field = m.field
        and earlier.repair_message_id is not null and earlier.resolved_at > now() - interval '1 day'
  )
order by m.mismatch_id
limit %(cap)s

-- name: set_repairing
-- A repair message is on its way.
update reconciliation.mismatches set status = 'repairing', repair_message_id = %(message_id)s
where mismatch_id = %(mismatch_id)s

-- name: hand_over
-- What is not repaired by itself is its owner's.
update reconciliation.mismatches set status = 'with_owner' where flow = %(flow)s and status = 'open'

-- name: finish
-- What the comparison found: compared = agreed + explained + mismatched.
update reconciliation.runs
set finished_at = now(),
    compared = (select count(*) from compared),
    agreed = (select count(*) from compared where verdict = 'agrees'),
    explained = (
        select count(*) from compared
        where verdict in ('on its way', 'held by the gate', 'changed at the channel after our statement')
    ),
    mismatched = (
        select count(*) from compared
        where verdict not in ('agrees', 'on its way', 'held by the gate', 'changed at the channel after our statement')
    ),
    repairs_queued = %(repairs)s
where run_id = %(run_id)s
returning compared, agreed, explained, mismatched

-- name: with_owner
-- Differences that wait for their owner.
select count(*) from reconciliation.mismatches where flow = %(flow)s and status = 'with_owner'

-- name: match_resolve
-- Differences that are gone. One that a person accepted ends too, so that it counts anew if it ever comes back.
update reconciliation.mismatches as m
set status = 'resolved', resolved_at = now(), last_run_id = %(run_id)s
where m.flow = %(flow)s and m.status in ('open', 'with_owner', 'accepted')
  and not exists (
      select from {differences} as d
      where m.key = d.source_account || ' ' || d.order_number || ' ' || d.item_key and m.field = d.kind
        and (m.status <> 'accepted' or m.theirs is not distinct from d.found::text)
  )

-- name: match_update
-- Differences that are still there, as they are now.
update reconciliation.mismatches as m
set ours = d.expected::text, theirs = d.found::text, last_run_id = %(run_id)s, last_seen_at = now()
from {differences} as d
where m.flow = %(flow)s and m.status = 'with_owner'
  and m.key = d.source_account || ' ' || d.order_number || ' ' || d.item_key and m.field = d.kind

-- name: match_note
-- Differences that are new. Nothing of theirs is ours to repair.
insert into reconciliation.mismatches (
    flow, channel, entity, key, field, ours, theirs, reason, status, owner, runbook, first_run_id, last_run_id
)
select %(flow)s, %(channel)s, 'invoices', d.source_account || ' ' || d.order_number || ' ' || d.item_key, d.kind,
       d.expected::text, d.found::text,
       concat_ws(' ', 'invoices', d.invoice_numbers, 'at stake', d.at_stake_amount), 'with_owner', %(owner)s, %(runbook)s,
       %(run_id)s, %(run_id)s
from {differences} as d
where not exists (
    select from reconciliation.mismatches as m
    where m.flow = %(flow)s and m.status in ('open', 'with_owner', 'accepted')
      and m.key = d.source_account || ' ' || d.order_number || ' ' || d.item_key and m.field = d.kind
)

-- name: match_finish
-- What was compared, by order: compared = agreed + explained + mismatched.
update reconciliation.runs
set finished_at = now(), compared = counted.compared, agreed = counted.compared - counted.mismatched, explained = 0,
    mismatched = counted.mismatched, repairs_queued = 0
from (
    select count(*) as compared, count(*) filter (where is_different) as mismatched
    from (
        select source_account, order_number, bool_or(is_different) as is_different
        from (
            select source_account, order_number, false as is_different from {claims} where order_number is not null
            union all
            select source_account, order_number, true from {differences}
        ) as both_sides
        group by source_account, order_number
    ) as orders
) as counted
where run_id = %(run_id)s
returning runs.compared, runs.agreed, runs.mismatched
