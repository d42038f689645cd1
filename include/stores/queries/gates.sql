-- name: open_batch
-- The batch of a flow that is not settled yet.
select batch_id, status, first_build_id, last_build_id from gate.batches
where flow = %(flow)s and status in ('made', 'passed', 'shut', 'opened')

-- name: first_build
-- The first build whose rows no filled batch of the flow covers.
select coalesce(max(last_build_id), 0) + 1 from gate.batches where flow = %(flow)s and status = 'filled'

-- name: accounts_to_tell
-- The partners of the flow that are to be told everything again, and are in no filled batch yet.
select coalesce(array_agg(distinct t.account), '{{}}')
from gate.told_again as t
left join gate.batches as b using (batch_id)
where t.flow = %(flow)s and b.status is distinct from 'filled'

-- name: tell_again
-- A partner of the flow is to be told everything again, with the next batch.
insert into gate.told_again (flow, account) values (%(flow)s, %(account)s)

-- name: take_up_tellings
-- The batch that holds everything of the partners that are to be told again.
update gate.told_again as t set batch_id = %(batch_id)s
where t.flow = %(flow)s
  and (select b.status from gate.batches as b where b.batch_id = t.batch_id) is distinct from 'filled'

-- name: supersede
-- A batch that is not filled gives way to one that holds its rows too.
update gate.batches set status = 'superseded' where batch_id = %(batch_id)s and status in ('made', 'shut', 'passed', 'opened')

-- name: insert_batch
-- A batch of what changed in some builds; how many rows it has is not known yet.
insert into gate.batches (flow, channel, entity, first_build_id, last_build_id, row_count)
values (%(flow)s, %(channel)s, %(entity)s, %(first_build_id)s, %(last_build_id)s, 0)
returning batch_id

-- name: make_batch
-- What the channel should show and is not on its way to show: changed since the last filled batch, and
-- different from the newest message of its key, or from what the channel showed last; of partners that are told everything
-- again, whatever the build.
create table {batch} as
select {key} as _key, o.*, s.payload as _applied
from {outbound} as o
left join outbox.channel_state as s
    on s.channel = {channel} and s.entity = {entity} and s.key = {key}
left join lateral (
    select m.content_hash from outbox.messages as m
    where m.channel = {channel} and m.entity = {entity} and m.key = {key}
      and m.status in ('pending', 'claimed', 'submitted', 'accepted')
    order by m.sequence desc
    limit 1
) as waiting on true
where {chosen}
  and o.content_hash is distinct from coalesce(waiting.content_hash, s.content_hash)

-- name: set_row_count
-- A batch without rows needs no check.
update gate.batches
set row_count = %(row_count)s, status = case when %(row_count)s = 0 then 'filled' else status end,
    filled_at = case when %(row_count)s = 0 then now() end
where batch_id = %(batch_id)s

-- name: hold_still
-- Nobody changes the rows until the transaction is over.
lock table {batch} in share mode

-- name: seal
-- Comes to something else when a row is added, changed or gone.
select count(*) || ' rows ' || coalesce(sum(hashtextextended(b::text, 0)::numeric), 0) from {batch} as b

-- name: kept_seal
-- What the rows came to when they were judged.
select seal from gate.batches where batch_id = %(batch_id)s

-- name: set_verdict
-- The verdict on a batch, with the page that shows its evidence.
update gate.batches
set status = case when %(is_open)s then 'passed' else 'shut' end, checked_at = now(), verdict = %(verdict)s,
    evidence_page = %(evidence_page)s, seal = %(seal)s
where batch_id = %(batch_id)s and status = 'made'

-- name: open_shut
-- A person lets a held batch out, once.
update gate.batches set status = 'opened' where batch_id = %(batch_id)s and status = 'shut' returning flow

-- name: batch
-- One batch with its verdict.
select batch_id, flow, channel, entity, row_count, status, made_at, checked_at, filled_at, verdict, evidence_page
from gate.batches where batch_id = %(batch_id)s

-- name: recent
-- The newest batches that have rows.
select batch_id, flow, row_count, status, made_at, checked_at, filled_at, evidence_page,
       verdict -> 'broken' as broken
from gate.batches
where row_count > 0
order by batch_id desc
limit %(limit)s

-- name: forget_states
-- What a partner showed it does not show any more.
delete from outbox.channel_state
where channel = %(channel)s and entity = %(entity)s and starts_with(key, %(account)s || '/')

-- name: live_keys
-- How many keys the channel shows.
select count(*) from outbox.channel_state where channel = %(channel)s and entity = %(entity)s

-- name: settled_before
-- Batches whose rows are not needed any more.
select batch_id from gate.batches
where flow = %(flow)s and status in ('filled', 'superseded') and batch_id < %(batch_id)s
order by batch_id desc
offset %(keep)s

-- name: row_count
-- How many rows a batch has.
select row_count from gate.batches where batch_id = %(batch_id)s
