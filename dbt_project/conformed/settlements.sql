{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key='settlement_id',
    tags=['conformed_orders'],
    meta={'scope': ['settlement_id']},
    indexes=[
        {'columns': ['settlement_id'], 'unique': true},
        {'columns': ['_build_id']},
    ],
) }}

{% set settled = "line.net_amount + line.fee_amount" %}

with affected as (
    select settlement_id
    from {{ ref('settlement_lines') }}
    where {{ changed_since_last_build('_build_id') }}
    union
    select settlement_id
    from {{ left_by(ref('settlement_lines'), {'settlement_id': 'text'}) }} as gone
),

sums as (
    select
        settlement_id,
        min(line.source_system) as source_system,
        min(line.source_account) as source_account,
        min(line.merchant_account) as merchant_account,
        min(line.batch_number) as batch_number,
        min(line.currency_code) as currency_code,
        count(*)::integer as line_count,
        min(line.booked_at) as first_booked_at,
        max(line.booked_at) as last_booked_at,
        max(line.business_date) as business_date,
        coalesce(sum({{ settled }}) filter (where line.kind in ('captured', 'captured_reversed')), 0) as captured_amount,
        coalesce(sum({{ settled }}) filter (where line.kind in ('refunded', 'refunded_reversed')), 0) as refunded_amount,
        coalesce(sum({{ settled }}) filter (where line.kind in ('charged_back', 'charged_back_reversed')), 0) as charged_back_amount,
        sum(line.fee_amount) as fee_amount,
        coalesce(-sum(line.net_amount) filter (where line.kind in ('paid_out', 'payout_returned')), 0) as paid_out_amount,
        coalesce(sum({{ settled }}) filter (where line.kind in ('transferred', 'held_back', 'unknown')), 0) as other_amount,
        sum(line.net_amount) as balance_amount
    from affected
    join {{ ref('settlement_lines') }} as line using (settlement_id)
    group by settlement_id
),

settlements as (
    select
        *,
        case
            when abs(balance_amount) > {{ var('money_tolerance') }} then 'open'
            when paid_out_amount = 0 then 'carried_over'
            else 'paid_out'
        end as status,
        {{ build_stamp() }} as _build_id
    from sums
)

{{ rows_and_scopes('settlements', 'affected') }}
