select
    'panel_sftp' as source_system,
    _account as source_account,
    basket_number as order_key,
    article_number as line_key,
    null::integer as line_number,
    false as is_correction,
    article_number as product_key,
    null::text as title,
    quantity,
    -- A manufacturer's coupon is paid back to the grocer, so it takes nothing off.
    {{ amount('(sales_amount + retail_discount_amount + coupon_match_discount_amount) / coalesce(nullif(quantity, 0), 1)') }}
        as unit_price_amount,
    {{ amount('sales_amount + retail_discount_amount + coupon_match_discount_amount') }} as gross_amount,
    {{ amount('retail_discount_amount + coupon_match_discount_amount') }} as discount_amount,
    sold_at as placed_at,
    household_number as customer_key,
    'United States' as country_name,
    _as_of as source_updated_at,
    _deleted_at is not null as is_deleted,
    _delivery_id
from {{ source('raw', 'panel_sftp__transactions') }}
