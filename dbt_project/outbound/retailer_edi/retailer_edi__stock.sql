{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['account', 'sku'],
    tags=['outbound'],
    meta={'compared': ['content_hash', 'as_of_at']},
    indexes=[
        {'columns': ['account', 'sku'], 'unique': true},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select article.account, article.sku
    from {{ ref('stock_levels') }} as level
    join {{ ref('retailer_articles') }} as article using (sku)
    where {{ changed_since_last_build('level._build_id') }}
    union
    select account, sku from {{ ref('retailer_articles') }} where {{ changed_since_last_build('_build_id') }}
    union
    select article.account, article.sku
    from {{ changed_retailers() }} as retailer
    join {{ ref('retailer_articles') }} as article using (account)
),

-- Of a listed article what may be sold; nothing of one that is not listed any more. A quantity in an unknown unit makes
-- the sum unknown; the retailer keeps what it has. Where a place serves no more, what is said is not older for that.
summed as (
    select
        article.account,
        article.sku,
        article.gtin,
        case when article.is_listed then floor(least(coalesce(level.units, 0), 2147483647))::integer else 0 end as quantity,
        greatest(level.as_of_at, article.source_updated_at{{ ", before.as_of_at" if is_incremental() }}) as as_of_at
    from affected
    join {{ ref('retailer_articles') }} as article using (account, sku)
    {%- if is_incremental() %}
    left join {{ this }} as before using (account, sku)
    {%- endif %}
    cross join lateral (
        select
            sum(greatest(stock.available_units, 0)) as units,
            max(stock.source_as_of_at) as as_of_at,
            coalesce(bool_and(stock.available_units is not null), true) as is_known
        from {{ ref('retailer_locations') }} as served
        join {{ ref('stock_levels') }} as stock using (source_system, source_account, location)
        where served.account = article.account and stock.sku = article.sku
    ) as level
    where article.is_listed and level.is_known
        {%- if is_incremental() %}
        or not article.is_listed and before.sku is not null
        {%- endif %}
)

select
    summed.*,
    md5(concat_ws(chr(31), gtin, quantity)) as content_hash,
    {{ build_stamp() }} as _build_id
from summed
