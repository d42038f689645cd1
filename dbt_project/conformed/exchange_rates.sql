{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['currency_code', 'rate_date'],
    tags=['conformed_orders'],
    meta={'scope': ['currency_code', 'rate_date'], 'uncompared': ['source_changed_at']},
    indexes=[
        {'columns': ['currency_code', 'rate_date'], 'unique': true},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select distinct
        case when base_currency_code = '{{ var("reporting_currency") }}' then currency_code else base_currency_code end
            as currency_code,
        rate_date
    from {{ ref('stg_erp_sftp__exchange_rates') }}
    where {{ in_this_build('_delivery_id') }}
        and '{{ var("reporting_currency") }}' in (base_currency_code, currency_code)
),

-- The ERP may state a pair either way round; what it said last holds.
exchange_rates as (
    select distinct on (affected.currency_code, affected.rate_date)
        affected.currency_code,
        affected.rate_date,
        '{{ var("reporting_currency") }}' as reporting_currency_code,
        (case
            when stated.base_currency_code = affected.currency_code then stated.rate else 1 / stated.rate
        end)::numeric(24, 12) as reporting_rate,
        stated.source_system,
        stated.source_account,
        stated.changed_at as source_changed_at,
        {{ build_stamp() }} as _build_id
    from affected
    join {{ ref('stg_erp_sftp__exchange_rates') }} as stated
        on stated.rate_date = affected.rate_date
        and (
            (stated.base_currency_code = '{{ var("reporting_currency") }}' and stated.currency_code = affected.currency_code)
            or (stated.currency_code = '{{ var("reporting_currency") }}' and stated.base_currency_code = affected.currency_code)
        )
    where not stated.is_deleted
    order by affected.currency_code, affected.rate_date, stated.changed_at desc, stated.base_currency_code
)

{{ rows_and_scopes('exchange_rates', 'affected') }}
