{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['source_system', 'source_account', 'article', 'location'],
    tags=['conformed_stock'],
    indexes=[
        {'columns': ['source_system', 'source_account', 'article', 'location'], 'unique': true},
        {'columns': ['gtin']},
        {'columns': ['_build_id']},
    ],
) }}

with levels as (
    select
        stock.*,
        -- Of a row that was deleted nothing is left.
        case when stock.is_deleted then 0 else 1 end as factor
    from {{ ref('stg_supplier_edi__stock') }} as stock
    where {{ in_this_build('stock._delivery_id') }}
)

select
    levels.source_system,
    levels.source_account,
    levels.article,
    levels.location,
    levels.sku,
    levels.vendor_sku,
    {{ gtin('levels.ean') }} as gtin,
    (levels.factor * coalesce(levels.available_quantity, levels.on_hand_quantity))::numeric(15, 3) as available_quantity,
    (levels.factor * levels.on_hand_quantity)::numeric(15, 3) as on_hand_quantity,
    (levels.factor * levels.on_order_quantity)::numeric(15, 3) as on_order_quantity,
    levels.unit_code,
    coalesce(uom.unit, 'unknown') as unit,
    levels.available_date,
    levels.source_as_of_at,
    levels.document_number,
    levels.interchange_control_number,
    levels.is_test,
    levels.is_deleted,
    {{ build_stamp() }} as _build_id
from levels
left join {{ ref('uom') }} as uom
    on uom.source_system = levels.source_system and uom.unit_code = levels.unit_code and uom.dimension = 'count'
