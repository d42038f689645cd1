{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    full_refresh=false,
    unique_key=['day', 'source_system', 'source_account'],
    tags=['metrics'],
    indexes=[
        {'columns': ['day', 'source_system', 'source_account'], 'unique': true},
        {'columns': ['_build_id']},
    ],
) }}

-- A day holds what a warehouse last said on it. What lies behind is never counted again.
with affected as (
    select distinct source_system, source_account
    from {{ ref('stock_levels') }}
    where {{ changed_since_last_build('_build_id') }}
),

articles as (
    select
        level.source_system,
        level.source_account,
        level.sku,
        sum(coalesce(level.available_units, 0)) as available_units,
        bool_or(level.committed_quantity > level.on_hand_quantity) as is_oversold
    from affected
    join {{ ref('stock_levels') }} as level using (source_system, source_account)
    where not level.is_deleted
    group by level.source_system, level.source_account, level.sku
),

-- What a warehouse sends is what is sold to the countries that it sends to.
sold as (
    select rule.account as source_account, sum(placed.unit_count) as unit_count
    from (select distinct source_system, source_account from {{ ref('shipping_warehouses') }}) as shop
    join {{ ref('orders') }} as placed
        on placed.source_system = shop.source_system
        and placed.source_account = shop.source_account
        and placed.business_date > {{ today() }} - {{ var('days_of_stock_cover') }}
        and placed.business_date <= {{ today() }}
    cross join lateral (
        select account
        from {{ ref('shipping_warehouses') }} as each_rule
        where each_rule.source_system = placed.source_system
            and each_rule.source_account = placed.source_account
            and each_rule.country_code in (placed.shipping_country_code, '*')
        order by each_rule.country_code = '*'
        limit 1
    ) as rule
    where placed.is_sale
    group by rule.account
)

select
    {{ today() }} as day,
    articles.source_system,
    articles.source_account,
    count(*)::integer as sku_count,
    (count(*) filter (where articles.available_units <= 0))::integer as out_of_stock_count,
    (count(*) filter (where articles.is_oversold))::integer as oversold_count,
    sum(articles.available_units)::numeric(18, 3) as available_units,
    coalesce(max(sold.unit_count), 0)::integer as sold_units,
    (coalesce(max(sold.unit_count), 0) / {{ var('days_of_stock_cover') }}.0)::numeric(18, 3) as sold_units_per_day,
    {{ build_stamp() }} as _build_id
from articles
left join sold on sold.source_account = articles.source_account
group by articles.source_system, articles.source_account
