-- Articles that this build took in, from the PIM, suppliers and the marketplace: every one is a variant of a product.
with landed as (
    select {{ id_of('variant', ['source_system', 'source_account', 'variant_key']) }} as variant_id, source_system, source_account
    from {{ ref('stg_akeneo__products') }}
    where {{ in_this_build('_delivery_id') }}
    union all
    select {{ id_of('variant', ['source_system', 'source_account', 'product_key', 'row_key']) }}, source_system, source_account
    from {{ ref('stg_supplier_sftp__catalog') }}
    where is_variant and {{ in_this_build('_delivery_id') }}
    union all
    select {{ id_of('variant', ['source_system', 'source_account', 'product_key']) }}, source_system, source_account
    from {{ ref('stg_marketplace_sftp__products') }}
    where {{ in_this_build('_delivery_id') }}
)

select
    landed.source_system,
    landed.source_account,
    count(*) as landed_count,
    count(variant.variant_id) as variant_count,
    count(product.product_id) as count_with_product
from landed
left join {{ ref('product_variants') }} as variant using (variant_id)
left join {{ ref('products') }} as product on product.product_id = variant.product_id
group by landed.source_system, landed.source_account
having count(*) <> count(product.product_id)
