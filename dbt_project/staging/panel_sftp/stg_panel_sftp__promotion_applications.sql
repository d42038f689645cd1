select
    'panel_sftp' as source_system,
    _account as source_account,
    basket_number as order_key,
    article_number as line_key,
    application_number,
    promotion_type,
    promotion_type as promotion_key,
    paid_by,
    {{ amount('taken_off') }} as discount_amount,
    {{ amount('taken_off') }} as discount_presentment_amount,
    _delivery_id
from {{ source('raw', 'panel_sftp__transactions') }}
cross join lateral (
    values
        (1, 'card', 'us', retail_discount_amount),
        (2, 'coupon', 'manufacturer', coupon_discount_amount),
        (3, 'coupon_match', 'us', coupon_match_discount_amount)
) as taken (application_number, promotion_type, paid_by, taken_off)
where taken_off > 0 and _deleted_at is null
