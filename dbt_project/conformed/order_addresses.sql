{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['order_id', 'role'],
    tags=['conformed_orders'],
    meta={'scope': ['order_id']},
    indexes=[
        {'columns': ['order_id', 'role'], 'unique': true},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    {{ orders_told_by(['stg_shopify__orders']) }}
),

addresses as (
    select
        {{ id_of('order', ['placed.source_system', 'placed.source_account', 'placed.order_key']) }} as order_id,
        'shipping' as role,
        placed.source_system,
        placed.source_account,
        placed.shipping_name as recipient_name,
        placed.shipping_company as company_name,
        placed.shipping_street as street,
        placed.shipping_street_extra as street_extra,
        placed.shipping_zip as postal_code,
        placed.shipping_city as city,
        placed.shipping_province_code as province_code,
        placed.shipping_country_code as country_code,
        {{ build_stamp() }} as _build_id
    from affected
    join {{ ref('stg_shopify__orders') }} as placed using (source_system, source_account, order_key)
    where not placed.is_deleted and coalesce(placed.shipping_street, placed.shipping_city) is not null
),

scopes as (
    select {{ id_of('order', ['source_system', 'source_account', 'order_key']) }} as order_id
    from affected
)

{{ rows_and_scopes('addresses', 'scopes') }}
