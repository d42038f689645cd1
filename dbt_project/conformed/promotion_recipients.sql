{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['promotion_id', 'customer_id'],
    tags=['conformed_orders'],
    indexes=[
        {'columns': ['promotion_id', 'customer_id'], 'unique': true},
        {'columns': ['_build_id']},
    ],
) }}

select
    {{ promotion_id_of('reached') }} as promotion_id,
    {{ id_of('customer', ['reached.source_system', 'reached.source_account', 'reached.customer_key']) }} as customer_id,
    reached.source_system,
    reached.source_account,
    reached.promotion_key,
    reached.customer_key,
    reached.is_deleted,
    {{ build_stamp() }} as _build_id
from {{ recipients_of_systems() }} as reached
where {{ in_this_build('reached._delivery_id') }}
