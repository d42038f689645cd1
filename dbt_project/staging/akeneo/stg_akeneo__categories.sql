select
    'akeneo' as source_system,
    _account as source_account,
    code as category_code,
    parent_code,
    coalesce(labels, '{}'::jsonb) as names,
    _deleted_at is not null as is_deleted,
    _delivery_id
from {{ source('raw', 'akeneo__categories') }}
