{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key='customer_id',
    tags=['conformed_orders'],
    meta={'uncompared': ['source_updated_at']},
    indexes=[
        {'columns': ['customer_id'], 'unique': true},
        {'columns': ['_build_id']},
    ],
) }}

with shopify_affected as (
    select distinct source_account, customer_key
    from {{ ref('stg_shopify__orders') }}
    where customer_key is not null and {{ in_this_build('_delivery_id') }}
),

-- Every order carries its customer as of then; the newest one counts, whichever order came last.
shopify_customers as (
    select distinct on (seen.source_account, seen.customer_key)
        seen.source_system,
        seen.source_account,
        seen.customer_key,
        seen.customer_first_name as first_name,
        seen.customer_last_name as last_name,
        seen.customer_email as email,
        seen.shipping_country_code as country_code,
        seen.shipping_province_code as province_code,
        seen.shipping_zip as postal_code,
        seen.shipping_city as city,
        seen.is_customer_tax_exempt as is_tax_exempt,
        coalesce(seen.customer_updated_at, seen.source_updated_at) as source_updated_at
    from shopify_affected
    join {{ ref('stg_shopify__orders') }} as seen using (source_account, customer_key)
    order by
        seen.source_account,
        seen.customer_key,
        coalesce(seen.customer_updated_at, seen.source_updated_at) desc,
        seen.source_updated_at desc,
        seen.order_key desc
),

marketplace_affected as (
    select distinct source_account, customer_key
    from {{ ref('stg_marketplace_sftp__customers') }}
    where {{ in_this_build('_delivery_id') }}
),

marketplace_customers as (
    select distinct on (seen.source_account, seen.customer_key)
        seen.source_system,
        seen.source_account,
        seen.customer_key,
        null::text as first_name,
        null::text as last_name,
        null::text as email,
        shop.country_code,
        seen.state_code as province_code,
        seen.zip_code_prefix as postal_code,
        seen.city,
        null::boolean as is_tax_exempt,
        seen.source_updated_at
    from marketplace_affected
    join {{ ref('stg_marketplace_sftp__customers') }} as seen using (source_account, customer_key)
    left join {{ ref('shops') }} as shop
        on shop.source_system = seen.source_system and shop.source_account = seen.source_account
    order by seen.source_account, seen.customer_key, seen.is_deleted, seen.source_updated_at desc, seen.order_customer_key desc
),

ledger_affected as (
    select distinct source_system, source_account, customer_key
    from {{ lines_of_ledgers() }} as line
    where customer_key is not null and {{ in_this_build('_delivery_id') }}
),

ledger_customers as (
    select
        affected.source_system,
        affected.source_account,
        affected.customer_key,
        null::text as first_name,
        null::text as last_name,
        null::text as email,
        country.country_code,
        null::text as province_code,
        null::text as postal_code,
        null::text as city,
        null::boolean as is_tax_exempt,
        newest.source_updated_at
    from ledger_affected as affected
    cross join lateral (
        select line.country_name, line.source_updated_at
        from {{ lines_of_ledgers() }} as line
        where line.source_system = affected.source_system
            and line.source_account = affected.source_account
            and line.customer_key = affected.customer_key
        order by line.is_deleted, line.placed_at desc, line.order_key desc, line.line_key desc
        limit 1
    ) as newest
    left join {{ ref('country_names') }} as country on lower(country.country_name) = lower(newest.country_name)
),

all_customers as (
    select * from shopify_customers
    union all
    select * from marketplace_customers
    union all
    select * from ledger_customers
)

select
    {{ id_of('customer', ['source_system', 'source_account', 'customer_key']) }} as customer_id,
    all_customers.*,
    {{ build_stamp() }} as _build_id
from all_customers
