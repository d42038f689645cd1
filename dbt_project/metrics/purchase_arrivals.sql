{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['source_system', 'source_account', 'order_number'],
    tags=['metrics'],
    meta={'scope': ['source_system', 'source_account', 'order_number']},
    indexes=[
        {'columns': ['source_system', 'source_account', 'order_number'], 'unique': true},
        {'columns': ['_build_id']},
    ],
) }}

{% set order = ['source_system', 'source_account', 'order_number'] %}
{% set order_types = {'source_system': 'text', 'source_account': 'text', 'order_number': 'text'} %}

with affected as (
    select {{ order | join(', ') }} from {{ ref('purchase_orders') }} where {{ changed_since_last_build('_build_id') }}
    union
    select * from {{ left_by(ref('purchase_orders'), order_types) }} as gone
    union
    select {{ order | join(', ') }}
    from {{ ref('ship_notice_lines') }}
    where order_number is not null and {{ changed_since_last_build('_build_id') }}
    union
    select placed.source_system, placed.source_account, placed.order_number
    from {{ ref('receipts') }} as received
    join {{ ref('purchase_orders') }} as placed using (order_number)
    where {{ changed_since_last_build('received._build_id') }}
),

arrivals as (
    select
        {{ order | join(', ') }},
        placed.order_date,
        placed.is_cancelled,
        placed.ordered_quantity,
        announced.shipped_quantity,
        received.received_quantity,
        announced.first_shipped_at,
        received.first_received_at,
        wanted.requested_delivery_date
    from affected
    join {{ ref('purchase_orders') }} as placed using ({{ order | join(', ') }})
    cross join lateral (
        select sum(line.shipped_quantity) as shipped_quantity, min(coalesce(line.shipped_at, line.stated_at)) as first_shipped_at
        from {{ ref('ship_notice_lines') }} as line
        where line.source_system = placed.source_system
            and line.source_account = placed.source_account
            and line.order_number = placed.order_number
    ) as announced
    cross join lateral (
        select sum(line.received_quantity) as received_quantity, min(line.received_at) as first_received_at
        from {{ ref('receipts') }} as line
        where line.order_number = placed.order_number
    ) as received
    cross join lateral (
        select max(line.requested_delivery_date) as requested_delivery_date
        from {{ ref('purchase_order_lines') }} as line
        where line.source_system = placed.source_system
            and line.source_account = placed.source_account
            and line.order_number = placed.order_number
    ) as wanted
    -- What only a supplier mentions was not ordered by us.
    where placed.order_date is not null
),

purchase_arrivals as (
    select
        arrivals.*,
        coalesce(received_quantity, shipped_quantity, 0) as arrived_quantity,
        least(coalesce(received_quantity, shipped_quantity, 0), ordered_quantity) as filled_quantity,
        (coalesce(first_received_at, first_shipped_at) at time zone 'UTC')::date as arrived_date,
        (coalesce(first_received_at, first_shipped_at) at time zone 'UTC')::date - order_date as lead_days,
        (coalesce(first_received_at, first_shipped_at) at time zone 'UTC')::date <= requested_delivery_date as is_on_time,
        {{ build_stamp() }} as _build_id
    from arrivals
)

{{ rows_and_scopes('purchase_arrivals', 'affected') }}
