{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key='payment_id',
    tags=['conformed_orders'],
    meta={
        'scope': ['order_id'],
        'watched': ['source_system', 'source_account', 'method', 'payment_reference'],
    },
    indexes=[
        {'columns': ['payment_id'], 'unique': true},
        {'columns': ['order_id']},
        {'columns': ['payment_reference']},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select source_system, source_account, order_key
    from {{ ref('orders') }}
    where {{ changed_since_last_build('_build_id') }}
    union
    {{ orders_told_by(['stg_shopify__orders', 'stg_marketplace_sftp__orders', 'stg_marketplace_sftp__order_payments']) }}
),

shopify_payments as (
    select
        source_system,
        source_account,
        order_key,
        payment.payment_key,
        payment.payment_number,
        payment.parent_payment_key,
        payment.kind as source_kind,
        payment.status as source_status,
        payment.method,
        null::integer as installment_count,
        payment.processed_at,
        payment.error_code,
        payment.payment_reference,
        payment.is_test,
        payment.payment_amount,
        payment.payment_presentment_amount
    from affected
    join {{ ref('stg_shopify__transactions') }} as payment using (source_system, source_account, order_key)
),

-- The marketplace collects from the customer: what it lists is paid once the order is approved.
marketplace_payments as (
    select
        source_system,
        source_account,
        order_key,
        payment.payment_number::text as payment_key,
        payment.payment_number,
        null::text as parent_payment_key,
        'SALE' as source_kind,
        case
            when placed.approved_at is not null or placed.order_status in ('invoiced', 'processing', 'shipped', 'delivered')
            then 'SUCCESS'
            else 'PENDING'
        end as source_status,
        payment.method,
        payment.installment_count,
        coalesce(placed.approved_at, placed.placed_at) as processed_at,
        null::text as error_code,
        null::text as payment_reference,
        false as is_test,
        payment.payment_amount,
        payment.payment_amount as payment_presentment_amount
    from affected
    join {{ ref('stg_marketplace_sftp__order_payments') }} as payment using (source_system, source_account, order_key)
    join {{ ref('stg_marketplace_sftp__orders') }} as placed using (source_system, source_account, order_key)
    where not payment.is_deleted
),

all_payments as (
    select * from shopify_payments
    union all
    select * from marketplace_payments
),

payments as (
    select
        {{ id_of('payment', ['payment.source_system', 'payment.source_account', 'payment.order_key', 'payment.payment_key']) }} as payment_id,
        placed.order_id,
        payment.source_system,
        payment.source_account,
        payment.order_key,
        payment.payment_key,
        payment.payment_number,
        payment.parent_payment_key,
        coalesce(kind.status, 'unknown') as kind,
        coalesce(state.status, 'unknown') as status,
        payment.method,
        payment.installment_count,
        payment.processed_at,
        payment.error_code,
        payment.payment_reference,
        payment.is_test,
        placed.currency_code,
        placed.presentment_currency_code,
        payment.payment_amount,
        payment.payment_presentment_amount,
        {{ build_stamp() }} as _build_id
    from all_payments as payment
    join {{ ref('orders') }} as placed
        on placed.order_id = {{ id_of('order', ['payment.source_system', 'payment.source_account', 'payment.order_key']) }}
    left join {{ ref('status_vocabulary') }} as kind
        on kind.source_system = payment.source_system
        and kind.subject = 'payment_kind'
        and kind.source_status = payment.source_kind
    left join {{ ref('status_vocabulary') }} as state
        on state.source_system = payment.source_system
        and state.subject = 'payment_status'
        and state.source_status = payment.source_status
),

scopes as (
    select {{ id_of('order', ['source_system', 'source_account', 'order_key']) }} as order_id
    from affected
)

{{ rows_and_scopes('payments', 'scopes') }}
