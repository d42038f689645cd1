{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key='order_line_id',
    tags=['conformed_orders'],
    meta={'scope': ['order_id']},
    indexes=[
        {'columns': ['order_line_id'], 'unique': true},
        {'columns': ['order_id']},
        {'columns': ['sku', 'variant_id']},
        {'columns': ['variant_id']},
        {'columns': ['_build_id']},
    ],
) }}

-- Lines may come before their order. They wait in raw; the order, when it comes, brings them along.
with affected as (
    select source_system, source_account, order_key
    from {{ ref('orders') }}
    where {{ changed_since_last_build('_build_id') }}
    union
    {{ orders_told_by(['stg_shopify__orders', 'stg_marketplace_sftp__orders', 'stg_marketplace_sftp__order_items']) }}
    union
    select source_system, source_account, order_key
    from {{ lines_of_ledgers() }} as line
    where not is_correction and {{ in_this_build('_delivery_id') }}
    {% if is_incremental() -%}
    union
    select source_system, source_account, order_key from {{ lines_of_new_articles() }} as line
    {%- endif %}
),

shopify_lines as (
    select
        line.source_system,
        line.source_account,
        line.order_key,
        line.line_key,
        line.line_number,
        line.sku,
        line.title,
        variant.product_id,
        variant.variant_id,
        line.product_id_shopify,
        line.variant_id_shopify,
        null::text as seller_key,
        line.quantity,
        line.current_quantity,
        line.unit_price_amount,
        line.unit_price_presentment_amount,
        line.quantity * line.unit_price_amount as gross_amount,
        line.quantity * line.unit_price_presentment_amount as gross_presentment_amount,
        line.discount_amount,
        line.discount_presentment_amount,
        line.tax_amount,
        line.tax_presentment_amount,
        0 as shipping_amount
    from affected
    join {{ ref('stg_shopify__order_lines') }} as line using (source_system, source_account, order_key)
    left join lateral {{ article_of('line.sku') }} as variant on true
),

marketplace_lines as (
    select
        item.source_system,
        item.source_account,
        item.order_key,
        item.line_number::text as line_key,
        item.line_number,
        null::text as sku,
        null::text as title,
        {{ id_of('product', ['item.source_system', 'item.source_account', 'item.product_key']) }} as product_id,
        {{ id_of('variant', ['item.source_system', 'item.source_account', 'item.product_key']) }} as variant_id,
        null::text as product_id_shopify,
        null::text as variant_id_shopify,
        item.seller_key,
        1 as quantity,
        1 as current_quantity,
        item.unit_price_amount,
        item.unit_price_amount as unit_price_presentment_amount,
        item.unit_price_amount as gross_amount,
        item.unit_price_amount as gross_presentment_amount,
        0 as discount_amount,
        0 as discount_presentment_amount,
        0 as tax_amount,
        0 as tax_presentment_amount,
        item.shipping_amount
    from affected
    join {{ ref('stg_marketplace_sftp__order_items') }} as item using (source_system, source_account, order_key)
    where not item.is_deleted
),

ledger_lines as (
    select
        line.source_system,
        line.source_account,
        line.order_key,
        line.line_key,
        line.line_number,
        line.product_key as sku,
        line.title,
        {{ id_of('product', ['line.source_system', 'line.source_account', 'line.product_key']) }} as product_id,
        {{ id_of('variant', ['line.source_system', 'line.source_account', 'line.product_key']) }} as variant_id,
        null::text as product_id_shopify,
        null::text as variant_id_shopify,
        null::text as seller_key,
        line.quantity,
        line.quantity as current_quantity,
        line.unit_price_amount,
        line.unit_price_amount as unit_price_presentment_amount,
        line.gross_amount,
        line.gross_amount as gross_presentment_amount,
        line.discount_amount,
        line.discount_amount as discount_presentment_amount,
        0 as tax_amount,
        0 as tax_presentment_amount,
        0 as shipping_amount
    from affected
    cross join lateral (
        select *
        from {{ lines_of_ledgers() }} as of_document
        where {{ is_line_of('of_document', 'affected') }}
            and not of_document.is_correction
    ) as line
    where {{ is_of_ledger('affected.source_system') }}
),

all_lines as (
    select * from shopify_lines
    union all
    select * from marketplace_lines
    union all
    select * from ledger_lines
),

order_lines as (
    select
        {{ id_of('order_line', ['line.source_system', 'line.source_account', 'line.order_key', 'line.line_key']) }} as order_line_id,
        placed.order_id,
        line.source_system,
        line.source_account,
        line.order_key,
        line.line_key,
        line.line_number,
        placed.business_date,
        placed.is_sale,
        line.sku,
        line.title,
        line.product_id,
        line.variant_id,
        line.product_id_shopify,
        line.variant_id_shopify,
        line.seller_key,
        line.quantity,
        line.current_quantity,
        placed.currency_code,
        placed.presentment_currency_code,
        line.unit_price_amount,
        line.unit_price_presentment_amount,
        {{ amount('line.gross_amount') }} as gross_amount,
        {{ amount('line.gross_presentment_amount') }} as gross_presentment_amount,
        {{ amount('line.discount_amount') }} as discount_amount,
        {{ amount('line.discount_presentment_amount') }} as discount_presentment_amount,
        {{ amount('line.gross_amount - line.discount_amount') }} as net_amount,
        {{ amount('line.gross_presentment_amount - line.discount_presentment_amount') }} as net_presentment_amount,
        {{ amount('line.tax_amount') }} as tax_amount,
        {{ amount('line.tax_presentment_amount') }} as tax_presentment_amount,
        {{ amount('line.shipping_amount') }} as shipping_amount,
        placed.reporting_currency_code,
        placed.reporting_rate,
        placed.reporting_rate_date,
        {{ in_reporting_currency('line.gross_amount', 'placed.reporting_rate') }} as gross_reporting_amount,
        {{ in_reporting_currency('line.gross_amount - line.discount_amount', 'placed.reporting_rate') }} as net_reporting_amount,
        {{ build_stamp() }} as _build_id
    from all_lines as line
    join {{ ref('orders') }} as placed
        on placed.order_id = {{ id_of('order', ['line.source_system', 'line.source_account', 'line.order_key']) }}
),

scopes as (
    select {{ id_of('order', ['source_system', 'source_account', 'order_key']) }} as order_id
    from affected
)

{{ rows_and_scopes('order_lines', 'scopes') }}
