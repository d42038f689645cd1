{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    tags=['metrics'],
    unique_key=['source_system', 'source_account', 'order_key'],
    meta={'scope': ['source_system', 'source_account', 'order_key']},
    indexes=[
        {'columns': ['source_system', 'source_account', 'order_key'], 'unique': true},
        {'columns': ['order_id']},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    {{ orders_told_by(['stg_shopify__orders', 'stg_marketplace_sftp__orders', 'stg_marketplace_sftp__order_payments']) }}
    union
    select source_system, source_account, order_key
    from {{ lines_of_ledgers() }} as line
    where not line.is_correction and {{ in_this_build('line._delivery_id') }}
    union
    select source_system, source_account, order_key from {{ ref('orders') }} where {{ changed_since_last_build('_build_id') }}
    {% if is_incremental() -%}
    union
    select before.source_system, before.source_account, before.order_key
    from {{ left_by(ref('orders'), {'order_id': 'text'}) }} as lost
    join {{ this }} as before using (order_id)
    {%- endif %}
),

-- What the platform itself says of an order, read past the conformed model.
stated as (
    select
        placed.source_system,
        placed.source_account,
        placed.order_key,
        placed.placed_at,
        placed.currency_code,
        placed.total_amount
    from affected
    join {{ ref('stg_shopify__orders') }} as placed using (source_system, source_account, order_key)
    where not placed.is_deleted
    union all
    select
        placed.source_system,
        placed.source_account,
        placed.order_key,
        placed.placed_at,
        null,
        paid.total_amount
    from affected
    join {{ ref('stg_marketplace_sftp__orders') }} as placed using (source_system, source_account, order_key)
    cross join lateral (
        select coalesce(sum(payment.payment_amount), 0) as total_amount
        from {{ ref('stg_marketplace_sftp__order_payments') }} as payment
        where payment.source_account = placed.source_account
            and payment.order_key = placed.order_key
            and not payment.is_deleted
    ) as paid
    where not placed.is_deleted
    union all
    select
        affected.source_system,
        affected.source_account,
        affected.order_key,
        document.placed_at,
        null,
        document.total_amount
    from affected
    cross join lateral (
        select min(line.placed_at) as placed_at, sum(line.gross_amount - line.discount_amount) as total_amount
        from {{ lines_of_ledgers() }} as line
        where {{ is_line_of('line', 'affected') }}
            and not line.is_correction
        having count(*) > 0
    ) as document
    where {{ is_of_ledger('affected.source_system') }}
),

compared as (
    select
        stated.source_system,
        stated.source_account,
        stated.order_key,
        placed.order_id,
        coalesce(placed.business_date, {{ business_date('stated.placed_at', 'shop.time_zone') }}) as business_date,
        coalesce(placed.currency_code, stated.currency_code, shop.currency_code) as currency_code,
        stated.total_amount as platform_amount,
        case when placed.is_sale then placed.total_amount else 0 end as counted_amount,
        case
            when placed.order_id is null then 'not_in_the_model'
            when placed.is_test then 'test_order'
            when not placed.is_sale then 'cancelled'
            when placed.source_system = 'marketplace_sftp' then 'payments_differ'
            else 'unexplained'
        end as cause,
        placed.reporting_rate
    from stated
    left join {{ ref('orders') }} as placed
        on placed.order_id = {{ id_of('order', ['stated.source_system', 'stated.source_account', 'stated.order_key']) }}
    left join {{ ref('shops') }} as shop
        on shop.source_system = stated.source_system and shop.source_account = stated.source_account
),

differences as (
    select
        source_system,
        source_account,
        order_key,
        order_id,
        business_date,
        currency_code,
        {{ amount('platform_amount') }} as platform_amount,
        {{ amount('counted_amount') }} as counted_amount,
        {{ amount('platform_amount - counted_amount') }} as difference_amount,
        cause,
        '{{ var("reporting_currency") }}' as reporting_currency_code,
        {{ in_reporting_currency('platform_amount - counted_amount', 'reporting_rate') }} as difference_reporting_amount,
        {{ build_stamp() }} as _build_id
    from compared
    where platform_amount <> counted_amount
)

{{ rows_and_scopes('differences', 'affected') }}
