{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key='product_id',
    tags=['conformed_products'],
    meta={'uncompared': ['source_updated_at']},
    indexes=[
        {'columns': ['product_id'], 'unique': true},
        {'columns': ['handle']},
        {'columns': ['source_account', 'family_code']},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select product_id from {{ ref('product_variants') }} where {{ changed_since_last_build('_build_id') }}
    union
    select product_id from {{ left_by(ref('product_variants'), {'product_id': 'text'}) }} as left_behind
    union
    select
        case
            when parent_code is null then {{ id_of('product', ['source_system', 'source_account', 'variant_key']) }}
            else {{ id_of('product_model', ['source_system', 'source_account', 'parent_code']) }}
        end
    from {{ ref('stg_akeneo__products') }}
    where {{ in_this_build('_delivery_id') }}
    union
    select {{ id_of('product', ['source_system', 'source_account', 'product_key']) }}
    from {{ ref('stg_supplier_sftp__catalog') }}
    where {{ in_this_build('_delivery_id') }}
    union
    select {{ id_of('product', ['source_system', 'source_account', 'product_key']) }}
    from {{ ref('stg_marketplace_sftp__products') }}
    where {{ in_this_build('_delivery_id') }}
    union
    select {{ id_of('product', ['source_system', 'source_account', 'product_key']) }}
    from {{ articles_of_ledgers() }} as mention
    where {{ in_this_build('_delivery_id') }}
    {% if is_incremental() -%}
    union
    select before.product_id
    from {{ ref('stg_akeneo__families') }} as family
    join {{ this }} as before using (source_account, family_code)
    where {{ in_this_build('family._delivery_id') }} and before.source_system = 'akeneo'
    {%- endif %}
),

variants as (
    select variant.*
    from affected
    join {{ ref('product_variants') }} as variant using (product_id)
),

-- The variant that speaks for its product: the oldest one that is still there.
grouped as (
    select
        product_id,
        source_system,
        source_account,
        product_key,
        (array_agg(variant_key order by status in ('deleted', 'superseded'), source_created_at, sku, variant_key))[1]
            as leading_variant_key,
        case
            when bool_or(status = 'active') then 'active'
            when bool_or(status = 'disabled') then 'disabled'
            when bool_or(status = 'listed') then 'listed'
            when bool_or(status = 'matched') then 'matched'
            when bool_or(status = 'proposal') then 'proposal'
            else 'deleted'
        end as status,
        (count(*) filter (where status not in ('deleted', 'superseded')))::integer as variant_count,
        min(source_created_at) as source_created_at,
        max(source_updated_at) as source_updated_at
    from variants
    group by product_id, source_system, source_account, product_key
),

pim_products as (
    select
        grouped.*,
        coalesce(item.names, '{}'::jsonb) as names,
        item.descriptions,
        {{ storefront_texts('item.descriptions') }} as storefront_descriptions,
        coalesce(item.url_key, {{ slug('coalesce(item.parent_code, item.sku)') }}) as handle,
        item.brand_code,
        item.family_code,
        coalesce(family.names, '{}'::jsonb) as product_types,
        item.category_codes
    from grouped
    join {{ ref('stg_akeneo__products') }} as item
        on grouped.source_system = 'akeneo'
        and item.source_account = grouped.source_account
        and item.variant_key = grouped.leading_variant_key
    left join {{ ref('stg_akeneo__families') }} as family
        on family.source_account = item.source_account and family.family_code = item.family_code and not family.is_deleted
),

supplier_products as (
    select distinct on (grouped.product_id)
        grouped.*,
        case when line.title is null then '{}'::jsonb else jsonb_build_object('und', line.title) end as names,
        case
            when line.body_html is null then '[]'::jsonb
            else jsonb_build_array(jsonb_build_object('locale', 'und', 'data', line.body_html))
        end as descriptions,
        '{}'::jsonb as storefront_descriptions,
        line.product_key as handle,
        line.vendor as brand_code,
        null::text as family_code,
        case when line.product_type is null then '{}'::jsonb else jsonb_build_object('und', line.product_type) end as product_types,
        '[]'::jsonb as category_codes
    from grouped
    join {{ ref('stg_supplier_sftp__catalog') }} as line
        on grouped.source_system = 'supplier_sftp'
        and line.source_account = grouped.source_account
        and line.product_key = grouped.product_key
    order by grouped.product_id, line.is_deleted, line.is_first_row desc, line.row_key
),

listings as (
    select
        grouped.*,
        '{}'::jsonb as names,
        '[]'::jsonb as descriptions,
        '{}'::jsonb as storefront_descriptions,
        null::text as handle,
        null::text as brand_code,
        null::text as family_code,
        '{}'::jsonb as product_types,
        case
            when listing.category_code is null then '[]'::jsonb
            else jsonb_build_array(listing.category_code)
        end as category_codes
    from grouped
    join {{ ref('stg_marketplace_sftp__products') }} as listing
        on grouped.source_system = 'marketplace_sftp'
        and listing.source_account = grouped.source_account
        and listing.product_key = grouped.product_key
),

-- The newest name that an article was given, else what was said of it last.
ledger_products as (
    select
        grouped.*,
        case when named.title is null then '{}'::jsonb else jsonb_build_object('und', named.title) end as names,
        '[]'::jsonb as descriptions,
        '{}'::jsonb as storefront_descriptions,
        null::text as handle,
        named.brand as brand_code,
        null::text as family_code,
        case when named.product_type is null then '{}'::jsonb else jsonb_build_object('und', named.product_type) end as product_types,
        '[]'::jsonb as category_codes
    from grouped
    left join lateral (
        select mention.title, mention.product_type, mention.brand
        from {{ articles_of_ledgers() }} as mention
        where mention.source_system = grouped.source_system
            and mention.source_account = grouped.source_account
            and mention.product_key = grouped.product_key
            and mention.title is not null
        order by mention.is_name desc, mention.is_deleted, mention.mentioned_at desc, mention.mentioned_in desc
        limit 1
    ) as named on true
    where {{ is_of_ledger('grouped.source_system') }}
),

all_products as (
    select * from pim_products
    union all
    select * from supplier_products
    union all
    select * from listings
    union all
    select * from ledger_products
),

described as (
    select
        product_id,
        source_system,
        source_account,
        product_key,
        status,
        names,
        {{ text_in("'en'", 'names') }} as name_en,
        {{ text_in("'de'", 'names') }} as name_de,
        descriptions,
        {{ text_in("'en'", 'storefront_descriptions') }} as description_en,
        {{ text_in("'de'", 'storefront_descriptions') }} as description_de,
        coalesce(handle, {{ slug('product_key') }}, product_id) as handle,
        brand_code,
        family_code,
        product_types,
        {{ text_in("'en'", 'product_types') }} as product_type_en,
        {{ text_in("'de'", 'product_types') }} as product_type_de,
        category_codes,
        category_codes ->> 0 as main_category_code,
        variant_count,
        source_created_at,
        source_updated_at
    from all_products
    {% if is_incremental() -%}
    union all
    -- The last variant went to another product: what was here is deleted, and says so.
    select
        {% for column in [
            'product_id', 'source_system', 'source_account', 'product_key', "'deleted'", 'names', 'name_en', 'name_de',
            'descriptions', 'description_en', 'description_de', 'handle', 'brand_code', 'family_code', 'product_types',
            'product_type_en', 'product_type_de', 'category_codes', 'main_category_code', '0', 'source_created_at',
            'source_updated_at',
        ] -%}
        {{ column }}{{ ", " if not loop.last }}
        {%- endfor %}
    from {{ this }}
    join affected using (product_id)
    where not exists (select from {{ ref('product_variants') }} as variant where variant.product_id = affected.product_id)
    {%- endif %}
)

select
    described.*,
    {{ build_stamp() }} as _build_id
from described
