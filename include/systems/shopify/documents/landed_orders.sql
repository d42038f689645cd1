{#- Orders of which the connector wrote something since the moment `since` (null: all of them), by id, each as the
    document that the Admin API would send (documents/orders.graphql). Tables and columns: connector/tables.py. A table
    is gone through once, whatever the number of orders. -#}
{%- macro gid(kind, number) -%}
('gid://shopify/{{ kind }}/' || {{ number }})
{%- endmacro -%}
{#- An amount by its names: of GraphQL in a column for each currency, of REST in two such columns or in a document. -#}
{%- macro shop_amount(row) -%}
coalesce(
    {%- for name in varargs -%}
    {{ row.number(name ~ '_set_shop_amount', name ~ '_set_shop_money_amount') }}, {{ row.number_in(name ~ '_set', 'shop_money', 'amount') }}
    {{- ', ' if not loop.last }}
    {%- endfor -%}
)
{%- endmacro -%}
{%- macro presentment_amount(row) -%}
coalesce(
    {%- for name in varargs -%}
    {{ row.number(name ~ '_set_pres_amount', name ~ '_set_presentment_money_amount') }}, {{ row.number_in(name ~ '_set', 'presentment_money', 'amount') }}
    {{- ', ' if not loop.last }}
    {%- endfor -%}
)
{%- endmacro -%}
{%- macro both(shop, presentment) -%}
jsonb_build_object(
    'shopMoney', jsonb_build_object('amount', ({{ shop }})::text, 'currencyCode', changed.our_shop_currency),
    'presentmentMoney', jsonb_build_object('amount', ({{ presentment }})::text, 'currencyCode', changed.our_presentment_currency)
)
{%- endmacro -%}
{#- An amount with its column of both currencies; a plain column speaks of the shop's currency. -#}
{%- macro money(row, set, plain) -%}
{%- set in_shop = 'coalesce(' ~ shop_amount(row, set, plain) ~ ', ' ~ row.number(plain) ~ ')' -%}
{{ both(in_shop, 'coalesce(' ~ presentment_amount(row, set, plain) ~ ', case when changed.is_in_one_currency then ' ~ in_shop ~ ' end)') }}
{%- endmacro -%}

{%- set taxes = tables.first('tax_line', 'order_line_tax_line') -%}
{%- set returned = tables.first('order_line_refund', 'refund_line_item') -%}
{%- set o = tables.row('order', 'o') -%}
{%- set r = tables.row('order', 'changed') -%}
{%- set line = tables.row('order_line', 'line') -%}
{%- set tax = tables.row(taxes, 'tax') -%}
{%- set allocation = tables.row('discount_allocation', 'allocation') -%}
{%- set application = tables.row('discount_application', 'application') -%}
{%- set shipping = tables.row('order_shipping_line', 'shipping') -%}
{%- set payment = tables.row('transaction', 'payment') -%}
{%- set refund = tables.row('refund', 'refund') -%}
{%- set back = tables.row(returned, 'back') -%}
{%- set shipment = tables.row('fulfillment', 'shipment') -%}
{%- set tracking = tables.row('fulfillment_tracking_info', 'tracking') -%}
{%- set event = tables.row('fulfillment_event', 'event') -%}
{%- set asked = tables.row('return', 'asked') -%}
{%- set asked_line = tables.row('return_line_item', 'asked_line') -%}
{%- set customer = tables.row('customer', 'customer') -%}
{%- set shop_currency = o('currency_code', 'currency') -%}
{%- set presentment_currency = 'coalesce(' ~ o('presentment_currency_code', 'presentment_currency') ~ ', ' ~ shop_currency ~ ')' -%}

with changed_ids as materialized (
    select id from {{ tables.every_row('order') }} as o
    where %(since)s::timestamptz is null or o._fivetran_synced >= %(since)s::timestamptz
    {%- for table in by_order if tables.tells_when(table) %}
    union
    select child.order_id from {{ tables.every_row(table) }} as child
    where child._fivetran_synced >= %(since)s::timestamptz
    {%- endfor %}
    {%- for table, parent, key in by_parent if tables.tells_when(table) and tables.has(parent) %}
    union
    select parent.order_id from {{ tables.every_row(table) }} as child
    join {{ tables.every_row(parent) }} as parent on parent.id = child.{{ key }}
    where child._fivetran_synced >= %(since)s::timestamptz
    {%- endfor %}
),

changed as materialized (
    select
        o.*,
        {{ shop_currency }} as our_shop_currency,
        {{ presentment_currency }} as our_presentment_currency,
        {{ shop_currency }} is not distinct from {{ presentment_currency }} as is_in_one_currency
    from {{ tables.rows('order') }} as o
    join changed_ids on changed_ids.id = o.id
),

tax_lines as (
    select
        tax.order_line_id,
        jsonb_agg(
            jsonb_build_object(
                'title', {{ tax('title') }},
                'ratePercentage', {{ tax.number('rate') }} * 100,
                'priceSet', {{ money(tax, 'price', 'price') }}
            )
            order by {{ tax.number('index') }}
        ) as nodes
    from {{ tables.rows(taxes) }} as tax
    join {{ tables.rows('order_line') }} as line on line.id = tax.order_line_id
    join changed on changed.id = line.order_id
    group by tax.order_line_id
),

allocations as (
    select
        allocation.order_line_id,
        sum(coalesce({{ shop_amount(allocation, 'allocated_amount', 'amount') }}, {{ allocation.number('amount') }})) as shop_amount,
        jsonb_agg(
            jsonb_build_object(
                'allocatedAmountSet', {{ money(allocation, 'allocated_amount', 'amount') }},
                'discountApplication', jsonb_build_object(
                    '__typename', case
                        when {{ application('code') }} is not null or {{ application('type') }} = 'discount_code' then 'DiscountCodeApplication'
                        when {{ application('type') }} = 'manual' then 'ManualDiscountApplication'
                        when {{ application('type') }} = 'script' then 'ScriptDiscountApplication'
                        else 'AutomaticDiscountApplication'
                    end,
                    'code', {{ application('code') }},
                    'title', {{ application('title', 'description') }}
                )
            )
            order by {{ allocation.number('index') }}
        ) as nodes
    from {{ tables.rows('discount_allocation') }} as allocation
    join {{ tables.rows('order_line') }} as line on line.id = allocation.order_line_id
    join changed on changed.id = line.order_id
    left join {{ tables.rows('discount_application') }} as application
        on application.order_id = line.order_id
        and {{ application.number('index') }} = {{ allocation.number('discount_application_index') }}
    group by allocation.order_line_id
),

taken_back as (
    select
        back.order_line_id,
        sum({{ back.number('quantity') }}) as pieces,
        sum({{ back.number('quantity') }}) filter (where upper({{ back('restock_type') }}) = 'CANCEL') as never_sent
    from {{ tables.rows(returned) }} as back
    join {{ tables.rows('order_line') }} as line on line.id = back.order_line_id
    join changed on changed.id = line.order_id
    group by back.order_line_id
),

-- What a line costs before discounts; the later generation of the API says it for all its pieces alone.
line_amounts as (
    select
        line.id,
        coalesce(
            {{ shop_amount(line, 'original_unit_price', 'price') }},
            {{ line.number('price') }},
            round({{ shop_amount(line, 'original_total') }} / nullif({{ line.number('quantity') }}, 0), 4),
            {{ shop_amount(line, 'original_total') }}
        ) as unit_price,
        coalesce(
            {{ presentment_amount(line, 'original_unit_price', 'price') }},
            round({{ presentment_amount(line, 'original_total') }} / nullif({{ line.number('quantity') }}, 0), 4),
            {{ presentment_amount(line, 'original_total') }},
            case when changed.is_in_one_currency then {{ line.number('price') }} end
        ) as unit_price_presentment,
        coalesce({{ shop_amount(line, 'total_discount') }}, allocations.shop_amount, {{ line.number('total_discount') }}, 0) as discount,
        coalesce(
            {{ presentment_amount(line, 'total_discount') }},
            case when changed.is_in_one_currency then coalesce(allocations.shop_amount, {{ line.number('total_discount') }}, 0) end
        ) as discount_presentment
    from {{ tables.rows('order_line') }} as line
    join changed on changed.id = line.order_id
    left join allocations on allocations.order_line_id = line.id
),

lines as (
    select
        line.order_id,
        jsonb_agg(
            jsonb_build_object(
                'id', {{ gid('LineItem', line('id')) }},
                'sku', {{ line('sku') }},
                'title', {{ line('title', 'name') }},
                'variantTitle', {{ line('variant_title') }},
                'product', case when {{ line('product_id') }} is not null then jsonb_build_object('id', {{ gid('Product', line('product_id')) }}) end,
                'variant', case when {{ line('variant_id') }} is not null then jsonb_build_object('id', {{ gid('ProductVariant', line('variant_id')) }}) end,
                'quantity', {{ line.raw('quantity') }},
                'currentQuantity', trim_scale({{ line.number('quantity') }} - coalesce(taken_back.pieces, 0)),
                'taxable', {{ line.raw('taxable') }},
                'originalUnitPriceSet', {{ both('line_amounts.unit_price', 'line_amounts.unit_price_presentment') }},
                'discountedTotalSet', {{ both(
                    'line_amounts.unit_price * ' ~ line.number('quantity') ~ ' - line_amounts.discount',
                    'line_amounts.unit_price_presentment * ' ~ line.number('quantity') ~ ' - line_amounts.discount_presentment'
                ) }},
                'totalDiscountSet', {{ both('line_amounts.discount', 'line_amounts.discount_presentment') }},
                'discountAllocations', coalesce(allocations.nodes, '[]'),
                'taxLines', coalesce(tax_lines.nodes, '[]')
            )
            order by {{ line.number('index') }}, line.id
        ) as nodes
    from {{ tables.rows('order_line') }} as line
    join changed on changed.id = line.order_id
    join line_amounts on line_amounts.id = line.id
    left join taken_back on taken_back.order_line_id = line.id
    left join allocations on allocations.order_line_id = line.id
    left join tax_lines on tax_lines.order_line_id = line.id
    group by line.order_id
),

shipping_lines as (
    select
        shipping.order_id,
        sum(coalesce({{ shop_amount(shipping, 'discounted_price') }}, {{ shipping.number('discounted_price') }})) as shop_amount,
        jsonb_agg(
            jsonb_build_object(
                'id', {{ gid('ShippingLine', shipping('id')) }},
                'title', {{ shipping('title', 'code') }},
                'originalPriceSet', {{ money(shipping, 'original_price', 'price') }},
                'discountedPriceSet', {{ money(shipping, 'discounted_price', 'discounted_price') }},
                'discountAllocations', jsonb_build_array()
            )
            order by shipping.id
        ) as nodes
    from {{ tables.rows('order_shipping_line') }} as shipping
    join changed on changed.id = shipping.order_id
    where not {{ shipping.is_true('is_removed') }}
    group by shipping.order_id
),

-- REST says one amount and its currency, which may be either of the two, and what became of it in the other.
payments as (
    select
        payment.id,
        payment.order_id,
        {{ payment('refund_id') }} as refund_id,
        upper({{ payment('kind') }}) = 'REFUND' and upper({{ payment('status') }}) = 'SUCCESS' as is_refund,
        coalesce(
            {{ shop_amount(payment, 'amount') }},
            case
                when coalesce({{ payment('currency') }}, changed.our_shop_currency) = changed.our_shop_currency then {{ payment.number('amount') }}
                when {{ payment('currency_exchange_currency') }} = changed.our_shop_currency then {{ payment.number('currency_exchange_final_amount') }}
            end
        ) as shop_amount,
        coalesce(
            {{ presentment_amount(payment, 'amount') }},
            case when coalesce({{ payment('currency') }}, changed.our_shop_currency) = changed.our_presentment_currency then {{ payment.number('amount') }} end
        ) as presentment_amount
    from {{ tables.rows('transaction') }} as payment
    join changed on changed.id = payment.order_id
),

transactions as (
    select
        payment.order_id,
        jsonb_agg(
            jsonb_build_object(
                'id', {{ gid('OrderTransaction', payment('id')) }},
                'kind', upper({{ payment('kind') }}),
                'status', upper({{ payment('status') }}),
                'gateway', {{ payment('gateway') }},
                'createdAt', {{ payment.moment('created_at') }},
                'processedAt', {{ payment.moment('processed_at') }},
                'paymentId', {{ payment('payment_id') }},
                'amountSet', {{ both('payments.shop_amount', 'payments.presentment_amount') }},
                'parentTransaction', case
                    when {{ payment('parent_id') }} is not null then jsonb_build_object('id', {{ gid('OrderTransaction', payment('parent_id')) }})
                end,
                'errorCode', upper({{ payment('error_code') }}),
                'test', {{ payment.raw('test') }}
            )
            order by {{ payment.moment('processed_at', 'created_at') }}, payment.id
        ) as nodes
    from {{ tables.rows('transaction') }} as payment
    join changed on changed.id = payment.order_id
    join payments on payments.id = payment.id
    group by payment.order_id
),

refund_lines as (
    select
        back.refund_id,
        jsonb_agg(
            jsonb_build_object(
                'id', {{ gid('RefundLineItem', back('id')) }},
                'quantity', trim_scale({{ back.number('quantity') }}),
                'restockType', upper({{ back('restock_type') }}),
                'lineItem', jsonb_build_object('id', {{ gid('LineItem', back('order_line_id')) }}),
                'subtotalSet', {{ money(back, 'subtotal', 'subtotal') }},
                'totalTaxSet', {{ money(back, 'total_tax', 'total_tax') }}
            )
            order by back.id
        ) as nodes
    from {{ tables.rows(returned) }} as back
    join {{ tables.rows('refund') }} as refund on refund.id = back.refund_id
    join changed on changed.id = refund.order_id
    group by back.refund_id
),

-- Without an amount of its own a refund is worth what was paid back with it.
refund_amounts as (
    select
        refund.id,
        refund.order_id,
        coalesce({{ shop_amount(refund, 'total_refunded') }}, paid_back.shop_amount, 0) as shop_amount,
        coalesce({{ presentment_amount(refund, 'total_refunded') }}, paid_back.presentment_amount, 0) as presentment_amount
    from {{ tables.rows('refund') }} as refund
    join changed on changed.id = refund.order_id
    left join (
        select refund_id, sum(shop_amount) as shop_amount, sum(presentment_amount) as presentment_amount
        from payments
        where is_refund
        group by refund_id
    ) as paid_back on paid_back.refund_id = refund.id::text
),

refunds as (
    select
        refund.order_id,
        sum(refund_amounts.shop_amount) as shop_amount,
        sum(refund_amounts.presentment_amount) as presentment_amount,
        jsonb_agg(
            jsonb_build_object(
                'id', {{ gid('Refund', refund('id')) }},
                'createdAt', {{ refund.moment('created_at') }},
                'processedAt', {{ refund.moment('processed_at', 'created_at') }},
                'updatedAt', {{ refund.moment('updated_at', 'created_at') }},
                'note', {{ refund('note') }},
                'totalRefundedSet', {{ both('refund_amounts.shop_amount', 'refund_amounts.presentment_amount') }},
                'refundLineItems', jsonb_build_object('nodes', coalesce(refund_lines.nodes, '[]'))
            )
            order by {{ refund.moment('processed_at', 'created_at') }}, refund.id
        ) as nodes
    from {{ tables.rows('refund') }} as refund
    join changed on changed.id = refund.order_id
    join refund_amounts on refund_amounts.id = refund.id
    left join refund_lines on refund_lines.refund_id = refund.id
    group by refund.order_id
),

-- Connectors do not say which pieces went with which shipment. Where an order has one shipment alone, they are what was
-- sent of each of its lines; of several nobody knows.
only_shipments as (
    select shipment.order_id, min(shipment.id) as id
    from {{ tables.rows('fulfillment') }} as shipment
    join changed on changed.id = shipment.order_id
    where upper({{ shipment('status') }}) = 'SUCCESS'
    group by shipment.order_id
    having count(*) = 1
),

shipment_lines as (
    select
        only_shipments.id as shipment_id,
        jsonb_agg(
            jsonb_build_object(
                'id', 'gid://shopify/FulfillmentLineItem/' || only_shipments.id || '-' || line.id,
                'quantity', trim_scale(sent.pieces),
                'lineItem', jsonb_build_object('id', {{ gid('LineItem', line('id')) }})
            )
            order by line.id
        ) as nodes
    from only_shipments
    join {{ tables.rows('order_line') }} as line on line.order_id = only_shipments.order_id
    left join taken_back on taken_back.order_line_id = line.id
    cross join lateral (
        select {{ line.number('quantity') }} - coalesce(taken_back.never_sent, 0)
            - {{ line.number('unfulfilled_quantity', 'fulfillable_quantity') }} as pieces
    ) as sent
    where sent.pieces > 0
    group by only_shipments.id
),

trackings as (
    select
        tracking.fulfillment_id,
        jsonb_agg(
            jsonb_build_object('company', {{ tracking('company') }}, 'number', {{ tracking('number') }}, 'url', {{ tracking('url') }})
            order by {{ tracking.number('index') }}
        ) as nodes
    from {{ tables.rows('fulfillment_tracking_info') }} as tracking
    join {{ tables.rows('fulfillment') }} as shipment on shipment.id = tracking.fulfillment_id
    join changed on changed.id = shipment.order_id
    group by tracking.fulfillment_id
),

arrivals as (
    select event.fulfillment_id, min({{ event.moment('happened_at', 'created_at') }}) as delivered_at
    from {{ tables.rows('fulfillment_event') }} as event
    join {{ tables.rows('fulfillment') }} as shipment on shipment.id = event.fulfillment_id
    join changed on changed.id = shipment.order_id
    where upper({{ event('status') }}) = 'DELIVERED'
    group by event.fulfillment_id
),

fulfillments as (
    select
        shipment.order_id,
        jsonb_agg(
            jsonb_build_object(
                'id', {{ gid('Fulfillment', shipment('id')) }},
                'name', {{ shipment('name') }},
                'status', upper({{ shipment('status') }}),
                'createdAt', {{ shipment.moment('created_at') }},
                'updatedAt', {{ shipment.moment('updated_at') }},
                'deliveredAt', arrivals.delivered_at,
                'location', case
                    when {{ shipment('location_id') }} is not null then jsonb_build_object('id', {{ gid('Location', shipment('location_id')) }})
                end,
                'trackingInfo', coalesce(
                    trackings.nodes,
                    case
                        when {{ shipment('tracking_number') }} is not null then jsonb_build_array(
                            jsonb_build_object('company', {{ shipment('tracking_company') }}, 'number', {{ shipment('tracking_number') }})
                        )
                    end,
                    '[]'
                ),
                'fulfillmentLineItems', jsonb_build_object('nodes', coalesce(shipment_lines.nodes, '[]'))
            )
            order by {{ shipment.moment('created_at') }}, shipment.id
        ) as nodes
    from {{ tables.rows('fulfillment') }} as shipment
    join changed on changed.id = shipment.order_id
    left join arrivals on arrivals.fulfillment_id = shipment.id
    left join trackings on trackings.fulfillment_id = shipment.id
    left join shipment_lines on shipment_lines.shipment_id = shipment.id
    group by shipment.order_id
),

return_lines as (
    select
        asked_line.return_id,
        jsonb_agg(
            jsonb_build_object(
                'id', {{ gid('ReturnLineItem', asked_line('id')) }},
                'quantity', trim_scale({{ asked_line.number('quantity') }}),
                'processedQuantity', trim_scale({{ asked_line.number('processed_quantity', 'refunded_quantity') }}),
                'refundedQuantity', trim_scale({{ asked_line.number('refunded_quantity') }}),
                'returnReasonDefinition', null,
                'returnReasonNote', {{ asked_line('return_reason_note') }},
                'fulfillmentLineItem', case
                    when {{ asked_line('order_line_id') }} is not null
                        then jsonb_build_object('lineItem', jsonb_build_object('id', {{ gid('LineItem', asked_line('order_line_id')) }}))
                end
            )
            order by asked_line.id
        ) as nodes
    from {{ tables.rows('return_line_item') }} as asked_line
    join {{ tables.rows('return') }} as asked on asked.id = asked_line.return_id
    join changed on changed.id = asked.order_id
    group by asked_line.return_id
),

-- The tables of returns do not say when one was asked for: no later than its money went back, or than it was seen.
returns as (
    select
        asked.order_id,
        jsonb_agg(
            jsonb_build_object(
                'id', {{ gid('Return', asked('id')) }},
                'name', {{ asked('name') }},
                'status', upper({{ asked('status') }}),
                'createdAt', coalesce({{ asked.moment('created_at') }}, paid_back.refunded_at, {{ asked.moment('_fivetran_synced') }}),
                'requestApprovedAt', {{ asked.moment('request_approved_at') }},
                'closedAt', {{ asked.moment('closed_at') }},
                'returnLineItems', jsonb_build_object('nodes', coalesce(return_lines.nodes, '[]'))
            )
            order by asked.id
        ) as nodes
    from {{ tables.rows('return') }} as asked
    join changed on changed.id = asked.order_id
    left join return_lines on return_lines.return_id = asked.id
    left join (
        select {{ refund('return_id') }} as return_id, min({{ refund.moment('created_at') }}) as refunded_at
        from {{ tables.rows('refund') }} as refund
        join changed on changed.id = refund.order_id
        group by 1
    ) as paid_back on paid_back.return_id = asked.id::text
    group by asked.order_id
)

select
    (jsonb_build_object(
        'id', {{ gid('Order', r('id')) }},
        'name', {{ r('name') }},
        'createdAt', {{ r.moment('created_at') }},
        'processedAt', {{ r.moment('processed_at', 'created_at') }},
        'updatedAt', {{ r.moment('updated_at') }},
        'cancelledAt', {{ r.moment('cancelled_at') }},
        'cancelReason', upper(nullif(trim({{ r('cancel_reason') }}), '')),
        'closedAt', {{ r.moment('closed_at') }},
        'deleted', {{ r.is_true('_fivetran_deleted') }},
        'test', {{ r.is_true('test') }},
        'sourceName', {{ r('source_name') }},
        'taxesIncluded', {{ r.is_true('taxes_included') }},
        'taxExempt', {{ r.raw('tax_exempt') }},
        'displayFinancialStatus', upper({{ r('display_financial_status', 'financial_status') }}),
        'displayFulfillmentStatus', case upper({{ r('display_fulfillment_status', 'fulfillment_status') }})
            when 'PARTIAL' then 'PARTIALLY_FULFILLED'
            else coalesce(upper({{ r('display_fulfillment_status', 'fulfillment_status') }}), 'UNFULFILLED')
        end,
        'currencyCode', changed.our_shop_currency,
        'presentmentCurrencyCode', changed.our_presentment_currency,
        'customerLocale', {{ r('customer_locale') }}
    ) || jsonb_build_object(
        'subtotalPriceSet', {{ money(r, 'subtotal_price', 'subtotal_price') }},
        'totalDiscountsSet', {{ money(r, 'total_discounts', 'total_discounts') }},
        'totalShippingPriceSet', {{ both(
            'coalesce(' ~ shop_amount(r, 'total_shipping_price') ~ ', shipping_lines.shop_amount, 0)',
            'coalesce(' ~ presentment_amount(r, 'total_shipping_price')
                ~ ', case when changed.is_in_one_currency or shipping_lines.shop_amount is null then coalesce(shipping_lines.shop_amount, 0) end)'
        ) }},
        'totalTaxSet', {{ money(r, 'total_tax', 'total_tax') }},
        'totalPriceSet', {{ money(r, 'total_price', 'total_price') }},
        'totalRefundedSet', {{ both('coalesce(refunds.shop_amount, 0)', 'coalesce(refunds.presentment_amount, 0)') }},
        'customer', case
            when {{ r('customer_id') }} is not null then jsonb_build_object(
                'id', {{ gid('Customer', r('customer_id')) }},
                'updatedAt', {{ customer.moment('updated_at') }},
                'firstName', {{ customer('first_name') }},
                'lastName', {{ customer('last_name') }},
                'defaultEmailAddress', jsonb_build_object('emailAddress', coalesce({{ customer('email') }}, {{ r('email') }})),
                'taxExempt', {{ customer.raw('tax_exempt') }}
            )
        end,
        'shippingAddress', case
            when {{ r('shipping_address_country_code', 'shipping_address_zip', 'shipping_address_city') }} is not null then jsonb_build_object(
                'countryCodeV2', {{ r('shipping_address_country_code') }},
                'provinceCode', {{ r('shipping_address_province_code') }},
                'zip', {{ r('shipping_address_zip') }},
                'city', {{ r('shipping_address_city') }},
                'name', {{ r('shipping_address_name') }},
                'company', {{ r('shipping_address_company') }},
                'address1', {{ r('shipping_address_address_1') }},
                'address2', {{ r('shipping_address_address_2') }}
            )
        end,
        'lineItems', jsonb_build_object('nodes', coalesce(lines.nodes, '[]')),
        'shippingLines', jsonb_build_object('nodes', coalesce(shipping_lines.nodes, '[]')),
        'transactions', coalesce(transactions.nodes, '[]'),
        'refunds', coalesce(refunds.nodes, '[]'),
        'fulfillments', coalesce(fulfillments.nodes, '[]'),
        'returns', jsonb_build_object('nodes', coalesce(returns.nodes, '[]'))
    ))::text as document
from changed
left join {{ tables.rows('customer') }} as customer on {{ 'customer.id = changed.customer_id' if 'customer_id' in r.types else 'false' }}
left join lines on lines.order_id = changed.id
left join shipping_lines on shipping_lines.order_id = changed.id
left join transactions on transactions.order_id = changed.id
left join refunds on refunds.order_id = changed.id
left join fulfillments on fulfillments.order_id = changed.id
left join returns on returns.order_id = changed.id
order by changed.id
