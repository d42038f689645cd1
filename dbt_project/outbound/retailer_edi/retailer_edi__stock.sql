{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['account', 'sku'],
    tags=['outbound'],
    meta={'compared': ['content_hash', 'as_of_at', 'settings_hash']},
    indexes=[
        {'columns': ['account', 'sku'], 'unique': true},
        {'columns': ['account', 'settings_hash']},
        {'columns': ['_build_id']},
    ],
) }}

{% set settings = settings_of(ref('retailer_locations'), ['source_system', 'source_account', 'location']) %}
{#- Who is served from other places gets every article anew. -#}
{% set has_new_settings = finds_a_row(settings_differ(settings, this)) %}

with retailers as (
    {{ settings }}
),

changed as (
    select sku
    from {{ ref('stock_levels') }}
    where {{ "true" if has_new_settings else changed_since_last_build('_build_id') }}
    union
    select sku from {{ ref('retailer_articles') }} where {{ changed_since_last_build('_build_id') }}
),

-- Of a listed article what may be sold; nothing of one that is not listed any more. A quantity in an unknown unit makes
-- the sum unknown; the retailer keeps what it has.
summed as (
    select
        article.account,
        article.sku,
        article.gtin,
        case when article.is_listed then floor(least(coalesce(level.units, 0), 2147483647))::integer else 0 end as quantity,
        greatest(level.as_of_at, article.source_updated_at) as as_of_at,
        retailers.settings_hash
    from changed
    join {{ ref('retailer_articles') }} as article using (sku)
    left join retailers using (account)
    cross join lateral (
        select
            sum(greatest(stock.available_units, 0)) as units,
            max(stock.source_as_of_at) as as_of_at,
            coalesce(bool_and(stock.available_units is not null), true) as is_known
        from {{ ref('retailer_locations') }} as served
        join {{ ref('stock_levels') }} as stock using (source_system, source_account, location)
        where served.account = article.account and stock.sku = article.sku
    ) as level
    where (level.is_known or not article.is_listed)
        and (
            article.is_listed
            {%- if is_incremental() %}
            or exists (select from {{ this }} as before where before.account = article.account and before.sku = article.sku)
            {%- endif %}
        )
)

select
    summed.*,
    md5(concat_ws(chr(31), gtin, quantity)) as content_hash,
    {{ build_stamp() }} as _build_id
from summed
