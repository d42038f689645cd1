{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['source_system', 'source_account', 'sku', 'location'],
    tags=['conformed_stock'],
    indexes=[
        {'columns': ['source_system', 'source_account', 'sku', 'location'], 'unique': true},
        {'columns': ['sku']},
        {'columns': ['source_account', 'location']},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select source_account, sku, location
    from {{ ref('stg_warehouse_edi__stock') }}
    where {{ in_this_build('_delivery_id') }}
    {% if is_incremental() -%}
    union
    select level.source_account, level.sku, level.location
    from {{ ref('product_variants') }} as variant
    join {{ this }} as level using (sku)
    where variant.source_system = 'akeneo' and {{ changed_since_last_build('variant._build_id') }}
    {%- endif %}
),

levels as (
    select
        stock.*,
        greatest(
            coalesce(stock.available_quantity, stock.on_hand_quantity - coalesce(stock.committed_quantity, 0)), 0
        ) as may_be_sold,
        -- Of a row that was deleted nothing is left.
        case when stock.is_deleted then 0 else 1 end as factor
    from affected
    join {{ ref('stg_warehouse_edi__stock') }} as stock using (source_account, sku, location)
)

select
    levels.source_system,
    levels.source_account,
    levels.sku,
    levels.location,
    variant.variant_id,
    variant.product_id,
    (levels.factor * levels.on_hand_quantity)::numeric(15, 3) as on_hand_quantity,
    (levels.factor * levels.may_be_sold)::numeric(15, 3) as available_quantity,
    (levels.factor * levels.committed_quantity)::numeric(15, 3) as committed_quantity,
    (levels.factor * levels.on_order_quantity)::numeric(15, 3) as on_order_quantity,
    levels.unit_code,
    coalesce(uom.unit, 'unknown') as unit,
    (levels.factor * levels.may_be_sold * uom.base_units)::numeric(18, 3) as available_units,
    levels.source_as_of_at,
    levels.source_time_zone,
    levels.document_number,
    levels.interchange_control_number,
    levels.is_deleted,
    {{ build_stamp() }} as _build_id
from levels
left join {{ ref('uom') }} as uom
    on uom.source_system = levels.source_system and uom.unit_code = levels.unit_code and uom.dimension = 'count'
left join lateral {{ article_of('levels.sku') }} as variant on true
