{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    full_refresh=false,
    unique_key=['holder_id', 'identifier_type', 'identifier', 'valid_from'],
    tags=['conformed_products'],
    indexes=[
        {'columns': ['holder_id', 'identifier_type', 'identifier', 'valid_from'], 'unique': true},
        {'columns': ['identifier']},
        {'columns': ['our_id']},
        {'columns': ['_build_id']},
    ],
) }}

with changed_variants as (
    select * from {{ ref('product_variants') }} where {{ changed_since_last_build('_build_id') }}
),

changed_products as (
    select * from {{ ref('products') }} where {{ changed_since_last_build('_build_id') }}
),

affected as (
    select variant_id as holder_id, source_updated_at as changed_at from changed_variants
    union all
    select product_id, source_updated_at from changed_products
),

variant_identifiers as (
    select
        variant.variant_id as holder_id,
        identifier.identifier_type,
        identifier.identifier,
        'variant' as kind,
        coalesce(variant.matched_variant_id, variant.variant_id) as our_id,
        variant.source_system,
        variant.source_account,
        variant.source_updated_at as stated_at
    from changed_variants as variant
    cross join lateral (
        values
            ('key', case when variant.source_system = 'supplier_sftp' then variant.product_key || '#' || variant.variant_key else variant.variant_key end),
            ('sku', variant.sku),
            ('ean', variant.gtin)
    ) as identifier (identifier_type, identifier)
    where identifier.identifier is not null
        and (variant.status <> 'deleted' and (variant.status <> 'superseded' or identifier.identifier_type <> 'sku'))
),

product_identifiers as (
    select
        product.product_id as holder_id,
        identifier.identifier_type,
        identifier.identifier,
        'product' as kind,
        product.product_id as our_id,
        product.source_system,
        product.source_account,
        product.source_updated_at as stated_at
    from changed_products as product
    cross join lateral (
        values
            ('key', product.product_key),
            ('handle', case when product.source_system = 'akeneo' then product.handle end)
    ) as identifier (identifier_type, identifier)
    where identifier.identifier is not null and product.status <> 'deleted'
),

stated as (
    select * from variant_identifiers
    union all
    select * from product_identifiers
),

{{ history(
    holder='holder_id',
    key=['identifier_type', 'identifier'],
    content=['kind', 'our_id', 'source_system', 'source_account'],
) }}

select
    dated.kind,
    dated.our_id,
    dated.source_system,
    coalesce(shop.environment, '{{ var("environment") }}') as environment,
    dated.source_account,
    dated.identifier_type,
    dated.identifier,
    dated.holder_id,
    dated.valid_from,
    dated.valid_to,
    {{ build_stamp() }} as _build_id
from dated
left join {{ ref('shops') }} as shop using (source_system, source_account)
