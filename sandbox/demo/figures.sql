-- name: flows
-- One row per flow: what it took in, what it made of it, what it sent. Repeats are not new deliveries.
with deliveries as (
    select d.flow, count(distinct d.delivery_id) as deliveries,
           coalesce(sum(c.delivered), 0) as delivered, coalesce(sum(c.accepted), 0) as accepted,
           coalesce(sum(c.new + c.changed + c.unchanged + c.older), 0) as loaded,
           coalesce(sum(c.new + c.changed + c.deleted), 0) as changed
    from landing.deliveries as d
    left join landing.delivery_counts as c using (delivery_id)
    group by d.flow
),
letters as (
    select flow, sum(1 + (select count(*) from dead_letter.repeats as r where r.dead_letter_id = l.dead_letter_id))::bigint
               as dead_letters
    from dead_letter.letters as l
    where status in ('open', 'escalated') group by flow
),
batches as (
    select flow, sum(row_count) filter (where status = 'shut') as gated from gate.batches group by flow
),
messages as (
    select channel, entity,
           count(*) filter (where status in ('accepted', 'applied', 'rejected')) as pushed,
           count(*) filter (where status = 'applied') as applied,
           count(*) filter (where status in ('pending', 'claimed', 'submitted')) as waiting
    from outbox.messages group by channel, entity
),
published as (
    select 'push_metrics_to_bi' as flow, count(*) filter (where status = 'shut') as gated,
           count(*) filter (where status = 'published') as published
    from seam.publications
),
mismatches as (
    select flow, count(*) as mismatches from reconciliation.mismatches
    where status in ('open', 'repairing', 'with_owner') group by flow
),
compared as (
    select distinct on (flow) flow, compared from reconciliation.runs
    where finished_at is not null order by flow, run_id desc
),
seconds as (
    select flow, sum(extract(epoch from finished_at - started_at)) as seconds from seam.runs group by flow
)
select f.flow, d.delivered, d.accepted, coalesce(l.dead_letters, 0) as dead_letters, d.loaded,
       coalesce(d.changed, b_changed.changed) as changed,
       coalesce(b.gated, p.gated) as gated, coalesce(m.pushed, p.published) as pushed,
       coalesce(m.applied, p.published) as applied, m.waiting, x.compared,
       coalesce(mm.mismatches, 0) as mismatches, round(coalesce(s.seconds, 0), 1)::float8 as seconds
from unnest(%(flows)s::text[]) as f (flow)
left join deliveries as d on d.flow = f.flow
left join letters as l on l.flow = f.flow
left join batches as b on b.flow = f.flow
left join unnest(%(push_flows)s::text[], %(channels)s::text[], %(entities)s::text[]) as o (flow, channel, entity)
    on o.flow = f.flow
left join messages as m on m.channel = o.channel and m.entity = o.entity
left join published as p on p.flow = f.flow
left join compared as x on x.flow = f.flow
left join mismatches as mm on mm.flow = f.flow
left join seconds as s on s.flow = f.flow
left join lateral (
    select count(*) as changed from build.builds where f.flow = 'build_warehouse' and status = 'built'
) as b_changed on f.flow = 'build_warehouse'
order by f.flow

-- name: open_work
-- What is still on its way, in words; nothing when the circle is closed.
select format('%%s: delivery %%s is %%s', flow, name, status) as work from landing.deliveries
where status in ('landed', 'checked', 'loaded')
union all
select format('build_warehouse: %%s deliveries are not built', count(*)) from landing.deliveries
where status = 'closed' and not is_built having count(*) > 0
union all
select format('%%s: batch %%s is %%s', flow, batch_id, status) from gate.batches
where status in ('made', 'passed', 'opened')
union all
select format('%%s %%s: %%s messages are %%s', channel, entity, count(*), status) from outbox.messages
where status in ('claimed', 'submitted', 'accepted')
   or (status = 'pending' and next_attempt_at <= now())
   or (status = 'pending' and (select outcome from outbox.receipts as r where r.message_id = messages.message_id
                               order by receipt_id desc limit 1) is distinct from 'parked')
group by channel, entity, status
union all
select 'push_metrics_to_bi: readers do not see the newest build'
where (select coalesce(max(build_id), 0) from seam.publications where status in ('published', 'shut'))
    < (select coalesce(max(build_id), 0) from build.builds where status = 'built')

