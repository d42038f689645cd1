{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    full_refresh=false,
    unique_key=['order_id', 'subject', 'valid_from'],
    tags=['conformed_orders'],
    indexes=[
        {'columns': ['order_id', 'subject', 'valid_from'], 'unique': true},
        {'columns': ['_build_id']},
    ],
) }}

with affected as (
    select order_id, source_updated_at as changed_at
    from {{ ref('orders') }}
    where {{ changed_since_last_build('_build_id') }}
    {%- if is_incremental() %}
    union all
    -- An order that is gone has no state any more.
    select gone.order_id, now()
    from {{ left_by(ref('orders'), {'order_id': 'text'}) }} as gone
    where not exists (select from {{ ref('orders') }} as placed where placed.order_id = gone.order_id)
    {%- endif %}
),

stated as (
    select
        placed.order_id,
        states.subject,
        states.state,
        placed.source_system,
        placed.source_account,
        placed.source_updated_at as stated_at
    from affected
    join {{ ref('orders') }} as placed using (order_id)
    cross join lateral (
        values
            ('order', placed.order_status),
            ('financial', placed.financial_status),
            ('fulfillment', placed.fulfillment_status)
    ) as states (subject, state)
    -- Who states no states has none that could change.
    where placed.fulfillment_status <> 'not_stated'
),

{{ history(
    holder='order_id',
    key=['subject'],
    content=['state', 'source_system', 'source_account'],
) }}

select
    order_id,
    subject,
    state,
    source_system,
    source_account,
    valid_from,
    valid_to,
    {{ build_stamp() }} as _build_id
from dated
