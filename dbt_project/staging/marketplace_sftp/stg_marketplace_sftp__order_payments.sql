select
    'marketplace_sftp' as source_system,
    _account as source_account,
    order_id as order_key,
    payment_number,
    payment_type as method,
    installment_count,
    {{ amount('payment_amount') }} as payment_amount,
    _deleted_at is not null as is_deleted,
    _delivery_id
from {{ source('raw', 'marketplace_sftp__order_payments') }}
