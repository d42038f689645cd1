{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key='refund_id',
    tags=['conformed_orders'],
    meta={'scope': ['source_system', 'source_account', 'order_key'], 'watched': ['business_date', 'source_system', 'source_account', 'currency_code']},
    indexes=[
        {'columns': ['refund_id'], 'unique': true},
        {'columns': ['order_id']},
        {'columns': ['source_system', 'source_account', 'order_key']},
        {'columns': ['source_system', 'source_account', 'business_date']},
        {'columns': ['currency_code', 'business_date']},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select source_system, source_account, order_key
    from {{ ref('orders') }}
    where source_system = 'shopify' and {{ changed_since_last_build('_build_id') }}
    union
    {{ orders_told_by(['stg_shopify__orders']) }}
    union
    select source_system, source_account, order_key
    from {{ lines_of_ledgers() }} as line
    where is_correction and {{ in_this_build('_delivery_id') }}
    {% if is_incremental() -%}
    union
    -- What stands for no order has the rate of its own day.
    select refund.source_system, refund.source_account, refund.order_key
    from {{ changed_rates() }} as rate
    join {{ this }} as refund on {{ may_have_rate('refund', 'rate') }} and refund.order_id is null
    {%- endif %}
),

shopify_refunds as (
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
        placed.reporting_currency_code,
        placed.reporting_rate,
        placed.reporting_rate_date,
        {{ in_reporting_currency('refund.refund_amount', 'placed.reporting_rate') }} as refund_reporting_amount,
        {{ in_reporting_currency('returned.goods_amount', 'placed.reporting_rate') }} as goods_reporting_amount,
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

-- A correction of a ledger takes goods back and does not say of which order.
ledger_refunds as (
    select
        {{ id_of('refund', ['affected.source_system', 'affected.source_account', 'affected.order_key', 'affected.order_key']) }} as refund_id,
        null::text as order_id,
        affected.source_system,
        affected.source_account,
        affected.order_key,
        affected.order_key as refund_key,
        taken_back.refunded_at,
        {{ business_date('taken_back.refunded_at', 'shop.time_zone') }} as business_date,
        null::text as note,
        true as is_sale,
        taken_back.line_count::integer as line_count,
        taken_back.unit_count::integer as unit_count,
        shop.currency_code,
        shop.currency_code as presentment_currency_code,
        {{ amount('taken_back.goods_amount') }} as refund_amount,
        {{ amount('taken_back.goods_amount') }} as refund_presentment_amount,
        {{ amount('taken_back.goods_amount') }} as goods_amount,
        {{ amount('taken_back.goods_amount') }} as goods_presentment_amount,
        {{ amount('0') }} as tax_amount,
        {{ amount('0') }} as tax_presentment_amount,
        {{ amount('0') }} as adjustment_amount,
        '{{ var("reporting_currency") }}' as reporting_currency_code,
        rate.reporting_rate,
        rate.rate_date as reporting_rate_date,
        {{ in_reporting_currency('taken_back.goods_amount', 'rate.reporting_rate') }} as refund_reporting_amount,
        {{ in_reporting_currency('taken_back.goods_amount', 'rate.reporting_rate') }} as goods_reporting_amount,
        {{ build_stamp() }} as _build_id
    from affected
    cross join lateral (
        select
            min(line.placed_at) as refunded_at,
            count(*) as line_count,
            -sum(line.quantity) as unit_count,
            -sum(line.gross_amount - line.discount_amount) as goods_amount
        from {{ lines_of_ledgers() }} as line
        where {{ is_line_of('line', 'affected') }}
            and line.is_correction
        having count(*) > 0
    ) as taken_back
    left join {{ ref('shops') }} as shop using (source_system, source_account)
    left join lateral {{ reporting_rate_of('shop.currency_code', business_date('taken_back.refunded_at', 'shop.time_zone')) }} as rate on true
    where {{ is_of_ledger('affected.source_system') }}
),

refunds as (
    select * from shopify_refunds
    union all
    select * from ledger_refunds
)

{{ rows_and_scopes('refunds', 'affected') }}
