select
    'warehouse_edi' as source_system,
    _account as source_account,
    sku,
    location,
    ean,
    vendor_sku,
    quantity_on_hand as on_hand_quantity,
    quantity_available as available_quantity,
    quantity_committed as committed_quantity,
    quantity_on_order as on_order_quantity,
    unit as unit_code,
    as_of_at as source_as_of_at,
    as_of_zone as source_time_zone,
    document_number,
    interchange_control_number,
    _deleted_at is not null as is_deleted,
    _delivery_id
from {{ source('raw', 'warehouse_edi__stock') }}
