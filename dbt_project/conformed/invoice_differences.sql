{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['source_system', 'source_account', 'order_number', 'item_key', 'kind'],
    tags=['conformed_stock'],
    meta={'scope': ['source_system', 'source_account', 'order_number']},
    indexes=[
        {'columns': ['source_system', 'source_account', 'order_number', 'item_key', 'kind'], 'unique': true},
        {'columns': ['_build_id']},
    ],
) }}

{%- set item_key = "coalesce(line.vendor_sku, line.gtin, line.sku, '')" %}

with affected as (
    select source_system, source_account, order_number
    from {{ ref('purchase_order_lines') }}
    where {{ changed_since_last_build('_build_id') }}
    union
    select source_system, source_account, order_number
    from {{ ref('supplier_invoice_lines') }}
    where order_number is not null and {{ changed_since_last_build('_build_id') }}
    union
    select source_system, source_account, order_number
    from {{ ref('ship_notice_lines') }}
    where {{ changed_since_last_build('_build_id') }}
    union
    select line.source_system, line.source_account, line.order_number
    from {{ ref('receipts') }} as receipt
    join {{ ref('purchase_order_lines') }} as line using (order_number)
    where {{ changed_since_last_build('receipt._build_id') }}
),

-- What each side says of an article of an order. An order is ours, so a receipt of any warehouse belongs to it.
said as (
    select affected.*, {{ item_key }} as item_key, line.ordered_quantity,
        coalesce(line.ordered_price_amount, line.price_amount) as order_price_amount,
        null::numeric as notified_quantity, null::numeric as received_quantity, null::numeric as invoiced_quantity,
        null::numeric as invoiced_amount, null::text as invoice_number
    from affected
    join {{ ref('purchase_order_lines') }} as line using (source_system, source_account, order_number)
    union all
    select affected.*, {{ item_key }}, null, null, line.shipped_quantity, null, null, null, null
    from affected
    join {{ ref('ship_notice_lines') }} as line using (source_system, source_account, order_number)
    union all
    select affected.*, {{ item_key }}, null, null, null, line.received_quantity, null, null, null
    from affected
    join {{ ref('receipts') }} as line using (order_number)
    union all
    select affected.*, {{ item_key }}, null, null, null, null, line.invoiced_quantity, line.line_amount, line.invoice_number
    from affected
    join {{ ref('supplier_invoice_lines') }} as line using (source_system, source_account, order_number)
),

compared as (
    select
        source_system,
        source_account,
        order_number,
        item_key,
        sum(ordered_quantity) as ordered_quantity,
        max(order_price_amount) as order_price_amount,
        sum(notified_quantity) as notified_quantity,
        sum(received_quantity) as received_quantity,
        sum(invoiced_quantity) as invoiced_quantity,
        sum(invoiced_amount) as invoiced_amount,
        string_agg(distinct invoice_number, ', ' order by invoice_number) as invoice_numbers
    from said
    group by source_system, source_account, order_number, item_key
),

-- What arrived counts where anything of the order was received, else what was announced.
judged as (
    select
        compared.*,
        case
            when count(received_quantity) over whole > 0 then coalesce(received_quantity, 0)
            when count(notified_quantity) over whole > 0 then coalesce(notified_quantity, 0)
        end as shipped_quantity,
        count(ordered_quantity) over whole > 0 as is_order_known,
        invoiced_amount / nullif(invoiced_quantity, 0) as invoice_price_amount,
        coalesce(tolerance.price_share, 0) as price_share,
        coalesce(tolerance.quantity_share, 0) as quantity_share
    from compared
    left join {{ ref('supplier_tolerances') }} as tolerance using (source_system, source_account)
    window whole as (partition by compared.source_system, compared.source_account, compared.order_number)
),

differences as (
    select
        judged.source_system,
        judged.source_account,
        judged.order_number,
        judged.item_key,
        difference.kind,
        difference.expected,
        difference.found,
        judged.invoice_numbers,
        {{ amount('difference.at_stake') }} as at_stake_amount,
        {{ build_stamp() }} as _build_id
    from judged
    cross join lateral (
        values
            ('unknown order', not is_order_known and invoiced_quantity is not null, null, invoiced_quantity, invoiced_amount),
            (
                'unknown line',
                is_order_known and ordered_quantity is null and invoiced_quantity is not null,
                null, invoiced_quantity, invoiced_amount
            ),
            (
                'price',
                abs(invoice_price_amount - order_price_amount) > price_share * order_price_amount,
                order_price_amount, invoice_price_amount,
                (invoice_price_amount - order_price_amount) * invoiced_quantity
            ),
            (
                'quantity',
                invoiced_quantity > ordered_quantity * (1 + quantity_share),
                ordered_quantity, invoiced_quantity, (invoiced_quantity - ordered_quantity) * invoice_price_amount
            ),
            (
                'invoiced not shipped',
                invoiced_quantity > coalesce(shipped_quantity, 0) * (1 + quantity_share),
                coalesce(shipped_quantity, 0), invoiced_quantity,
                (invoiced_quantity - coalesce(shipped_quantity, 0)) * invoice_price_amount
            ),
            (
                'shipped not ordered',
                is_order_known and ordered_quantity is null and shipped_quantity > 0,
                0, shipped_quantity, null
            )
    ) as difference (kind, is_found, expected, found, at_stake)
    where difference.is_found
)

{{ rows_and_scopes('differences', 'affected') }}
