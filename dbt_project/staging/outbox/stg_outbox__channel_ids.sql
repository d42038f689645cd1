select
    channel as source_system,
    shop as source_account,
    kind,
    our_key,
    channel_id,
    valid_from,
    valid_to
from {{ source('outbox', 'channel_ids') }}
