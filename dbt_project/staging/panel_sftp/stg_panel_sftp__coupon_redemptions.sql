select
    'panel_sftp' as source_system,
    _account as source_account,
    'campaign' as promotion_type,
    campaign_number as promotion_key,
    coupon_number as coupon_key,
    household_number as customer_key,
    redeemed_on,
    _as_of as source_updated_at,
    _deleted_at is not null as is_deleted,
    _delivery_id
from {{ source('raw', 'panel_sftp__coupon_redemptions') }}
