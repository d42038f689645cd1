{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key='return_id',
    tags=['conformed_orders'],
    meta={'scope': ['order_id']},
    indexes=[
        {'columns': ['return_id'], 'unique': true},
        {'columns': ['order_id']},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select order_id from {{ ref('orders') }} where {{ changed_since_last_build('_build_id') }}
    union
    {{ order_ids_told_by(['stg_shopify__orders']) }}
),

returns as (
    select
        {{ id_of('return', ['placed.source_system', 'placed.source_account', 'placed.order_key', 'asked.return_key']) }} as return_id,
        placed.order_id,
        placed.source_system,
        placed.source_account,
        placed.order_key,
        asked.return_key,
        asked.return_name,
        coalesce(status.status, 'unknown') as return_status,
        asked.requested_at,
        asked.approved_at,
        asked.closed_at,
        {{ business_date('asked.requested_at', 'placed.time_zone') }} as business_date,
        placed.is_sale,
        lines.unit_count::integer as unit_count,
        lines.refunded_unit_count::integer as refunded_unit_count,
        {{ build_stamp() }} as _build_id
    from affected
    join {{ ref('orders') }} as placed using (order_id)
    join {{ ref('stg_shopify__returns') }} as asked
        on asked.source_system = placed.source_system
        and asked.source_account = placed.source_account
        and asked.order_key = placed.order_key
    left join {{ ref('status_vocabulary') }} as status
        on status.source_system = asked.source_system
        and status.subject = 'return'
        and status.source_status = asked.source_return_status
    cross join lateral (
        select coalesce(sum(line.quantity), 0) as unit_count, coalesce(sum(line.refunded_quantity), 0) as refunded_unit_count
        from {{ ref('stg_shopify__return_lines') }} as line
        where line.source_account = placed.source_account
            and line.order_key = placed.order_key
            and line.return_key = asked.return_key
    ) as lines
)

{{ rows_and_scopes('returns', 'affected') }}
