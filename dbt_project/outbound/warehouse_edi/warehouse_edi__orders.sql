{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key='order_id',
    tags=['outbound'],
    meta={'compared': ['content_hash']},
    indexes=[
        {'columns': ['order_id'], 'unique': true},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select order_id from {{ ref('orders') }} where {{ changed_since_last_build('_build_id') }}
    union
    select order_id from {{ ref('order_lines') }} where {{ changed_since_last_build('_build_id') }}
    union
    select order_id from {{ ref('order_addresses') }} where {{ changed_since_last_build('_build_id') }}
),

-- A warehouse gets what is paid and not sent; of what it got it hears until it is sent.
due as (
    select placed.*, {% if is_incremental() %}before.account{% else %}null::text{% endif %} as known_account
    from affected
    join {{ ref('orders') }} as placed using (order_id)
    {%- if is_incremental() %}
    left join {{ this }} as before using (order_id)
    {%- endif %}
    where not placed.is_test
        and placed.fulfillment_status in ('unfulfilled', 'restocked')
        and (
            placed.order_status = 'open' and placed.financial_status in ('paid', 'partially_refunded')
            {%- if is_incremental() %} or before.order_id is not null{% endif %}
        )
),

-- The warehouse that has an order keeps it.
assigned as (
    select due.*, coalesce(due.known_account, warehouse.account) as account
    from due
    left join lateral (
        select account
        from {{ ref('shipping_warehouses') }} as rule
        where rule.source_system = due.source_system and rule.source_account = due.source_account
            and rule.country_code in (due.shipping_country_code, '*')
        order by rule.country_code = '*'
        limit 1
    ) as warehouse on true
    where coalesce(due.known_account, warehouse.account) is not null
),

orders as (
    select
        placed.order_id,
        placed.account,
        ltrim(placed.order_name, '#') as order_number,
        placed.source_account as shop,
        placed.business_date as order_date,
        address.recipient_name,
        address.company_name,
        address.street,
        address.street_extra,
        address.postal_code,
        address.city,
        address.province_code,
        address.country_code,
        placed.order_status = 'cancelled' or lines.line_count = 0 as is_cancelled,
        lines.line_count,
        lines.unit_count,
        lines.unknown_article_count,
        lines.lines,
        placed.source_updated_at as as_of_at
    from assigned as placed
    join {{ ref('order_addresses') }} as address on address.order_id = placed.order_id and address.role = 'shipping'
    cross join lateral (
        select
            count(*) as line_count,
            coalesce(sum(line.current_quantity), 0) as unit_count,
            count(*) filter (where line.sku is null) as unknown_article_count,
            coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'line_number', line.line_number, 'sku', line.sku, 'gtin', variant.gtin,
                        'title', line.title, 'quantity', line.current_quantity::text, 'unit_code', 'EA'
                    )
                    order by line.line_number
                ),
                '[]'
            ) as lines
        from {{ ref('order_lines') }} as line
        left join {{ ref('product_variants') }} as variant on variant.variant_id = line.variant_id
        where line.order_id = placed.order_id and line.current_quantity > 0 and placed.order_status <> 'cancelled'
    ) as lines
),

told as (
    select * from orders
    {%- if is_incremental() %}
    union all
    -- An order that the shop has deleted before anything of it was sent is taken back.
    select
        before.order_id,
        before.account,
        before.order_number,
        before.shop,
        before.order_date,
        before.recipient_name,
        before.company_name,
        before.street,
        before.street_extra,
        before.postal_code,
        before.city,
        before.province_code,
        before.country_code,
        true as is_cancelled,
        0 as line_count,
        0 as unit_count,
        0 as unknown_article_count,
        '[]'::jsonb as lines,
        before.as_of_at
    from {{ this }} as before
    join (
        select order_id
        from {{ left_by(ref('orders'), {'order_id': 'text', 'fulfillment_status': 'text'}) }} as gone
        group by order_id
        having bool_and(coalesce(fulfillment_status, '') in ('unfulfilled', 'restocked'))
    ) as unsent using (order_id)
    where not exists (select from {{ ref('orders') }} as placed where placed.order_id = before.order_id)
    {%- endif %}
)

select
    told.*,
    md5(
        concat_ws(
            chr(31), account, order_number, order_date, recipient_name, company_name, street, street_extra, postal_code, city, province_code,
            country_code, is_cancelled, lines
        )
    ) as content_hash,
    {{ build_stamp() }} as _build_id
from told
