select
    'erp_sftp' as source_system,
    _account as source_account,
    base_currency_code,
    currency_code,
    rate_date,
    rate,
    changed_at,
    _deleted_at is not null as is_deleted,
    _delivery_id
from {{ source('raw', 'erp_sftp__exchange_rates') }}
