{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    full_refresh=false,
    unique_key=['sku', 'source_system', 'source_account', 'location', 'valid_from'],
    tags=['conformed_stock'],
    indexes=[
        {'columns': ['sku', 'source_system', 'source_account', 'location', 'valid_from'], 'unique': true},
        {'columns': ['_build_id']},
    ],
) }}

{% set place = ['source_system', 'source_account', 'location'] %}
{% set content = ['on_hand_quantity', 'available_quantity', 'committed_quantity', 'on_order_quantity', 'unit_code'] %}

with affected as (
    select sku, max(source_as_of_at) as changed_at
    from {{ ref('stock_levels') }}
    where {{ changed_since_last_build('_build_id') }}
    group by sku
),

-- What a place does not keep any more ends.
stated as (
    select sku, {{ place | join(", ") }}, {{ content | join(", ") }}, source_as_of_at as stated_at
    from affected
    join {{ ref('stock_levels') }} as level using (sku)
    where not level.is_deleted
),

{{ history(holder='sku', key=place, content=content) }}

select
    sku,
    {{ place | join(",\n    ") }},
    {{ content | join(",\n    ") }},
    valid_from,
    valid_to,
    {{ build_stamp() }} as _build_id
from dated
