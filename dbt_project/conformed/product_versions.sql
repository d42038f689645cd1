{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    full_refresh=false,
    unique_key=['product_id', 'valid_from'],
    tags=['conformed_products'],
    indexes=[
        {'columns': ['product_id', 'valid_from'], 'unique': true},
        {'columns': ['_build_id']},
    ],
) }}

{% set content = [
    'source_system', 'source_account', 'product_key', 'status', 'name_en', 'name_de', 'description_en', 'description_de',
    'handle', 'brand_code', 'family_code', 'main_category_code', 'variant_count',
] %}

with affected as (
    select product_id, coalesce(source_updated_at, {{ moment_of_build() }}) as changed_at
    from {{ ref('products') }}
    where {{ changed_since_last_build('_build_id') }}
),

stated as (
    select product_id, {{ content | join(", ") }}, changed_at as stated_at
    from affected
    join {{ ref('products') }} as product using (product_id)
),

{{ history(holder='product_id', key=[], content=content) }}

select
    product_id,
    {{ content | join(",\n    ") }},
    valid_from,
    valid_to,
    {{ build_stamp() }} as _build_id
from dated
