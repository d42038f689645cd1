{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    full_refresh=false,
    unique_key=['order_id', 'fact', 'fact_key', 'account', '_build_id'],
    tags=['conformed_orders'],
    meta={'scope': ['order_id', '_build_id']},
    indexes=[
        {'columns': ['order_id', 'fact', 'fact_key', 'account', '_build_id'], 'unique': true},
        {'columns': ['source_system', 'source_account', 'business_date']},
        {'columns': ['_build_id']},
    ],
) }}

-- Nothing that was posted is changed or removed: where an amount is another one now, the difference is posted. Only what
-- this very build has posted is made anew when a part of it runs again.
with affected as (
    select order_id from {{ ref('orders') }} where {{ changed_since_last_build('_build_id') }}
    union
    select order_id from {{ left_by(ref('orders'), {'order_id': 'text'}) }} as gone
    union
    select order_id from {{ ref('payments') }} where {{ changed_since_last_build('_build_id') }}
    union
    select order_id from {{ ref('refunds') }} where order_id is not null and {{ changed_since_last_build('_build_id') }}
    union
    {{ order_ids_told_by(['stg_shopify__orders', 'stg_marketplace_sftp__order_payments']) }}
),

sales as (
    select placed.*, case when placed.is_tax_included then 0 else placed.tax_amount end as tax_on_top_amount
    from affected
    join {{ ref('orders') }} as placed using (order_id)
    where placed.is_sale
),

facts as (
    select
        placed.order_id, placed.source_system, placed.source_account, 'order' as fact, placed.order_key as fact_key,
        placed.placed_at as occurred_at, placed.business_date, placed.currency_code, entry.account, entry.amount
    from sales as placed
    cross join lateral (
        values
            ('receivable', placed.total_amount),
            ('goods', -placed.gross_amount),
            ('discounts', placed.discount_amount),
            ('shipping', -placed.shipping_amount),
            ('tax', -placed.tax_on_top_amount),
            -- What the source's own parts lack to its total.
            (
                'difference',
                placed.gross_amount - placed.discount_amount + placed.shipping_amount + placed.tax_on_top_amount
                - placed.total_amount
            )
    ) as entry (account, amount)
    union all
    select
        placed.order_id, placed.source_system, placed.source_account, 'refund', refund.refund_key,
        refund.refunded_at, refund.business_date, placed.currency_code, entry.account, entry.amount
    from sales as placed
    join {{ ref('refunds') }} as refund on refund.order_id = placed.order_id
    cross join lateral (
        values
            ('returns', refund.goods_amount),
            ('tax', refund.refund_amount - refund.goods_amount - refund.adjustment_amount),
            ('adjustments', refund.adjustment_amount),
            ('receivable', -refund.refund_amount)
    ) as entry (account, amount)
    union all
    select
        placed.order_id, placed.source_system, placed.source_account, 'payment', payment.payment_key,
        payment.processed_at, {{ business_date('payment.processed_at', 'placed.time_zone') }}, placed.currency_code,
        entry.account, entry.amount
    from sales as placed
    join {{ ref('payments') }} as payment on payment.order_id = placed.order_id
    cross join lateral (
        select case when payment.kind = 'refund' then -payment.payment_amount else payment.payment_amount end as amount
    ) as paid
    cross join lateral (values ('cash', paid.amount), ('receivable', -paid.amount)) as entry (account, amount)
    where payment.status = 'succeeded' and not payment.is_test and payment.kind in ('sale', 'capture', 'refund')
),

{% if is_incremental() -%}
posted as (
    select
        before.order_id, before.fact, before.fact_key, before.account, sum(before.amount) as amount,
        min(before.source_system) as source_system, min(before.source_account) as source_account,
        max(before.occurred_at) as occurred_at, max(before.business_date) as business_date,
        max(before.currency_code) as currency_code
    from affected
    join {{ this }} as before using (order_id)
    where before._build_id <> {{ build_stamp() }}
    group by before.order_id, before.fact, before.fact_key, before.account
),
{%- endif %}

now_and_before as (
    select order_id, fact, fact_key, account, amount, source_system, source_account, occurred_at, business_date, currency_code
    from facts
    {%- if is_incremental() %}
    union all
    select order_id, fact, fact_key, account, -amount, source_system, source_account, occurred_at, business_date, currency_code
    from posted
    {%- endif %}
),

postings as (
    select
        order_id,
        source_system,
        source_account,
        fact,
        fact_key,
        account,
        max(occurred_at) as occurred_at,
        max(business_date) as business_date,
        max(currency_code) as currency_code,
        {{ amount('sum(amount)') }} as amount,
        now() as posted_at,
        {{ build_stamp() }} as _build_id
    from now_and_before
    group by order_id, source_system, source_account, fact, fact_key, account
    having sum(amount) <> 0
),

scopes as (
    select order_id, {{ build_stamp() }} as _build_id from affected
)

{{ rows_and_scopes('postings', 'scopes') }}
