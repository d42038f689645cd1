{{ config(
    materialized='incremental',
    incremental_strategy='guarded_merge',
    unique_key=['day', 'flow'],
    tags=['metrics'],
    meta={'scope': ['day', 'flow']},
    indexes=[
        {'columns': ['day', 'flow'], 'unique': true},
        {'columns': ['_build_id']},
    ],
) }}

-- What happened is counted on its day, and a day is counted until it is over everywhere.
with days as (
    select
        {% if is_incremental() -%}
        coalesce((select max(day) from {{ this }}), date '2000-01-01') - 3
        {%- else -%}
        date '2000-01-01'
        {%- endif %} as first_day
),

since as (
    select first_day::timestamp at time zone 'UTC' as moment from days
),

happened as (
    select
        (delivery.landed_at at time zone 'UTC')::date as day,
        delivery.flow,
        1 as delivery_count,
        case when delivery.status = 'refused' then 1 else 0 end as refused_delivery_count,
        coalesce(counts.delivered_count, 0) as delivered_count,
        coalesce(counts.accepted_count, 0) as accepted_count,
        coalesce(counts.refused_count, 0) as refused_count,
        extract(epoch from delivery.landed_at - delivery.as_of) / 60 as delay_minutes,
        0 as dead_letter_count,
        0 as mismatch_count,
        0 as intervention_count
    from since
    join {{ ref('stg_seams__deliveries') }} as delivery on delivery.landed_at >= since.moment
    left join lateral (
        select
            sum(delivered_count) as delivered_count,
            sum(accepted_count) as accepted_count,
            sum(refused_count) as refused_count
        from {{ ref('stg_seams__delivery_counts') }} as of_entity
        where of_entity.delivery_id = delivery.delivery_id
    ) as counts on true
    union all
    select (letter.created_at at time zone 'UTC')::date, letter.flow, 0, 0, 0, 0, 0, 0, 1, 0, 0
    from since
    join {{ ref('stg_seams__dead_letters') }} as letter on letter.created_at >= since.moment
    union all
    select (mismatch.first_seen_at at time zone 'UTC')::date, mismatch.flow, 0, 0, 0, 0, 0, 0, 0, 1, 0
    from since
    join {{ ref('stg_seams__mismatches') }} as mismatch on mismatch.first_seen_at >= since.moment
    union all
    select
        (intervention.made_at at time zone 'UTC')::date,
        coalesce(letter.flow, delivery.flow, split_part(intervention.subject, ' ', 1)),
        0, 0, 0, 0, 0, 0, 0, 0, 1
    from since
    join {{ ref('stg_seams__interventions') }} as intervention on intervention.made_at >= since.moment
    left join {{ ref('stg_seams__dead_letters') }} as letter
        on letter.dead_letter_id = substring(intervention.subject from '^dead letter ([0-9]+)$')::bigint
    left join {{ ref('stg_seams__deliveries') }} as delivery
        on delivery.delivery_id = substring(intervention.subject from '^delivery ([0-9]+)$')::bigint
),

daily as (
    select
        day,
        flow,
        {% for name in [
            'delivery_count', 'refused_delivery_count', 'delivered_count', 'accepted_count', 'refused_count',
            'dead_letter_count', 'mismatch_count', 'intervention_count',
        ] -%}
        sum({{ name }})::bigint as {{ name }},
        {% endfor -%}
        sum(greatest(delay_minutes, 0))::numeric(18, 1) as delay_minutes,
        {{ build_stamp() }} as _build_id
    from happened
    group by day, flow
)

{{ rows_and_scopes('daily', 'daily') }}
