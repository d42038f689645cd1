{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    tags=['metrics'],
    unique_key=['business_date', 'source_system', 'source_account', 'currency_code'],
    meta={'scope': ['business_date', 'source_system', 'source_account', 'currency_code']},
    indexes=[
        {'columns': ['business_date', 'source_system', 'source_account', 'currency_code'], 'unique': true},
        {'columns': ['_build_id']},
    ],
) }}

{% set day = ['business_date', 'source_system', 'source_account', 'currency_code'] %}
{% set day_types = {'business_date': 'date', 'source_system': 'text', 'source_account': 'text', 'currency_code': 'text'} %}

with affected as (
    select {{ day | join(', ') }} from {{ ref('orders') }} where {{ changed_since_last_build('_build_id') }}
    union
    select {{ day | join(', ') }} from {{ ref('refunds') }} where {{ changed_since_last_build('_build_id') }}
    union
    select * from {{ left_by(ref('orders'), day_types) }} as left_by_orders
    union
    select * from {{ left_by(ref('refunds'), day_types) }} as left_by_refunds
),

contributions as (
    select
        {{ day | join(', ') }},
        1 as order_count,
        placed.unit_count,
        placed.gross_amount,
        placed.discount_amount,
        placed.shipping_amount,
        placed.tax_amount,
        case when placed.is_tax_included then 0 else placed.tax_amount end as tax_on_top_amount,
        placed.total_amount,
        0 as refund_count,
        0 as refund_amount,
        0 as refunded_goods_amount,
        coalesce(placed.gross_reporting_amount, 0) as gross_reporting_amount,
        coalesce(placed.discount_reporting_amount, 0) as discount_reporting_amount,
        coalesce(placed.total_reporting_amount, 0) as total_reporting_amount,
        0 as refund_reporting_amount,
        0 as returned_reporting_amount,
        case when placed.reporting_rate is null then 1 else 0 end as unrated_order_count
    from affected
    join {{ ref('orders') }} as placed using ({{ day | join(', ') }})
    where placed.is_sale
    union all
    select
        {{ day | join(', ') }},
        0, 0, 0, 0, 0, 0, 0, 0,
        1,
        refund.refund_amount,
        refund.goods_amount,
        0, 0, 0,
        coalesce(refund.refund_reporting_amount, 0),
        coalesce(refund.goods_reporting_amount, 0),
        0
    from affected
    join {{ ref('refunds') }} as refund using ({{ day | join(', ') }})
    where refund.is_sale
),

days as (
    select
        {{ day | join(', ') }},
        sum(order_count)::integer as order_count,
        sum(unit_count)::integer as unit_count,
        {% for name in [
            'gross_amount', 'discount_amount', 'shipping_amount', 'tax_amount', 'tax_on_top_amount', 'total_amount',
        ] -%}
        {{ amount('sum(' ~ name ~ ')') }} as {{ name }},
        {% endfor -%}
        sum(refund_count)::integer as refund_count,
        {{ amount('sum(refund_amount)') }} as refund_amount,
        {{ amount('sum(refunded_goods_amount)') }} as refunded_goods_amount,
        {{ amount('sum(gross_amount) - sum(discount_amount) - sum(refunded_goods_amount)') }} as net_amount,
        '{{ var("reporting_currency") }}' as reporting_currency_code,
        {% for name in ['gross', 'discount', 'total', 'refund', 'returned'] -%}
        {{ amount('sum(' ~ name ~ '_reporting_amount)') }} as {{ name }}_reporting_amount,
        {% endfor -%}
        {{ amount('sum(gross_reporting_amount - discount_reporting_amount - returned_reporting_amount)') }}
            as net_reporting_amount,
        sum(unrated_order_count)::integer as unrated_order_count,
        {{ build_stamp() }} as _build_id
    from contributions
    group by {{ day | join(', ') }}
)

{{ rows_and_scopes('days', 'affected') }}
