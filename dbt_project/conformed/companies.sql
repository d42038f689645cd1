{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key='company_id',
    tags=['conformed_orders'],
    meta={'scope': ['company_id']},
    indexes=[
        {'columns': ['company_id'], 'unique': true},
        {'columns': ['_build_id']},
    ],
) }}

-- Sellers are told by the marketplace; with suppliers and retailers we have made agreements, which are settings.
with told as (
    select
        seller.source_system,
        seller.source_account,
        'seller' as company_role,
        seller.seller_key as company_key,
        shop.country_code,
        seller.state_code as province_code,
        seller.zip_code_prefix as postal_code,
        seller.city,
        seller.is_deleted
    from {{ ref('stg_marketplace_sftp__sellers') }} as seller
    left join {{ ref('shops') }} as shop
        on shop.source_system = seller.source_system and shop.source_account = seller.source_account
    where {{ in_this_build('seller._delivery_id') }}
    union all
    select source_system, source_account, 'supplier', supplier_number, null, null, null, null, false
    from {{ ref('supplier_accounts') }}
    union all
    select 'retailer_edi', account, 'retailer', account, null, null, null, null, false
    from {{ ref('retailers') }}
),

companies as (
    select
        {{ id_of('company', ['source_system', 'source_account', 'company_role', 'company_key']) }} as company_id,
        source_system,
        source_account,
        company_role,
        company_key,
        country_code,
        province_code,
        postal_code,
        city,
        is_deleted,
        {{ build_stamp() }} as _build_id
    from told
),

affected as (
    select company_id from companies
    {% if is_incremental() -%}
    union
    -- A setting that is gone takes its company along.
    select company_id from {{ this }} where company_role <> 'seller'
    {%- endif %}
)

{{ rows_and_scopes('companies', 'affected') }}
