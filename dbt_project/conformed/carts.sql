{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key='cart_id',
    tags=['conformed_orders'],
    meta={'scope': ['source_system', 'source_account', 'cart_key']},
    indexes=[
        {'columns': ['cart_id'], 'unique': true},
        {'columns': ['source_system', 'source_account', 'cart_key']},
        {'columns': ['currency_code', 'business_date']},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select source_system, source_account, cart_key
    from {{ ref('stg_shopify__carts') }}
    where {{ in_this_build('_delivery_id') }}
    {% if is_incremental() -%}
    union
    select cart.source_system, cart.source_account, cart.cart_key
    from {{ changed_rates() }} as rate
    join {{ this }} as cart on {{ may_have_rate('cart', 'rate') }}
    {%- endif %}
),

begun as (
    select left_cart.*, {{ business_date('left_cart.begun_at', 'shop.time_zone') }} as business_date
    from affected
    join {{ ref('stg_shopify__carts') }} as left_cart using (source_system, source_account, cart_key)
    left join {{ ref('shops') }} as shop using (source_system, source_account)
    where not left_cart.is_deleted
),

carts as (
    select
        {{ id_of('cart', ['begun.source_system', 'begun.source_account', 'begun.cart_key']) }} as cart_id,
        begun.source_system,
        begun.source_account,
        begun.cart_key,
        begun.cart_name,
        case when begun.completed_at is null then 'abandoned' else 'recovered' end as cart_status,
        begun.begun_at,
        begun.completed_at,
        begun.source_updated_at,
        begun.business_date,
        case when begun.customer_key is not null
            then {{ id_of('customer', ['begun.source_system', 'begun.source_account', 'begun.customer_key']) }}
        end as customer_id,
        begun.shipping_country_code,
        begun.discount_codes,
        lines.line_count::integer as line_count,
        lines.unit_count::integer as unit_count,
        begun.currency_code,
        begun.presentment_currency_code,
        begun.gross_amount,
        begun.gross_presentment_amount,
        begun.discount_amount,
        begun.discount_presentment_amount,
        begun.total_amount,
        begun.total_presentment_amount,
        '{{ var("reporting_currency") }}' as reporting_currency_code,
        rate.reporting_rate,
        rate.rate_date as reporting_rate_date,
        {{ in_reporting_currency('begun.total_amount', 'rate.reporting_rate') }} as total_reporting_amount,
        {{ build_stamp() }} as _build_id
    from begun
    cross join lateral (
        select count(*) as line_count, coalesce(sum(line.quantity), 0) as unit_count
        from {{ ref('stg_shopify__cart_lines') }} as line
        where line.source_account = begun.source_account and line.cart_key = begun.cart_key
    ) as lines
    left join lateral {{ reporting_rate_of('begun.currency_code', 'begun.business_date') }} as rate on true
)

{{ rows_and_scopes('carts', 'affected') }}
