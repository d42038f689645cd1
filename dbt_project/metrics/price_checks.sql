{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    tags=['metrics'],
    unique_key='order_line_id',
    meta={'scope': ['order_id']},
    indexes=[
        {'columns': ['order_line_id'], 'unique': true},
        {'columns': ['order_id']},
        {'columns': ['variant_id']},
        {'columns': ['_build_id']},
    ],
) }}

{% set sold_here = "line.source_system = 'shopify' and line.variant_id is not null" %}

with changed_prices as (
    select variant_id from {{ ref('effective_prices') }} where {{ changed_since_last_build('_build_id') }}
    union
    select variant_id from {{ left_by(ref('effective_prices'), {'variant_id': 'text'}) }} as gone
),

affected as (
    select line.order_id
    from {{ ref('order_lines') }} as line
    where {{ sold_here }} and {{ changed_since_last_build('line._build_id') }}
    union
    -- What is said of prices later may be said of days on which something was sold.
    select line.order_id
    from changed_prices
    join {{ ref('order_lines') }} as line using (variant_id)
    where {{ sold_here }}
    {% if is_incremental() -%}
    union
    select before.order_id
    from {{ left_by(ref('order_lines'), {'order_line_id': 'text'}) }} as lost
    join {{ this }} as before using (order_line_id)
    {%- endif %}
),

price_checks as (
    select
        line.order_line_id,
        line.order_id,
        line.source_system,
        line.source_account,
        line.sku,
        line.variant_id,
        line.business_date,
        line.is_sale,
        line.quantity,
        line.currency_code,
        line.unit_price_amount as charged_amount,
        price.price_amount as effective_amount,
        {{ amount('line.unit_price_amount - price.price_amount') }} as difference_amount,
        price.rule,
        case
            when price.price_amount is null then 'no_price'
            when abs(line.unit_price_amount - price.price_amount) <= {{ var('money_tolerance') }} then 'agrees'
            else 'other_price'
        end as finding,
        {{ in_reporting_currency('(line.unit_price_amount - price.price_amount) * line.quantity', 'line.reporting_rate') }}
            as difference_reporting_amount,
        {{ build_stamp() }} as _build_id
    from affected
    join {{ ref('order_lines') }} as line using (order_id)
    join {{ ref('orders') }} as placed using (order_id)
    left join lateral {{ price_of(
        'line.variant_id', "'" ~ var("storefront_scope") ~ "'", 'line.currency_code', 'placed.placed_at'
    ) }} as price on true
    where {{ sold_here }}
)

{{ rows_and_scopes('price_checks', 'affected') }}
