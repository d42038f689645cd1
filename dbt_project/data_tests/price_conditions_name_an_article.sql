{{ config(severity='warn', store_failures=true) }}

-- What the ERP agrees for articles that the PIM does not have: it holds as soon as the PIM has them.
select said.sku, said.condition_number, said.first_day
from {{ ref('price_conditions') }} as said
where said.valid_to is null
    and not exists (
        select from {{ ref('product_variants') }} as variant where variant.source_system = 'akeneo' and variant.sku = said.sku
    )
