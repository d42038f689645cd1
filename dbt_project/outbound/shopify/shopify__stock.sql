{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['sku', 'shop', 'location_name'],
    tags=['outbound'],
    meta={'compared': ['content_hash', 'product_id', 'as_of_at']},
    indexes=[
        {'columns': ['sku', 'shop', 'location_name'], 'unique': true},
        {'columns': ['shop', 'location_name']},
        {'columns': ['_build_id']},
    ],
) }}

{#- A location that is new at the channel gets every article. -#}
{% set is_location_new = finds_a_row(
    "select from " ~ ref('channel_locations') ~ " as mapped where ("
    ~ "select true from " ~ this ~ " as shown where shown.shop = mapped.shop and shown.location_name = mapped.location_name limit 1"
    ~ ") is null and ("
    ~ "select true from " ~ ref('stock_levels') ~ " as level where level.source_account = mapped.source_account"
    ~ " and level.location = mapped.location and level.variant_id is not null and level.available_units is not null limit 1"
    ~ ") is not null"
) %}

with changed as (
    select sku
    from {{ ref('stock_levels') }}
    where {{ "true" if is_location_new else changed_since_last_build('_build_id') }}
    group by sku
),

levels as (
    select mapped.shop, mapped.location_name, level.*
    from changed
    join {{ ref('stock_levels') }} as level using (sku)
    join {{ ref('channel_locations') }} as mapped using (source_system, source_account, location)
    where level.variant_id is not null
),

-- A quantity in an unknown unit makes the sum unknown; the channel keeps what it has.
summed as (
    select
        sku,
        shop,
        location_name,
        floor(least(greatest(sum(available_units), 0), 2147483647))::integer as quantity,
        max(source_as_of_at) as as_of_at,
        min(product_id) as product_id
    from levels
    group by sku, shop, location_name
    having bool_and(available_units is not null)
)

select
    summed.*,
    md5(concat_ws(chr(31), sku, shop, location_name, quantity)) as content_hash,
    {{ build_stamp() }} as _build_id
from summed
