{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key='refund_line_id',
    tags=['conformed_orders'],
    meta={'scope': ['source_system', 'source_account', 'order_key']},
    indexes=[
        {'columns': ['refund_line_id'], 'unique': true},
        {'columns': ['source_system', 'source_account', 'order_key']},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select source_system, source_account, order_key
    from {{ ref('refunds') }}
    where {{ changed_since_last_build('_build_id') }}
    union
    {{ orders_told_by(['stg_shopify__orders']) }}
    union
    select source_system, source_account, order_key
    from {{ lines_of_ledgers() }} as line
    where is_correction and {{ in_this_build('_delivery_id') }}
    union
    -- A line of an order whose article was found only now.
    select refund.source_system, refund.source_account, refund.order_key
    from {{ ref('order_lines') }} as ordered
    join {{ ref('refunds') }} as refund using (order_id)
    where {{ changed_since_last_build('ordered._build_id') }}
),

shopify_lines as (
    select
        {{ id_of('refund', ['line.source_system', 'line.source_account', 'line.order_key', 'line.refund_key']) }} as refund_id,
        line.source_system,
        line.source_account,
        line.order_key,
        line.refund_line_key,
        ordered.order_line_id,
        ordered.sku,
        ordered.product_id,
        ordered.variant_id,
        line.restock_type,
        line.quantity,
        line.subtotal_amount as goods_amount,
        line.tax_amount
    from affected
    join {{ ref('stg_shopify__refund_lines') }} as line using (source_system, source_account, order_key)
    left join {{ ref('order_lines') }} as ordered
        on ordered.order_line_id = {{ id_of('order_line', ['line.source_system', 'line.source_account', 'line.order_key', 'line.line_key']) }}
),

-- A correction of a ledger names its article and no order.
ledger_lines as (
    select
        {{ id_of('refund', ['affected.source_system', 'affected.source_account', 'affected.order_key', 'affected.order_key']) }} as refund_id,
        affected.source_system,
        affected.source_account,
        affected.order_key,
        line.line_key as refund_line_key,
        null::text as order_line_id,
        line.product_key as sku,
        {{ id_of('product', ['affected.source_system', 'affected.source_account', 'line.product_key']) }} as product_id,
        {{ id_of('variant', ['affected.source_system', 'affected.source_account', 'line.product_key']) }} as variant_id,
        null::text as restock_type,
        -line.quantity as quantity,
        -(line.gross_amount - line.discount_amount) as goods_amount,
        0 as tax_amount
    from affected
    cross join lateral (
        select *
        from {{ lines_of_ledgers() }} as of_document
        where {{ is_line_of('of_document', 'affected') }}
            and of_document.is_correction
    ) as line
    where {{ is_of_ledger('affected.source_system') }}
),

given_back as (
    select * from shopify_lines
    union all
    select * from ledger_lines
),

refund_lines as (
    select
        {{ id_of('refund_line', ['line.refund_id', 'line.refund_line_key']) }} as refund_line_id,
        line.refund_id,
        refund.order_id,
        line.order_line_id,
        line.source_system,
        line.source_account,
        line.order_key,
        line.refund_line_key,
        line.sku,
        line.product_id,
        line.variant_id,
        line.restock_type,
        refund.business_date,
        refund.is_sale,
        line.quantity::integer as quantity,
        refund.currency_code,
        {{ amount('line.goods_amount') }} as goods_amount,
        {{ amount('line.tax_amount') }} as tax_amount,
        refund.reporting_currency_code,
        refund.reporting_rate,
        refund.reporting_rate_date,
        {{ in_reporting_currency('line.goods_amount', 'refund.reporting_rate') }} as goods_reporting_amount,
        {{ build_stamp() }} as _build_id
    from given_back as line
    join {{ ref('refunds') }} as refund on refund.refund_id = line.refund_id
)

{{ rows_and_scopes('refund_lines', 'affected') }}
