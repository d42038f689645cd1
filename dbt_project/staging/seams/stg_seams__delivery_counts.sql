select
    delivery_id,
    entity,
    delivered as delivered_count,
    accepted as accepted_count,
    refused as refused_count
from {{ source('landing', 'delivery_counts') }}
