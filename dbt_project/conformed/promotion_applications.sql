{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key='promotion_application_id',
    tags=['conformed_orders'],
    meta={'scope': ['order_id'], 'watched': ['promotion_id']},
    indexes=[
        {'columns': ['promotion_application_id'], 'unique': true},
        {'columns': ['order_id']},
        {'columns': ['promotion_id']},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select order_id from {{ ref('orders') }} where {{ changed_since_last_build('_build_id') }}
    union
    {{ order_ids_told_by(['stg_shopify__orders']) }}
    union
    select {{ id_of('order', ['line.source_system', 'line.source_account', 'line.order_key']) }}
    from {{ lines_of_ledgers() }} as line
    where not line.is_correction and {{ in_this_build('line._delivery_id') }}
),

applications as (
    select
        {{ id_of('promotion_application', [
            'placed.source_system', 'placed.source_account', 'placed.order_key', 'taken.line_key', 'taken.application_number::text',
        ]) }} as promotion_application_id,
        {{ promotion_id_of('taken') }} as promotion_id,
        placed.order_id,
        line.order_line_id,
        placed.source_system,
        placed.source_account,
        placed.order_key,
        taken.application_number,
        taken.promotion_type,
        taken.promotion_key,
        case when line.order_line_id is null then 'shipping' else 'line' end as applies_to,
        taken.paid_by,
        placed.business_date,
        placed.is_sale,
        placed.currency_code,
        {{ amount('taken.discount_amount') }} as discount_amount,
        placed.presentment_currency_code,
        {{ amount('taken.discount_presentment_amount') }} as discount_presentment_amount,
        placed.reporting_currency_code,
        placed.reporting_rate,
        placed.reporting_rate_date,
        {{ in_reporting_currency('taken.discount_amount', 'placed.reporting_rate') }} as discount_reporting_amount,
        {{ build_stamp() }} as _build_id
    from affected
    join {{ ref('orders') }} as placed using (order_id)
    cross join lateral (
        select *
        from {{ promotion_applications_of_systems() }} as of_order
        where of_order.source_system = placed.source_system
            and of_order.source_account = placed.source_account
            and of_order.order_key = placed.order_key
    ) as taken
    left join {{ ref('order_lines') }} as line
        on line.order_line_id = {{ id_of('order_line', [
            'placed.source_system', 'placed.source_account', 'placed.order_key', 'taken.line_key',
        ]) }}
)

{{ rows_and_scopes('applications', 'affected') }}
