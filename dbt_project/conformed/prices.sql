{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    full_refresh=false,
    unique_key=['source_variant_id', 'price_type', 'channel_scope', 'currency_code', 'valid_from'],
    tags=['conformed_products'],
    indexes=[
        {'columns': ['source_variant_id', 'price_type', 'channel_scope', 'currency_code', 'valid_from'], 'unique': true},
        {'columns': ['variant_id']},
        {'columns': ['_build_id']},
    ],
) }}

with read_anew as (
    select
        {{ id_of('variant', ['source_system', 'source_account', 'variant_key']) }} as source_variant_id,
        source_updated_at
    from {{ ref('stg_akeneo__products') }}
    where {{ in_this_build('_delivery_id') }}
    union all
    select {{ id_of('variant', ['source_system', 'source_account', 'product_key', 'row_key']) }}, source_updated_at
    from {{ ref('stg_supplier_sftp__catalog') }}
    where is_variant and {{ in_this_build('_delivery_id') }}
    union all
    select variant_id, source_updated_at
    from {{ ref('product_variants') }}
    where source_system = 'supplier_sftp' and {{ changed_since_last_build('_build_id') }}
),

affected as (
    select source_variant_id, max(source_updated_at) as changed_at
    from read_anew
    group by source_variant_id
),

holders as (
    select variant.*
    from affected
    join {{ ref('product_variants') }} as variant on variant.variant_id = affected.source_variant_id
),

-- Two spellings of one amount in one delivery would be two rows of one key: the higher price is kept.
pim_prices as (
    select
        holders.variant_id as source_variant_id,
        'sale' as price_type,
        price.channel_scope,
        price.currency_code,
        holders.variant_id,
        holders.source_system,
        holders.source_account,
        max(price.price_amount) as price_amount,
        max(price.source_updated_at) as stated_at
    from holders
    join {{ ref('stg_akeneo__product_prices') }} as price
        on holders.source_system = 'akeneo'
        and price.source_account = holders.source_account
        and price.variant_key = holders.variant_key
    group by 1, 2, 3, 4, 5, 6, 7
),

supplier_prices as (
    select
        holders.variant_id as source_variant_id,
        stated.price_type,
        'all' as channel_scope,
        offer.currency_code,
        coalesce(holders.matched_variant_id, holders.variant_id) as variant_id,
        holders.source_system,
        holders.source_account,
        stated.price_amount,
        offer.source_updated_at as stated_at
    from holders
    join {{ ref('stg_supplier_sftp__catalog') }} as offer
        on holders.source_system = 'supplier_sftp'
        and offer.source_account = holders.source_account
        and offer.product_key = holders.product_key
        and offer.row_key = holders.variant_key
        and not offer.is_deleted
    cross join lateral (
        values
            ('list', offer.list_price_amount),
            ('compare_at', offer.compare_at_amount),
            ('purchase', offer.purchase_price_amount)
    ) as stated (price_type, price_amount)
    where stated.price_amount is not null
),

stated as (
    select * from pim_prices
    union all
    select * from supplier_prices
),

{{ history(
    holder='source_variant_id',
    key=['price_type', 'channel_scope', 'currency_code'],
    content=['variant_id', 'source_system', 'source_account', 'price_amount'],
) }}

select
    source_variant_id,
    price_type,
    channel_scope,
    currency_code,
    variant_id,
    source_system,
    source_account,
    {{ amount('price_amount') }} as price_amount,
    valid_from,
    valid_to,
    {{ build_stamp() }} as _build_id
from dated
