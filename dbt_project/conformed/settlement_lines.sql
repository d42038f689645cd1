{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key='settlement_line_id',
    tags=['conformed_orders'],
    meta={
        'scope': ['source_system', 'source_account', 'merchant_account', 'batch_number'],
        'watched': ['source_system', 'source_account', 'settlement_id', 'payment_reference'],
    },
    indexes=[
        {'columns': ['settlement_line_id'], 'unique': true},
        {'columns': ['source_system', 'source_account', 'merchant_account', 'batch_number']},
        {'columns': ['settlement_id']},
        {'columns': ['source_system', 'source_account', 'payment_reference']},
        {'columns': ['currency_code', 'business_date']},
        {'columns': ['_build_id']},
    ],
) }}

{% set reported = of_systems(var('settlement_sources'), 'settlement_lines', [
    'source_system', 'source_account', 'merchant_account', 'batch_number', 'line_number', 'source_kind', 'booked_at',
    'business_date', 'psp_reference', 'payment_reference', 'modification_reference', 'method', 'gross_currency_code',
    'gross_amount', 'exchange_rate', 'currency_code', 'net_amount', 'fee_amount', 'is_deleted', '_delivery_id',
]) %}

with affected as (
    select distinct source_system, source_account, merchant_account, batch_number
    from {{ reported }} as reported
    where {{ in_this_build('_delivery_id') }}
    {% if is_incremental() -%}
    union
    select line.source_system, line.source_account, line.merchant_account, line.batch_number
    from {{ changed_rates() }} as rate
    join {{ this }} as line on {{ may_have_rate('line', 'rate') }}
    {%- endif %}
),

booked_lines as (
    select
        booked.*,
        coalesce(vocabulary.status, 'unknown') as kind,
        -- A fee that stands alone is all fee; of a payment, what was kept of it.
        case when vocabulary.status = 'fee' then -booked.net_amount else booked.fee_amount end as kept_amount
    from affected
    join {{ reported }} as booked
        using (source_system, source_account, merchant_account, batch_number)
    left join {{ ref('status_vocabulary') }} as vocabulary
        on vocabulary.source_system = booked.source_system
        and vocabulary.subject = 'settlement'
        and vocabulary.source_status = booked.source_kind
    where not booked.is_deleted
),

settlement_lines as (
    select
        {{ id_of('settlement_line', ['source_system', 'source_account', 'merchant_account', 'batch_number', 'line_number']) }}
            as settlement_line_id,
        {{ id_of('settlement', ['source_system', 'source_account', 'merchant_account', 'batch_number', 'currency_code']) }}
            as settlement_id,
        source_system,
        source_account,
        merchant_account,
        batch_number,
        line_number,
        kind,
        source_kind,
        booked_at,
        business_date,
        psp_reference,
        payment_reference,
        modification_reference,
        method,
        gross_currency_code,
        gross_amount,
        exchange_rate,
        currency_code,
        net_amount,
        {{ amount('kept_amount') }} as fee_amount,
        {{ in_reporting_currency('net_amount', 'rate.reporting_rate') }} as net_reporting_amount,
        {{ in_reporting_currency('kept_amount', 'rate.reporting_rate') }} as fee_reporting_amount,
        {{ build_stamp() }} as _build_id
    from booked_lines
    left join lateral {{ reporting_rate_of('booked_lines.currency_code', 'booked_lines.business_date') }} as rate on true
)

{{ rows_and_scopes('settlement_lines', 'affected') }}
