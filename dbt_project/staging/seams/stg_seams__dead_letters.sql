select
    dead_letter_id,
    flow,
    status,
    created_at
from {{ source('dead_letter', 'letters') }}
