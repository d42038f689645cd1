select
    mismatch_id,
    flow,
    status,
    first_seen_at
from {{ source('reconciliation', 'mismatches') }}
