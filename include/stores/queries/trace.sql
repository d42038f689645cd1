-- name: deliveries
-- By id, by a part of the name, or by the hash of the bytes.
select d.landed_at as at, 'land' as step, d.flow as seam,
       format('delivery %%s %%s (%%s, %%s)', d.delivery_id, d.name, d.kind, d.status) as what,
       jsonb_build_object('account', d.account, 'as_of', d.as_of, 'counts', (
           select jsonb_agg(to_jsonb(c) - 'delivery_id') from landing.delivery_counts as c
           where c.delivery_id = d.delivery_id
       )) as detail
from landing.deliveries as d
where d.delivery_id::text = %(key)s or d.name ilike %(like)s or d.content_sha256 = lower(%(key)s)
   or d.delivery_id = any(%(delivery_ids)s)
limit 200

-- name: dead_letters
-- By the key of the record, by id, or by a value of the record as it came.
select l.created_at as at, l.step, l.flow as seam,
       format('dead letter %%s (%%s): %%s', l.dead_letter_id, l.status, l.message) as what,
       jsonb_build_object('delivery_id', l.delivery_id, 'line', l.line, 'field', l.field, 'value', l.value,
                          'owner', l.owner, 'came_again', (
                              select count(*) from dead_letter.repeats as r where r.dead_letter_id = l.dead_letter_id
                          )) as detail
from dead_letter.letters as l
where l.record_key = any(%(keys)s) or l.dead_letter_id::text = %(key)s
   or exists (select from jsonb_each_text(l.record) as r where r.value = any(%(keys)s))
limit 200

-- name: messages
-- By key, by id, by the article of a key, or by an article of the product that is sent.
select m.made_at as at, 'fill_outbox' as step, m.channel || ' ' || m.entity as seam,
       format('message %%s for %%s: %%s', m.message_id, m.key, m.status) as what,
       jsonb_build_object('batch_id', m.batch_id, 'kind', m.kind, 'attempts', m.attempts,
                          'settled_at', m.settled_at) as detail
from outbox.messages as m
where m.key = any(%(keys)s) or m.message_id::text = %(key)s or split_part(m.key, '@', 1) = any(%(keys)s)
   or m.payload ->> 'sku' = any(%(keys)s)
   or exists (
       select from jsonb_array_elements(
           case when jsonb_typeof(m.payload -> 'variants') = 'array' then m.payload -> 'variants' else '[]' end
       ) as v
       where v ->> 'sku' = any(%(keys)s)
   )
limit 200

-- name: receipts
-- What the channel said to those messages.
select r.received_at as at, 'push' as step, m.channel || ' ' || m.entity as seam,
       format('%%s, attempt %%s of message %%s', r.outcome, r.attempt, r.message_id) as what, r.detail
from outbox.receipts as r
join outbox.messages as m using (message_id)
where m.key = any(%(keys)s) or m.message_id::text = %(key)s or split_part(m.key, '@', 1) = any(%(keys)s)
   or m.payload ->> 'sku' = any(%(keys)s)
   or exists (
       select from jsonb_array_elements(
           case when jsonb_typeof(m.payload -> 'variants') = 'array' then m.payload -> 'variants' else '[]' end
       ) as v
       where v ->> 'sku' = any(%(keys)s)
   )
limit 500

-- name: exchanged
-- Documents of ours that bear the number or tell of the article, where they stand with the partner, and what the partner said of them.
select coalesce(i.sent_at, i.written_at) as at, 'send' as step, i.flow as seam,
       format('%%s %%s to %%s in interchange %%s: transport %%s, syntax %%s, business %%s', d.kind,
              coalesce(d.document_number, d.control_number), i.account, i.control_number, i.transport_status,
              d.syntax_status, d.business_status) as what,
       jsonb_build_object('file', i.file_name, 'due_at', i.due_at, 'syntax_errors', d.syntax_errors,
                          'business_errors', d.business_errors) as detail
from edi.sent_documents as d
join edi.sent_interchanges as i using (interchange_id)
where d.document_number = any(%(keys)s)
   or d.document_id in (
       select told.document_id from edi.sent_messages as told
       join outbox.messages as m using (message_id)
       where m.payload ->> 'sku' = any(%(keys)s)
   )
union all
select a.read_at, 'settle_answers', 'collect_edi_acknowledgements',
       format('%%s of %%s says %%s of %%s', a.kind, a.account, a.verdict, a.document_number),
       jsonb_build_object('level', a.level, 'errors', a.errors, 'delivery_id', a.delivery_id)
from edi.answers as a
where a.document_number = any(%(keys)s)
limit 200

-- name: conversation
-- What partners said of a purchase, when they said it, and where invoices differ from it.
select l.stated_at as at, 'conversation' as step, l.source_system || ' ' || l.source_account as seam,
       format('%%s %%s (%%s): %%s lines', l.document_role, l.document_number, l.document_kind, l.line_count) as what,
       jsonb_build_object('document_id', l.document_id, 'is_test', l.is_test) as detail
