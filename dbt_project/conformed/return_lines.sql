{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key='return_line_id',
    tags=['conformed_orders'],
    meta={'scope': ['order_id']},
    indexes=[
        {'columns': ['return_line_id'], 'unique': true},
        {'columns': ['order_id']},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select order_id from {{ ref('returns') }} where {{ changed_since_last_build('_build_id') }}
    union
    select order_id from {{ ref('order_lines') }} where {{ changed_since_last_build('_build_id') }}
    union
    {{ order_ids_told_by(['stg_shopify__orders']) }}
),

return_lines as (
    select
        {{ id_of('return_line', [
            'asked.source_system', 'asked.source_account', 'asked.order_key', 'asked.return_key', 'line.return_line_key',
        ]) }} as return_line_id,
        asked.return_id,
        asked.order_id,
        ordered.order_line_id,
        asked.source_system,
        asked.source_account,
        asked.order_key,
        asked.business_date,
        asked.is_sale,
        asked.return_status,
        ordered.sku,
        ordered.product_id,
        ordered.variant_id,
        line.quantity,
        line.processed_quantity,
        line.refunded_quantity,
        coalesce(line.reason_code, 'not_stated') as reason_code,
        line.reason,
        line.note,
        ordered.reporting_currency_code,
        {{ amount('ordered.net_reporting_amount * line.quantity / nullif(ordered.quantity, 0)') }} as goods_reporting_amount,
        {{ build_stamp() }} as _build_id
    from affected
    join {{ ref('returns') }} as asked using (order_id)
    join {{ ref('stg_shopify__return_lines') }} as line
        on line.source_system = asked.source_system
        and line.source_account = asked.source_account
        and line.order_key = asked.order_key
        and line.return_key = asked.return_key
    left join {{ ref('order_lines') }} as ordered
        on ordered.order_line_id = {{ id_of('order_line', [
            'line.source_system', 'line.source_account', 'line.order_key', 'line.line_key',
        ]) }}
)

{{ rows_and_scopes('return_lines', 'affected') }}
