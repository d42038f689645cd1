-- Two prices of one variant, channel, customer, step and currency at one moment.
select *
from (
    select
        variant_id, channel_scope, customer_number, minimum_quantity, currency_code, valid_from, valid_to,
        lead(valid_from) over (
            partition by variant_id, channel_scope, customer_number, minimum_quantity, currency_code order by valid_from
        ) as next_from
    from {{ ref('effective_prices') }}
    where variant_id in (select variant_id from {{ ref('effective_prices') }} where {{ changed_since_last_build('_build_id') }})
) as price
where next_from < coalesce(valid_to, 'infinity')
