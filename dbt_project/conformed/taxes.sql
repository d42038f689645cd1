{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key='tax_id',
    tags=['conformed_orders'],
    meta={'scope': ['order_id']},
    indexes=[
        {'columns': ['tax_id'], 'unique': true},
        {'columns': ['order_id']},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select order_id from {{ ref('order_lines') }} where {{ changed_since_last_build('_build_id') }}
    union
    {{ order_ids_told_by(['stg_shopify__orders']) }}
),

taxes as (
    select
        {{ id_of('tax', ['line.order_line_id', 'tax.tax_number::text']) }} as tax_id,
        line.order_id,
        line.order_line_id,
        line.source_system,
        line.source_account,
        line.order_key,
        tax.tax_number,
        tax.title,
        tax.rate_percent,
        line.business_date,
        line.is_sale,
        line.currency_code,
        {{ amount('tax.tax_amount') }} as tax_amount,
        line.presentment_currency_code,
        {{ amount('tax.tax_presentment_amount') }} as tax_presentment_amount,
        line.reporting_currency_code,
        line.reporting_rate,
        line.reporting_rate_date,
        {{ in_reporting_currency('tax.tax_amount', 'line.reporting_rate') }} as tax_reporting_amount,
        {{ build_stamp() }} as _build_id
    from affected
    join {{ ref('order_lines') }} as line on line.order_id = affected.order_id
    join {{ ref('stg_shopify__tax_lines') }} as tax
        on tax.source_system = line.source_system
        and tax.source_account = line.source_account
        and tax.order_key = line.order_key
        and tax.line_key = line.line_key
)

{{ rows_and_scopes('taxes', 'affected') }}
