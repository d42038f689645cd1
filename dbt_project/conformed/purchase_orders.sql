{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['source_system', 'source_account', 'order_number'],
    tags=['conformed_stock'],
    meta={'scope': ['source_system', 'source_account', 'order_number']},
    indexes=[
        {'columns': ['source_system', 'source_account', 'order_number'], 'unique': true},
        {'columns': ['order_number']},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select distinct source_system, source_account, order_number
    from {{ ref('purchase_order_lines') }}
    where {{ changed_since_last_build('_build_id') }}
    union
    -- An order whose last line has gone goes too.
    select source_system, source_account, order_number
    from {{ left_by(ref('purchase_order_lines'), {'source_system': 'text', 'source_account': 'text', 'order_number': 'text'}) }} as gone
),

orders as (
    select
        line.source_system,
        line.source_account,
        line.order_number,
        max(line.order_date) as order_date,
        max(line.currency_code) as currency_code,
        count(*) as line_count,
        sum(line.ordered_quantity) as ordered_quantity,
        {{ amount('sum(line.ordered_quantity * coalesce(line.ordered_price_amount, line.price_amount))') }} as ordered_amount,
        sum(line.confirmed_quantity) as confirmed_quantity,
        {{ amount('sum(line.confirmed_quantity * line.price_amount)') }} as confirmed_amount,
        case when count(distinct line.status) = 1 then min(line.status) else 'changed' end as status,
        bool_and(line.is_cancelled) as is_cancelled,
        max(line.order_changed_at) as order_changed_at,
        max(line.responded_at) as responded_at,
        {{ build_stamp() }} as _build_id
    from affected
    join {{ ref('purchase_order_lines') }} as line using (source_system, source_account, order_number)
    group by line.source_system, line.source_account, line.order_number
)

{{ rows_and_scopes('orders', 'affected') }}
