{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key='refund_id',
    tags=['conformed_orders'],
    meta={'scope': ['order_id'], 'watched': ['business_date', 'source_system', 'source_account', 'currency_code']},
    indexes=[
        {'columns': ['refund_id'], 'unique': true},
        {'columns': ['order_id']},
        {'columns': ['source_system', 'source_account', 'business_date']},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select source_system, source_account, order_key
    from {{ ref('orders') }}
    where source_system = 'shopify' and {{ changed_since_last_build('_build_id') }}
    union
    select source_system, source_account, order_key
    from {{ ref('stg_shopify__orders') }}
    where {{ in_this_build('_delivery_id') }}
),

refunds as (
    select
        {{ id_of('refund', ['refund.source_system', 'refund.source_account', 'refund.order_key', 'refund.refund_key']) }} as refund_id,
        placed.order_id,
        refund.source_system,
        refund.source_account,
        refund.order_key,
        refund.refund_key,
        refund.refunded_at,
        {{ business_date('refund.refunded_at', 'placed.time_zone') }} as business_date,
        refund.note,
        placed.is_sale,
        returned.line_count::integer as line_count,
        returned.unit_count::integer as unit_count,
        placed.currency_code,
        placed.presentment_currency_code,
        refund.refund_amount,
        refund.refund_presentment_amount,
        {{ amount('returned.goods_amount') }} as goods_amount,
        {{ amount('returned.goods_presentment_amount') }} as goods_presentment_amount,
        {{ amount('returned.tax_amount') }} as tax_amount,
        {{ amount('returned.tax_presentment_amount') }} as tax_presentment_amount,
        -- Where prices include tax, the goods of a refund include it as well.
        {{ amount('refund.refund_amount - returned.goods_amount - case when placed.is_tax_included then 0 else returned.tax_amount end') }}
            as adjustment_amount,
        {{ build_stamp() }} as _build_id
    from affected
    join {{ ref('stg_shopify__refunds') }} as refund using (source_system, source_account, order_key)
    join {{ ref('orders') }} as placed
        on placed.order_id = {{ id_of('order', ['refund.source_system', 'refund.source_account', 'refund.order_key']) }}
    cross join lateral (
        select
            count(*) as line_count,
            coalesce(sum(line.quantity), 0) as unit_count,
            coalesce(sum(line.subtotal_amount), 0) as goods_amount,
            coalesce(sum(line.subtotal_presentment_amount), 0) as goods_presentment_amount,
            coalesce(sum(line.tax_amount), 0) as tax_amount,
            coalesce(sum(line.tax_presentment_amount), 0) as tax_presentment_amount
        from {{ ref('stg_shopify__refund_lines') }} as line
        where line.source_account = refund.source_account
            and line.order_key = refund.order_key
            and line.refund_key = refund.refund_key
    ) as returned
),

scopes as (
    select {{ id_of('order', ['source_system', 'source_account', 'order_key']) }} as order_id
    from affected
)

{{ rows_and_scopes('refunds', 'scopes') }}
