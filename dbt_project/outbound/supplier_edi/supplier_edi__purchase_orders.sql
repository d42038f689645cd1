{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['account', 'order_number'],
    tags=['outbound'],
    meta={'compared': ['content_hash']},
    indexes=[
        {'columns': ['account', 'order_number'], 'unique': true},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select source_account as account, order_number
    from {{ ref('purchase_order_lines') }}
    where source_system = 'supplier_edi' and order_changed_at is not null and {{ changed_since_last_build('_build_id') }}
    {%- if is_incremental() %}
    union
    -- An order that left its supplier is taken back there.
    select before.account, before.order_number
    from {{ left_by(ref('purchase_order_lines'), {'source_system': 'text', 'source_account': 'text', 'order_number': 'text'}) }} as gone
    join {{ this }} as before on before.account = gone.source_account and before.order_number = gone.order_number
    where gone.source_system = 'supplier_edi'
    {%- endif %}
    group by 1, 2
),

units as (
    select unit, min(unit_code) as unit_code
    from {{ ref('uom') }}
    where source_system = 'supplier_edi'
    group by unit
),

lines as (
    select
        affected.account,
        affected.order_number,
        line.order_date,
        line.currency_code,
        line.ship_to_location,
        line.requested_delivery_date,
        line.order_changed_at,
        line.line_key::integer as line_number,
        coalesce(not line.is_cancelled, false) as is_wanted,
        line.sku,
        line.vendor_sku,
        line.gtin,
        line.description,
        trim_scale(line.ordered_quantity) as quantity,
        units.unit_code,
        trim_scale(line.ordered_price_amount) as price_amount
    from affected
    left join {{ ref('purchase_order_lines') }} as line
        on line.source_system = 'supplier_edi'
        and line.source_account = affected.account
        and line.order_number = affected.order_number
        and line.order_changed_at is not null
    left join units on units.unit = line.ordered_unit
),

orders as (
    select
        account,
        order_number,
        max(order_date) as order_date,
        max(currency_code) as currency_code,
        max(ship_to_location) as ship_to_location,
        min(requested_delivery_date) filter (where is_wanted) as requested_delivery_date,
        not bool_or(is_wanted) as is_cancelled,
        count(*) filter (where is_wanted) as line_count,
        count(*) filter (where is_wanted and unit_code is null) as unknown_unit_count,
        count(*) filter (where is_wanted and price_amount = 0) as free_line_count,
        coalesce(sum(quantity * price_amount) filter (where is_wanted), 0)::numeric(18, 4) as total_amount,
        coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'line_number', line_number, 'sku', sku, 'vendor_sku', vendor_sku, 'gtin', gtin,
                    'description', description, 'quantity', quantity::text, 'unit_code', unit_code,
                    'price_amount', price_amount::text, 'requested_delivery_date', requested_delivery_date
                )
                order by line_number
            ) filter (where is_wanted),
            '[]'
        ) as lines,
        string_agg(
            concat_ws('/', line_number, sku, vendor_sku, gtin, quantity, unit_code, price_amount, requested_delivery_date),
            chr(31) order by line_number
        ) filter (where is_wanted) as wanted,
        max(order_changed_at) as as_of_at
    from lines
    group by account, order_number
)

select
    account,
    order_number,
    {%- for column in ['order_date', 'currency_code', 'ship_to_location', 'requested_delivery_date'] %}
    {% if is_incremental() %}coalesce(orders.{{ column }}, before.{{ column }}) as {% endif %}{{ column }},
    {%- endfor %}
    orders.is_cancelled,
    orders.line_count,
    orders.unknown_unit_count,
    orders.free_line_count,
    orders.total_amount,
    orders.lines,
    {% if is_incremental() %}coalesce(orders.as_of_at, before.as_of_at) as {% endif %}as_of_at,
    md5(concat_ws(chr(31), account, order_number, orders.ship_to_location, orders.currency_code, orders.wanted)) as content_hash,
    {{ build_stamp() }} as _build_id
from orders
{%- if is_incremental() %}
left join {{ this }} as before using (account, order_number)
{%- endif %}
