{{ config(materialized='view', tags=['conformed_orders']) }}

with recursive allowed as (
    select subject, from_state, to_state
    from {{ ref('order_transitions') }}
    union
    select allowed.subject, allowed.from_state, step.to_state
    from allowed
    join {{ ref('order_transitions') }} as step on step.subject = allowed.subject and step.from_state = allowed.to_state
)

select subject, from_state, to_state
from allowed
