{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key='coupon_redemption_id',
    tags=['conformed_orders'],
    indexes=[
        {'columns': ['coupon_redemption_id'], 'unique': true},
        {'columns': ['_build_id']},
    ],
) }}

{% set redemption = [
    'source_system', 'source_account', 'promotion_type', 'promotion_key', 'coupon_key', 'customer_key', 'redeemed_on', 'is_deleted',
] %}

-- Those that came, and those for which something that they are looked for by has come or changed.
with affected as (
    select {{ redemption | join(', ') }}
    from {{ coupon_redemptions_of_systems() }} as came
    where {{ in_this_build('came._delivery_id') }}
    union
    select {{ redemption | join(', ') }}
    from {{ coupon_redemptions_of_systems() }} as handed_in
    join (
        select distinct source_system, source_account, customer_key
        from {{ lines_of_ledgers() }} as line
        where customer_key is not null and {{ in_this_build('line._delivery_id') }}
    ) as bought using (source_system, source_account, customer_key)
    union
    select {{ redemption | join(', ') }}
    from {{ left_by(ref('orders'), {'customer_id': 'text'}) }} as lost
    join {{ coupon_redemptions_of_systems() }} as handed_in
        on lost.customer_id = {{ id_of('customer', ['handed_in.source_system', 'handed_in.source_account', 'handed_in.customer_key']) }}
    union
    select {{ redemption | join(', ') }}
    from {{ coupon_redemptions_of_systems() }} as handed_in
    join (
        select distinct source_system, source_account, promotion_type, promotion_key, coupon_key
        from {{ coupon_articles_of_systems() }} as article
        where {{ in_this_build('article._delivery_id') }}
    ) as listed using (source_system, source_account, promotion_type, promotion_key, coupon_key)
),

identified as (
    select
        affected.*,
        {{ promotion_id_of('affected') }} as promotion_id,
        {{ id_of('customer', ['affected.source_system', 'affected.source_account', 'affected.customer_key']) }} as customer_id
    from affected
),

-- Everything that the customer bought that day, the best match first.
matched as (
    select identified.*, found.order_id, found.order_line_id, found.is_good_for, found.has_coupon
    from identified
    left join lateral (
        select
            placed.order_id,
            line.order_line_id,
            exists (
                select
                from {{ coupon_articles_of_systems() }} as article
                where article.source_system = identified.source_system
                    and article.source_account = identified.source_account
                    and article.promotion_type = identified.promotion_type
                    and article.promotion_key = identified.promotion_key
                    and article.coupon_key = identified.coupon_key
                    and article.product_key = line.sku
                    and not article.is_deleted
            ) as is_good_for,
            exists (
                select
                from {{ ref('promotion_applications') }} as taken
                where taken.order_id = line.order_id
                    and taken.order_line_id = line.order_line_id
                    and taken.promotion_type = 'coupon'
            ) as has_coupon
        from {{ ref('orders') }} as placed
        join {{ ref('order_lines') }} as line using (order_id)
        where placed.customer_id = identified.customer_id and placed.business_date = identified.redeemed_on
        order by is_good_for desc, has_coupon desc, placed.placed_at, line.order_line_id
        limit 1
    ) as found on true
)

select
    {{ id_of('coupon_redemption', ['promotion_id', 'coupon_key', 'customer_id', 'redeemed_on::text']) }} as coupon_redemption_id,
    promotion_id,
    source_system,
    source_account,
    coupon_key,
    customer_id,
    redeemed_on,
    case when is_good_for and has_coupon then order_id end as order_id,
    case when is_good_for and has_coupon then order_line_id end as order_line_id,
    case
        when order_id is null then 'no_order_on_that_day'
        when not is_good_for then 'no_article_of_the_coupon'
        when not has_coupon then 'no_coupon_on_the_article'
    end as unmatched_reason,
    is_deleted,
    {{ build_stamp() }} as _build_id
from matched
