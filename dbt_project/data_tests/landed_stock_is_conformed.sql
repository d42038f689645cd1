-- Stock that this build took in: as many rows, and as much on hand, in conformed as in raw, by warehouse.
with landed as (
    select source_system, source_account, sku, location, case when is_deleted then 0 else on_hand_quantity end as on_hand_quantity
    from {{ ref('stg_warehouse_edi__stock') }}
    where {{ in_this_build('_delivery_id') }}
),

compared as (
    select
        source_system,
        source_account,
        count(*) as landed_count,
        count(level.available_quantity) as conformed_count,
        sum(landed.on_hand_quantity) as landed_quantity,
        sum(level.on_hand_quantity) as conformed_quantity
    from landed
    left join {{ ref('stock_levels') }} as level using (source_system, source_account, sku, location)
    group by source_system, source_account
)

select *
from compared
where landed_count <> conformed_count or landed_quantity is distinct from conformed_quantity
