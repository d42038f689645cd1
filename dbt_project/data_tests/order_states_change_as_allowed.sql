-- States that no number of allowed steps leads to from the one before: refunded orders that are paid again, and the like.
{{ config(severity='warn', store_failures=true) }}

select state.order_id, state.subject, before.state as from_state, state.state as to_state, state.valid_from
from {{ ref('order_states') }} as state
join {{ ref('order_states') }} as before
    on before.order_id = state.order_id and before.subject = state.subject and before.valid_to = state.valid_from
left join {{ ref('allowed_order_transitions') }} as allowed
    on allowed.subject = state.subject and allowed.from_state = before.state and allowed.to_state = state.state
where {{ changed_since_last_build('state._build_id') }}
    and allowed.subject is null
