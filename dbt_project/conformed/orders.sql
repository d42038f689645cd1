{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key='order_id',
    tags=['conformed_orders'],
    meta={
        'scope': ['order_id'],
        'watched': ['business_date', 'source_system', 'source_account', 'currency_code', 'fulfillment_status', 'customer_id'],
        'uncompared': ['source_updated_at'],
    },
    indexes=[
        {'columns': ['order_id'], 'unique': true},
        {'columns': ['source_system', 'source_account', 'business_date']},
        {'columns': ['source_system', 'source_account', 'order_name']},
        {'columns': ['customer_id']},
        {'columns': ['currency_code', 'business_date']},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    {{ orders_told_by(['stg_shopify__orders', 'stg_marketplace_sftp__orders', 'stg_marketplace_sftp__order_items']) }}
    union
    select placed.source_system, placed.source_account, placed.order_key
    from {{ ref('stg_marketplace_sftp__customers') }} as customer
    join {{ ref('stg_marketplace_sftp__orders') }} as placed using (source_account, order_customer_key)
    where {{ in_this_build('customer._delivery_id') }}
    union
    select source_system, source_account, order_key
    from {{ lines_of_ledgers() }} as line
    where not is_correction and {{ in_this_build('_delivery_id') }}
    {% if is_incremental() -%}
    union
    select placed.source_system, placed.source_account, placed.order_key
    from {{ changed_rates() }} as rate
    join {{ this }} as placed on {{ may_have_rate('placed', 'rate') }}
    {%- endif %}
),

shopify_orders as (
    select
        placed.source_system,
        placed.source_account,
        placed.order_key,
        placed.order_name,
        placed.customer_key,
        placed.sales_channel,
        placed.placed_at,
        placed.cancelled_at,
        placed.cancelled_at is not null as is_cancelled,
        placed.closed_at,
        null::timestamptz as delivered_at,
        placed.source_updated_at,
        placed.financial_status as source_financial_status,
        placed.fulfillment_status as source_fulfillment_status,
        placed.is_test,
        placed.is_tax_included,
        placed.currency_code,
        placed.presentment_currency_code,
        lines.line_count as line_count,
        coalesce(lines.unit_count, 0) as unit_count,
        coalesce(lines.gross_amount, 0) as gross_amount,
        coalesce(lines.gross_presentment_amount, 0) as gross_presentment_amount,
        coalesce(placed.discount_amount, 0) as discount_amount,
        coalesce(placed.discount_presentment_amount, 0) as discount_presentment_amount,
        coalesce(placed.subtotal_amount, lines.gross_amount - coalesce(placed.discount_amount, 0), 0) as subtotal_amount,
        coalesce(
            placed.subtotal_presentment_amount,
            lines.gross_presentment_amount - coalesce(placed.discount_presentment_amount, 0),
            0
        ) as subtotal_presentment_amount,
        placed.shipping_amount,
        placed.shipping_presentment_amount,
        coalesce(placed.tax_amount, 0) as tax_amount,
        coalesce(placed.tax_presentment_amount, 0) as tax_presentment_amount,
        placed.total_amount,
        placed.total_presentment_amount,
        placed.refunded_amount,
        placed.refunded_presentment_amount,
        placed.shipping_country_code
    from affected
    join {{ ref('stg_shopify__orders') }} as placed using (source_system, source_account, order_key)
    cross join lateral (
        select
            count(*) as line_count,
            sum(line.quantity) as unit_count,
            sum(line.quantity * line.unit_price_amount) as gross_amount,
            sum(line.quantity * line.unit_price_presentment_amount) as gross_presentment_amount
        from {{ ref('stg_shopify__order_lines') }} as line
        where line.source_account = placed.source_account and line.order_key = placed.order_key
    ) as lines
    where not placed.is_deleted
),

-- The marketplace states neither totals nor tax: an order is worth its items and their freight.
marketplace_orders as (
    select
        placed.source_system,
        placed.source_account,
        placed.order_key,
        placed.order_key as order_name,
        customer.customer_key,
        'marketplace' as sales_channel,
        placed.placed_at,
        null::timestamptz as cancelled_at,
        placed.order_status in ('canceled', 'unavailable') as is_cancelled,
        placed.delivered_at as closed_at,
        placed.delivered_at,
        placed.source_updated_at,
        placed.order_status as source_financial_status,
        placed.order_status as source_fulfillment_status,
        false as is_test,
        true as is_tax_included,
        shop.currency_code,
        shop.currency_code as presentment_currency_code,
        items.line_count as line_count,
        items.line_count as unit_count,
        items.gross_amount as gross_amount,
        items.gross_amount as gross_presentment_amount,
        0 as discount_amount,
        0 as discount_presentment_amount,
        items.gross_amount as subtotal_amount,
        items.gross_amount as subtotal_presentment_amount,
        items.shipping_amount as shipping_amount,
        items.shipping_amount as shipping_presentment_amount,
        0 as tax_amount,
        0 as tax_presentment_amount,
        items.gross_amount + items.shipping_amount as total_amount,
        items.gross_amount + items.shipping_amount as total_presentment_amount,
        0 as refunded_amount,
        0 as refunded_presentment_amount,
        shop.country_code as shipping_country_code
    from affected
    join {{ ref('stg_marketplace_sftp__orders') }} as placed using (source_system, source_account, order_key)
    left join {{ ref('stg_marketplace_sftp__customers') }} as customer
        on customer.source_account = placed.source_account and customer.order_customer_key = placed.order_customer_key
    cross join lateral (
        select
            count(*) as line_count,
            coalesce(sum(item.unit_price_amount), 0) as gross_amount,
            coalesce(sum(item.shipping_amount), 0) as shipping_amount
        from {{ ref('stg_marketplace_sftp__order_items') }} as item
        where item.source_account = placed.source_account and item.order_key = placed.order_key and not item.is_deleted
    ) as items
    left join {{ ref('shops') }} as shop
        on shop.source_system = placed.source_system and shop.source_account = placed.source_account
    where not placed.is_deleted
),

-- A ledger says what was sold to whom, not whether it is paid or sent. It begins and ends on one day.
ledger_orders as (
    select
        affected.source_system,
        affected.source_account,
        affected.order_key,
        affected.order_key as order_name,
        lines.customer_key,
        'ledger' as sales_channel,
        lines.placed_at,
        null::timestamptz as cancelled_at,
        false as is_cancelled,
        lines.placed_at as closed_at,
        null::timestamptz as delivered_at,
        lines.source_updated_at,
        'booked' as source_financial_status,
        'booked' as source_fulfillment_status,
        false as is_test,
        true as is_tax_included,
        shop.currency_code,
        shop.currency_code as presentment_currency_code,
        lines.line_count,
        lines.unit_count,
        lines.gross_amount,
        lines.gross_amount as gross_presentment_amount,
        lines.discount_amount,
        lines.discount_amount as discount_presentment_amount,
        lines.gross_amount - lines.discount_amount as subtotal_amount,
        lines.gross_amount - lines.discount_amount as subtotal_presentment_amount,
        0 as shipping_amount,
        0 as shipping_presentment_amount,
        0 as tax_amount,
        0 as tax_presentment_amount,
        lines.gross_amount - lines.discount_amount as total_amount,
        lines.gross_amount - lines.discount_amount as total_presentment_amount,
        0 as refunded_amount,
        0 as refunded_presentment_amount,
        country.country_code as shipping_country_code
    from affected
    cross join lateral (
        select
            min(line.customer_key) as customer_key,
            min(line.placed_at) as placed_at,
            max(line.source_updated_at) as source_updated_at,
            min(line.country_name) as country_name,
            count(*) as line_count,
            sum(line.quantity) as unit_count,
            sum(line.gross_amount) as gross_amount,
            sum(line.discount_amount) as discount_amount
        from {{ lines_of_ledgers() }} as line
        where {{ is_line_of('line', 'affected') }}
            and not line.is_correction
        having count(*) > 0
    ) as lines
    left join {{ ref('shops') }} as shop using (source_system, source_account)
    left join {{ ref('country_names') }} as country on lower(country.country_name) = lower(lines.country_name)
    where {{ is_of_ledger('affected.source_system') }}
),

read_orders as (
    select * from shopify_orders
    union all
    select * from marketplace_orders
    union all
    select * from ledger_orders
),

orders as (
    select
        {{ id_of('order', ['placed.source_system', 'placed.source_account', 'placed.order_key']) }} as order_id,
        placed.source_system,
        placed.source_account,
        placed.order_key,
        placed.order_name,
        case
            when placed.customer_key is not null
            then {{ id_of('customer', ['placed.source_system', 'placed.source_account', 'placed.customer_key']) }}
        end as customer_id,
        placed.sales_channel,
        placed.placed_at,
        shop.time_zone,
        {{ business_date('placed.placed_at', 'shop.time_zone') }} as business_date,
        placed.cancelled_at,
        placed.closed_at,
        placed.delivered_at,
        placed.source_updated_at,
        case
            when placed.is_cancelled then 'cancelled'
            when placed.closed_at is not null then 'closed'
            else 'open'
        end as order_status,
        coalesce(financial.status, 'unknown') as financial_status,
        coalesce(fulfillment.status, 'unknown') as fulfillment_status,
        placed.is_test,
        not placed.is_test
        and not (
            placed.is_cancelled
            and coalesce(financial.status, 'unknown') in ('pending', 'authorized', 'voided', 'expired', 'unknown')
        ) as is_sale,
        placed.is_tax_included,
        placed.shipping_country_code,
        placed.currency_code,
        placed.presentment_currency_code,
        placed.line_count::integer as line_count,
        placed.unit_count::integer as unit_count,
        {% for name in ['gross', 'discount', 'subtotal', 'shipping', 'tax', 'total', 'refunded'] -%}
        {{ amount('placed.' ~ name ~ '_amount') }} as {{ name }}_amount,
        {{ amount('placed.' ~ name ~ '_presentment_amount') }} as {{ name }}_presentment_amount,
        {% endfor -%}
        '{{ var("reporting_currency") }}' as reporting_currency_code,
        rate.reporting_rate,
        rate.rate_date as reporting_rate_date,
        {% for name in ['gross', 'discount', 'shipping', 'tax', 'total'] -%}
        {{ in_reporting_currency('placed.' ~ name ~ '_amount', 'rate.reporting_rate') }} as {{ name }}_reporting_amount,
        {% endfor -%}
        {{ build_stamp() }} as _build_id
    from read_orders as placed
    left join {{ ref('shops') }} as shop using (source_system, source_account)
    left join lateral {{ reporting_rate_of('placed.currency_code', business_date('placed.placed_at', 'shop.time_zone')) }} as rate on true
    left join {{ ref('status_vocabulary') }} as financial
        on financial.source_system = placed.source_system
        and financial.subject = 'financial'
        and financial.source_status = placed.source_financial_status
    left join {{ ref('status_vocabulary') }} as fulfillment
        on fulfillment.source_system = placed.source_system
        and fulfillment.subject = 'fulfillment'
        and fulfillment.source_status = placed.source_fulfillment_status
),

scopes as (
    select {{ id_of('order', ['source_system', 'source_account', 'order_key']) }} as order_id
    from affected
)

{{ rows_and_scopes('orders', 'scopes') }}
