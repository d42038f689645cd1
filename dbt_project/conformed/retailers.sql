{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key='account',
    tags=['conformed_products'],
    meta={'scope': ['account']},
    indexes=[
        {'columns': ['account'], 'unique': true},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select account from {{ ref('retailer_listings') }}
    union
    select account from {{ ref('retailer_locations') }}
    {%- if is_incremental() %}
    union
    select account from {{ this }}
    {%- endif %}
),

settings as (
    select
        affected.account,
        customer.customer_number,
        (
            select jsonb_agg(to_jsonb(listing) - 'account' order by listing.family_code)
            from {{ ref('retailer_listings') }} as listing
            where listing.account = affected.account
        ) as listings,
        (
            select jsonb_agg(to_jsonb(served) - 'account' order by served.source_system, served.source_account, served.location)
            from {{ ref('retailer_locations') }} as served
            where served.account = affected.account
        ) as locations
    from affected
    left join {{ ref('retailer_customers') }} as customer using (account)
),

retailers as (
    select settings.*, {{ build_stamp() }} as _build_id
    from settings
    where listings is not null or locations is not null
)

{{ rows_and_scopes('retailers', 'affected') }}
