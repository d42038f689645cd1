{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['order_id', 'reason'],
    tags=['conformed_orders'],
    meta={'scope': ['order_id']},
    indexes=[
        {'columns': ['order_id', 'reason'], 'unique': true},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select order_id from {{ ref('orders') }} where {{ changed_since_last_build('_build_id') }}
    union
    select order_id from {{ ref('order_lines') }} where {{ changed_since_last_build('_build_id') }}
    union
    select order_id from {{ ref('payments') }} where {{ changed_since_last_build('_build_id') }}
    union
    select order_id from {{ ref('refunds') }} where {{ changed_since_last_build('_build_id') }}
    union
    {{ order_ids_told_by(['stg_shopify__orders', 'stg_marketplace_sftp__orders', 'stg_marketplace_sftp__order_payments']) }}
),

differences as (
    select
        placed.order_id,
        placed.source_system,
        placed.source_account,
        placed.order_key,
        compared.reason,
        placed.currency_code,
        {{ amount('compared.stated_amount') }} as stated_amount,
        {{ amount('compared.found_amount') }} as found_amount,
        {{ amount('compared.found_amount - compared.stated_amount') }} as difference_amount,
        {{ build_stamp() }} as _build_id
    from affected
    join {{ ref('orders') }} as placed using (order_id)
    cross join lateral (
        select coalesce(sum(payment_amount), 0) as captured_amount
        from {{ ref('payments') }} as payment
        where payment.order_id = placed.order_id and payment.status = 'succeeded' and payment.kind in ('sale', 'capture')
    ) as paid
    cross join lateral (
        select coalesce(sum(refund_amount), 0) as refunded_amount
        from {{ ref('refunds') }} as refund
        where refund.order_id = placed.order_id
    ) as given_back
    cross join lateral (
        values
            ('lines_do_not_make_subtotal', placed.subtotal_amount, placed.gross_amount - placed.discount_amount, true),
            (
                'parts_do_not_make_total',
                placed.total_amount,
                placed.subtotal_amount + placed.shipping_amount
                + case when placed.is_tax_included then 0 else placed.tax_amount end,
                true
            ),
            (
                'payments_do_not_make_total',
                placed.total_amount,
                paid.captured_amount,
                placed.is_sale and placed.financial_status in ('paid', 'partially_refunded', 'refunded')
            ),
            (
                'refunds_do_not_make_refunded',
                placed.refunded_amount,
                given_back.refunded_amount,
                placed.source_system = 'shopify'
            )
    ) as compared (reason, stated_amount, found_amount, applies)
    where compared.applies and abs(compared.stated_amount - compared.found_amount) > {{ var('money_tolerance') }}
)

{{ rows_and_scopes('differences', 'affected') }}