-- name: not_on_its_way
-- Whether something was built for a push that no batch of it holds.
select (select coalesce(max(last_build_id), 0) from gate.batches where flow = %(flow)s)
    < (select coalesce(max(_build_id), 0) from {outbound}) as waits

-- name: sent_documents
-- What became of the documents that we sent, by partner.
select i.account, count(*) as documents, count(*) filter (where d.syntax_status = 'accepted') as accepted
from edi.sent_documents as d
join edi.sent_interchanges as i using (interchange_id)
group by i.account
order by i.account

-- name: ordered
-- What every supplier should have of every order that went out, by line.
select account || '/' || order_number as key,
       coalesce(
           (select jsonb_object_agg(line ->> 'line_number', line ->> 'quantity') from jsonb_array_elements(lines) as line),
           '{}'
       ) as quantities
from outbound.supplier_edi__purchase_orders

-- name: stock_for_retailers
-- What every retailer should know of every article that it lists: how much can be ordered.
select account || '/' || gtin as key, quantity, false as is_held
from outbound.retailer_edi__stock
where gtin is not null

-- name: catalog_for_retailers
-- And its prices; none of what it lists no more. What a shut gate holds back, it does not know.
select c.account || '/' || c.gtin as key,
       case when c.is_listed
            then jsonb_build_object('net', c.net_price, 'retail', c.retail_price, 'currency', c.currency_code)
       end as price,
       exists (
           select from gate.batches as b
           where b.flow = 'push_catalog_to_retailer_edi' and b.status = 'shut'
             and c._build_id between b.first_build_id and b.last_build_id
       ) as is_held
from outbound.retailer_edi__catalog as c
where c.gtin is not null

-- name: to_be_sent
-- What every warehouse should have of every order that went out, by article.
select account || '/' || order_number as key,
       coalesce(
           (select jsonb_object_agg(line ->> 'sku', line ->> 'quantity') from jsonb_array_elements(lines) as line), '{}'
       ) as quantities
from outbound.warehouse_edi__orders
where not is_cancelled

-- name: invoice_differences
-- What invoices claim beyond what was ordered and received, and waits for its owner.
select source_account as account, order_number, kind, expected, found from conformed.invoice_differences
order by source_account, order_number, kind

-- name: dead_letters
select flow, entity, place, field, value, message, owner, runbook, count(*) over () as total
from dead_letter.letters
where status in ('open', 'escalated')
order by flow, dead_letter_id

-- name: shut_gates
-- Batches that wait for a person, and the expectations that do not hold.
select flow, batch_id, row_count,
       (select array_agg(broken ->> 'rule' || coalesce(' (' || (broken ->> 'count') || ' times)', ''))
        from jsonb_array_elements(verdict -> 'broken') as broken) as reasons
from gate.batches
where status = 'shut'
order by batch_id

-- name: gaps
select d.delivery_id, c.entity
from landing.deliveries as d
join landing.delivery_counts as c using (delivery_id)
where d.status = 'closed'
  and (c.delivered <> c.accepted + c.refused or c.accepted <> c.new + c.changed + c.unchanged + c.older)

-- name: deliveries_by_name
-- What became of the deliveries of a name, as a file or folder is called on the server.
select d.status, c.delivered, c.accepted, c.refused, c.new, c.changed, c.older
from landing.deliveries as d
left join landing.delivery_counts as c on c.delivery_id = d.delivery_id and c.entity = %(entity)s
where d.flow = %(flow)s and d.name = %(name)s and d.kind <> 'repair'

-- name: is_repeated
select exists (
    select from landing.arrivals where flow = %(flow)s and name = %(name)s and is_repeat
)

-- name: taken_in
-- Rows that are new or changed, and distinct records refused, of one entity since a moment.
select coalesce(sum(c.new + c.changed), 0)::bigint as moved,
       (select count(distinct l.fingerprint) from dead_letter.letters as l
        where l.flow = %(flow)s and l.entity = %(entity)s and l.created_at >= %(since)s and l.created_at < %(before)s and l.level = 'record') as refused
from landing.deliveries as d
join landing.delivery_counts as c using (delivery_id)
where d.flow = %(flow)s and c.entity = %(entity)s and d.landed_at >= %(since)s and d.landed_at < %(before)s

-- name: messages
select channel || ' ' || entity as seam, status, count(*) as messages from outbox.messages group by 1, 2 order by 1, 2

-- name: effects
-- Messages that should have had an effect at the channel, by entity.
select entity, count(*) from outbox.messages where status = 'applied' group by entity
