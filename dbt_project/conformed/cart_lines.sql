{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key='cart_line_id',
    tags=['conformed_orders'],
    meta={'scope': ['cart_id']},
    indexes=[
        {'columns': ['cart_line_id'], 'unique': true},
        {'columns': ['cart_id']},
        {'columns': ['sku']},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select cart_id from {{ ref('carts') }} where {{ changed_since_last_build('_build_id') }}
    union
    select {{ id_of('cart', ['source_system', 'source_account', 'cart_key']) }} as cart_id
    from {{ ref('stg_shopify__carts') }}
    where {{ in_this_build('_delivery_id') }}
    {% if is_incremental() -%}
    union
    select cart_id from {{ lines_of_new_articles() }} as line
    {%- endif %}
),

cart_lines as (
    select
        {{ id_of('cart_line', ['cart.source_system', 'cart.source_account', 'cart.cart_key', 'line.line_key']) }} as cart_line_id,
        cart.cart_id,
        cart.source_system,
        cart.source_account,
        cart.cart_key,
        cart.cart_status,
        cart.business_date,
        line.line_key,
        line.line_number,
        line.sku,
        line.title,
        variant.product_id,
        variant.variant_id,
        line.quantity,
        cart.currency_code,
        cart.presentment_currency_code,
        line.unit_price_amount,
        line.unit_price_presentment_amount,
        {{ amount('line.quantity * line.unit_price_amount') }} as gross_amount,
        {{ amount('line.quantity * line.unit_price_presentment_amount') }} as gross_presentment_amount,
        cart.reporting_currency_code,
        {{ in_reporting_currency('line.quantity * line.unit_price_amount', 'cart.reporting_rate') }} as gross_reporting_amount,
        {{ build_stamp() }} as _build_id
    from affected
    join {{ ref('carts') }} as cart using (cart_id)
    join {{ ref('stg_shopify__cart_lines') }} as line
        on line.source_system = cart.source_system
        and line.source_account = cart.source_account
        and line.cart_key = cart.cart_key
    left join lateral {{ article_of('line.sku') }} as variant on true
)

{{ rows_and_scopes('cart_lines', 'affected') }}
