select
    delivery_id,
    flow,
    status,
    as_of,
    landed_at
from {{ source('landing', 'deliveries') }}
