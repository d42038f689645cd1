{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['product_id', 'shop'],
    tags=['outbound'],
    meta={'compared': ['content_hash']},
    indexes=[
        {'columns': ['product_id', 'shop'], 'unique': true},
        {'columns': ['shop', 'handle']},
        {'columns': ['_build_id']},
    ],
) }}

{% set pim = "source_system = 'akeneo'" %}
{#- A shop that is new gets every product. -#}
{% set is_shop_new = finds_a_row(
    "select from " ~ ref('shops') ~ " as shop where shop.source_system = 'shopify' and ("
    ~ "select true from " ~ this ~ " as shown where shown.shop = shop.source_account limit 1) is null"
) %}

with shops as (
    select source_account as shop, currency_code, language_code
    from {{ ref('shops') }}
    where source_system = 'shopify'
),

changed_products as (
    select product_id
    from {{ ref('products') }}
    where {{ pim }} and {{ "true" if is_shop_new else changed_since_last_build('_build_id') }}
    union
    select product_id from {{ ref('product_variants') }} where {{ pim }} and {{ changed_since_last_build('_build_id') }}
    union
    select product.product_id
    from {{ left_by(ref('product_variants'), {'product_id': 'text'}) }} as left_behind
    join {{ ref('products') }} as product using (product_id)
    where product.{{ pim }}
    union
    select variant.product_id
    from {{ ref('effective_prices') }} as price
    join {{ ref('product_variants') }} as variant using (variant_id)
    where {{ changed_since_last_build('price._build_id') }}
        or {{ passed_since_last_build('price.valid_from') }}
        or {{ passed_since_last_build('price.valid_to') }}
    union
    select variant.product_id
    from {{ left_by(ref('effective_prices'), {'variant_id': 'text'}) }} as gone
    join {{ ref('product_variants') }} as variant using (variant_id)
),

-- A handle is one product's in a shop, so whoever wants a handle that a changed product wants or had is decided anew.
wanted_handles as (
    select product.handle
    from changed_products
    join {{ ref('products') }} as product using (product_id)
    {% if is_incremental() -%}
    union
    select before.handle
    from changed_products
    join {{ this }} as before using (product_id)
    {%- endif %}
),

claims as (
    select
        product.*,
        row_number() over (
            partition by product.handle
            order by product.status <> 'active', product.source_created_at, product.product_id
        ) as claim
    from {{ ref('products') }} as product
    where product.{{ pim }}
        and product.handle in (select handle from wanted_handles)
),

-- Of a product on sale the variants on sale; of one that is not, what it last had.
offered as (
    select
        shops.shop,
        shops.currency_code,
        shops.language_code,
        product.*,
        built.*
    from shops
    cross join claims as product
    cross join lateral (
        select
            jsonb_agg(
                jsonb_build_object(
                    'sku', sku,
                    'barcode', barcode,
                    'price', round(sale_amount, 2)::text,
                    'compare_at_price', round(compare_at_amount, 2)::text,
                    'option_values', option_values || case
                        when is_ambiguous then jsonb_build_array(jsonb_build_object('option_name', 'Article', 'name', sku))
                        when option_values = '[]'::jsonb then '[{"option_name": "Title", "name": "Default Title"}]'::jsonb
                        else '[]'::jsonb
                    end,
                    'weight', trim_scale(weight_grams),
                    'weight_unit', case when weight_grams is not null then 'GRAMS' end,
                    'is_taxable', coalesce(is_taxable, true)
                )
                order by variant_created_at, sku
            ) as variants,
            {{ amount('min(sale_amount)') }} as min_price_amount,
            {{ amount('max(sale_amount)') }} as max_price_amount,
            count(*)::integer as shown_count,
            bool_and(sale_amount is not null) as is_priced
        from (
            -- Variants that no option tells apart are told apart by their article number.
            select *, bool_or(is_alike) over () as is_ambiguous
            from (
                select *, count(*) over (partition by option_values) > 1 as is_alike
                from (
                    select
                        variant.sku,
                        variant.barcode,
                        variant.weight_grams,
                        variant.is_taxable,
                        variant.source_created_at as variant_created_at,
                        price.price_amount as sale_amount,
                        case
                            when price.rule = 'promotion' and price.instead_of_amount > price.price_amount
                                then price.instead_of_amount
                        end as compare_at_amount,
                        {{ option_values(['color', 'size'], 'variant.options') }} as option_values
                    from {{ ref('product_variants') }} as variant
                    left join lateral {{ price_of(
                        'variant.variant_id', "'" ~ var("storefront_scope") ~ "'", 'shops.currency_code', moment_of_build()
                    ) }} as price on true
                    where variant.product_id = product.product_id
                        and (
                            variant.status = 'active'
                            or (product.status <> 'active' and variant.status = 'disabled')
                            or (product.status = 'deleted' and variant.status in ('deleted', 'superseded'))
                        )
                ) as shown
            ) as compared
        ) as told_apart
    ) as built
),

composed as (
    select
        product_id,
        shop,
        handle || case when claim > 1 then '-' || left(product_id, 8) else '' end as handle,
        coalesce({{ text_in('language_code', 'names') }}, name_en, name_de, product_key) as title,
        coalesce({{ text_in('language_code', storefront_texts('descriptions')) }}, description_en, '') as body_html,
        {{ readable('brand_code') }} as vendor,
        coalesce({{ text_in('language_code', 'product_types') }}, product_type_en, family_code) as product_type,
        case
            when status <> 'active' then 'ARCHIVED'
            when not is_priced then 'DRAFT'
            else 'ACTIVE'
        end as status,
        (
            select coalesce(jsonb_agg(tag order by tag), '[]'::jsonb)
            from (
                select 'category:' || category as tag from jsonb_array_elements_text(category_codes) as category
                union
                select 'brand:' || brand_code where brand_code is not null
                union
                select 'family:' || family_code where family_code is not null
            ) as owned
        ) as tags_owned,
        {{ options_of('variants') }} as options,
        variants,
        currency_code,
        min_price_amount,
        max_price_amount,
        shown_count as variant_count
    from offered
    where shown_count > 0
    {% if is_incremental() -%}
    union all
    -- All its variants went to other products: the channel keeps what it shows, out of sale.
    select
        before.product_id, before.shop, before.handle, before.title, before.body_html, before.vendor, before.product_type,
        'ARCHIVED', before.tags_owned, before.options, before.variants, before.currency_code, before.min_price_amount,
        before.max_price_amount, before.variant_count
    from offered
    join {{ this }} as before using (shop, product_id)
    where offered.shown_count = 0
    {%- endif %}
)

select
    composed.*,
    md5(to_jsonb(composed)::text) as content_hash,
    {{ build_stamp() }} as _build_id
from composed
