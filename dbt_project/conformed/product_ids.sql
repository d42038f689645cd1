{{ config(tags=['conformed_products']) }}

with channel_ids as (
    select
        case channel_id.kind when 'product' then 'product' else 'variant' end as kind,
        case channel_id.kind when 'product' then channel_id.our_key else variant.variant_id end as our_id,
        channel_id.source_system,
        coalesce(shop.environment, '{{ var("environment") }}') as environment,
        channel_id.source_account,
        channel_id.kind || '_id' as identifier_type,
        channel_id.channel_id as identifier,
        channel_id.valid_from,
        channel_id.valid_to
    from {{ ref('stg_outbox__channel_ids') }} as channel_id
    left join {{ ref('product_variants') }} as variant
        on channel_id.kind <> 'product'
        and variant.sku = channel_id.our_key
        and variant.source_system = 'akeneo'
        and variant.status <> 'superseded'
    left join {{ ref('shops') }} as shop
        on shop.source_system = channel_id.source_system and shop.source_account = channel_id.source_account
    where channel_id.kind <> 'location'
)

select kind, our_id, source_system, environment, source_account, identifier_type, identifier, valid_from, valid_to
from {{ ref('source_product_ids') }}
union all
select kind, our_id, source_system, environment, source_account, identifier_type, identifier, valid_from, valid_to
from channel_ids
