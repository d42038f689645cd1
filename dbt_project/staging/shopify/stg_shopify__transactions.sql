select
    'shopify' as source_system,
    _account as source_account,
    order_gid as order_key,
    payment.node ->> 'id' as payment_key,
    payment.position::integer as payment_number,
    payment.node #>> '{parentTransaction,id}' as parent_payment_key,
    payment.node ->> 'kind' as kind,
    payment.node ->> 'status' as status,
    payment.node ->> 'gateway' as method,
    payment.node ->> 'errorCode' as error_code,
    payment.node ->> 'paymentId' as payment_reference,
    (payment.node ->> 'test')::boolean as is_test,
    coalesce((payment.node ->> 'processedAt')::timestamptz, (payment.node ->> 'createdAt')::timestamptz) as processed_at,
    {{ shopify_money('payment.node', 'amountSet', 'shopMoney') }} as payment_amount,
    {{ shopify_money('payment.node', 'amountSet', 'presentmentMoney') }} as payment_presentment_amount,
    _delivery_id
from {{ source('raw', 'shopify__orders') }}
cross join lateral {{ shopify_nodes('transactions') }} as payment
where _deleted_at is null and is_deleted is not true
