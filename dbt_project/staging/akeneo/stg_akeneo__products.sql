select
    'akeneo' as source_system,
    _account as source_account,
    uuid as variant_key,
    sku,
    ean,
    {{ gtin('ean') }} as gtin,
    parent_code,
    family_code,
    coalesce(category_codes, '[]'::jsonb) as category_codes,
    brand_code,
    url_key,
    color_code,
    size_code,
    weight,
    weight_unit as weight_unit_code,
    is_taxable,
    is_enabled,
    (
        select jsonb_object_agg(name ->> 'locale', name ->> 'data')
        from jsonb_array_elements(names) as name
    ) as names,
    coalesce(descriptions, '[]'::jsonb) as descriptions,
    created_at as source_created_at,
    greatest(updated_at, _deleted_at) as source_updated_at,
    _deleted_at is not null as is_deleted,
    _delivery_id
from {{ source('raw', 'akeneo__products') }}
