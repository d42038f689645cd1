{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    tags=['metrics'],
    unique_key='payment_settlement_id',
    meta={'scope': ['provider_system', 'provider_account', 'payment_reference']},
    indexes=[
        {'columns': ['payment_settlement_id'], 'unique': true},
        {'columns': ['provider_system', 'provider_account', 'payment_reference']},
        {'columns': ['currency_code', 'business_date']},
        {'columns': ['awaited_until']},
        {'columns': ['order_id']},
        {'columns': ['_build_id']},
    ],
) }}

{% set by_key = ['provider_system', 'provider_account', 'payment_reference', 'direction'] %}
{% set gone_lines = {'source_system': 'text', 'source_account': 'text', 'payment_reference': 'text'} %}
{% set gone_payments = {'source_system': 'text', 'source_account': 'text', 'method': 'text', 'payment_reference': 'text'} %}

with told as (
    select source_system as provider_system, source_account as provider_account, payment_reference
    from {{ ref('settlement_lines') }}
    where {{ changed_since_last_build('_build_id') }}
    union
    select source_system, source_account, payment_reference
    from {{ left_by(ref('settlement_lines'), gone_lines) }} as gone
    union
    select provider.provider_system, provider.provider_account, payment.payment_reference
    from {{ ref('payments') }} as payment
    join {{ ref('payment_providers') }} as provider using (source_system, source_account, method)
    where {{ changed_since_last_build('payment._build_id') }}
    union
    select provider.provider_system, provider.provider_account, gone.payment_reference
    from {{ left_by(ref('payments'), gone_payments) }} as gone
    join {{ ref('payment_providers') }} as provider using (source_system, source_account, method)
    {% if is_incremental() -%}
    union
    -- Time passes: what was awaited may be overdue now, whatever happened to anything else.
    select provider_system, provider_account, payment_reference
    from {{ this }}
    where finding = 'awaited' and awaited_until <= {{ moment_of_build() }}
    union
    select before.provider_system, before.provider_account, before.payment_reference
    from {{ changed_rates() }} as rate
    join {{ this }} as before on {{ may_have_rate('before', 'rate') }}
    {%- endif %}
),

affected as (
    select * from told where payment_reference is not null
),

paid as (
    select
        affected.provider_system,
        affected.provider_account,
        affected.payment_reference,
        case when payment.kind = 'refund' then 'refund' else 'charge' end as direction,
        min(payment.presentment_currency_code) as currency_code,
        min(payment.processed_at) as paid_at,
        sum(case when payment.kind = 'refund' then -payment.payment_presentment_amount else payment.payment_presentment_amount end)
            as paid_amount,
        min(provider.settles_from) as settles_from
    from affected
    join {{ ref('payments') }} as payment using (payment_reference)
    join {{ ref('payment_providers') }} as provider
        using (provider_system, provider_account, source_system, source_account, method)
    where payment.status = 'succeeded' and payment.kind in ('sale', 'capture', 'refund') and not payment.is_test
    group by 1, 2, 3, 4
),

settled as (
    select
        affected.provider_system,
        affected.provider_account,
        affected.payment_reference,
        case
            when line.kind in ('captured', 'captured_reversed') then 'charge'
            when line.kind in ('refunded', 'refunded_reversed') then 'refund'
            else 'chargeback'
        end as direction,
        min(line.gross_currency_code) as currency_code,
        count(distinct line.gross_currency_code) as currency_count,
        min(line.booked_at) as settled_at,
        min(line.business_date) as booked_on,
        sum(line.gross_amount) as settled_amount
    from affected
    join {{ ref('settlement_lines') }} as line
        on line.source_system = affected.provider_system
        and line.source_account = affected.provider_account
        and line.payment_reference = affected.payment_reference
    where line.kind in (
        'captured', 'captured_reversed', 'refunded', 'refunded_reversed', 'charged_back', 'charged_back_reversed'
    )
    group by 1, 2, 3, 4
),

compared as (
    select
        {{ by_key | join(", ") }},
        paid.paid_at,
        settled.settled_at,
        paid.paid_at + make_interval(days => {{ var('settlement_patience_days') }}) as awaited_until,
        settled.booked_on,
        coalesce(paid.currency_code, settled.currency_code) as currency_code,
        paid.currency_code <> settled.currency_code or settled.currency_count > 1 as is_other_currency,
        paid.paid_amount,
        settled.settled_amount
    from paid
    full join settled using ({{ by_key | join(", ") }})
    -- Of what was paid before the reports begin, nothing is awaited.
    where settled.settled_at is not null or paid.paid_at >= paid.settles_from
),

found as (
    select
        compared.*,
        known.order_id,
        known.source_system,
        known.source_account,
        coalesce({{ business_date('compared.paid_at', 'shop.time_zone') }}, compared.booked_on) as business_date,
        case
            when direction = 'chargeback' and settled_amount = 0 then 'agrees'
            when direction = 'chargeback' then 'charged_back'
            when paid_amount is null then 'unknown_payment'
            when settled_amount is null and awaited_until > {{ moment_of_build() }} then 'awaited'
            when settled_amount is null then 'not_settled'
            when is_other_currency then 'other_currency'
            when abs(settled_amount - paid_amount) > {{ var('money_tolerance') }} then 'other_amount'
            else 'agrees'
        end as finding
    from compared
    left join lateral (
        select payment.order_id, payment.source_system, payment.source_account
        from {{ ref('payments') }} as payment
        join {{ ref('payment_providers') }} as provider using (source_system, source_account, method)
        where payment.payment_reference = compared.payment_reference
            and provider.provider_system = compared.provider_system
            and provider.provider_account = compared.provider_account
        order by payment.processed_at, payment.payment_id
        limit 1
    ) as known on true
    left join {{ ref('shops') }} as shop
        on shop.source_system = known.source_system and shop.source_account = known.source_account
),

weighed as (
    select
        found.*,
        -- Amounts of two currencies have no difference.
        case when finding not in ('awaited', 'other_currency') then coalesce(settled_amount, 0) - coalesce(paid_amount, 0) end
            as difference,
        rate.reporting_rate
    from found
    left join lateral {{ reporting_rate_of('found.currency_code', 'found.business_date') }} as rate on true
),

payment_settlements as (
    select
        {{ id_of('payment_settlement', by_key) }} as payment_settlement_id,
        {{ by_key | join(", ") }},
        order_id,
        source_system,
        source_account,
        business_date,
        paid_at,
        settled_at,
        awaited_until,
        currency_code,
        {{ amount('paid_amount') }} as paid_amount,
        {{ amount('settled_amount') }} as settled_amount,
        finding,
        {{ amount('difference') }} as difference_amount,
        {{ in_reporting_currency('paid_amount', 'reporting_rate') }} as paid_reporting_amount,
        {{ in_reporting_currency('settled_amount', 'reporting_rate') }} as settled_reporting_amount,
        {{ in_reporting_currency('difference', 'reporting_rate') }} as difference_reporting_amount,
        {{ build_stamp() }} as _build_id
    from weighed
)

{{ rows_and_scopes('payment_settlements', 'affected') }}
