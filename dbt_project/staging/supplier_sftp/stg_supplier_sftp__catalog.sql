select
    'supplier_sftp' as source_system,
    _account as source_account,
    handle as product_key,
    row_key,
    -- One line of the file may be a variant, an image, or both.
    row_key like 'variant:%' as is_variant,
    is_first_row,
    sku,
    barcode,
    {{ gtin('barcode') }} as gtin,
    title,
    body_html,
    vendor,
    product_type,
    tags,
    is_published,
    (
        select coalesce(jsonb_agg(jsonb_build_object('name', option.name, 'value', option.value) order by option.position), '[]'::jsonb)
        from (
            values (1, option1_name, option1_value), (2, option2_name, option2_value), (3, option3_name, option3_value)
        ) as option (position, name, value)
        where option.value is not null
    ) as options,
    weight_grams,
    is_taxable,
    currency_code,
    {{ amount('list_price_amount') }} as list_price_amount,
    {{ amount('compare_at_amount') }} as compare_at_amount,
    {{ amount('purchase_price_amount') }} as purchase_price_amount,
    image_url,
    _as_of as source_updated_at,
    _deleted_at is not null as is_deleted,
    _delivery_id
from {{ source('raw', 'supplier_sftp__catalog') }}
