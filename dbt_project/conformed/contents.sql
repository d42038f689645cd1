{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['product_id', 'field', 'locale_code', 'content_scope'],
    tags=['conformed_products'],
    meta={'scope': ['product_id']},
    indexes=[
        {'columns': ['product_id', 'field', 'locale_code', 'content_scope'], 'unique': true},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select product_id from {{ ref('products') }} where {{ changed_since_last_build('_build_id') }}
),

texts as (
    select product.product_id, product.source_system, product.source_account, said.*
    from affected
    join {{ ref('products') }} as product using (product_id)
    cross join lateral (
        select 'name' as field, name.key as locale_code, 'all' as content_scope, name.value as content_text
        from jsonb_each_text(coalesce(product.names, '{}'::jsonb)) as name
        union all
        select
            'description',
            coalesce(description.value ->> 'locale', 'und'),
            coalesce(description.value ->> 'scope', 'all'),
            description.value ->> 'data'
        from jsonb_array_elements(coalesce(product.descriptions, '[]'::jsonb)) as description
    ) as said
    where said.content_text <> ''
),

-- A source may say a thing twice for one locale and scope; the longer text is kept.
contents as (
    select distinct on (product_id, field, locale_code, content_scope)
        product_id,
        field,
        locale_code,
        content_scope,
        source_system,
        source_account,
        nullif(split_part(locale_code, '_', 1), 'und') as language_code,
        content_text,
        length(content_text) as character_count,
        {{ build_stamp() }} as _build_id
    from texts
    order by product_id, field, locale_code, content_scope, length(content_text) desc, content_text
)

{{ rows_and_scopes('contents', 'affected') }}
