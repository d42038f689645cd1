{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['account', 'sku'],
    tags=['conformed_products'],
    meta={'uncompared': ['source_updated_at']},
    indexes=[
        {'columns': ['account', 'sku'], 'unique': true},
        {'columns': ['sku']},
        {'columns': ['_build_id']},
    ],
) }}

{% set pim = "source_system = 'akeneo'" %}

with changed as (
    select variant_id, sku
    from {{ ref('product_variants') }}
    where {{ pim }} and {{ changed_since_last_build('_build_id') }}
    union
    select variant.variant_id, variant.sku
    from {{ ref('products') }} as product
    join {{ ref('product_variants') }} as variant using (product_id)
    where product.{{ pim }} and {{ changed_since_last_build('product._build_id') }}
    union
    select variant.variant_id, variant.sku
    from {{ ref('prices') }} as price
    join {{ ref('product_variants') }} as variant on variant.variant_id = price.source_variant_id
    where price.{{ pim }} and {{ changed_since_last_build('price._build_id') }}
),

changed_skus as (
    select sku from changed where sku is not null
    {% if is_incremental() -%}
    union
    select known.sku from changed join {{ this }} as known using (variant_id)
    {%- endif %}
),

-- A contract that was made, changed or taken back, or that begins or ends now.
agreed as (
    select effective.customer_number, effective.variant_id
    from {{ ref('effective_prices') }} as effective
    where effective.customer_number <> ''
        and (
            {{ changed_since_last_build('effective._build_id') }}
            or {{ passed_since_last_build('effective.valid_from') }}
            or {{ passed_since_last_build('effective.valid_to') }}
        )
    union
    select gone.customer_number, gone.variant_id
    from {{ left_by(ref('effective_prices'), {'customer_number': 'text', 'variant_id': 'text'}) }} as gone
),

-- Who lists other articles, or on other terms, gets all of them anew; whoever lists none any more is told so.
affected as (
    select retailer.account, changed_skus.sku
    from {{ ref('retailers') }} as retailer
    cross join changed_skus
    union
    select retailer.account, variant.sku
    from agreed
    join {{ ref('retailers') }} as retailer using (customer_number)
    join {{ ref('product_variants') }} as variant using (variant_id)
    where variant.sku is not null
    union
    select retailer.account, variant.sku
    from {{ changed_retailers() }} as retailer
    join {{ ref('product_variants') }} as variant on variant.sku is not null and variant.{{ pim }}
    {% if is_incremental() -%}
    union
    select known.account, known.sku from {{ changed_retailers() }} as retailer join {{ this }} as known using (account)
    {%- endif %}
),

-- A SKU belongs to one variant.
bearers as (
    select distinct on (variant.sku)
        variant.*, product.name_en, product.name_de, product.family_code
    from (select distinct sku from affected) as wanted
    join {{ ref('product_variants') }} as variant using (sku)
    join {{ ref('products') }} as product on product.product_id = variant.product_id
    where variant.{{ pim }} and variant.status <> 'superseded'
    order by variant.sku, variant.status = 'deleted', variant.source_updated_at desc, variant.variant_id
),

wanted as (
    select
        affected.account,
        bearers.*,
        listing.currency_code,
        listing.discount_percent,
        price.price_amount as retail_amount,
        coalesce(
            contract.price_amount,
            {{ amount('round(price.price_amount * (1 - listing.discount_percent / 100), 2)') }}
        ) as net_amount,
        case when contract.price_amount is not null then 'contract' when price.price_amount is not null then 'listing' end
            as net_rule
    from affected
    join bearers using (sku)
    left join {{ ref('retailers') }} as retailer using (account)
    left join lateral (
        select currency_code, discount_percent
        from {{ ref('retailer_listings') }} as offered
        where offered.account = affected.account and offered.family_code in (bearers.family_code, '*')
        order by offered.family_code = '*'
        limit 1
    ) as listing on true
    left join lateral (
        select price_amount
        from {{ ref('prices') }} as stated
        where stated.source_variant_id = bearers.variant_id
            and stated.price_type = 'sale'
            and stated.channel_scope = '{{ var("storefront_scope") }}'
            and stated.currency_code = listing.currency_code
            and stated.valid_to is null
    ) as price on true
    -- What is agreed with it of a single piece, and not only what is agreed with everybody.
    left join lateral (
        select agreed.price_amount
        from {{ price_of(
            'bearers.variant_id', "'all'", 'listing.currency_code', moment_of_build(), 'retailer.customer_number'
        ) }} as agreed
        where agreed.customer_number = retailer.customer_number and agreed.rule = 'contract'
    ) as contract on true
),

judged as (
    select
        wanted.*,
        coalesce(name_en, name_de, sku) as title,
        case
            when currency_code is null then 'not on the list'
            when status <> 'active' then 'not on sale'
            when gtin is null then 'no GTIN'
            when retail_amount is null then 'no price'
        end as missing
    from wanted
),

offered as (
    select
        account, sku, variant_id, gtin, title, missing, currency_code, net_amount, net_rule, retail_amount, source_updated_at
    from judged
    where missing is distinct from 'not on the list'
        {%- if is_incremental() %}
        or exists (select from {{ this }} as known where known.account = judged.account and known.sku = judged.sku)
    union all
    -- A number that no variant bears any more.
    select
        known.account, known.sku, known.variant_id, known.gtin, known.title, 'not on sale', known.currency_code, known.net_amount,
        known.net_rule, known.retail_amount, known.source_updated_at
    from affected
    join {{ this }} as known using (account, sku)
    where not exists (select from bearers where bearers.sku = known.sku)
        {%- endif %}
)

select
    account,
    sku,
    variant_id,
    gtin,
    title,
    missing is null as is_listed,
    missing,
    currency_code,
    net_amount,
    net_rule,
    retail_amount,
    source_updated_at,
    {{ build_stamp() }} as _build_id
from offered
