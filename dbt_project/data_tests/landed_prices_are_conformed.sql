-- Prices that this build took in: the open prices of the same variants are as many, and add up to as much.
with stated as (
    select source_system, source_account, {{ id_of('variant', ['source_system', 'source_account', 'variant_key']) }} as variant_id, price_amount
    from (
        select distinct on (source_account, variant_key, channel_scope, currency_code) *
        from {{ ref('stg_akeneo__product_prices') }}
        where {{ in_this_build('_delivery_id') }}
        order by source_account, variant_key, channel_scope, currency_code, price_amount desc
    ) as price
    union all
    select
        source_system,
        source_account,
        {{ id_of('variant', ['source_system', 'source_account', 'product_key', 'row_key']) }},
        unnest(array[list_price_amount, compare_at_amount, purchase_price_amount])
    from {{ ref('stg_supplier_sftp__catalog') }}
    where is_variant and not is_deleted and {{ in_this_build('_delivery_id') }}
),

landed as (
    select source_system, source_account, count(*) as landed_count, sum(price_amount) as landed_amount
    from stated
    where price_amount is not null
    group by source_system, source_account
),

conformed as (
    select price.source_system, price.source_account, count(*) as conformed_count, sum(price.price_amount) as conformed_amount
    from (select distinct variant_id from stated) as variant
    join {{ ref('prices') }} as price on price.source_variant_id = variant.variant_id and price.valid_to is null
    group by price.source_system, price.source_account
)

select *
from landed
left join conformed using (source_system, source_account)
where landed_count is distinct from conformed_count or landed_amount is distinct from conformed_amount