from conformed.purchase_document_links as l
where l.order_number = any(%(keys)s)
union all
select b.finished_at, 'build', 'build_warehouse',
       format('invoices %%s differ in %%s of %%s: expected %%s, found %%s', d.invoice_numbers, d.kind, d.item_key,
              d.expected, d.found),
       jsonb_build_object('at_stake_amount', d.at_stake_amount, 'build_id', d._build_id)
from conformed.invoice_differences as d
join build.builds as b on b.build_id = d._build_id
where d.order_number = any(%(keys)s) and b.finished_at is not null
limit 500

-- name: settled
-- What payment providers settled of the payments of an order, and where that is another amount than was paid.
with held as (
    select * from metrics.payment_settlements where order_id = any(%(keys)s) or payment_reference = any(%(keys)s)
)
select l.booked_at as at, 'settlement' as step, l.source_system || ' ' || l.source_account as seam,
       format('batch %%s: %%s %%s %%s of payment %%s', l.batch_number, l.kind, round(l.gross_amount, greatest(2, min_scale(l.gross_amount))),
              l.gross_currency_code, l.payment_reference) as what,
       jsonb_build_object('net_amount', l.net_amount, 'fee_amount', l.fee_amount, 'currency_code', l.currency_code) as detail
from conformed.settlement_lines as l
where exists (
    select from held
    where held.provider_system = l.source_system and held.provider_account = l.source_account
        and held.payment_reference = l.payment_reference
)
union all
select coalesce(settled_at, awaited_until), 'settlement', provider_system || ' ' || provider_account,
       format('payment %%s, %%s: paid %%s, settled %%s', payment_reference, replace(finding, '_', ' '),
              coalesce(round(paid_amount, greatest(2, min_scale(paid_amount))) || ' ' || currency_code, 'nothing'),
              coalesce(round(settled_amount, greatest(2, min_scale(settled_amount))) || ' ' || currency_code, 'nothing')),
       jsonb_build_object('finding', finding, 'difference_amount', difference_amount)
from held
where finding <> 'agrees'
limit 200

-- name: mismatches
-- Differences between the channel and us.
select x.first_seen_at as at, 'reconcile' as step, x.flow as seam,
       format('%%s of %%s: ours %%s, theirs %%s (%%s)', x.field, x.key, x.ours, x.theirs, x.status) as what,
       jsonb_build_object('reason', x.reason, 'resolved_at', x.resolved_at, 'owner', x.owner) as detail
from reconciliation.mismatches as x
where x.key = any(%(keys)s) or split_part(x.key, '@', 1) = any(%(keys)s) or split_part(x.key, ' ', 2) = any(%(keys)s)
limit 200

-- name: interventions
-- What people did about it, or about its dead letters.
select i.made_at as at, i.kind as step, i.subject as seam, format('%%s: %%s', i.person, i.reason) as what, i.detail
from seam.interventions as i
where i.subject = %(key)s or i.subject in (
    select 'dead letter ' || l.dead_letter_id from dead_letter.letters as l where l.record_key = any(%(keys)s)
)
limit 200

-- name: same_product
-- Every name of the products and variants that have one of these names.
with ours as (
    select distinct our_id from conformed.product_ids where identifier = any(%(keys)s) or our_id = any(%(keys)s)
),
family as (
    select our_id from ours
    union
    select v.product_id from conformed.product_variants as v join ours on v.variant_id = ours.our_id
    union
    select v.variant_id from conformed.product_variants as v join ours on v.product_id = ours.our_id
)
select our_id from family
union
select identifier from conformed.product_ids join family using (our_id)
union
select v.sku from conformed.product_variants as v
where v.variant_id in (select our_id from family) or v.sku = any(%(keys)s)
limit 500

-- name: same_order
-- Every name of the orders that have one of these names.
with found as (
    select order_id, order_key, order_name from conformed.orders
    where order_id = any(%(keys)s) or order_key = any(%(keys)s) or order_name = any(%(keys)s)
)
select unnest(array[order_id, order_key, order_name]) from found
limit 500

-- name: built
-- Rows of the model, at the build that last changed them.
with changed as (
    select 'conformed.orders' as table_name, order_id as name, _build_id from conformed.orders
    where order_id = any(%(keys)s)
    union all
    select 'conformed.products', product_id, _build_id from conformed.products where product_id = any(%(keys)s)
    union all
    select 'conformed.product_variants', sku, _build_id from conformed.product_variants where sku = any(%(keys)s)
    union all
    select 'conformed.stock_levels', sku || ' ' || location, _build_id from conformed.stock_levels
    where sku = any(%(keys)s)
    union all
    select 'outbound.shopify__products', handle, _build_id from outbound.shopify__products
    where product_id = any(%(keys)s)
    union all
    select 'outbound.shopify__stock', sku || ' ' || location_name, _build_id from outbound.shopify__stock
    where sku = any(%(keys)s)
)
select coalesce(b.finished_at, b.started_at) as at, 'build' as step, 'build_warehouse' as seam,
       format('%%s %%s: last changed in build %%s', c.table_name, c.name, c._build_id) as what,
       jsonb_build_object('build_id', c._build_id) as detail
from changed as c
join build.builds as b on b.build_id = c._build_id
limit 200
