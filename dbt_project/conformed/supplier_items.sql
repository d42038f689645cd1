{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['source_system', 'source_account', 'article'],
    tags=['conformed_stock'],
    indexes=[
        {'columns': ['source_system', 'source_account', 'article'], 'unique': true},
        {'columns': ['gtin']},
        {'columns': ['_build_id']},
    ],
) }}

select
    item.source_system,
    item.source_account,
    item.article,
    item.sku,
    item.vendor_sku,
    {{ gtin('item.ean') }} as gtin,
    item.description,
    {{ amount('item.list_price_amount / coalesce(nullif(item.price_basis_quantity, 0), 1)') }} as list_price_amount,
    {{ amount('item.purchase_price_amount / coalesce(nullif(item.price_basis_quantity, 0), 1)') }} as purchase_price_amount,
    item.price_unit_code,
    item.currency_code,
    item.pack_quantity,
    item.minimum_order_quantity,
    item.valid_from_date,
    item.valid_to_date,
    item.stated_at,
    item.document_number,
    item.interchange_control_number,
    item.is_test,
    item.is_deleted,
    {{ build_stamp() }} as _build_id
from {{ ref('stg_supplier_edi__catalog') }} as item
where {{ in_this_build('item._delivery_id') }}
